//! Calls on what the guardian itself sees and speaks with: trails, event rules, queues, its topic.
//!
//! Which of them are the stack's own is not known here; the rules in the template let only those through.

use serde_json::Value;

use super::field::{first, quoted, text};
use super::meaning::Meaning;
use crate::parts::{Part, PartKind};

/// A call on a trail. Where it can have taken sight away or given it back, changes may have gone unseen, so that
/// everything is looked at.
pub(super) fn trail(record: &Value, event: &str) -> Meaning {
    let part = text(record, "/requestParameters/name")
        .or_else(|| text(record, "/requestParameters/trailName"))
        .map(|name| Part::new(PartKind::Trail, name));
    let reason = match event {
        "StopLogging" => "a trail was stopped, so changes may go unseen",
        "DeleteTrail" => "a trail was deleted, so changes may go unseen",
        "UpdateTrail" => "a trail was changed, so changes may go unseen",
        "PutEventSelectors" => "what a trail records was changed, so changes may go unseen",
        "StartLogging" => "a trail was started, and changes before that may have gone unseen",
        // It logs nothing yet.
        "CreateTrail" => return Meaning::stack(part, "a trail was made"),
        _ => return Meaning::ignore(format!("{} takes no sight from the guardian", quoted(event))),
    };
    Meaning::sweep(reason).about(part)
}

/// A call on an event rule.
pub(super) fn rule(record: &Value, event: &str) -> Meaning {
    let name = first(record, &["/requestParameters/name", "/requestParameters/rule"]);
    let reason = match event {
        "PutRule" => "an event rule was written",
        "EnableRule" => "an event rule was enabled",
        "DisableRule" => "an event rule was disabled",
        "DeleteRule" => "an event rule was deleted",
        "PutTargets" => "an event rule was given targets",
        "RemoveTargets" => "an event rule lost targets",
        _ => return elsewhere(event),
    };
    Meaning::stack(name.map(|name| Part::new(PartKind::Rule, name)), reason)
}

/// A call on a queue.
pub(super) fn queue(record: &Value, event: &str) -> Meaning {
    let name = text(record, "/requestParameters/queueUrl").and_then(|url| url.rsplit('/').next());
    let part = name.map(|name| Part::new(PartKind::Queue, name));
    let reason = match event {
        "SetQueueAttributes" => "a queue was changed",
        "AddPermission" => "a queue lets somebody else in",
        "RemovePermission" => "a queue lets somebody no longer in",
        "DeleteQueue" => "a queue was deleted",
        // What lay in it was work, or an event that nobody has looked into.
        "PurgeQueue" => {
            return Meaning::sweep("a queue was emptied, and events in it went unseen").about(part);
        }
        _ => return elsewhere(event),
    };
    Meaning::stack(part, reason)
}

/// A call on the topic or on a subscription to it.
pub(super) fn topic(record: &Value, event: &str) -> Meaning {
    let subscription = text(record, "/requestParameters/subscriptionArn");
    // A subscription's ARN is the topic's and an id (SNS API Reference, Subscription).
    let of_subscription = subscription.and_then(|arn| Some(arn.rsplit_once(':')?.0));
    let name = text(record, "/requestParameters/topicArn").or(of_subscription);
    let reason = match event {
        "SetTopicAttributes" => "the topic was changed",
        "AddPermission" => "the topic lets somebody else in",
        "RemovePermission" => "the topic lets somebody no longer in",
        "DeleteTopic" => "the topic was deleted",
        "Subscribe" => "somebody was subscribed to the topic",
        "ConfirmSubscription" => "a subscription to the topic was confirmed",
        "Unsubscribe" => "a subscription to the topic was ended",
        "SetSubscriptionAttributes" => "a subscription to the topic was changed",
        _ => return elsewhere(event),
    };
    Meaning::stack(name.map(|name| Part::new(PartKind::Topic, name)), reason)
}

fn elsewhere(event: &str) -> Meaning {
    Meaning::ignore(format!(
        "{} does not touch how the guardian sees or speaks",
        quoted(event)
    ))
}
