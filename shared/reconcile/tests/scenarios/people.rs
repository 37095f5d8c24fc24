//! What only a person can mend: told once, and nothing is written.

use guardian_core::finding::Verdict;
use guardian_core::observation::PublicAccessBlock;
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{bucket, grant, owners_policy};

fn deny(resource: &str) -> Value {
    json!({"Sid": "OnlyUs", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": resource,
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}})
}

#[test]
fn an_explicit_deny_is_told_once_with_the_exception_to_paste() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let more = [grant(&media), deny("arn:aws:s3:::media/photos/*")];
    stage.terraform_replaces(&media, &more);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-denied#bucket:media
        Publish needs-you: grant-denied on media
        PutItem bucket:media incident#grant-denied#bucket:media
        [standing of media]",
    );
    expect_found(&report, &["grant-denied bucket:media (human)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    let told = stage.expect_told(&["needs-you: grant-denied on media"]);
    assert!(
        told[0].contains("OnlyUs") && told[0].contains("232482882421"),
        "{}",
        told[0]
    );

    // Seen again it is not told again.
    stage.sweep();
    stage.rest();
    stage.expect_told(&[]);
    assert_eq!(stage.take_repairs(), [""; 0]);
    assert_eq!(stage.policy(&media), owners_policy(&media, &more));

    stage.terraform_replaces(&media, &[grant(&media)]);
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-denied#bucket:media
        Publish resolved: grant-denied on media
        PutItem bucket:media incident#grant-denied#bucket:media
        SendMessage bucket:media in 30 s
        [standing of media]",
    );
    stage.expect_told(&["resolved: grant-denied on media"]);
}

#[test]
fn under_a_deny_of_a_part_the_missing_grant_is_repaired_and_the_deny_told() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.terraform_replaces(&media, &[deny("arn:aws:s3:::media/photos/*")]);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-denied#bucket:media
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish needs-you: grant-denied on media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-denied#bucket:media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s
        [standing of media]",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 1));
    stage.expect_told(&[
        "needs-you: grant-denied on media",
        "repaired: grant-missing on media",
    ]);
}

#[test]
fn under_a_deny_of_everything_nothing_is_added_because_it_would_not_help() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.terraform_replaces(&media, &[deny("arn:aws:s3:::media/*")]);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-denied#bucket:media
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish needs-you: grant-denied on media
        Publish needs-you: grant-missing on media
        PutItem bucket:media incident#grant-denied#bucket:media
        PutItem bucket:media incident#grant-missing#bucket:media
        [standing of media]",
    );
    expect_found(
        &report,
        &[
            "grant-missing bucket:media (human)",
            "grant-denied bucket:media (human)",
        ],
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
}

/// The policy is there, lacks the grant and cannot be written back: the same conversation for every reason.
#[track_caller]
fn expect_unwritable(stage: &Stage, why: &str) {
    let media = bucket("media");
    let before = stage.model.policy(&media);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        PutItem bucket:media incident#policy-unwritable#bucket:media
        Publish needs-you: policy-unwritable on media
        PutItem bucket:media incident#policy-unwritable#bucket:media
        [standing of media]",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    let told = stage.expect_told(&["needs-you: policy-unwritable on media"]);
    assert!(told[0].contains(why), "{}", told[0]);
    stage.sweep();
    stage.rest();
    stage.expect_told(&[]);
    assert_eq!(stage.take_repairs(), [""; 0]);
    assert_eq!(stage.model.policy(&media), before, "left alone byte for byte");
}

#[test]
fn a_policy_that_names_somebody_deleted_is_left_alone_until_a_person_corrects_it() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let leaver = "arn:aws:iam::111122223333:role/leaver";
    let statement = json!({"Sid": "Leaver", "Effect": "Allow", "Principal": {"AWS": leaver},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"});
    stage.terraform_replaces(&media, &[statement]);
    stage.ana().delete_principal(leaver);
    expect_unwritable(&stage, "no longer exists");

    stage.terraform_replaces(&media, &[]);
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media
        PutItem bucket:media incident#policy-unwritable#bucket:media
        Publish repaired: grant-missing on media
        Publish resolved: policy-unwritable on media
        PutItem bucket:media incident#grant-missing#bucket:media
        PutItem bucket:media incident#policy-unwritable#bucket:media
        SendMessage bucket:media in 30 s
        [standing of media]",
    );
    stage.expect_told(&[
        "repaired: grant-missing on media",
        "resolved: policy-unwritable on media",
    ]);
}

#[test]
fn a_policy_without_room_for_our_statement_is_left_alone() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let long = |length| {
        json!({"Sid": "Long", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::media/{}", "x".repeat(length))})
    };
    let rest = owners_policy(&media, &[long(0)]).to_string().len();
    stage.terraform_replaces(&media, &[long(20_480 - rest)]);
    expect_unwritable(&stage, "20480 are the limit");
}

#[test]
fn a_public_policy_under_block_public_policy_is_left_alone() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let open = json!({"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObjectTagging",
        "Resource": "arn:aws:s3:::media/open/*"});
    let policy = owners_policy(&media, &[open]).to_string();
    stage.model.set_policy(&media, &policy);
    let block = PublicAccessBlock {
        block_public_policy: true,
        restrict_public_buckets: true,
        ..PublicAccessBlock::default()
    };
    stage.ana().put_public_access_block(&media, block).unwrap();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        GetPublicAccessBlock media
        LookupEvents PutBucketPolicy
        PutItem bucket:media incident#grant-missing#bucket:media
        PutItem bucket:media incident#policy-unwritable#bucket:media
        PutItem bucket:media incident#public-policy-restricted#bucket:media
        Publish needs-you: policy-unwritable on media
        Publish needs-you: public-policy-restricted on media
        PutItem bucket:media incident#policy-unwritable#bucket:media
        PutItem bucket:media incident#public-policy-restricted#bucket:media
        [standing of media]",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    let told = stage.expect_told(&[
        "needs-you: policy-unwritable on media",
        "needs-you: public-policy-restricted on media",
    ]);
    assert!(
        told[0].contains("BlockPublicPolicy") && told[0].contains("Open"),
        "{}",
        told[0]
    );
    assert_eq!(stage.model.policy(&media).unwrap(), policy);
}

#[test]
fn in_observe_mode_the_plan_is_told_and_nothing_is_written() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.declared(&media, r#"{"clouds": ["demo"], "mode": "observe"}"#);
    stage.settled();
    stage.terraform_replaces(&media, &[]);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish needs-you: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        [standing of media]",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    let told = stage.expect_told(&["needs-you: grant-missing on media"]);
    assert!(
        told[0].contains("+   \"Sid\": \"AWSConsoleStmt-media-cloudinary\""),
        "{}",
        told[0]
    );
    assert!(!stage.cloudinary_reads(&media));

    // Allowed to repair, the guardian does, and says what it changed.
    stage.declared(&media, r#"{"clouds": ["demo"], "mode": "repair"}"#);
    stage.rest();
    let told = stage.expect_told(&["repaired: grant-missing on media"]);
    assert!(told[0].contains("What was changed"), "{}", told[0]);
    assert!(stage.cloudinary_reads(&media));
}
