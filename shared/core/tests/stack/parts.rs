//! Rules, queues, topic and sweep.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::finding::Code;
use guardian_core::judge::{Judgement, add_reach, judge_stack, swept};
use guardian_core::moment::Moment;
use guardian_core::observation::{
    QueueState, RuleState, RuleTarget, StackObservation, SweepTimes, TopicState, Unknown,
};
use guardian_core::parts::Parts;
use serde_json::{Value, json};

use super::healthy::{observation, parts, policy};
use super::{codes, found, judged, settings};

fn rule(seen: &mut StackObservation, at: usize) -> &mut RuleState {
    seen.rules[at].state.as_mut().unwrap().as_mut().unwrap()
}

fn target(seen: &mut StackObservation) -> &mut RuleTarget {
    &mut seen.rules[0].targets.as_mut().unwrap()[0]
}

fn queue(seen: &mut StackObservation, at: usize) -> &mut QueueState {
    seen.queues[at].state.as_mut().unwrap().as_mut().unwrap()
}

fn refused() -> Unknown {
    Unknown::Call(CallError {
        operation: "events:DescribeRule",
        kind: CallErrorKind::AccessDenied,
        message: "AccessDeniedException".to_owned(),
    })
}

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

#[test]
fn a_rule_that_is_gone_is_told_with_the_commands_that_make_it_again() {
    let findings = found(|seen| {
        seen.rules[2].state = Ok(None);
        seen.rules[2].targets = Ok(Vec::new());
    });
    assert_eq!(codes(&findings), [Code::RuleMissing]);
    let message = &findings[0].message;
    for part in [
        "aws events put-rule --name guardian-KeyRule-7XKQ2M4T --state ENABLED --event-pattern '{",
        "\"PutKeyPolicy\"",
        "aws events put-targets --rule guardian-KeyRule-7XKQ2M4T --targets '[{\"Id\":\"ingest\"",
        "arn:aws:sqs:us-east-1:111122223333:guardian-IngestQueue-Yc0pLr7H",
        "\"DeadLetterConfig\"",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn a_disabled_rule_is_told_and_if_it_also_differs_that_too() {
    let findings = found(|seen| rule(seen, 0).enabled = false);
    assert_eq!(codes(&findings), [Code::RuleDisabled]);
    let findings = found(|seen| {
        rule(seen, 0).enabled = false;
        rule(seen, 0).pattern = None;
    });
    assert_eq!(codes(&findings), [Code::RuleDisabled, Code::RuleChanged]);
}

#[test]
fn a_rule_differs_by_its_pattern_its_schedule_or_its_target() {
    let changes: [&dyn Fn(&mut StackObservation); 6] = [
        &|seen| rule(seen, 0).pattern = Some("not json".to_owned()),
        &|seen| rule(seen, 5).schedule = Some("rate(7 days)".to_owned()),
        &|seen| target(seen).arn.push_str("-other"),
        &|seen| target(seen).rewritten = true,
        &|seen| target(seen).dead_letters = None,
        &|seen| seen.rules[0].targets = Ok(Vec::new()),
    ];
    for (number, change) in changes.iter().enumerate() {
        assert_eq!(codes(&found(change)), [Code::RuleChanged], "{number}");
    }
}

#[test]
fn the_order_of_a_pattern_and_a_second_target_change_nothing() {
    let findings = found(|seen| {
        let text = rule(seen, 0).pattern.clone().unwrap();
        let mut pattern: Value = serde_json::from_str(&text).unwrap();
        pattern["detail"]["eventName"].as_array_mut().unwrap().reverse();
        rule(seen, 0).pattern = Some(pattern.to_string());
        seen.rules[0].targets.as_mut().unwrap().insert(
            0,
            RuleTarget {
                arn: "arn:aws:logs:us-east-1:111122223333:log-group:/audit".to_owned(),
                ..RuleTarget::default()
            },
        );
    });
    assert_eq!(findings, []);
}

#[test]
fn a_rule_that_may_not_be_looked_at_is_neither_missing_nor_changed() {
    let findings = found(|seen| seen.rules[0].state = Err(refused()));
    assert_eq!(codes(&findings), [Code::StackUnread]);
    assert!(findings[0].message.contains("`events:DescribeRule`"));
    let findings = found(|seen| seen.rules[0].targets = Err(refused()));
    assert_eq!(codes(&findings), [Code::StackUnread]);
}

#[test]
fn a_queue_is_missed_or_differs_by_policy_redrive_and_encryption() {
    assert_eq!(
        codes(&found(|seen| seen.queues[0].state = Ok(None))),
        [Code::QueueMissing]
    );
    let changes: [&dyn Fn(&mut StackObservation); 5] = [
        &|seen| queue(seen, 0).policy = None,
        &|seen| queue(seen, 2).policy = None,
        &|seen| queue(seen, 0).redrive = None,
        &|seen| queue(seen, 1).redrive = Some(json!({"deadLetterTargetArn": "arn:other"}).to_string()),
        &|seen| queue(seen, 0).kms_key = Some("alias/aws/sqs".to_owned()),
    ];
    for (number, change) in changes.iter().enumerate() {
        let findings = found(change);
        assert_eq!(codes(&findings), [Code::QueueChanged], "{number}");
        assert!(
            findings[0]
                .message
                .contains("aws sqs set-queue-attributes --queue-url https://sqs.")
        );
    }
    // Nobody but Lambda takes from it, and nobody but the functions send to it.
    assert_eq!(found(|seen| queue(seen, 1).policy = None), []);
}

#[test]
fn a_policy_is_judged_by_what_it_lets_in() {
    let parts = parts();
    let ingest = parts.queue("IngestQueue").unwrap();
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut document = policy(&parts, ingest);
        edit(&mut document);
        let findings = found(|seen| queue(seen, 0).policy = Some(document.to_string()));
        findings
            .first()
            .map(|finding| finding.evidence["differs"][0].as_str().unwrap().to_owned())
    };
    assert_eq!(with(&|_| {}), None);
    let arns = "arn:aws:events:us-east-1:111122223333:rule/guardian-*";
    let cond =
        |value: Value| move |document: &mut Value| document["Statement"][0]["Condition"] = value.clone();
    assert_eq!(with(&cond(json!({"ArnLike": {"aws:SourceArn": arns}}))), None);
    assert_eq!(
        with(&|document| document["Statement"][0]["Action"] = json!(["SQS:*"])),
        None
    );
    let other = "arn:aws:events:us-east-1:111122223333:rule/guardian-KeyRule-7XKQ2M4T";
    let only_one = with(&cond(json!({"ArnEquals": {"aws:SourceArn": other}}))).unwrap();
    assert!(
        only_one.contains("BucketConfigurationRule") && !only_one.contains(" KeyRule"),
        "{only_one}"
    );
    assert!(
        with(&cond(
            json!({"StringEquals": {"aws:SourceAccount": "444455556666"}})
        ))
        .is_some()
    );
    assert!(with(&cond(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))).is_some());
    let deny = |condition: Option<Value>| {
        move |document: &mut Value| {
            let mut statement =
                json!({"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"});
            if let Some(condition) = &condition {
                statement["Condition"] = condition.clone();
            }
            document["Statement"].as_array_mut().unwrap().push(statement);
        }
    };
    assert!(with(&deny(None)).is_some());
    assert_eq!(
        with(&deny(Some(json!({"Bool": {"aws:SecureTransport": "false"}})))),
        None
    );
}

