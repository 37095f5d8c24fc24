//! Objects that get under another key, where a trail records data events: the record names the key.

use guardian_core::call::CallErrorKind;
use guardian_core::finding::Verdict;
use guardian_core::name::KeyArn;
use guardian_core::settings::CensusLevel;
use guardian_model::Queue;
use serde_json::{Value, json};

use crate::routing::route;
use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::bucket;

pub(crate) const OBJECT: &str = "photos/cat.jpg";

/// The bucket `vault` under `KEY`, a second key that nothing names yet, and a trail that records data events. S3 sends
/// nothing itself.
pub(crate) fn recorded() -> (Stage, KeyArn, KeyArn) {
    let (mut stage, key) = Stage::with_vault();
    let second = stage.key("SECOND");
    let vault = bucket("vault");
    stage.ana().put_bucket_notification(&vault, false).unwrap();
    stage.settled();
    // People were told so, and reminded a day later; from here on it is old news for a week.
    stage.sweep();
    stage.rest();
    stage.expect_told(&["reminder: notifications-off on vault"]);
    stage.model.take_journal();
    stage.model.watch_objects(true);
    stage.model.record_data_events(true);
    stage.settings.watches_objects = true;
    (stage, key, second)
}

fn update(stage: &Stage, object: &str, key: &KeyArn) {
    let ana = stage.ana();
    ana.update_object_encryption(&bucket("vault"), object, key)
        .unwrap();
}

/// A record as CloudTrail sends it: the key of the object stands in the answer, or in the request where it is moved.
pub(crate) fn put(number: usize, event: &str, bucket: &str, object: &str, key: &KeyArn) -> String {
    let answer = json!({
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": key,
    });
    let target = json!({"SSEKMS": {"KMSKeyArn": key, "BucketKeyEnabled": true}});
    let (target, answer) = match event {
        "UpdateObjectEncryption" => (target, Value::Null),
        _ => (Value::Null, answer),
    };
    json!({
        "id": format!("env-{number}"), "source": "aws.s3", "detail-type": "AWS API Call via CloudTrail",
        "account": "111122223333", "region": "us-east-1", "time": "2026-11-23T10:15:01Z", "resources": [],
        "detail": {
            "eventSource": "s3.amazonaws.com", "eventName": event, "eventID": format!("e-{number}"),
            "awsRegion": "us-east-1", "recipientAccountId": "111122223333", "responseElements": answer,
            "requestParameters": {"bucketName": bucket, "key": object, "ObjectEncryption": target},
        },
    })
    .to_string()
}

#[test]
fn an_object_that_moves_to_another_key_in_place_has_that_key_granted_and_by_that_name() {
    let (stage, _, second) = recorded();
    update(&stage, OBJECT, &second);
    let report = only(stage.round());
    stage.expect_calls(
        "GetItem key:SECOND reader#vault
        SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault
        HeadObject vault/photos/cat.jpg
        HeadBucket vault
        GetBucketPolicy vault
        GetBucketEncryption vault
        ListObjectsV2 vault/…/
        HeadObject vault/…/demo
        GetBucketNotificationConfiguration vault
        DescribeKey SECOND
        GetKeyPolicy SECOND
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:SECOND reader#vault
        PutItem bucket:vault needs#SECOND
        PutItem bucket:vault evidence
        SendMessageBatch key:SECOND
        SendMessage bucket:vault in 30 s
        [standing of vault]",
    );
    expect_found(
        &report,
        &[
            "notifications-off bucket:vault (human)",
            "key-grant-missing key:SECOND (repair)",
        ],
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);
    let told = stage.expect_told(&["repaired: key-grant-missing on vault"]);
    assert!(told[0].contains("ana"), "{}", told[0]);
    assert!(stage.cloudinary_reads(&bucket("vault")));
}

