//! The router and the ledger: a data event that names the key of an object makes work where the key is new.

use guardian_core::call::CallErrorKind;
use guardian_model::Queue;
use serde_json::json;

use crate::data_events::{OBJECT, put, recorded};
use crate::routing::{reader, route};

/// What S3 sends itself of an object.
fn created(object: &str) -> String {
    json!({
        "id": "env-n", "source": "aws.s3", "detail-type": "Object Created",
        "account": "111122223333", "region": "us-east-1", "time": "2026-11-23T10:15:01Z",
        "detail": {"bucket": {"name": "vault"}, "object": {"key": object}, "reason": "PutObject"},
    })
    .to_string()
}

#[test]
fn a_million_objects_that_move_to_a_known_key_make_no_work_and_one_question_a_batch() {
    let (stage, key, _) = recorded();
    for number in 0..40 {
        let object = format!("photos/{number}.jpg");
        stage
            .model
            .inject(&put(number, "UpdateObjectEncryption", "vault", &object, &key));
    }
    for _ in 0..4 {
        assert_eq!(route(&stage.model), 0);
        stage.expect_calls("GetItem key:KEY reader#vault");
    }
    assert_eq!(
        (
            stage.model.waiting(Queue::Ingest),
            stage.model.waiting(Queue::Work)
        ),
        (0, 0)
    );
}

#[test]
fn an_event_of_s3_beside_the_record_of_a_known_key_makes_no_work_either_but_one_of_a_begun_upload_does() {
    let (stage, key, _) = recorded();
    stage.model.inject(&created("photos/a.jpg"));
    stage
        .model
        .inject(&put(1, "PutObject", "vault", "photos/a.jpg", &key));
    assert_eq!(route(&stage.model), 0);
    stage.expect_calls("GetItem key:KEY reader#vault");
    stage.model.inject(&created("photos/b.jpg"));
    stage
        .model
        .inject(&put(2, "CreateMultipartUpload", "vault", "photos/b.jpg", &key));
    assert_eq!(route(&stage.model), 0);
    stage.expect_calls("GetItem key:KEY reader#vault\nSendMessageBatch bucket:vault");
}

#[test]
fn only_this_buckets_item_counts_and_not_that_of_one_whose_name_begins_so() {
    let (stage, _, second) = recorded();
    stage
        .model
        .plant_entry(reader(&format!("key:{second}"), "vault-2"));
    stage.model.inject(&put(1, "PutObject", "vault", OBJECT, &second));
    assert_eq!(route(&stage.model), 0);
    stage.expect_calls("GetItem key:SECOND reader#vault\nSendMessageBatch bucket:vault");
}

#[test]
fn one_key_in_two_buckets_is_asked_about_for_each() {
    let (stage, key, _) = recorded();
    for (number, name) in ["vault", "cellar", "vault", "cellar"].into_iter().enumerate() {
        stage.model.inject(&put(number, "CopyObject", name, OBJECT, &key));
    }
    assert_eq!(route(&stage.model), 0);
    stage.expect_calls(
        "GetItem key:KEY reader#cellar
        GetItem key:KEY reader#vault
        SendMessageBatch bucket:cellar",
    );
}

#[test]
fn a_page_that_cannot_be_read_has_its_events_delivered_again() {
    let (stage, key, second) = recorded();
    for (number, key) in [&key, &second, &second].into_iter().enumerate() {
        stage
            .model
            .inject(&put(number, "PutObject", "vault", OBJECT, key));
    }
    // The pages are asked for in the order of their keys.
    let (refused, expected) = if key < second { (1, 1) } else { (1, 2) };
    stage
        .model
        .fail_next("GetItem", refused, CallErrorKind::Transient);
    assert_eq!(route(&stage.model), expected);
    assert_eq!(stage.model.waiting(Queue::Ingest), expected);
}