#[test]
fn dead_letters_are_counted_and_each_queue_has_its_own_cure() {
    let findings = found(|seen| {
        queue(seen, 2).messages = 1;
        queue(seen, 3).messages = 7;
        // What lies in a queue that is worked off is work.
        queue(seen, 0).messages = 900;
    });
    assert_eq!(codes(&findings), [Code::DeadLetters, Code::DeadLetters]);
    assert!(
        findings[0].message.contains("holds a message; "),
        "{}",
        findings[0].message
    );
    assert!(
        findings[0]
            .message
            .contains("aws sqs purge-queue --queue-url https://")
    );
    assert!(findings[1].message.contains("about 7 messages"));
    assert!(findings[1].message.contains(
        "start-message-move-task --source-arn arn:aws:sqs:us-east-1:111122223333:guardian-IngestDeadLetterQueue"
    ));
}

#[test]
fn a_topic_nobody_hears_is_told_and_one_of_another_account_only_by_what_is_known() {
    let topic = |confirmed, pending| {
        codes(&found(|seen| {
            seen.topic.state = Ok(Some(TopicState { confirmed, pending }))
        }))
    };
    assert_eq!(topic(0, 0), [Code::TopicSilent]);
    assert_eq!(topic(0, 2), [Code::TopicSilent]);
    assert_eq!(topic(1, 2), [Code::SubscriptionUnconfirmed]);
    assert_eq!(topic(3, 0), []);
    assert_eq!(
        codes(&found(|seen| seen.topic.state = Ok(None))),
        [Code::TopicMissing]
    );
    assert_eq!(
        codes(&found(|seen| seen.topic.state = Err(refused()))),
        [Code::StackUnread]
    );
    let parts = Parts {
        topic: "arn:aws:sns:us-east-1:444455556666:central".to_owned(),
        ..parts()
    };
    let mut seen = observation(&parts);
    seen.topic.state = Err(refused());
    assert_eq!(judged(&parts, &seen), Judgement::default());
}

