//! Others who write while we do, and answers that come late, stale or never.

use guardian_core::call::CallErrorKind;
use guardian_core::finding::Verdict;
use guardian_model::{Delivery, Model, When, Who};
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::told::{only, outcome};
use crate::world::{bucket, grant, owners_policy};

/// The grant is gone, and no echo of what we write will come.
fn without_grant() -> Stage {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.model.deliver(Delivery::Dropped);
    stage
}

fn foreign() -> Value {
    json!({"Sid": "Reports", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/reports"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/reports/*"})
}

/// Somebody replaces the policy of `media` by one with these statements more.
fn replaces(more: Vec<Value>) -> impl FnOnce(&Model) + 'static {
    move |model| {
        let media = bucket("media");
        let bob = model.act_as(Who::cli("bob"));
        bob.put_bucket_policy(&media, &owners_policy(&media, &more).to_string())
            .unwrap();
    }
}

/// How many repairs the budget counts for the grant of `media`.
fn counted(stage: &Stage) -> usize {
    let entries = stage.model.ledger_dump();
    let incident = entries
        .iter()
        .find(|entry| entry.name == "incident#grant-missing#bucket:media");
    incident.unwrap().body["repairs"].as_array().unwrap().len()
}

#[test]
fn a_statement_that_somebody_added_after_our_look_survives() {
    let stage = without_grant();
    stage
        .model
        .interject("GetBucketPolicy", When::After(1), replaces(vec![foreign()]));
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    let media = bucket("media");
    assert_eq!(stage.policy(&media), owners_policy(&media, &[foreign(), grant(&media)]));
    assert_eq!(stage.model.pending_faults(), 0);
}

#[test]
fn what_somebody_else_repaired_after_our_look_is_not_written_again_and_not_claimed() {
    let stage = without_grant();
    stage
        .model
        .interject("GetBucketPolicy", When::After(1), replaces(vec![grant(&bucket("media"))]));
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
    stage.rest();
    stage.expect_told(&[]);
}

#[test]
fn whoever_replaces_the_policy_right_after_our_write_gets_it_merged_once_more() {
    let stage = without_grant();
    stage
        .model
        .interject("PutBucketPolicy", When::After(1), replaces(vec![foreign()]));
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    assert_eq!(counted(&stage), 1);
    let media = bucket("media");
    assert_eq!(stage.policy(&media), owners_policy(&media, &[foreign(), grant(&media)]));
}

#[test]
fn after_three_rounds_with_the_same_writer_it_is_left_for_a_later_look() {
    let stage = without_grant();
    for round in 1..=3 {
        let mut statement = foreign();
        statement["Sid"] = json!(format!("Reports{round}"));
        stage
            .model
            .interject("PutBucketPolicy", When::After(round), replaces(vec![statement]));
    }
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    assert_eq!(stage.take_repairs(), ["PutBucketPolicy media"; 3]);
    stage.expect_told(&[]);
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutBucketPolicy media"]);
    stage.expect_told(&["repaired: grant-missing on media"]);
}

#[test]
fn a_stale_read_after_our_write_is_no_reason_to_write_again() {
    let stage = without_grant();
    // The verification and the look after 30 s still see the old policy.
    stage.model.stale_reads(&bucket("media"), 2);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        SendMessage bucket:media in 30 s",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    stage.expect_told(&[]);
    stage.rest();
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        SendMessage bucket:media in 300 s
        SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media",
    );
    let told = stage.expect_told(&["repaired: grant-missing on media"]);
    assert!(told[0].contains("AWSConsoleStmt-media-cloudinary"), "{}", told[0]);
    assert_eq!(counted(&stage), 1);
}

#[test]
fn a_key_policy_that_is_read_stale_is_not_written_again_either() {
    let (stage, key) = Stage::with_vault();
    let policy = crate::world::owners_key_policy(&[]).to_string();
    stage.terraform().put_key_policy(&key, &policy).unwrap();
    stage.model.deliver(Delivery::Dropped);
    stage.model.stale_key_reads(&key, 2);
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy KEY"]);
    stage.expect_told(&["repaired: key-grant-missing on vault"]);
}

#[test]
fn a_throttled_write_is_delivered_again_and_counts_as_one_repair() {
    let stage = without_grant();
    stage
        .model
        .fail_next("PutBucketPolicy", 1, CallErrorKind::Transient);
    assert_eq!(stage.round(), []);
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media",
    );
    stage.model.advance(stage.model.next_due().unwrap());
    let report = only(stage.round());
    stage.expect_calls(
        "[look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    assert_eq!(counted(&stage), 1);
    stage.rest();
    stage.expect_told(&["repaired: grant-missing on media"]);
}

#[test]
fn throttled_reads_decide_nothing_and_are_tried_again() {
    for operation in ["HeadBucket", "GetBucketPolicy", "GetBucketEncryption", "ListObjectsV2", "HeadObject", "Query", "GetParameter"] {
        let stage = without_grant();
        stage.model.fail_next(operation, 1, CallErrorKind::Transient);
        assert_eq!(stage.round(), [], "{operation}");
        assert_eq!(stage.take_repairs(), [""; 0], "{operation}");
        stage.rest();
        assert_eq!(stage.take_repairs(), ["PutBucketPolicy media"], "{operation}");
        stage.expect_told(&["repaired: grant-missing on media"]);
    }
}

#[test]
fn a_write_whose_answer_was_lost_is_seen_told_once_and_not_made_again() {
    let stage = without_grant();
    stage.model.lose_response("PutBucketPolicy");
    assert_eq!(stage.round(), []);
    stage.model.take_journal();
    stage.expect_told(&[]);
    stage.model.advance(stage.model.next_due().unwrap());
    let report = only(stage.round());
    stage.expect_calls(
        "[look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
    let told = stage.expect_told(&["repaired: grant-missing on media"]);
    assert!(told[0].contains("AWSConsoleStmt-media-cloudinary"), "{}", told[0]);
    stage.rest();
    stage.expect_told(&[]);
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn whatever_answer_is_lost_the_end_is_the_same_and_told() {
    for operation in ["PutItem", "PutObject", "PutBucketPolicy", "SendMessageBatch", "SendMessage", "Publish", "GetBucketPolicy"] {
        let stage = without_grant();
        let media = bucket("media");
        stage.ana().delete_object(&media, crate::world::MARKER).unwrap();
        stage.model.lose_response(operation);
        stage.rest();
        assert!(stage.cloudinary_reads(&media), "{operation}");
        let notices = stage.model.take_notices();
        let codes: std::collections::BTreeSet<&str> =
            notices.iter().map(|notice| notice.attributes["code"].as_str()).collect();
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["grant-missing", "marker-missing"], "{operation}");
        assert!(notices.iter().all(|notice| notice.attributes["transition"] == "repaired"), "{operation}");
        assert_eq!(notices.len(), if operation == "Publish" { 3 } else { 2 }, "{operation}");
        assert_eq!(stage.model.dead_letters(), [], "{operation}");
    }
}
