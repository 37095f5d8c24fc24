//! AWS says no to a read: unknown is not empty, and not over.

use guardian_core::call::CallErrorKind::AccessDenied;
use guardian_core::finding::Verdict;
use serde_json::json;

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{MARKER, bucket, grant, owners_key_policy, owners_policy};

/// Grant and marker are gone, and this read is refused: what is found, and what is written all the same.
#[track_caller]
fn expect_unread(operation: &str, found: &[&str], repairs: &[&str], told: &[&str]) {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.model.deliver(guardian_model::Delivery::Dropped);
    stage.terraform_replaces(&media, &[]);
    stage.ana().delete_object(&media, MARKER).unwrap();
    stage.model.fail_next(operation, 1, AccessDenied);
    stage.sweep();
    stage.round();
    let report = only(stage.round());
    expect_found(&report, found);
    assert_eq!(report.verdict, Some(Verdict::Unknown).max(report.verdict));
    assert_eq!(stage.take_repairs(), repairs, "{operation}");
    stage.expect_told(told);
    assert_eq!(stage.model.pending_faults(), 0);
}

#[test]
fn a_bucket_that_may_not_be_looked_at_is_unknown_and_nothing_is_written() {
    expect_unread(
        "HeadBucket",
        &["observation-failed bucket:media (human)"],
        &[],
        &["needs-you: observation-failed on media"],
    );
}

#[test]
fn under_a_policy_that_may_not_be_read_the_grant_is_unknown_and_the_marker_is_written() {
    expect_unread(
        "GetBucketPolicy",
        &[
            "observation-failed bucket:media (human)",
            "marker-missing marker:media/…/demo (repair)",
        ],
        &["PutObject media/…/demo"],
        &[
            "repaired: marker-missing on media",
            "needs-you: observation-failed on media",
        ],
    );
}

#[test]
fn a_marker_that_may_not_be_looked_at_is_unknown_and_the_grant_is_written() {
    expect_unread(
        "HeadObject",
        &[
            "grant-missing bucket:media (repair)",
            "observation-failed marker:media/…/demo (human)",
        ],
        &["PutBucketPolicy media"],
        &[
            "repaired: grant-missing on media",
            "needs-you: observation-failed on media",
        ],
    );
}

#[test]
fn without_the_default_encryption_or_the_list_of_markers_both_are_written() {
    for operation in ["GetBucketEncryption", "ListObjectsV2"] {
        let stage = Stage::with_media();
        let media = bucket("media");
        stage.terraform_replaces(&media, &[]);
        stage.ana().delete_object(&media, MARKER).unwrap();
        stage.model.fail_next(operation, 1, AccessDenied);
        let report = only(stage.round());
        assert_eq!(outcome(&report), (Some(Verdict::Unknown), 2), "{operation}");
        assert_eq!(
            stage.take_repairs(),
            ["PutBucketPolicy media", "PutObject media/…/demo"],
            "{operation}"
        );
        stage.expect_told(&[
            "repaired: grant-missing on media",
            "repaired: marker-missing on media",
            "needs-you: observation-failed on media",
        ]);
    }
}

#[test]
fn a_key_that_may_not_be_read_is_told_by_the_key_and_not_written() {
    for operation in ["DescribeKey", "GetKeyPolicy"] {
        let (stage, key) = Stage::with_vault();
        let policy = owners_key_policy(&[]).to_string();
        stage.terraform().put_key_policy(&key, &policy).unwrap();
        stage.model.fail_next(operation, 1, AccessDenied);
        let report = only(stage.round());
        expect_found(&report, &["observation-failed key:KEY (human)"]);
        assert_eq!(outcome(&report), (Some(Verdict::Unknown), 0));
        assert_eq!(stage.take_repairs(), [""; 0], "{operation}");
        stage.expect_told(&["needs-you: observation-failed on vault"]);
    }
}

#[test]
fn block_public_access_that_may_not_be_read_keeps_a_public_policy_from_being_written() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let open = json!({"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObjectTagging",
        "Resource": "arn:aws:s3:::media/open/*"});
    let policy = owners_policy(&media, &[open]).to_string();
    stage.model.set_policy(&media, &policy);
    stage.model.fail_next("GetPublicAccessBlock", 1, AccessDenied);
    stage.sweep();
    stage.round();
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    assert_eq!(stage.take_repairs(), [""; 0]);
    assert_eq!(stage.model.policy(&media).unwrap(), policy);
}

#[test]
fn what_can_no_longer_be_seen_is_not_told_to_be_over() {
    for operation in ["HeadBucket", "GetBucketPolicy"] {
        let stage = Stage::with_media();
        let media = bucket("media");
        let deny = json!({"Sid": "OnlyUs", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::media/*",
            "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}});
        stage.terraform_replaces(&media, &[grant(&media), deny]);
        stage.rest();
        stage.expect_told(&["needs-you: grant-denied on media"]);
        stage.model.fail_next(operation, 1, AccessDenied);
        stage.sweep();
        stage.rest();
        stage.expect_told(&["needs-you: observation-failed on media"]);
        stage.sweep();
        stage.rest();
        stage.expect_told(&["resolved: observation-failed on media"]);
    }
}

#[test]
fn a_strangers_marker_is_not_over_because_the_list_could_not_be_read() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let stranger = ".wellknown/cloudinary/stranger";
    stage.ana().put_object(&media, stranger, None).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: marker-unexpected on media"]);
    stage.model.fail_next("ListObjectsV2", 1, AccessDenied);
    stage.sweep();
    stage.rest();
    stage.expect_told(&["needs-you: observation-failed on media"]);
}

#[test]
fn a_disabled_key_is_not_over_because_it_could_not_be_described() {
    let (stage, key) = Stage::with_vault();
    stage.ana().disable_key(&key).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: key-disabled on vault"]);
    let policy = owners_key_policy(&[]).to_string();
    stage.terraform().put_key_policy(&key, &policy).unwrap();
    stage.model.fail_next("DescribeKey", 1, AccessDenied);
    stage.round();
    stage.expect_told(&["needs-you: observation-failed on vault"]);
}

#[test]
fn without_the_ledger_or_the_declaration_nothing_is_decided_and_the_message_ends_in_the_dead_letters() {
    for operation in ["Query", "GetParameter"] {
        let stage = Stage::with_media();
        stage.terraform_replaces(&bucket("media"), &[]);
        stage.model.fail_next(operation, 5, AccessDenied);
        stage.rest();
        assert_eq!(stage.take_repairs(), [""; 0], "{operation}");
        stage.expect_told(&[]);
        assert_eq!(stage.model.dead_letters().len(), 1, "{operation}");
        // Put back, it does its work.
        stage.model.redrive();
        stage.rest();
        stage.expect_told(&["repaired: grant-missing on media"]);
    }
}
