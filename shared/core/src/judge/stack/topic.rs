//! The topic: whether it is there, and whether anybody would hear.

use serde_json::json;

use super::super::Judgement;
use super::{Stack, unread};
use crate::alert::plain;
use crate::finding::{Code, Finding, Subject, Verdict};
use crate::observation::{Subscription, TopicObservation, TopicState, Unknown};
use crate::parts::Part;
use crate::right;

pub(super) fn judge(stack: Stack<'_>, seen: &TopicObservation) -> Judgement {
    let topic = &stack.parts.topic;
    let part = stack.parts.topic_part();
    let finding = |code, message, evidence| {
        let finding = Finding::new(code, Subject::Part(part.clone()), message, evidence);
        Judgement::of(Verdict::Readable, finding)
    };
    let TopicState { confirmed, pending } = match &seen.state {
        Ok(Some(state)) => *state,
        Ok(None) => {
            let message = format!("the topic `{topic}` does not exist, so nobody can be told of anything");
            return finding(Code::TopicMissing, message, json!({"topic": topic}));
        }
        // Whose account the topic is in looks after it, and need not show it.
        Err(_) if stack.parts.topic_account() != Some(stack.settings.account.as_str()) => {
            return Judgement::default();
        }
        Err(unknown) => return Judgement::of(Verdict::Readable, unread(part.clone(), unknown)),
    };
    let code = match (confirmed, pending) {
        (0, _) => Code::TopicSilent,
        (_, 0) => return Judgement::default(),
        _ => Code::SubscriptionUnconfirmed,
    };
    let waiting: Vec<String> = match &seen.subscriptions {
        Some(Ok(all)) => all.iter().filter(|one| !one.confirmed).map(named).collect(),
        Some(Err(_)) | None => Vec::new(),
    };
    let who = match &seen.subscriptions {
        Some(Err(unknown)) => format!("; whose, could not be read: {}", why(&part, unknown)),
        _ if waiting.is_empty() => String::new(),
        _ => format!(": {}", waiting.join(", ")),
    };
    let message = match (code, pending) {
        (Code::TopicSilent, 0) => format!("the topic `{topic}` has no subscription"),
        (Code::TopicSilent, _) => {
            format!(
                "the topic `{topic}` has no confirmed subscription, {pending} wait for their confirmation{who}"
            )
        }
        _ => {
            format!("{pending} of the subscriptions to the topic `{topic}` wait for their confirmation{who}")
        }
    };
    finding(
        code,
        message,
        json!({"topic": topic, "confirmed": confirmed, "pending": pending, "waiting": waiting}),
    )
}

fn why(part: &Part, unknown: &Unknown) -> String {
    let right = match unknown {
        Unknown::Call(error) => right::refused_on(&Subject::Part(part.clone()), error),
        Unknown::Policy(_) => None,
    };
    let unknown = plain(&unknown.to_string());
    right.map_or_else(
        || unknown.clone(),
        |right| format!("{unknown}; allow the guardian {right}"),
    )
}

fn named(subscription: &Subscription) -> String {
    plain(&format!("{} {}", subscription.protocol, subscription.endpoint))
}
