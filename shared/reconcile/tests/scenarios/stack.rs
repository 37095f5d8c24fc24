//! The guardian looks after what it sees and speaks with.

mod broken;

use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_model::Delivery;

use crate::stage::Stage;

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

    /// One message, with these parts.
    fn expect_told_of(&self, message: &str, parts: &[&str]) {
        let told = self.expect_told(&[message]);
        for part in parts {
            assert!(told[0].contains(part), "{part} in {}", told[0]);
        }
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
fn a_sweep_that_stayed_away_is_told_when_it_comes_and_over_with_the_next() {
    let stage = Stage::with_stack();
    stage.model.advance(HOUR * 5);
    stage.sweep();
    stage.rest();
    stage.expect_told_of("needs-you: sweep-late on stack", &["schedule:sweep"]);
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
    stage.expect_told_of("needs-you: stack-unread on stack", &["`events:DescribeRule`"]);
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
