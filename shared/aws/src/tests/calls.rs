//! The call log counts what was sent, tries included.

use std::collections::BTreeMap;

use guardian_core::alert::Notice;
use guardian_core::name::Resource;
use guardian_core::observation::MarkerEncryption;
use guardian_reconcile::seam::{
    Buckets, Censuses, Declarations, Entry, Eyes, Keys, Ledger, Listing, Queues, Topic, Trail,
};

use super::wire::{Reply, Wire};

#[tokio::test]
async fn every_attempt_counts_and_writes_stand_out() {
    let wire = Wire::new([
        Reply::xml(503, "SlowDown"),
        Reply::new(200, "{}"),
        Reply::new(200, ""),
    ]);
    let aws = wire.aws();
    let media = "media".parse().unwrap();
    assert!(aws.get_bucket_policy(&media).await.is_ok());
    assert!(aws.put_marker(&media, "m", MarkerEncryption::SseS3).await.is_ok());
    let calls = aws.take_calls();
    let names: Vec<_> = calls.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        ["S3:GetBucketPolicy", "S3:GetBucketPolicy", "S3:PutObject"]
    );
    assert_eq!(calls.iter().filter(|call| call.is_write()).count(), 1);
    assert_eq!(calls.iter().filter(|call| call.is_repair()).count(), 1);
    assert!(aws.calls().is_empty());
}

