//! What stands in the way of the guardian itself, one for each finding about it.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::finding::{Code, Finding};
use guardian_core::judge::{add_reach, judge_stack};
use guardian_core::observation::{
    BasicSelector, EventSelectors, QueueState, RuleState, StackObservation, Subscription, TopicState, Unknown,
};

use super::healthy::{observation, parts};
use super::samples::settings;

/// The finding of a code about the stack; `None` for any other code.
pub(crate) fn of_stack(code: Code) -> Option<Finding> {
    let parts = parts();
    let mut seen = observation(&parts);
    edit(code, &mut seen)?;
    let now = "2026-11-23T10:15:00Z".parse().unwrap();
    let mut judgement = judge_stack(&settings(), &parts, &seen, now);
    add_reach(&mut judgement, &parts, 12);
    Some(judgement.find(code).unwrap().clone())
}

fn edit(code: Code, seen: &mut StackObservation) -> Option<()> {
    match code {
        Code::TrailMissing => seen.trails = Ok(Vec::new()),
        Code::TrailStopped => seen.trails.as_mut().unwrap()[0].logging = Ok(false),
        Code::TrailWithoutKms => {
            let selector = BasicSelector {
                management: true,
                writes: true,
                excluded: vec!["kms.amazonaws.com".to_owned()],
            };
            seen.trails.as_mut().unwrap()[0].selectors = Ok(EventSelectors::Basic(vec![selector]));
        }
        Code::RuleMissing => {
            seen.rules[1].state = Ok(None);
            seen.rules[1].targets = Ok(Vec::new());
        }
        Code::RuleDisabled => rule(seen).enabled = false,
        Code::RuleChanged => rule(seen).pattern = Some(r#"{"source": ["aws.s3"]}"#.to_owned()),
        Code::QueueMissing => seen.queues[0].state = Ok(None),
        Code::QueueChanged => queue(seen, 1).redrive = None,
        Code::DeadLetters => queue(seen, 3).messages = 4,
        Code::TopicMissing => seen.topic.state = Ok(None),
        Code::TopicSilent | Code::SubscriptionUnconfirmed => {
            seen.topic.state = Ok(Some(TopicState {
                confirmed: u64::from(code == Code::SubscriptionUnconfirmed),
                pending: 1,
            }));
            seen.topic.subscriptions = Some(Ok(vec![Subscription {
                protocol: "email".to_owned(),
                endpoint: "on-call@example.com".to_owned(),
                confirmed: false,
            }]));
        }
        Code::SweepLate => seen.swept.as_mut()?.at = "2026-11-23T04:00:00Z".parse().unwrap(),
        Code::StackUnread => {
            seen.rules[0].state = Err(Unknown::Call(CallError {
                operation: "events:DescribeRule",
                kind: CallErrorKind::AccessDenied,
                message: "AccessDeniedException: explicit deny in a service control policy".to_owned(),
            }));
        }
        _ => return None,
    }
    Some(())
}

fn rule(seen: &mut StackObservation) -> &mut RuleState {
    seen.rules[0].state.as_mut().unwrap().as_mut().unwrap()
}

fn queue(seen: &mut StackObservation, at: usize) -> &mut QueueState {
    seen.queues[at].state.as_mut().unwrap().as_mut().unwrap()
}
