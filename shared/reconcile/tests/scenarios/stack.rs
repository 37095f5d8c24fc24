//! The guardian looks after what it sees and speaks with.

use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_core::observation::{BasicSelector, EventSelectors, TrailDescription};
use guardian_model::Delivery;

use crate::stage::Stage;
use crate::world::bucket;

const HOUR: Duration = Duration::from_secs(60 * 60);
const TRAIL: &str = "management-events";

impl Stage {
    /// The bucket `media`, and a stack of few parts that is well and has just swept.
    pub(crate) fn with_stack() -> Self {
        let mut stage = Self::with_media();
        let mut parts = stage.model.own_parts();
        let few = [
            "BucketConfigurationRule",
            "TrailRule",
            "OwnRule",
            "OwnQueueRule",
            "OwnTopicRule",
            "SweepRule",
        ];
        parts.rules.retain(|rule| few.contains(&rule.logical.as_str()));
        parts.queues.retain(|queue| queue.logical != "ObjectQueue");
        stage.model.deploy_stack(&parts);
        stage.settings.parts = Some(parts);
        stage.swept_again();
        stage
    }

    /// An hour passes and the sweep comes; what was called and said is forgotten.
    fn swept_again(&self) {
        self.model.advance(HOUR);
        self.sweep();
        self.rest();
        self.model.take_journal();
        self.model.take_events();
    }

    fn queue_url(&self, logical: &str) -> String {
        let parts = self.settings.parts.as_ref().unwrap();
        parts.queue(logical).unwrap().url.clone()
    }

    /// An hour passes and the sweep comes.
    fn an_hour_later(&self) {
        self.model.advance(HOUR);
        self.sweep();
        self.rest();
    }
}

#[test]
fn the_conversation_about_a_stack_that_is_well_reads_each_part_once_and_writes_nothing() {
    let stage = Stage::with_stack();
    stage.ana().enable_rule("guardian-OwnRule").unwrap();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch stack
        Query stack
        DescribeTrails
        GetTrailStatus arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events
        GetEventSelectors arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events
        DescribeRule guardian-BucketConfigurationRule
        ListTargetsByRule guardian-BucketConfigurationRule
        DescribeRule guardian-TrailRule
        ListTargetsByRule guardian-TrailRule
        DescribeRule guardian-OwnRule
        ListTargetsByRule guardian-OwnRule
        DescribeRule guardian-OwnQueueRule
        ListTargetsByRule guardian-OwnQueueRule
        DescribeRule guardian-OwnTopicRule
        ListTargetsByRule guardian-OwnTopicRule
        DescribeRule guardian-SweepRule
        ListTargetsByRule guardian-SweepRule
        GetQueueAttributes https://sqs.us-east-1.amazonaws.com/111122223333/guardian-IngestQueue
        GetQueueAttributes https://sqs.us-east-1.amazonaws.com/111122223333/guardian-WorkQueue.fifo
        GetQueueAttributes https://sqs.us-east-1.amazonaws.com/111122223333/guardian-UndeliveredEventQueue
        GetQueueAttributes https://sqs.us-east-1.amazonaws.com/111122223333/guardian-IngestDeadLetterQueue
        GetQueueAttributes https://sqs.us-east-1.amazonaws.com/111122223333/guardian-WorkDeadLetterQueue.fifo
        GetTopicAttributes arn:aws:sns:us-east-1:111122223333:guardian-AlertTopic
        GetItem sweep ran
        SendMessage stack in 30 s",
    );
    stage.expect_told(&[]);
}

#[test]
fn a_sweep_notes_when_it_ran_and_has_the_stack_looked_at_with_the_buckets() {
    let stage = Stage::with_stack();
    stage.model.advance(HOUR);
    stage.sweep();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch sweep
        GetParametersByPath
        SendMessageBatch bucket:media
        Query sweep
        PutItem sweep ran
        SendMessageBatch stack",
    );
    stage.rest();
    stage.expect_told(&[]);
}

#[test]
fn a_stopped_trail_is_told_once_and_it_is_over_when_it_logs_again() {
    let stage = Stage::with_stack();
    stage.ana().stop_logging(TRAIL).unwrap();
    stage.rest();
    let told = stage.expect_told(&["needs-you: trail-stopped on stack"]);
    for part in [
        "aws cloudtrail start-logging --name arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events",
        "the declared bucket",
        "user/ana",
    ] {
        assert!(told[0].contains(part), "{part} in {}", told[0]);
    }
    // Deaf: what happens now is found by the sweep alone, and the trail is told no second time.
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    stage.expect_told(&[]);
    stage.an_hour_later();
    stage.expect_told(&["repaired: grant-missing on media"]);
    stage.ana().start_logging(TRAIL).unwrap();
    stage.rest();
    stage.expect_told(&["resolved: trail-stopped on stack"]);
}

