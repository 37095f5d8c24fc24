//! EventBridge goes out of a bucket's notifications: told, or put back beside what everybody else has there.

mod failures;
mod races;

use guardian_core::finding::Verdict;
use guardian_core::notification::Notifications;
use guardian_model::{Delivery, Model, When, Who};

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{MARKER, bucket};

const QUEUE_ARN: &str = "arn:aws:sqs:us-east-1:111122223333:thumbnails";
const TOPIC_ARN: &str = "arn:aws:sns:us-east-1:444455556666:uploads";
const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:111122223333:function:index";
const LATE_ARN: &str = "arn:aws:sqs:us-east-1:111122223333:late";

const OFF: &str = "notifications-off bucket:media (human)";
const OURS: &str = "notifications-off bucket:media (repair)";

fn queue() -> String {
    format!(
        "<QueueConfiguration><Id>thumbnails</Id><Queue>{QUEUE_ARN}</Queue><Event>s3:ObjectCreated:*</Event>\
         <Filter><S3Key><FilterRule><Name>prefix</Name><Value>in &amp; out/</Value></FilterRule></S3Key></Filter>\
         </QueueConfiguration>"
    )
}

fn topic() -> String {
    format!(
        "<TopicConfiguration><Topic>{TOPIC_ARN}</Topic><Event>s3:ObjectRemoved:*</Event>\
         <Event>s3:ObjectCreated:Put</Event></TopicConfiguration>"
    )
}

fn function() -> String {
    format!(
        "<CloudFunctionConfiguration><Id>index</Id><CloudFunction>{FUNCTION_ARN}</CloudFunction>\
         <Event>s3:ObjectTagging:*</Event></CloudFunctionConfiguration>"
    )
}

fn late() -> String {
    format!(
        "<QueueConfiguration><Id>late</Id><Queue>{LATE_ARN}</Queue><Event>s3:ObjectRestore:*</Event></QueueConfiguration>"
    )
}

/// `media` in a stack that sees to notifications, and the destinations of others.
fn managed() -> Stage {
    let mut stage = Stage::with_media();
    stage.settings.manages_notifications = true;
    for arn in [QUEUE_ARN, TOPIC_ARN, FUNCTION_ARN, LATE_ARN] {
        stage.model.add_destination(arn);
    }
    stage
}

/// Terraform writes the notifications of `media`, and knows nothing of EventBridge.
fn replaced(stage: &Stage, elements: &str) {
    let terraform = stage.terraform();
    terraform
        .put_bucket_notifications(&bucket("media"), elements)
        .unwrap();
}

/// The same, and no echo of what we write will come.
fn unplugged(stage: &Stage, elements: &str) -> Notifications {
    replaced(stage, elements);
    stage.model.deliver(Delivery::Dropped);
    now(stage)
}

fn now(stage: &Stage) -> Notifications {
    let text = stage.model.notifications(&bucket("media")).unwrap();
    Notifications::parse(&text).unwrap()
}

/// Somebody writes these notifications.
fn writes(elements: String) -> impl FnOnce(&Model) + 'static {
    move |model| {
        let bob = model.act_as(Who::cli("bob"));
        bob.put_bucket_notifications(&bucket("media"), &elements).unwrap();
    }
}

#[test]
fn a_repair_puts_event_bridge_back_and_leaves_everybody_elses_entries_as_they_were() {
    let stage = managed();
    let before = unplugged(&stage, &(queue() + &topic() + &function()));
    let tested = stage.model.test_messages().len();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#notifications-off#bucket:media
        GetBucketNotificationConfiguration media
        PutBucketNotificationConfiguration media
        GetBucketNotificationConfiguration media
        PutItem bucket:media incident#notifications-off#bucket:media
        Publish repaired: notifications-off on media
        PutItem bucket:media incident#notifications-off#bucket:media
        SendMessage bucket:media in 30 s",
    );
    expect_found(&report, &[OURS]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    let after = now(&stage);
    assert!(after.tells_event_bridge());
    assert_eq!(after.lost_of(&before), [""; 0]);
    assert_eq!(before.lost_of(&after), [""; 0]);
    assert_eq!(
        stage.model.test_messages().len(),
        tested,
        "S3 sent test messages to others"
    );
    let told = stage.expect_told(&["repaired: notifications-off on media"]);
    // Whoever misses an entry afterwards sees what was sent back.
    for said in [
        QUEUE_ARN,
        TOPIC_ARN,
        FUNCTION_ARN,
        "+ EventBridge",
        "aws_s3_bucket_notification",
        "Terraform from",
    ] {
        assert!(told[0].contains(said), "{said}: {}", told[0]);
    }
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&[]);
}

