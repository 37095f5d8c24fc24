//! Answers that are stale, throttled or lost.

use guardian_core::call::CallErrorKind;
use guardian_core::finding::Verdict;
use guardian_model::Delivery;

use crate::stage::Stage;
use crate::told::{only, outcome};
use crate::world::bucket;

#[test]
fn a_stale_read_after_our_write_is_no_reason_to_write_again() {
    let stage = Stage::without_grant();
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
        SendMessage bucket:media in 30 s
        [standing of media]",
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
        PutItem bucket:media incident#grant-missing#bucket:media
        [standing of media]",
    );
    let told = stage.expect_told(&["repaired: grant-missing on media"]);
    assert!(told[0].contains("AWSConsoleStmt-media-cloudinary"), "{}", told[0]);
    assert_eq!(stage.counted("grant-missing#bucket:media"), 1);
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
    let stage = Stage::without_grant();
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
    assert_eq!(stage.counted("grant-missing#bucket:media"), 1);
    stage.rest();
    stage.expect_told(&["repaired: grant-missing on media"]);
}

#[test]
fn throttled_reads_decide_nothing_and_are_tried_again() {
    for operation in [
        "HeadBucket",
        "GetBucketPolicy",
        "GetBucketEncryption",
        "ListObjectsV2",
        "HeadObject",
        "Query",
        "GetParameter",
    ] {
        let stage = Stage::without_grant();
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
    let stage = Stage::without_grant();
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
    for operation in [
        "PutItem",
        "PutObject",
        "PutBucketPolicy",
        "SendMessageBatch",
        "SendMessage",
        "Publish",
        "GetBucketPolicy",
    ] {
        let stage = Stage::without_grant();
        let media = bucket("media");
        stage.ana().delete_object(&media, crate::world::MARKER).unwrap();
        stage.model.lose_response(operation);
        stage.rest();
        assert!(stage.cloudinary_reads(&media), "{operation}");
        let notices = stage.model.take_notices();
        let codes: std::collections::BTreeSet<&str> = notices
            .iter()
            .map(|notice| notice.attributes["code"].as_str())
            .collect();
        assert_eq!(
            codes.into_iter().collect::<Vec<_>>(),
            ["grant-missing", "marker-missing"],
            "{operation}"
        );
        assert!(
            notices
                .iter()
                .all(|notice| notice.attributes["transition"] == "repaired"),
            "{operation}"
        );
        assert_eq!(
            notices.len(),
            if operation == "Publish" { 3 } else { 2 },
            "{operation}"
        );
        assert_eq!(stage.model.dead_letters(), [], "{operation}");
    }
}
