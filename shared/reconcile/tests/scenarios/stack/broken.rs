//! What is wrong with a trail, a rule, a queue or the topic.

use guardian_core::observation::{BasicSelector, EventSelectors, TrailDescription};

use super::TRAIL;
use crate::stage::Stage;
use crate::world::bucket;

#[test]
fn a_stopped_trail_is_told_once_and_it_is_over_when_it_logs_again() {
    let stage = Stage::with_stack();
    stage.ana().stop_logging(TRAIL).unwrap();
    stage.rest();
    stage.expect_told_of("needs-you: trail-stopped on stack", &[
        "aws cloudtrail start-logging --name arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events",
        "the declared bucket",
        "user/ana",
    ]);
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
    stage.expect_told_of("needs-you: stack-unread on stack", &["(low)", theirs]);
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
    stage.expect_told_of(
        "needs-you: rule-disabled on stack",
        &[
            "aws events enable-rule --name guardian-BucketConfigurationRule",
            "user/ana",
            "Seen after   DisableRule",
        ],
    );
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
    stage.expect_told_of(
        "needs-you: rule-disabled on stack",
        &["rule:guardian-OwnRule", "the last DisableRule on record"],
    );
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
    stage.expect_told_of(
        "needs-you: queue-changed on stack",
        &["BucketConfigurationRule, TrailRule"],
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
    stage.expect_told_of("needs-you: dead-letters on stack", &["about 3 messages"]);
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
    stage.expect_told_of(
        "needs-you: subscription-unconfirmed on stack",
        &["email new@example.com"],
    );
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