#[tokio::test]
async fn one_log_serves_all_services() {
    let wire = Wire::new([Reply::new(200, r#"{"Policy":"{}"}"#)]);
    let aws = wire.aws();
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k".parse().unwrap();
    assert!(aws.get_key_policy(&key).await.is_ok());
    assert!(
        aws.connection().caller().await.is_err(),
        "that was no answer of STS"
    );
    let services: Vec<_> = aws.calls().iter().map(|call| call.service().to_owned()).collect();
    assert_eq!(services, ["KMS", "STS"]);
}

#[tokio::test]
async fn a_log_notes_what_each_request_is_about_once_it_is_asked_to() {
    // No reply that any service would give: what counts is what is sent.
    let wire = Wire::new([Reply::new(400, "{}")]);
    let aws = wire.aws();
    let media = "media".parse().unwrap();
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k".parse().unwrap();
    let page = Resource::Bucket("media".parse().unwrap());
    let entry = Entry {
        resource: page.clone(),
        name: "standing".to_owned(),
        version: 0,
        body: serde_json::json!({}),
        expires: None,
    };
    drop(aws.head_bucket(&media).await);
    assert!(aws.calls()[0].about().is_none(), "nobody asked yet");
    drop(aws.take_calls());
    aws.connection().calls().note_what_about();

    drop(aws.head_bucket(&media).await);
    drop(aws.list_objects(&media, &Listing::default()).await);
    drop(aws.head_object(&media, "photos/a b+ö.jpg").await);
    drop(aws.get_key_policy(&key).await);
    drop(aws.put_key_policy(&key, "{}").await);
    drop(aws.get_declaration(&media).await);
    drop(aws.list_declarations(None).await);
    drop(aws.read_entries(&page, "", None).await);
    drop(aws.read_entry(&page, "standing").await);
    drop(aws.put_entry(&entry).await);
    drop(aws.delete_entry(&entry).await);
    drop(aws.send_work(&[super::wire::work("bucket:media")]).await);
    drop(aws.start_census(&media, "media-1").await);
    drop(aws.lookup_events("PutBucketPolicy").await);
    let trail = "arn:aws:cloudtrail:us-east-1:999999999999:trail/all";
    drop(aws.describe_trails().await);
    drop(aws.get_trail_status(trail).await);
    drop(aws.get_event_selectors(trail).await);
    drop(aws.describe_rule("guard-KeyRule-1A").await);
    drop(aws.list_targets("guard-KeyRule-1A").await);
    drop(aws.get_bucket_notifications(&media).await);
    let told: Vec<String> = aws
        .take_calls()
        .iter()
        .map(|call| {
            let about = call.about().unwrap();
            let keys = about.condition_keys.iter();
            let keys: String = keys
                .map(|(key, values)| format!(" {key}={}", values.join(",")))
                .collect();
            format!("{} {}{keys}", call.operation(), about.resource)
        })
        .collect();
    let machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:guard-census";
    let queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/work.fifo";
    assert_eq!(
        told,
        [
            "HeadBucket media aws:ResourceAccount=111122223333".to_owned(),
            "ListObjectsV2 media aws:ResourceAccount=111122223333".to_owned(),
            "HeadObject media/photos/a b+ö.jpg aws:ResourceAccount=111122223333".to_owned(),
            format!("GetKeyPolicy {key}"),
            format!("PutKeyPolicy {key} kms:BypassPolicyLockoutSafetyCheck=false"),
            "GetParameter /cloudinary-guardian/buckets/media".to_owned(),
            "GetParametersByPath /cloudinary-guardian/buckets".to_owned(),
            "Query ledger dynamodb:LeadingKeys=bucket:media".to_owned(),
            "GetItem ledger dynamodb:LeadingKeys=bucket:media".to_owned(),
            "PutItem ledger dynamodb:LeadingKeys=bucket:media".to_owned(),
            "DeleteItem ledger dynamodb:LeadingKeys=bucket:media".to_owned(),
            format!("SendMessageBatch {queue}"),
            format!("StartExecution {machine}"),
            "LookupEvents ".to_owned(),
            "DescribeTrails ".to_owned(),
            format!("GetTrailStatus {trail}"),
            format!("GetEventSelectors {trail}"),
            "DescribeRule guard-KeyRule-1A".to_owned(),
            "ListTargetsByRule guard-KeyRule-1A".to_owned(),
            "GetBucketNotificationConfiguration media aws:ResourceAccount=111122223333".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_topic_is_read_from_the_form_that_sns_is_sent() {
    let notice = Notice {
        subject: "demo cannot read media".to_owned(),
        text: "x".to_owned(),
        json: "{}".to_owned(),
        chat: "{}".to_owned(),
        attributes: BTreeMap::new(),
    };
    let wire = Wire::new([Reply::query(403, "AuthorizationError")]);
    let aws = wire.aws();
    aws.connection().calls().note_what_about();
    drop(aws.publish(&notice).await);
    let calls = aws.take_calls();
    let about = calls[0].about().unwrap();
    assert_eq!(about.resource, "arn:aws:sns:eu-west-1:111122223333:alerts");
}

#[tokio::test]
async fn a_throttled_request_is_counted_in_the_words_of_every_protocol() {
    let media = "media".parse().unwrap();
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k".parse().unwrap();
    let throttled = [
        Reply::xml(503, "SlowDown"),
        Reply::new(503, ""),
        Reply::xml(400, "RequestLimitExceeded"),
    ];
    for reply in throttled {
        let aws = Wire::new([reply.clone(), Reply::new(200, "{}")]).aws();
        let _ = aws.get_bucket_policy(&media).await;
        assert_eq!(aws.take_throttled(), 1, "{reply:?}");
        assert_eq!(aws.take_throttled(), 0, "it was forgotten");
    }
    for (reply, times) in [
        (Reply::json(400, "ThrottlingException"), 1),
        (Reply::json(400, "com.amazonaws.kms#ThrottlingException"), 1),
        (
            Reply::new(400, "{}").with("x-amzn-errortype", "ThrottlingException:http://"),
            1,
        ),
        (Reply::json(400, "AccessDeniedException"), 0),
        (Reply::json(400, "LimitExceededException"), 0),
        (Reply::json(500, "KMSInternalException"), 0),
        (Reply::new(400, r#"{"message":"Throttling"}"#), 0),
        (Reply::new(200, r#"{"Policy":"ThrottlingException"}"#), 0),
    ] {
        let aws = Wire::new([reply.clone(), Reply::new(200, r#"{"Policy":"{}"}"#)]).aws();
        let _ = aws.get_key_policy(&key).await;
        assert_eq!(aws.take_throttled(), times, "{reply:?}");
    }
}

#[tokio::test]
async fn what_sns_throttles_is_asked_again() {
    let attributes = "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes><entry>\
        <key>SubscriptionsConfirmed</key><value>1</value></entry></Attributes></GetTopicAttributesResult>\
        </GetTopicAttributesResponse>";
    let wire = Wire::new([Reply::query(429, "Throttled"), Reply::new(200, attributes)]);
    let topic = wire
        .aws()
        .get_topic_attributes("arn:aws:sns:eu-west-1:111122223333:alerts")
        .await;
    assert_eq!(topic.unwrap().unwrap().confirmed, 1);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    let media = "media".parse().unwrap();
    let listed = "<ListBucketResult><Name>media</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>";
    let wire = Wire::new([Reply::new(200, listed)]);
    let page = wire.aws().list_objects(&media, &Listing::default()).await;
    assert!(page.unwrap_err().is_transient());
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>";
    let wire = Wire::new([Reply::new(200, block)]);
    let block = wire.aws().get_public_access_block(&media).await;
    assert!(block.unwrap_err().is_transient());
    // A table never answers with nothing: that is no item that is not there.
    let wire = Wire::new([Reply::new(200, "")]);
    let page = Resource::Bucket(media);
    let item = wire.aws().read_entry(&page, "census").await;
    assert!(item.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_word_that_nobody_knows_is_not_taken_for_one_that_is_known() {
    let media = "media".parse().unwrap();
    let encryption = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
        <SSEAlgorithm>aws:unheard-of</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
        </ServerSideEncryptionConfiguration>";
    let wire = Wire::new([Reply::new(200, encryption)]);
    let error = wire.aws().get_bucket_encryption(&media).await.unwrap_err();
    assert!(error.message.contains("aws:unheard-of"), "{error}");
    let head = Reply::new(200, "").with("x-amz-server-side-encryption", "aws:unheard-of");
    let error = Wire::new([head])
        .aws()
        .head_object(&media, "photo")
        .await
        .unwrap_err();
    assert!(error.message.contains("aws:unheard-of"), "{error}");
    let key = r#"{"KeyMetadata": {"KeyId": "k", "Arn": "arn:aws:kms:eu-west-1:111122223333:key/k",
        "KeyState": "Enabled", "KeyManager": "NOBODY"}}"#;
    let error = Wire::new([Reply::new(200, key)])
        .aws()
        .describe_key("k")
        .await
        .unwrap_err();
    assert!(error.message.contains("NOBODY"), "{error}");
    let rule = Reply::new(200, r#"{"Name": "r", "State": "SLEEPING"}"#);
    let error = Wire::new([rule]).aws().describe_rule("r").await.unwrap_err();
    assert!(error.message.contains("SLEEPING"), "{error}");
    let selectors = r#"{"EventSelectors": [{"ReadWriteType": "Some"}]}"#;
    let error = Wire::new([Reply::new(200, selectors)])
        .aws()
        .get_event_selectors("t")
        .await
        .unwrap_err();
    assert!(error.message.contains("Some"), "{error}");
}

#[tokio::test]
async fn no_list_of_records_is_no_empty_one() {
    let wire = Wire::new([Reply::new(200, "{}")]);
    let records = wire.aws().lookup_events("PutBucketPolicy").await;
    assert!(records.unwrap_err().is_transient());
}