#[test]
fn the_objects_of_a_batch_are_one_look_with_one_head_object_for_each_new_key() {
    let (stage, key, second) = recorded();
    let third = stage.key("THIRD");
    stage.settled();
    for number in 0..10 {
        let (object, key) = match number % 3 {
            0 => (OBJECT, &key),
            1 => ("photos/second.jpg", &second),
            _ => ("photos/third.jpg", &third),
        };
        stage
            .model
            .inject(&put(number, "PutObject", "vault", object, key));
    }
    assert_eq!(route(&stage.model), 0);
    assert_eq!(stage.model.waiting(Queue::Work), 1);
    stage.model.take_journal();
    stage.rest();
    let journal = stage.model.take_journal();
    let heads = journal
        .iter()
        .filter(|call| call.to_string().contains("HeadObject vault/photos/"));
    assert_eq!(heads.count(), 2);
    // Neither object is there, but each of the keys was named more than once.
    stage.expect_told(&["repaired: key-grant-missing on vault"; 2]);
}

#[test]
fn a_copy_under_another_key_is_heard_of_by_either_event_and_settled_by_the_first() {
    let (stage, _, second) = recorded();
    let vault = bucket("vault");
    stage.ana().put_bucket_notification(&vault, true).unwrap();
    stage.settled();
    stage
        .ana()
        .copy_in_place(&vault, OBJECT, second.as_str())
        .unwrap();
    stage.round();
    let journal = stage.model.take_journal();
    let heads = journal
        .iter()
        .filter(|call| call.to_string().contains(&format!("HeadObject vault/{OBJECT}")));
    assert_eq!(
        heads.count(),
        1,
        "the record named the key: S3's own event asks for no look of its own"
    );
    stage.rest();
    stage.expect_told(&["repaired: key-grant-missing on vault"]);
    stage
        .ana()
        .copy_in_place(&vault, OBJECT, second.as_str())
        .unwrap();
    stage.model.take_journal();
    // No setting names the key, so that a census may let it go: each witness counts, and costs no whole look.
    only(stage.round());
    stage.expect_calls(
        "GetItem key:SECOND reader#vault
        SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault
        HeadObject vault/photos/cat.jpg
        PutItem bucket:vault evidence",
    );
}

#[test]
fn without_the_right_to_look_at_objects_the_event_is_evidence_and_says_may() {
    let (mut stage, _, second) = recorded();
    stage.settings.watches_objects = false;
    update(&stage, OBJECT, &second);
    let report = only(stage.round());
    stage.expect_calls(
        "GetItem key:SECOND reader#vault
        SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey KEY
        GetKeyPolicy KEY
        DescribeKey SECOND
        GetKeyPolicy SECOND
        PutItem key:SECOND reader#vault
        PutItem bucket:vault needs#SECOND
        PutItem bucket:vault evidence
        SendMessageBatch key:SECOND
        SendMessage bucket:vault in 30 s
        [standing of vault]",
    );
    expect_found(
        &report,
        &[
            "notifications-off bucket:vault (human)",
            "key-grant-missing key:SECOND (repair)",
        ],
    );
    assert_eq!(outcome(&report), (Some(Verdict::Depends), 0));
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);
}

#[test]
fn a_census_of_any_kind_is_a_right_to_look() {
    for census in [CensusLevel::Sample, CensusLevel::Full] {
        let (mut stage, _, second) = recorded();
        stage.settings.watches_objects = false;
        stage.settings.census = census;
        update(&stage, OBJECT, &second);
        assert_eq!(only(stage.round()).verdict, Some(Verdict::Blocked));
    }
}

#[test]
fn a_look_that_is_refused_leaves_the_event_as_evidence_and_one_that_fails_for_the_moment_is_made_again() {
    let (stage, _, second) = recorded();
    update(&stage, OBJECT, &second);
    assert_eq!(route(&stage.model), 0);
    stage
        .model
        .fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
    assert_eq!(only(stage.round()).verdict, Some(Verdict::Depends));
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);

    let (stage, _, second) = recorded();
    update(&stage, OBJECT, &second);
    assert_eq!(route(&stage.model), 0);
    stage.model.fail_next("HeadObject", 1, CallErrorKind::Transient);
    assert_eq!(stage.round(), []);
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);
    stage.expect_told(&["repaired: key-grant-missing on vault"]);
}

