//! The router and the ledger: whom an event about a key or an alias concerns.

use guardian_core::call::CallErrorKind;
use guardian_core::name::KeyArn;
use guardian_model::{Model, Queue};
use guardian_reconcile::seam::Entry;
use guardian_reconcile::{Message, route_batch};
use serde_json::{Value, json};

use crate::stage::{Stage, done};
use crate::world::{bucket, name_key, owners_key_policy};

/// One invocation of the router alone. Answers how many messages are to be delivered again.
pub(crate) fn route(model: &Model) -> usize {
    let received = model.receive_ingest(10);
    let messages: Vec<Message> = received
        .iter()
        .map(|message| Message {
            id: message.id.clone(),
            body: message.body.clone(),
        })
        .collect();
    let failed = done(route_batch(model, &messages));
    model.settle_ingest(&received, &failed);
    failed.len()
}

/// The item that says that a page concerns a bucket.
pub(crate) fn reader(page: &str, bucket: &str) -> Entry {
    Entry {
        resource: page.parse().unwrap(),
        name: format!("reader#{bucket}"),
        version: 1,
        body: json!({}),
        expires: None,
    }
}

/// A call on a key, as CloudTrail records it.
fn key_call(event: &str, parameters: Value, resources: Value) -> String {
    json!({
        "id": "env-1", "source": "aws.kms", "detail-type": "AWS API Call via CloudTrail", "resources": [],
        "account": "111122223333", "region": "us-east-1", "time": "2026-11-23T10:15:01Z",
        "detail": {
            "eventSource": "kms.amazonaws.com", "eventName": event, "eventID": "e-1", "awsRegion": "us-east-1",
            "recipientAccountId": "111122223333", "requestParameters": parameters, "resources": resources,
        },
    })
    .to_string()
}

const MULTI_REGION: &str = "mrk-6f0d2b9c4e7a41d8b1c2d3e4f5a6b7c8";

#[test]
fn a_key_is_found_by_every_form_it_is_named_in() {
    let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{MULTI_REGION}");
    name_key(&arn.parse().unwrap(), "KEY");
    let native = json!({
        "id": "env-1", "source": "aws.kms", "detail-type": "KMS CMK Deletion", "resources": [arn],
        "account": "111122223333", "region": "us-east-1", "time": "2026-11-23T10:15:01Z",
        "detail": {"key-id": MULTI_REGION},
    });
    let native_bare = {
        let mut event = native.clone();
        event["resources"] = json!([]);
        event
    };
    for event in [
        key_call("DisableKey", json!({"keyId": MULTI_REGION}), Value::Null),
        key_call("DisableKey", json!({"keyId": arn}), Value::Null),
        key_call(
            "DisableKey",
            json!({"keyId": MULTI_REGION}),
            json!([{"ARN": arn}]),
        ),
        key_call("RetireGrant", Value::Null, json!([{"ARN": arn}])),
        native.to_string(),
        native_bare.to_string(),
    ] {
        let stage = Stage::new(1);
        stage.model.plant_entry(reader(&format!("key:{arn}"), "vault"));
        stage.model.inject(&event);
        assert_eq!(route(&stage.model), 0);
        stage.expect_calls("Query key:KEY reader*\nSendMessageBatch key:KEY");
    }
}

#[test]
fn a_replica_in_another_region_is_another_key() {
    let stage = Stage::new(1);
    let arn = |region: &str| format!("arn:aws:kms:{region}:111122223333:key/{MULTI_REGION}");
    stage
        .model
        .plant_entry(reader(&format!("key:{}", arn("us-east-1")), "vault"));
    name_key(&arn("eu-west-1").parse().unwrap(), "REPLICA");
    stage.model.inject(&key_call(
        "DisableKey",
        Value::Null,
        json!([{"ARN": arn("eu-west-1")}]),
    ));
    assert_eq!(route(&stage.model), 0);
    stage.expect_calls("Query key:REPLICA reader*");
}

/// Somebody disables and enables keys, one event each.
fn stir(stage: &Stage, keys: &[&KeyArn]) {
    for key in keys {
        stage.ana().disable_key(key).unwrap();
        stage.ana().enable_key(key).unwrap();
    }
}

#[test]
fn a_batch_asks_about_each_key_once() {
    let (stage, key) = Stage::with_vault();
    let other = stage.model.add_key();
    name_key(&other, "OTHER");
    stir(&stage, &[&key, &other, &key]);
    assert_eq!(route(&stage.model), 0);
    let calls = stage.model.journal().len();
    assert_eq!(calls, 3, "two questions and one answer");
    assert_eq!(
        stage.model.waiting(Queue::Work),
        4,
        "none of them about the other"
    );
    let work = "key:KEY, key:KEY, key:KEY, key:KEY";
    let mut asked = ["Query key:KEY reader*", "Query key:OTHER reader*"];
    if key > other {
        asked.reverse();
    }
    stage.expect_calls(&format!("{}\n{}\nSendMessageBatch {work}", asked[0], asked[1]));
}

