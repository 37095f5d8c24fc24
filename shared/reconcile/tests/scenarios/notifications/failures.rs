//! What cannot be read or written holds up nothing else.

use guardian_core::call::CallErrorKind;
use guardian_core::finding::Severity;

use super::*;

#[test]
fn a_refused_write_is_for_a_person_and_names_the_right() {
    let stage = managed();
    unplugged(&stage, &queue());
    stage.model.fail_next(
        "PutBucketNotificationConfiguration",
        1,
        CallErrorKind::AccessDenied,
    );
    let report = only(stage.round());
    expect_found(&report, &[OFF]);
    let told = stage.expect_told(&["needs-you: notifications-off on media"]);
    assert!(
        told[0].contains("`s3:PutBucketNotification` failed: access denied"),
        "{}",
        told[0]
    );
}

#[test]
fn a_refused_read_leaves_the_verdict_and_every_repair_as_they_are() {
    let stage = managed();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.model.deliver(Delivery::Dropped);
    stage.model.fail_next(
        "GetBucketNotificationConfiguration",
        1,
        CallErrorKind::AccessDenied,
    );
    let report = only(stage.round());
    expect_found(
        &report,
        &[
            "grant-missing bucket:media (repair)",
            "notifications-unknown bucket:media (human)",
        ],
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    assert_eq!(report.findings[1].severity, Severity::Low);
    stage.expect_told(&[
        "repaired: grant-missing on media",
        "needs-you: notifications-unknown on media",
    ]);
    stage.rest();
    stage.expect_told(&["resolved: notifications-unknown on media"]);
}

#[test]
fn while_they_cannot_be_read_they_are_not_said_to_be_on_again() {
    let mut stage = managed();
    stage.settings.manages_notifications = false;
    replaced(&stage, &queue());
    stage.rest();
    stage.expect_told(&["needs-you: notifications-off on media"]);
    for kind in [CallErrorKind::AccessDenied, CallErrorKind::Transient] {
        stage
            .model
            .fail_next("GetBucketNotificationConfiguration", 1, kind);
        stage.sweep();
        stage.round();
        stage.round();
        let told = stage.model.take_notices();
        let over = told
            .iter()
            .any(|notice| notice.subject.contains("resolved: notifications-off"));
        assert!(!over, "{told:?}");
    }
}

#[test]
fn a_read_that_fails_for_the_moment_holds_up_no_repair_and_is_made_again() {
    let stage = managed();
    stage.terraform_replaces(&bucket("media"), &[]);
    unplugged(&stage, &queue());
    stage
        .model
        .fail_next("GetBucketNotificationConfiguration", 2, CallErrorKind::Transient);
    let report = stage.round().remove(0);
    expect_found(&report, &["grant-missing bucket:media (repair)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    stage.expect_told(&["repaired: grant-missing on media"]);
    stage.rest();
    stage.expect_told(&["repaired: notifications-off on media"]);
    assert!(now(&stage).tells_event_bridge());
}

#[test]
fn a_write_that_fails_for_the_moment_holds_up_no_word_of_the_other_repairs() {
    let stage = managed();
    stage.terraform_replaces(&bucket("media"), &[]);
    unplugged(&stage, &queue());
    stage
        .model
        .fail_next("PutBucketNotificationConfiguration", 1, CallErrorKind::Transient);
    let report = stage.round().remove(0);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    stage.expect_told(&["repaired: grant-missing on media"]);
    stage.rest();
    stage.expect_told(&["repaired: notifications-off on media"]);
}
