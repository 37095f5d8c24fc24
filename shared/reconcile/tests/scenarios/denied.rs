//! AWS says no to a write.

use std::time::Duration;

use guardian_core::call::CallErrorKind::AccessDenied;
use guardian_core::finding::Verdict;

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{MARKER, bucket, grant, owners_key_policy};

#[test]
fn a_policy_that_may_not_be_written_is_told_once_and_tried_again_at_the_next_look() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.terraform_replaces(&media, &[]);
    stage.model.fail_next("PutBucketPolicy", 2, AccessDenied);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media
        PutItem bucket:media incident#policy-unwritable#bucket:media
        Publish needs-you: policy-unwritable on media
        PutItem bucket:media incident#policy-unwritable#bucket:media
        [standing of media]",
    );
    expect_found(
        &report,
        &[
            "grant-missing bucket:media (human)",
            "policy-unwritable bucket:media (human)",
        ],
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    let told = stage.expect_told(&["needs-you: policy-unwritable on media"]);
    assert!(told[0].contains("s3:PutBucketPolicy"), "{}", told[0]);

    stage.model.advance(Duration::from_secs(3600));
    stage.sweep();
    stage.rest();
    stage.expect_told(&[]);
    assert_eq!(stage.take_repairs(), ["PutBucketPolicy media"]);

    // The right is granted: the next look repairs.
    stage.model.advance(Duration::from_secs(3600));
    stage.sweep();
    stage.rest();
    stage.expect_told(&[
        "repaired: grant-missing on media",
        "resolved: policy-unwritable on media",
    ]);
    assert!(stage.cloudinary_reads(&media));
}

#[test]
fn another_event_right_after_a_refused_write_does_not_say_that_it_is_over() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.model.fail_next("PutBucketPolicy", 9, AccessDenied);
    stage.terraform_replaces(&media, &[]);
    stage.round();
    stage.expect_told(&["needs-you: policy-unwritable on media"]);
    stage.model.advance(Duration::from_secs(5));
    stage.ana().put_bucket_notification(&media, true).unwrap();
    let report = only(stage.round());
    assert_eq!(report.verdict, Some(Verdict::Blocked));
    stage.expect_told(&[]);
}

#[test]
fn what_a_person_repaired_after_a_refused_write_is_not_claimed() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.model.fail_next("PutBucketPolicy", 1, AccessDenied);
    stage.terraform_replaces(&media, &[]);
    stage.rest();
    stage.expect_told(&["needs-you: policy-unwritable on media"]);
    stage.terraform_replaces(&media, &[grant(&media)]);
    stage.rest();
    stage.expect_told(&["resolved: policy-unwritable on media"]);
}

#[test]
fn writes_that_are_refused_all_day_are_no_flapping() {
    let stage = Stage::with_media();
    stage.model.fail_next("PutBucketPolicy", 100, AccessDenied);
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    stage.expect_told(&["needs-you: policy-unwritable on media"]);
    for _ in 0..12 {
        stage.model.advance(Duration::from_secs(120));
        stage.sweep();
        stage.rest();
        stage.expect_told(&[]);
    }
}

#[test]
fn a_marker_that_may_not_be_written_is_told_once_and_repaired_when_it_may() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.ana().delete_object(&media, MARKER).unwrap();
    stage.model.fail_next("PutObject", 1, AccessDenied);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#marker-missing#marker:media/…/demo
        PutObject media/…/demo
        PutItem bucket:media incident#marker-missing#marker:media/…/demo
        Publish needs-you: marker-missing on media
        PutItem bucket:media incident#marker-missing#marker:media/…/demo
        [standing of media]",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    stage.expect_told(&["needs-you: marker-missing on media"]);
    stage.model.advance(Duration::from_secs(3600));
    stage.sweep();
    stage.rest();
    let told = stage.expect_told(&["repaired: marker-missing on media"]);
    assert!(told[0].contains("What was changed"), "{}", told[0]);
}

#[test]
fn a_key_policy_that_may_not_be_written_is_told_by_the_key() {
    let (stage, key) = Stage::with_vault();
    let policy = owners_key_policy(&[]).to_string();
    stage.terraform().put_key_policy(&key, &policy).unwrap();
    stage.model.fail_next("PutKeyPolicy", 1, AccessDenied);
    only(stage.round());
    stage.expect_calls(
        "Query key:KEY reader*
        SendMessageBatch key:KEY
        Query key:KEY
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY incident#key-grant-missing#key:KEY
        GetKeyPolicy KEY
        PutKeyPolicy KEY
        PutItem key:KEY incident#key-grant-missing#key:KEY
        PutItem key:KEY incident#policy-unwritable#key:KEY
        Publish needs-you: policy-unwritable on vault
        PutItem key:KEY incident#policy-unwritable#key:KEY",
    );
    stage.expect_told(&["needs-you: policy-unwritable on vault"]);
}
