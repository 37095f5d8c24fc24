//! The ledger: conditions of the writes, and reading back.

use guardian_core::moment::Moment;
use guardian_core::name::Resource;
use guardian_reconcile::seam::{Entry, Ledger, NamePage, Stored};
use serde_json::{Value, json};

use super::wire::{Reply, over};

fn resource() -> Resource {
    "bucket:media".parse().unwrap()
}

fn entry(version: u64) -> Entry {
    Entry {
        resource: resource(),
        name: "incident#grant-missing".to_owned(),
        version,
        body: json!({"z": 1, "a": [true, null]}),
        expires: Some(Moment::from_unix(1_795_428_900)),
    }
}

/// The version that was sent, taken out of the request.
fn take_version(sent: &mut Value) -> u64 {
    let version = sent["Item"]["version"]["N"].take();
    version.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_first_write_wants_the_place_empty_or_taken_by_nobodys_item() {
    let (stored, wire) = over([Reply::new(200, "{}")], async |aws| {
        aws.put_entry(&entry(0)).await
    })
    .await;
    let mut sent = wire.one().json();
    let version = take_version(&mut sent);
    assert_eq!(stored, Ok(Stored::Done(version)));
    assert_eq!(
        sent["ConditionExpression"],
        "attribute_not_exists(#version) OR NOT attribute_type(#version, :number)"
    );
    assert_eq!(sent["ExpressionAttributeValues"], json!({":number": {"S": "N"}}));
    assert_eq!(
        sent["Item"],
        json!({
            "pk": {"S": "bucket:media"},
            "sk": {"S": "incident#grant-missing"},
            "version": {"N": null},
            "body": {"S": r#"{"z":1,"a":[true,null]}"#},
            "expires_at": {"N": "1795428900"},
        })
    );
}

#[tokio::test]
async fn a_later_write_and_a_delete_want_the_version_that_was_read() {
    let (_, wire) = over([Reply::new(200, "{}")], async |aws| {
        aws.put_entry(&entry(7)).await
    })
    .await;
    let sent = wire.one().json();
    assert_eq!(sent["ConditionExpression"], "#version = :read");
    assert_eq!(sent["ExpressionAttributeValues"], json!({":read": {"N": "7"}}));
    let (deleted, wire) = over([Reply::new(200, "{}")], async |aws| {
        aws.delete_entry(&entry(8)).await
    })
    .await;
    assert_eq!(deleted, Ok(Stored::Done(0)));
    let sent = wire.one().json();
    assert_eq!(sent["ConditionExpression"], "#version = :read");
    assert_eq!(sent["ExpressionAttributeValues"], json!({":read": {"N": "8"}}));
    assert_eq!(
        sent["Key"],
        json!({"pk": {"S": "bucket:media"}, "sk": {"S": "incident#grant-missing"}})
    );
}

#[tokio::test]
async fn no_version_comes_twice_whether_or_not_there_was_an_item_before() {
    let (versions, _) = over([Reply::new(200, "{}")], async |aws| {
        let mut versions = Vec::new();
        for read in [0, 7, 0, u64::MAX - 9] {
            match aws.put_entry(&entry(read)).await {
                Ok(Stored::Done(version)) => versions.push(version),
                other => panic!("{other:?}"),
            }
        }
        versions
    })
    .await;
    assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
    assert_eq!(versions.last(), Some(&(u64::MAX - 8)), "a clock that went back");
}

#[tokio::test]
async fn somebody_elses_write_is_a_conflict_and_not_retried() {
    let refused = || {
        [Reply::json(
            400,
            "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        )]
    };
    let (put, wire) = over(refused(), async |aws| aws.put_entry(&entry(2)).await).await;
    assert_eq!(put, Ok(Stored::Conflict));
    wire.one();
    let (deleted, _) = over(refused(), async |aws| aws.delete_entry(&entry(2)).await).await;
    assert_eq!(deleted, Ok(Stored::Conflict));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_again_when_it_is_repeated() {
    use aws_smithy_runtime_api::client::http::http_client_fn;
    use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;

    /// Stores what the first request brings and loses its answer; refuses the second and shows what stands.
    #[derive(Debug, Clone, Default)]
    struct Table(std::sync::Arc<std::sync::Mutex<Option<Value>>>);
    impl HttpConnector for Table {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let sent: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let mut stands = self.0.lock().unwrap();
            let Some(stands) = stands.as_ref() else {
                *stands = Some(sent["Item"].clone());
                return HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into())));
            };
            assert_eq!(sent["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
            let code = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
            let body = json!({"__type": code, "message": "because", "Item": stands}).to_string();
            let response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
            HttpConnectorFuture::ready(Ok(response))
        }
    }

    let (wire, table) = (crate::tests::wire::Wire::new([]), Table::default());
    let settings = wire
        .settings()
        .into_builder()
        .http_client(http_client_fn(move |_, _| {
            SharedHttpConnector::new(table.clone())
        }));
    let connection = crate::Connection::over(settings.build()).unwrap();
    let stack = crate::Stack {
        table: Some("ledger".to_owned()),
        ..crate::Stack::default()
    };
    let aws = crate::Aws::new(connection, crate::tests::wire::ACCOUNT.parse().unwrap(), stack);
    let stored = aws.put_entry(&entry(2)).await.unwrap();
    assert!(
        matches!(stored, Stored::Done(version) if version > 2),
        "{stored:?}"
    );
    // Whoever comes with what was read before is refused as ever.
    assert_eq!(aws.put_entry(&entry(2)).await, Ok(Stored::Conflict));
}

#[tokio::test]
async fn what_was_stored_reads_back_consistently() {
    let (_, wire) = over([Reply::new(200, "{}")], async |aws| {
        aws.put_entry(&entry(3)).await
    })
    .await;
    let item = wire.one().json()["Item"].take();
    let version = item["version"]["N"].as_str().unwrap().parse().unwrap();
    let items = json!({
        "Items": [item],
        "LastEvaluatedKey": {"pk": {"S": "bucket:media"}, "sk": {"S": "incident#grant-missing"}},
    });
    let (page, wire) = over([Reply::new(200, items.to_string())], async |aws| {
        aws.read_entries(&resource(), "", Some("earlier")).await
    })
    .await;
    let page = page.unwrap();
    assert_eq!(page.entries, [entry(version)]);
    assert_eq!(page.next.as_deref(), Some("incident#grant-missing"));
    let sent = wire.one().json();
    assert_eq!(sent["ConsistentRead"], true);
    assert_eq!(
        sent["ExpressionAttributeValues"],
        json!({":pk": {"S": "bucket:media"}})
    );
    assert_eq!(
        sent["ExclusiveStartKey"],
        json!({"pk": {"S": "bucket:media"}, "sk": {"S": "earlier"}})
    );
    let one = json!({"Item": item});
    let (read, wire) = over([Reply::new(200, one.to_string())], async |aws| {
        aws.read_entry(&resource(), "incident#grant-missing").await
    })
    .await;
    assert_eq!(read, Ok(Some(entry(version))));
    let sent = wire.one().json();
    assert_eq!(sent["ConsistentRead"], true);
    assert_eq!(
        sent["Key"],
        json!({"pk": {"S": "bucket:media"}, "sk": {"S": "incident#grant-missing"}})
    );
}

#[tokio::test]
async fn names_are_asked_for_consistently_and_nothing_but_names() {
    let key: Resource = "key:arn:aws:kms:eu-west-1:111122223333:key/1234".parse().unwrap();
    let page = json!({"pk": {"S": key.to_string()}, "sk": {"S": "reader#media"}});
    let answer = json!({"Items": [{"sk": {"S": "reader#media"}}], "LastEvaluatedKey": page});
    let (names, wire) = over([Reply::new(200, answer.to_string())], async |aws| {
        aws.entry_names(&key, "reader#", Some("reader#a"), 1).await
    })
    .await;
    let names = names.unwrap();
    assert_eq!(
        (names.names, names.next.as_deref()),
        (vec!["reader#media".to_owned()], Some("reader#media"))
    );
    let sent = wire.one().json();
    assert_eq!(
        sent["KeyConditionExpression"],
        "#pk = :pk AND begins_with(#sk, :prefix)"
    );
    assert_eq!(
        sent["ExpressionAttributeNames"],
        json!({"#pk": "pk", "#sk": "sk"})
    );
    assert_eq!(
        sent["ExpressionAttributeValues"],
        json!({":pk": {"S": key.to_string()}, ":prefix": {"S": "reader#"}})
    );
    assert_eq!(
        sent["ExclusiveStartKey"],
        json!({"pk": {"S": key.to_string()}, "sk": {"S": "reader#a"}})
    );
    assert_eq!(
        (
            &sent["ProjectionExpression"],
            &sent["Limit"],
            &sent["ConsistentRead"]
        ),
        (&json!("#sk"), &json!(1), &json!(true))
    );
}

#[tokio::test]
async fn a_page_without_such_names_is_empty_but_an_answer_without_items_is_none() {
    let ask = async |answer: &str| {
        over([Reply::new(200, answer)], async |aws| {
            aws.entry_names(&resource(), "reader#", None, 1).await
        })
        .await
        .0
    };
    assert_eq!(ask(r#"{"Items": [], "Count": 0}"#).await, Ok(NamePage::default()));
    for broken in ["{}", r#"{"Items": [{}]}"#] {
        assert!(ask(broken).await.unwrap_err().is_transient(), "{broken}");
    }
}

#[tokio::test]
async fn one_item_is_there_or_not_and_if_it_makes_no_sense_it_can_be_written_over() {
    let ask = async |answer: &str| {
        over([Reply::new(200, answer)], async |aws| {
            aws.read_entry(&resource(), "reader#media").await
        })
        .await
        .0
        .unwrap()
    };
    assert_eq!(ask("{}").await, None);
    for (broken, version) in [
        (
            r#"{"sk":{"S":"reader#media"},"version":{"N":"9"},"body":{"S":"{"}}"#,
            9,
        ),
        (
            r#"{"sk":{"S":"reader#media"},"version":{"S":"9"},"body":{"S":"{}"}}"#,
            0,
        ),
        (r#"{"sk":{"S":"reader#media"}}"#, 0),
    ] {
        let read = ask(&format!(r#"{{"Item":{broken}}}"#)).await.unwrap();
        assert_eq!(
            (read.name.as_str(), read.version, read.body),
            ("reader#media", version, Value::Null)
        );
    }
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_an_error_and_not_an_absence() {
    for broken in [
        r#"{"version":{"N":"1"},"body":{"S":"{"}}"#,
        r#"{"version":{"S":"1"},"body":{"S":"{}"}}"#,
    ] {
        let items = format!(r#"{{"Items":[{broken}]}}"#);
        let (page, _) = over([Reply::new(200, items)], async |aws| {
            aws.read_entries(&resource(), "", None).await
        })
        .await;
        assert!(page.unwrap_err().message.contains("bucket:media"));
    }
}