#[test]
fn an_object_that_is_gone_or_under_a_known_key_again_takes_its_key_with_it() {
    let (stage, key, second) = recorded();
    update(&stage, OBJECT, &second);
    stage.model.record_data_events(false);
    update(&stage, OBJECT, &key);
    let report = only(stage.round());
    stage.expect_calls(
        "GetItem key:SECOND reader#vault
        SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault
        HeadObject vault/photos/cat.jpg",
    );
    assert_eq!(
        report.note.as_deref(),
        Some("keys that events named: 1, of them not known before: 1; none is under a new key")
    );
    stage
        .model
        .inject(&put(1, "PutObject", "vault", "photos/gone.jpg", &second));
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    assert!(!stage.needs().contains(&"bucket:vault needs#SECOND".to_owned()));
}

#[test]
fn an_upload_that_has_only_begun_is_not_looked_for() {
    let (stage, _, second) = recorded();
    stage.model.inject(&put(
        1,
        "CreateMultipartUpload",
        "vault",
        "video/trailer.mp4",
        &second,
    ));
    assert_eq!(only(stage.round()).verdict, Some(Verdict::Depends));
    let journal = stage.model.take_journal();
    assert!(!journal.iter().any(|call| call.to_string().contains("trailer")));
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);
}

#[test]
fn an_object_outside_of_what_is_declared_brings_no_key_whatever_else_is_in_the_batch() {
    let (stage, _, second) = recorded();
    let vault = bucket("vault");
    stage.declared(&vault, r#"{"clouds": ["demo"], "prefixes": ["public/*"]}"#);
    stage.settled();
    for number in 0..3 {
        stage
            .model
            .inject(&put(number, "PutObject", "vault", "logs/1", &second));
    }
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    // The first in the order of their names is not the one that is declared.
    stage
        .model
        .inject(&put(3, "PutObject", "vault", "logs/1", &second));
    stage
        .model
        .inject(&put(4, "PutObject", "vault", "public/1", &second));
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);
}

#[test]
fn a_record_of_a_bucket_that_nobody_declares_comes_to_nothing() {
    let (stage, key, _) = recorded();
    stage.model.inject(&put(1, "PutObject", "attic", OBJECT, &key));
    let report = only(stage.round());
    assert_eq!(report.note.as_deref(), Some("not declared"));
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn a_key_of_another_account_is_for_a_person_and_one_that_only_an_event_knows_is_nothing() {
    for (is_there, told) in [(true, &["needs-you: key-foreign on vault"][..]), (false, &[])] {
        let (mut stage, _, _) = recorded();
        stage.settings.watches_objects = false;
        let key = if is_there {
            let other = "444455556666".parse().unwrap();
            stage.model.add_key_of(&other, "us-east-1")
        } else {
            let gone = "arn:aws:kms:us-east-1:111122223333:key/5c1f0a52-7d0e-4b7b-9a55-3f1de6c2a941";
            gone.parse().unwrap()
        };
        stage.model.inject(&put(1, "PutObject", "vault", OBJECT, &key));
        stage.rest();
        assert_eq!(stage.take_repairs(), [""; 0]);
        stage.expect_told(told);
    }
}

#[test]
fn what_the_record_says_of_a_policy_is_never_read() {
    let (stage, key, second) = recorded();
    let mut event: Value = serde_json::from_str(&put(1, "PutObject", "vault", OBJECT, &second)).unwrap();
    event["detail"]["requestParameters"]["policy"] = json!({"Statement": [], "Resource": key});
    stage.model.inject(&event.to_string());
    stage.rest();
    assert_eq!(
        stage.take_repairs(),
        [""; 0],
        "the object is under another key, which HeadObject says"
    );
}
