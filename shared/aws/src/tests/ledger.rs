//! The ledger: conditions of the writes, and reading back.

use guardian_core::moment::Moment;
use guardian_core::name::Resource;
use guardian_reconcile::seam::{Entry, Ledger, Stored};
use serde_json::json;

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

#[tokio::test]
async fn a_first_write_wants_the_place_empty() {
    let (stored, wire) = over([Reply::new(200, "{}")], async |aws| {
        aws.put_entry(&entry(1)).await
    })
    .await;
    assert_eq!(stored, Ok(Stored::Done));
    let sent = wire.one().json();
    assert_eq!(sent["ConditionExpression"], "attribute_not_exists(#pk)");
    assert_eq!(
        sent["Item"],
        json!({
            "pk": {"S": "bucket:media"},
            "sk": {"S": "incident#grant-missing"},
            "version": {"N": "1"},
            "body": {"S": r#"{"z":1,"a":[true,null]}"#},
            "expires_at": {"N": "1795428900"},
        })
    );
}

#[tokio::test]
async fn a_later_write_and_a_delete_want_the_version_that_was_read() {
    let (_, wire) = over([Reply::new(200, "{}")], async |aws| {
        aws.put_entry(&entry(8)).await
    })
    .await;
    let sent = wire.one().json();
    assert_eq!(sent["ConditionExpression"], "#version = :read");
    assert_eq!(sent["ExpressionAttributeValues"], json!({":read": {"N": "7"}}));
    let (_, wire) = over([Reply::new(200, "{}")], async |aws| {
        aws.delete_entry(&entry(8)).await
    })
    .await;
    let sent = wire.one().json();
    assert_eq!(sent["ConditionExpression"], "#version = :read");
    assert_eq!(sent["ExpressionAttributeValues"], json!({":read": {"N": "8"}}));
    assert_eq!(
        sent["Key"],
        json!({"pk": {"S": "bucket:media"}, "sk": {"S": "incident#grant-missing"}})
    );
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
async fn what_was_stored_reads_back_consistently() {
    let (_, wire) = over([Reply::new(200, "{}")], async |aws| {
        aws.put_entry(&entry(3)).await
    })
    .await;
    let items = json!({
        "Items": [wire.one().json()["Item"]],
        "LastEvaluatedKey": {"pk": {"S": "bucket:media"}, "sk": {"S": "incident#grant-missing"}},
    });
    let (page, wire) = over([Reply::new(200, items.to_string())], async |aws| {
        aws.read_entries(&resource(), Some("earlier")).await
    })
    .await;
    let page = page.unwrap();
    assert_eq!(page.entries, [entry(3)]);
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
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_an_error_and_not_an_absence() {
    for broken in [
        r#"{"version":{"N":"1"},"body":{"S":"{"}}"#,
        r#"{"version":{"S":"1"},"body":{"S":"{}"}}"#,
    ] {
        let items = format!(r#"{{"Items":[{broken}]}}"#);
        let (page, _) = over([Reply::new(200, items)], async |aws| {
            aws.read_entries(&resource(), None).await
        })
        .await;
        assert!(page.unwrap_err().message.contains("bucket:media"));
    }
}
