//! Others who write the notifications while we do.

use super::*;

#[test]
fn what_somebody_added_after_our_look_survives() {
    let stage = managed();
    unplugged(&stage, &queue());
    stage.model.interject(
        "GetBucketNotificationConfiguration",
        When::After(1),
        writes(queue() + &late()),
    );
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    assert_eq!(stage.take_repairs(), ["PutBucketNotificationConfiguration media"]);
    let after = now(&stage);
    assert!(after.tells_event_bridge());
    assert_eq!(after.others().len(), 2);
    assert!(report.repairs[0].to_string().contains(LATE_ARN));
}

#[test]
fn what_somebody_else_turned_on_after_our_look_is_not_written_again_and_not_claimed() {
    let stage = managed();
    unplugged(&stage, &queue());
    stage.model.interject(
        "GetBucketNotificationConfiguration",
        When::After(1),
        writes(queue() + "<EventBridgeConfiguration/>"),
    );
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&[]);
}

#[test]
fn an_entry_that_comes_between_our_re_read_and_our_write_is_written_over_and_the_message_says_what_was_sent()
{
    let stage = managed();
    unplugged(&stage, &queue());
    stage.model.interject(
        "PutBucketNotificationConfiguration",
        When::Before(1),
        writes(queue() + &late()),
    );
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    // S3 has no compare-and-swap: one round trip is left, and this is what it costs.
    assert_eq!(now(&stage).others().len(), 1);
    let told = stage.expect_told(&["repaired: notifications-off on media"]);
    assert!(
        told[0].contains(QUEUE_ARN) && !told[0].contains(LATE_ARN),
        "{}",
        told[0]
    );
}

#[test]
fn whoever_replaces_them_right_after_our_write_gets_event_bridge_added_to_theirs() {
    let stage = managed();
    unplugged(&stage, &queue());
    stage.model.interject(
        "PutBucketNotificationConfiguration",
        When::After(1),
        writes(late()),
    );
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    assert_eq!(
        stage.take_repairs(),
        ["PutBucketNotificationConfiguration media"; 2]
    );
    assert!(now(&stage).tells_event_bridge());
    assert_eq!(now(&stage).others(), [format!("queue {LATE_ARN} (`late`)")]);
}

#[test]
fn an_entry_that_is_gone_after_our_write_is_told() {
    let stage = managed();
    unplugged(&stage, &(queue() + &topic()));
    stage.model.interject(
        "PutBucketNotificationConfiguration",
        When::After(1),
        writes(topic() + "<EventBridgeConfiguration/>"),
    );
    let report = only(stage.round());
    expect_found(&report, &[OFF]);
    let told = stage.expect_told(&["needs-you: notifications-off on media"]);
    let lost = format!("is there no more: queue {QUEUE_ARN} (`thumbnails`)");
    assert!(told[0].contains(&lost), "{}", told[0]);
    stage.rest();
    stage.expect_told(&["resolved: notifications-off on media"]);
    assert_eq!(
        stage.take_repairs(),
        ["PutBucketNotificationConfiguration media"],
        "one write, and no fight"
    );
}

#[test]
fn an_element_that_nobody_knows_and_that_comes_after_our_look_stops_the_write() {
    let stage = managed();
    unplugged(&stage, &queue());
    let strange = queue().replace("s3:ObjectCreated:*", "s3:ObjectCreated:Teleport");
    stage.model.interject(
        "GetBucketNotificationConfiguration",
        When::After(1),
        writes(strange),
    );
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&["needs-you: notifications-off on media"]);
}

#[test]
fn a_write_that_is_not_visible_yet_is_not_made_twice() {
    let stage = managed();
    unplugged(&stage, &queue());
    stage.model.stale_notification_reads(&bucket("media"), 2);
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutBucketNotificationConfiguration media"]);
    stage.expect_told(&["repaired: notifications-off on media"]);
}

#[test]
fn whoever_keeps_turning_it_off_makes_no_other_repair_rarer() {
    let stage = managed();
    for _ in 0..5 {
        replaced(&stage, &queue());
        stage.round();
    }
    let told = stage.model.take_notices();
    assert_eq!(told.len(), 5, "{told:?}");
    replaced(&stage, &queue());
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.model.take_journal();
    stage.round();
    assert_eq!(stage.take_repairs(), ["PutBucketPolicy media"]);
    let told = stage.model.take_notices();
    let subjects: Vec<&str> = told.iter().map(|notice| notice.subject.as_str()).collect();
    assert!(
        subjects
            .iter()
            .any(|subject| subject.contains("needs-you: notifications-off")),
        "{subjects:?}"
    );
    assert!(
        !subjects.iter().any(|subject| subject.contains("flapping")),
        "{subjects:?}"
    );
    let told = told
        .iter()
        .find(|notice| notice.subject.contains("notifications-off"))
        .unwrap();
    assert!(
        told.text.contains("repaired 5 times within a day"),
        "{}",
        told.text
    );
}
