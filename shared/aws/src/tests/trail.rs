//! CloudTrail's event history: what is asked, and that it is asked once.

use guardian_core::call::CallErrorKind;
use guardian_reconcile::seam::Trail;
use serde_json::json;

use super::wire::{Reply, over};

#[tokio::test]
async fn records_are_asked_for_by_the_name_of_the_call() {
    let body = json!({"Events": [
        {"EventId": "1", "CloudTrailEvent": r#"{"eventName":"PutBucketPolicy"}"#},
        {"EventId": "2"},
    ]});
    let reply = Reply::new(200, body.to_string());
    let (records, wire) = over([reply], async |aws| aws.lookup_events("PutBucketPolicy").await).await;
    assert_eq!(records, Ok(vec![r#"{"eventName":"PutBucketPolicy"}"#.to_owned()]));
    assert_eq!(
        wire.one().json(),
        json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "PutBucketPolicy"}]})
    );
}

#[tokio::test]
async fn no_answer_is_an_error_after_one_question() {
    for status in [400, 500] {
        let reply = Reply::json(status, "ThrottlingException");
        let (records, wire) = over([reply], async |aws| aws.lookup_events("PutKeyPolicy").await).await;
        assert_eq!(records.unwrap_err().kind, CallErrorKind::Transient, "{status}");
        wire.one();
    }
}