#[test]
fn a_page_that_cannot_be_read_fails_what_hangs_on_it_and_nothing_else() {
    for kind in [CallErrorKind::Transient, CallErrorKind::AccessDenied] {
        let (stage, key) = Stage::with_vault();
        let other = stage.key("OTHER");
        stage.settled();
        stage
            .terraform()
            .put_key_policy(&key, &owners_key_policy(&[]).to_string())
            .unwrap();
        stir(&stage, &[&other]);
        stage
            .ana()
            .put_bucket_notification(&bucket("vault"), true)
            .unwrap();
        // The pages are asked for in the order of their keys.
        let refused_first = if key < other { 1 } else { 2 };
        stage.model.fail_next("Query", refused_first, kind);
        let failed = route(&stage.model);
        assert_eq!(failed, if refused_first == 1 { 1 } else { 3 });
        assert_eq!(stage.model.waiting(Queue::Work), 1, "the bucket's");
        assert_eq!(stage.model.waiting(Queue::Ingest), failed);
        stage.rest();
        stage.expect_told(&["repaired: key-grant-missing on vault"]);
        assert_eq!(stage.model.dead_letters(), []);
    }
}

#[test]
fn an_event_whose_page_stays_unreadable_ends_in_the_dead_letters_and_not_in_nothing() {
    let (stage, key) = Stage::with_vault();
    stir(&stage, &[&key]);
    stage.model.fail_next("Query", 100, CallErrorKind::AccessDenied);
    stage.rest();
    assert_eq!(stage.model.dead_letters().len(), 2);
    stage.expect_told(&[]);
}

#[test]
fn an_alias_becomes_the_buckets_that_mean_it_however_many_they_are() {
    let stage = Stage::new(1);
    // The ledger answers in parts of two names.
    stage.model.set_page_sizes(1000, 1000, 10, 2);
    let names: Vec<String> = (0..13).map(|number| format!("b-{number:02}")).collect();
    for name in &names {
        stage.model.plant_entry(reader(
            "alias:arn:aws:kms:us-east-1:111122223333:alias/media",
            name,
        ));
    }
    let key = stage.model.add_key();
    name_key(&key, "KEY");
    stage.ana().update_alias("alias/media", &key).unwrap();
    assert_eq!(route(&stage.model), 0);
    let groups = |names: &[String]| {
        let groups: Vec<String> = names.iter().map(|name| format!("bucket:{name}")).collect();
        groups.join(", ")
    };
    let mut expected = "Query alias:alias/media reader#*\n".repeat(7);
    expected.insert_str(0, "Query key:KEY reader*\n");
    expected.push_str(&format!("SendMessageBatch {}\n", groups(&names[..10])));
    expected.push_str(&format!("SendMessageBatch {}\n", groups(&names[10..])));
    stage.expect_calls(&expected);
}

#[test]
fn a_bucket_named_twice_by_one_event_is_one_message() {
    let stage = Stage::new(1);
    let alias = "arn:aws:kms:us-east-1:111122223333:alias/media";
    let other = "arn:aws:kms:us-east-1:111122223333:alias/other";
    stage
        .model
        .plant_entry(reader(&format!("alias:{alias}"), "media"));
    stage
        .model
        .plant_entry(reader(&format!("alias:{other}"), "media"));
    stage.model.inject(&key_call(
        "UpdateAlias",
        json!({"aliasName": "alias/media"}),
        json!([{"ARN": alias}, {"ARN": other}]),
    ));
    assert_eq!(route(&stage.model), 0);
    stage.expect_calls(
        "Query alias:alias/media reader#*
        Query alias:alias/other reader#*
        SendMessageBatch bucket:media",
    );
}

#[test]
fn an_item_that_names_no_bucket_hides_no_other() {
    let stage = Stage::new(1);
    let page = "alias:arn:aws:kms:us-east-1:111122223333:alias/media";
    for name in ["media", "", "not a bucket", "vault"] {
        stage.model.plant_entry(reader(page, name));
    }
    stage.model.inject(&key_call(
        "DeleteAlias",
        json!({"aliasName": "alias/media"}),
        Value::Null,
    ));
    assert_eq!(route(&stage.model), 0);
    stage.expect_calls(
        "Query alias:alias/media reader#*
        SendMessageBatch bucket:media, bucket:vault",
    );
}

#[test]
fn a_later_look_at_a_key_is_asked_about_by_nobody() {
    let (stage, key) = Stage::with_vault();
    stir(&stage, &[&key]);
    stage.round();
    stage.model.advance(stage.model.next_due().unwrap());
    stage.model.take_journal();
    assert_eq!(route(&stage.model), 0);
    stage.expect_calls("SendMessageBatch key:KEY");
}