#[test]
fn a_trail_that_leaves_out_kms_is_told_and_a_second_one_ends_it() {
    let stage = Stage::with_stack();
    let without = EventSelectors::Basic(vec![BasicSelector {
        management: true,
        writes: true,
        excluded: vec!["kms.amazonaws.com".to_owned()],
    }]);
    stage.terraform().put_event_selectors(TRAIL, without).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: trail-without-kms on stack"]);
    stage.terraform().delete_trail(TRAIL).unwrap();
    stage.rest();
    stage.expect_told(&[
        "needs-you: trail-missing on stack",
        "resolved: trail-without-kms on stack",
    ]);
    stage.model.add_trail(
        TrailDescription {
            arn: stage
                .model
                .trail_arn("security")
                .replace("us-east-1", "eu-west-1"),
            home_region: "eu-west-1".to_owned(),
            multi_region: true,
            organization: false,
        },
        EventSelectors::Basic(vec![BasicSelector {
            management: true,
            writes: true,
            excluded: Vec::new(),
        }]),
    );
    stage.an_hour_later();
    stage.expect_told(&["resolved: trail-missing on stack"]);
}

#[test]
fn a_trail_of_the_organization_that_may_not_be_looked_at_is_not_missing() {
    let stage = Stage::with_stack();
    let theirs = "arn:aws:cloudtrail:us-east-1:444455556666:trail/organization";
    stage.model.add_trail(
        TrailDescription {
            arn: theirs.to_owned(),
            home_region: "us-east-1".to_owned(),
            multi_region: true,
            organization: true,
        },
        EventSelectors::Advanced(Vec::new()),
    );
    stage.terraform().delete_trail(TRAIL).unwrap();
    stage.rest();
    let told = stage.expect_told(&["needs-you: stack-unread on stack"]);
    assert!(
        told[0].contains("(low)") && told[0].contains(theirs),
        "{}",
        told[0]
    );
    stage.an_hour_later();
    stage.expect_told(&[]);
}

#[test]
fn a_disabled_rule_is_told_with_who_did_it() {
    let stage = Stage::with_stack();
    stage
        .ana()
        .disable_rule("guardian-BucketConfigurationRule")
        .unwrap();
    stage.rest();
    let told = stage.expect_told(&["needs-you: rule-disabled on stack"]);
    for part in [
        "aws events enable-rule --name guardian-BucketConfigurationRule",
        "user/ana",
        "Seen after   DisableRule",
    ] {
        assert!(told[0].contains(part), "{part} in {}", told[0]);
    }
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    stage.expect_told(&[]);
    stage
        .ana()
        .enable_rule("guardian-BucketConfigurationRule")
        .unwrap();
    stage.rest();
    stage.expect_told(&["resolved: rule-disabled on stack"]);
}

#[test]
fn of_the_rule_that_would_tell_it_the_sweep_finds_out_and_asks_who_it_was() {
    let stage = Stage::with_stack();
    stage.ana().disable_rule("guardian-TrailRule").unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: rule-disabled on stack"]);
    stage.ana().disable_rule("guardian-OwnRule").unwrap();
    stage.rest();
    stage.expect_told(&[]);
    stage.an_hour_later();
    let told = stage.expect_told(&["needs-you: rule-disabled on stack"]);
    assert!(told[0].contains("rule:guardian-OwnRule"), "{}", told[0]);
    assert!(told[0].contains("the last DisableRule on record"), "{}", told[0]);
}

#[test]
fn a_rule_that_lost_its_target_or_is_gone_is_told_with_the_commands() {
    let stage = Stage::with_stack();
    stage
        .ana()
        .remove_targets("guardian-BucketConfigurationRule")
        .unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: rule-changed on stack"]);
    stage
        .ana()
        .delete_rule("guardian-BucketConfigurationRule")
        .unwrap();
    stage.rest();
    let told = stage.expect_told(&[
        "resolved: rule-changed on stack",
        "needs-you: rule-missing on stack",
    ]);
    assert!(
        told[1].contains("aws events put-targets --rule guardian-BucketConfigurationRule"),
        "{}",
        told[1]
    );
}

#[test]
fn a_queue_that_shuts_the_rules_out_or_keeps_nothing_is_told_with_the_command() {
    let stage = Stage::with_stack();
    let url = stage.queue_url("IngestQueue");
    stage.ana().set_queue_policy(&url, None).unwrap();
    stage.rest();
    let told = stage.expect_told(&["needs-you: queue-changed on stack"]);
    assert!(
        told[0].contains("BucketConfigurationRule, TrailRule"),
        "{}",
        told[0]
    );
    stage.ana().remove_redrive(&stage.queue_url("WorkQueue")).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: queue-changed on stack"]);
    stage
        .ana()
        .delete_queue(&stage.queue_url("UndeliveredEventQueue"))
        .unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: queue-missing on stack"]);
}