#[test]
fn destinations_that_are_gone_do_not_keep_event_bridge_out() {
    let stage = managed();
    stage
        .model
        .set_notifications(&bucket("media"), &queue().replace("thumbnails<", "gone<"));
    stage.sweep();
    stage.rest();
    assert!(now(&stage).tells_event_bridge());
    assert_eq!(
        now(&stage).others(),
        ["queue arn:aws:sqs:us-east-1:111122223333:gone (`gone`)"]
    );
    assert_eq!(stage.model.test_messages(), [""; 0]);
}

#[test]
fn the_marker_events_flow_again() {
    let stage = managed();
    replaced(&stage, "");
    stage.rest();
    stage.model.take_notices();
    stage.ana().delete_object(&bucket("media"), MARKER).unwrap();
    stage.rest();
    stage.expect_told(&["repaired: marker-missing on media"]);
}

#[test]
fn without_the_parameter_a_person_is_told_what_to_do_and_nothing_is_written() {
    let mut stage = managed();
    stage.settings.manages_notifications = false;
    let before = unplugged(&stage, &queue());
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#notifications-off#bucket:media
        Publish needs-you: notifications-off on media
        PutItem bucket:media incident#notifications-off#bucket:media
        SendMessage bucket:media in 30 s
        [standing of media]",
    );
    expect_found(&report, &[OFF]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
    let told = stage.expect_told(&["needs-you: notifications-off on media"]);
    for said in [
        "get-bucket-notification-configuration --bucket media",
        "jq -s",
        "--skip-destination-validation",
        "Terraform from",
    ] {
        assert!(told[0].contains(said), "{said}: {}", told[0]);
    }
    stage.rest();
    assert_eq!(now(&stage), before);
    // A person does it, and that is all there is to say.
    stage.model.deliver(Delivery::Normal);
    stage
        .ana()
        .put_bucket_notifications(&bucket("media"), &(queue() + "<EventBridgeConfiguration/>"))
        .unwrap();
    stage.rest();
    stage.expect_told(&["resolved: notifications-off on media"]);
}

#[test]
fn a_bucket_that_is_only_observed_is_told_what_would_be_changed() {
    let stage = managed();
    stage.declared(&bucket("media"), r#"{"clouds": ["demo"], "mode": "observe"}"#);
    stage.settled();
    let before = unplugged(&stage, &queue());
    expect_found(&only(stage.round()), &[OURS]);
    let told = stage.expect_told(&["needs-you: notifications-off on media"]);
    assert!(
        told[0].contains("What would be changed\n  notifications of media:"),
        "{}",
        told[0]
    );
    assert_eq!(now(&stage), before);
}

#[test]
fn a_finding_that_says_nothing_of_the_bucket_hides_no_later_look() {
    let mut stage = managed();
    stage.settings.manages_notifications = false;
    replaced(&stage, "");
    stage.settled();
    stage
        .terraform()
        .put_bucket_policy(&bucket("media"), &stage.policy(&bucket("media")).to_string())
        .unwrap();
    let report = only(stage.round());
    // The change may not be visible yet, whatever is known of the notifications.
    assert_eq!(report.later.map(|delay| delay.as_secs()), Some(30));
}

#[test]
fn what_the_api_does_not_know_is_named_and_nothing_is_written() {
    for (strange, named) in [
        (
            queue().replace("s3:ObjectCreated:*", "s3:ObjectCreated:Teleport"),
            "`s3:ObjectCreated:Teleport`",
        ),
        (
            queue().replace("<Filter>", "<Batch>5</Batch><Filter>"),
            "QueueConfiguration/Batch`",
        ),
        (
            "<StreamConfiguration><Stream>s</Stream></StreamConfiguration>".to_owned(),
            "NotificationConfiguration/StreamConfiguration`",
        ),
    ] {
        let stage = managed();
        stage.model.set_notifications(&bucket("media"), &strange);
        let before = stage.model.notifications(&bucket("media"));
        stage.sweep();
        stage.round();
        expect_found(&only(stage.round()), &[OFF]);
        let told = stage.expect_told(&["needs-you: notifications-off on media"]);
        assert!(told[0].contains(named), "{}", told[0]);
        stage.rest();
        assert_eq!(stage.model.notifications(&bucket("media")), before);
        assert_eq!(stage.take_repairs(), [""; 0]);
    }
}
