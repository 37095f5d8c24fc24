//! Events that were not told to this account, or not by AWS.

use guardian_model::Delivery;
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::world::{MARKER, bucket};

const OTHER: &str = "444455556666";

/// A world without the grant and the marker of `media`, and the events that would have told so.
fn broken() -> (Stage, Vec<Value>) {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Dropped);
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.ana().delete_object(&bucket("media"), MARKER).unwrap();
    let events = stage.model.take_events();
    let events: Vec<Value> = events
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    assert_eq!(events.len(), 2, "a CloudTrail record and an event of S3's own");
    (stage, events)
}

/// How many writes to buckets and keys the event led to; what was ignored led to no call at all.
fn repairs(stage: &Stage, event: &Value) -> usize {
    stage.model.take_journal();
    stage.model.inject(&event.to_string());
    stage.rest();
    stage
        .model
        .take_journal()
        .iter()
        .filter(|call| call.repairs())
        .count()
}

#[track_caller]
fn expect_ignored(change: impl Fn(&mut Value)) {
    let (stage, events) = broken();
    for mut event in events {
        change(&mut event);
        stage.model.take_journal();
        stage.model.inject(&event.to_string());
        stage.rest();
        let calls = stage.model.take_journal();
        assert!(calls.is_empty(), "{event}: {calls:?}");
    }
    assert!(stage.model.take_notices().is_empty());
}

#[test]
fn the_same_events_are_heard_where_nothing_is_changed_in_them() {
    let (stage, events) = broken();
    assert_eq!(repairs(&stage, &events[0]), 2, "grant and marker");
    let (stage, events) = broken();
    assert_eq!(repairs(&stage, &events[1]), 2, "grant and marker");
}

#[test]
fn an_event_of_another_account_is_ignored() {
    expect_ignored(|event| event["account"] = json!(OTHER));
    expect_ignored(|event| event["account"] = Value::Null);
    expect_ignored(|event| _ = event.as_object_mut().unwrap().remove("account"));
    expect_ignored(|event| {
        event["account"] = json!(OTHER);
        event["detail"]["recipientAccountId"] = json!("111122223333");
    });
    expect_ignored(|event| event["detail"]["recipientAccountId"] = json!(OTHER));
}

#[test]
fn an_event_that_anybody_can_put_on_a_bus_is_ignored() {
    for source in [
        "com.example.s3",
        "custom",
        "AWS.s3",
        " aws.s3",
        "aws",
        "cloudinary-guardian",
        "",
    ] {
        expect_ignored(|event| event["source"] = json!(source));
    }
}

#[test]
fn a_source_of_aws_does_not_make_another_service_s_record_believed() {
    let (stage, events) = broken();
    let mut event = events[0].clone();
    event["source"] = json!("aws.ec2");
    assert_eq!(repairs(&stage, &event), 0);
    event["source"] = json!("aws.s3");
    event["detail"]["eventSource"] = json!("s3.amazonaws.com.evil.example");
    assert_eq!(repairs(&stage, &event), 0);
}

#[test]
fn who_acted_may_be_of_another_account() {
    let (stage, events) = broken();
    let mut event = events[0].clone();
    event["detail"]["userIdentity"]["accountId"] = json!(OTHER);
    event["detail"]["userIdentity"]["arn"] = json!(format!("arn:aws:sts::{OTHER}:assumed-role/admin/eve"));
    assert_eq!(repairs(&stage, &event), 2);
    let told = stage.model.take_notices();
    assert!(
        told.iter().any(|notice| notice.text.contains("admin/eve")),
        "{told:?}"
    );
}

#[test]
fn what_holds_in_the_whole_account_is_heard_from_its_home_region() {
    let (stage, _) = broken();
    let forwarded = json!({
        "version": "0", "id": "f-1", "source": "aws.cloudtrail", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "eu-central-1", "time": "2026-11-23T10:15:01Z", "resources": [],
        "detail": {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "eventID": "f-2",
            "awsRegion": "eu-central-1", "recipientAccountId": "111122223333",
            "requestParameters": {"name": "organization"}},
    });
    assert_eq!(
        repairs(&stage, &forwarded),
        2,
        "the sweep that it asks for finds both"
    );
}