#[test]
fn what_nobody_could_deliver_is_told_once_however_much_it_becomes() {
    let stage = Stage::with_stack();
    stage.model.leave_dead_letters("UndeliveredEventQueue", 3);
    stage.an_hour_later();
    let told = stage.expect_told(&["needs-you: dead-letters on stack"]);
    assert!(told[0].contains("about 3 messages"), "{}", told[0]);
    stage.model.leave_dead_letters("UndeliveredEventQueue", 30);
    stage.an_hour_later();
    stage.expect_told(&[]);
    stage.model.leave_dead_letters("UndeliveredEventQueue", 0);
    stage.an_hour_later();
    stage.expect_told(&["resolved: dead-letters on stack"]);
}

#[test]
fn a_subscription_that_waits_is_told_to_the_others_and_nobody_at_all_is_told_to_whoever_comes() {
    let stage = Stage::with_stack();
    stage.ana().subscribe("new@example.com").unwrap();
    stage.rest();
    let told = stage.expect_told(&["needs-you: subscription-unconfirmed on stack"]);
    assert!(told[0].contains("email new@example.com"), "{}", told[0]);
    stage.ana().unsubscribe("on-call@example.com").unwrap();
    stage.rest();
    stage.expect_told(&[
        "resolved: subscription-unconfirmed on stack",
        "needs-you: topic-silent on stack",
    ]);
    stage.ana().confirm_subscription("new@example.com").unwrap();
    stage.rest();
    stage.expect_told(&["resolved: topic-silent on stack"]);
}

#[test]
fn a_deleted_topic_is_found() {
    let stage = Stage::with_stack();
    stage.ana().delete_topic().unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: topic-missing on stack"]);
}

#[test]
fn a_sweep_that_stayed_away_is_told_when_it_comes_and_over_with_the_next() {
    let stage = Stage::with_stack();
    stage.model.advance(HOUR * 5);
    stage.sweep();
    stage.rest();
    let told = stage.expect_told(&["needs-you: sweep-late on stack"]);
    assert!(told[0].contains("schedule:sweep"), "{}", told[0]);
    stage.an_hour_later();
    stage.expect_told(&["resolved: sweep-late on stack"]);
}

#[test]
fn a_sweep_that_is_out_is_told_by_any_look_at_the_stack() {
    let stage = Stage::with_stack();
    stage.model.advance(HOUR * 5);
    stage.ana().enable_rule("guardian-OwnRule").unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: sweep-late on stack"]);
}

#[test]
fn a_refused_look_names_the_right_and_ends_no_incident() {
    let stage = Stage::with_stack();
    stage
        .ana()
        .disable_rule("guardian-BucketConfigurationRule")
        .unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: rule-disabled on stack"]);
    // The first of the rules is that very one.
    stage
        .model
        .fail_next("DescribeRule", 1, CallErrorKind::AccessDenied);
    stage.an_hour_later();
    let told = stage.expect_told(&["needs-you: stack-unread on stack"]);
    assert!(told[0].contains("`events:DescribeRule`"), "{}", told[0]);
    stage.an_hour_later();
    stage.expect_told(&["resolved: stack-unread on stack"]);
}

#[test]
fn a_look_that_failed_for_the_moment_comes_again_and_says_nothing_of_it() {
    for call in [
        "DescribeTrails",
        "GetTrailStatus",
        "DescribeRule",
        "GetQueueAttributes",
        "GetTopicAttributes",
    ] {
        let stage = Stage::with_stack();
        stage.model.fail_next(call, 1, CallErrorKind::Transient);
        stage.an_hour_later();
        stage.expect_told(&[]);
        assert_eq!(stage.model.pending_faults(), 0, "{call}");
    }
}

#[test]
fn what_is_wrong_with_the_stack_stands_in_the_digest() {
    let mut stage = Stage::with_stack();
    stage.ana().stop_logging(TRAIL).unwrap();
    stage.rest();
    stage.model.take_notices();
    stage.settings.digest = Some(guardian_core::settings::Digest::Daily);
    stage.an_hour_later();
    stage.an_hour_later();
    let told: Vec<String> = stage
        .model
        .take_notices()
        .into_iter()
        .map(|notice| notice.text)
        .collect();
    let digest = told.iter().find(|text| text.starts_with("DIGEST")).unwrap();
    assert!(
        digest.contains("The guardian itself\n  trail-stopped (high) since"),
        "{digest}"
    );
}

#[test]
fn without_a_stack_nothing_of_this_is_asked() {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Normal);
    stage.an_hour_later();
    let asked: Vec<String> = stage
        .model
        .take_journal()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        !asked
            .iter()
            .any(|call| call.contains("stack") || call.contains("ran")),
        "{asked:#?}"
    );
}
