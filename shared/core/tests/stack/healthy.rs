//! A stack that is well, and what is seen of it.

use guardian_core::observation::{
    BasicSelector, EventSelectors, QueueObservation, QueueState, RuleObservation, RuleState, RuleTarget,
    StackObservation, SweepTimes, TopicObservation, TopicState, TrailDescription, TrailObservation,
};
use guardian_core::parts::{OwnQueue, OwnRule, Parts, SweepRate};
use serde_json::{Value, json};

const PLACE: &str = "us-east-1:111122223333";

pub(crate) const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events";

/// The parts of a stack called `guardian`.
pub(crate) fn parts() -> Parts {
    let rules = [
        "BucketConfigurationRule",
        "MarkerRule",
        "KeyRule",
        "TrailRule",
        "OwnRule",
        "SweepRule",
    ];
    let queues = [
        "IngestQueue",
        "WorkQueue",
        "UndeliveredEventQueue",
        "IngestDeadLetterQueue",
        "WorkDeadLetterQueue",
    ];
    let suffix = |name: &str| if name.starts_with("Work") { ".fifo" } else { "" };
    Parts {
        rules: rules
            .map(|name| OwnRule {
                logical: name.to_owned(),
                name: format!("guardian-{name}-7XKQ2M4T"),
            })
            .into(),
        queues: queues
            .map(|name| OwnQueue {
                logical: name.to_owned(),
                url: format!(
                    "https://sqs.us-east-1.amazonaws.com/111122223333/guardian-{name}-Yc0pLr7H{}",
                    suffix(name)
                ),
            })
            .into(),
        topic: format!("arn:aws:sns:{PLACE}:guardian-AlertTopic-3Q8ZLkVx"),
        sweep: SweepRate::read("rate(1 hour)").unwrap(),
    }
}

fn queue_arn(parts: &Parts, logical: &str) -> Option<String> {
    let name = parts.queue(logical)?.name();
    Some(format!("arn:aws:sqs:{PLACE}:{name}"))
}

/// The policy that lets every rule of the stack send to the queue.
pub(crate) fn policy(parts: &Parts, queue: &OwnQueue) -> Value {
    let sources: Vec<String> = parts
        .rules
        .iter()
        .map(|rule| format!("arn:aws:events:{PLACE}:rule/{}", rule.name))
        .collect();
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "OnlyTheRulesOfThisStackSend", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": queue_arn(parts, &queue.logical),
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnEquals": {"aws:SourceArn": sources},
        },
    }]})
}

pub(crate) fn everything() -> EventSelectors {
    EventSelectors::Basic(vec![BasicSelector {
        management: true,
        writes: true,
        excluded: Vec::new(),
    }])
}

pub(crate) fn trail(arn: &str) -> TrailObservation {
    TrailObservation {
        trail: TrailDescription {
            arn: arn.to_owned(),
            home_region: "us-east-1".to_owned(),
            multi_region: true,
            organization: false,
        },
        logging: Ok(true),
        selectors: Ok(everything()),
    }
}

/// What is seen where all is well.
pub(crate) fn observation(parts: &Parts) -> StackObservation {
    let rules = parts.rules.iter().map(|rule| {
        let expected = rule.expected().unwrap();
        RuleObservation {
            rule: rule.clone(),
            state: Ok(Some(RuleState {
                enabled: true,
                pattern: expected.pattern.as_ref().map(Value::to_string),
                schedule: expected
                    .pattern
                    .is_none()
                    .then(|| parts.sweep.as_str().to_owned()),
            })),
            targets: Ok(vec![RuleTarget {
                arn: queue_arn(parts, &expected.target).unwrap(),
                dead_letters: queue_arn(parts, &expected.dead_letters),
                rewritten: false,
            }]),
        }
    });
    let queues = parts.queues.iter().map(|queue| {
        let dead_letters = queue.expected().unwrap().dead_letters.as_deref();
        let redrive = dead_letters.and_then(|logical| queue_arn(parts, logical));
        QueueObservation {
            queue: queue.clone(),
            state: Ok(Some(QueueState {
                policy: Some(policy(parts, queue).to_string()),
                redrive: redrive
                    .map(|to| json!({"deadLetterTargetArn": to, "maxReceiveCount": 5}).to_string()),
                kms_key: None,
                messages: 0,
            })),
        }
    });
    StackObservation {
        trails: Ok(vec![trail(TRAIL)]),
        rules: rules.collect(),
        queues: queues.collect(),
        topic: TopicObservation {
            state: Ok(Some(TopicState {
                confirmed: 1,
                pending: 0,
            })),
            subscriptions: None,
        },
        swept: Some(SweepTimes {
            at: "2026-11-23T10:00:00Z".parse().unwrap(),
            period: 3600,
            late_after: None,
        }),
    }
}
