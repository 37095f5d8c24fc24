//! Others who write while we do.

use guardian_core::finding::Verdict;
use guardian_model::{Model, When, Who};
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::told::{only, outcome};
use crate::world::{bucket, grant, owners_policy};

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

#[test]
fn a_statement_that_somebody_added_after_our_look_survives() {
    let stage = Stage::without_grant();
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
    assert_eq!(
        stage.policy(&media),
        owners_policy(&media, &[foreign(), grant(&media)])
    );
    assert_eq!(stage.model.pending_faults(), 0);
}

#[test]
fn what_somebody_else_repaired_after_our_look_is_not_written_again_and_not_claimed() {
    let stage = Stage::without_grant();
    stage.model.interject(
        "GetBucketPolicy",
        When::After(1),
        replaces(vec![grant(&bucket("media"))]),
    );
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
    let stage = Stage::without_grant();
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
    assert_eq!(stage.counted("grant-missing#bucket:media"), 1);
    let media = bucket("media");
    assert_eq!(
        stage.policy(&media),
        owners_policy(&media, &[foreign(), grant(&media)])
    );
}

#[test]
fn after_three_rounds_with_the_same_writer_it_is_left_for_a_later_look() {
    let stage = Stage::without_grant();
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