#[test]
fn a_sweep_is_late_after_two_periods_while_it_is_out_and_once_when_it_comes() {
    let hour = std::time::Duration::from_secs(3600);
    let late = |seen: Option<SweepTimes>, now: &str| {
        let parts = parts();
        let mut all = observation(&parts);
        all.swept = seen;
        let judgement = judge_stack(&settings(), &parts, &all, at(now));
        judgement.find(Code::SweepLate).is_some()
    };
    let first = swept(None, hour, at("2026-11-23T10:00:00Z"));
    assert!(!late(None, "2026-11-23T10:00:00Z"));
    assert!(!late(Some(first), "2026-11-23T12:00:00Z"));
    assert!(late(Some(first), "2026-11-23T12:00:01Z"));
    let next = swept(Some(first), hour, at("2026-11-23T12:30:00Z"));
    assert!(late(Some(next), "2026-11-23T12:30:01Z"), "it came late");
    let again = swept(Some(next), hour, at("2026-11-23T12:36:00Z"));
    assert!(
        late(Some(again), "2026-11-23T12:36:01Z"),
        "the same one delivered again"
    );
    let after = swept(Some(again), hour, at("2026-11-23T13:30:00Z"));
    assert!(!late(Some(after), "2026-11-23T13:30:01Z"));
    // A schedule that was made faster is measured by the one that was waited for.
    let daily = swept(None, hour * 24, at("2026-11-22T10:00:00Z"));
    assert!(!late(
        Some(swept(Some(daily), hour, at("2026-11-23T10:00:00Z"))),
        "2026-11-23T10:00:01Z"
    ));
}

#[test]
fn what_blinds_says_how_many_buckets_it_leaves_to_the_sweep() {
    let said = |edit: fn(&mut StackObservation), buckets: usize| {
        let parts = parts();
        let mut seen = observation(&parts);
        edit(&mut seen);
        let mut judgement = judged(&parts, &seen);
        add_reach(&mut judgement, &parts, buckets);
        judgement.findings[0].message.clone()
    };
    let trail = said(|seen| seen.trails = Ok(Vec::new()), 12);
    assert!(
        trail.contains("all 12 declared buckets") && trail.contains("rate(1 hour)"),
        "{trail}"
    );
    let sweep = said(|seen| rule(seen, 5).enabled = false, 1);
    assert!(sweep.contains("nobody looks at the declared bucket"), "{sweep}");
    let dead = said(|seen| queue(seen, 3).messages = 1, 12);
    assert!(!dead.contains("declared"), "{dead}");
}
