//! Whether a queue's policy lets an event rule send.
//!
//! EventBridge comes as a service principal, with the rule as `aws:SourceArn` (EventBridge User Guide, "Amazon SQS
//! permissions"). A condition of any other kind is not worked out: an Allow that has one is not counted on, and a Deny that
//! has one is taken not to be meant for EventBridge.

use guardian_policy::{Effect, PolicyDocument, Statement, matches};
use serde_json::Value;

use super::Stack;
use crate::parts::OwnQueue;

const SERVICE: &str = "events.amazonaws.com";
const ACTION: &str = "sqs:SendMessage";

pub(super) fn may_send(stack: Stack<'_>, queue: &OwnQueue, policy: Option<&str>, rule: &str) -> bool {
    let Some(document) = policy.and_then(|text| PolicyDocument::parse(text).ok()) else {
        return false;
    };
    let request = Request {
        account: stack.settings.account.as_str(),
        rule: stack.rule_arn(rule),
        queue: stack.queue_arn(queue),
    };
    let (mut allowed, mut denied) = (false, false);
    for statement in document
        .statements()
        .filter(|statement| request.is_meant(statement))
    {
        match (statement.effect(), statement.element("Condition")) {
            (Some(Effect::Allow), condition) => allowed |= condition.is_none_or(|it| request.is_met(it)),
            (Some(Effect::Deny), None) => denied = true,
            (Some(Effect::Deny) | None, _) => {}
        }
    }
    allowed && !denied
}

struct Request<'a> {
    account: &'a str,
    rule: String,
    queue: String,
}

impl Request<'_> {
    /// Principal, action and resource.
    fn is_meant(&self, statement: &Statement<'_>) -> bool {
        let principal = statement
            .element("Principal")
            .is_some_and(|principal| match principal {
                Value::String(text) => text == "*",
                Value::Object(kinds) => {
                    let service = texts(kinds.get("Service")).contains(&SERVICE);
                    service || texts(kinds.get("AWS")).contains(&"*")
                }
                _ => false,
            });
        // SQS also writes `SQS:SendMessage`.
        let action = texts(statement.element("Action"))
            .iter()
            .any(|pattern| matches(&pattern.to_lowercase(), &ACTION.to_lowercase()));
        let resource = texts(statement.element("Resource"))
            .iter()
            .any(|pattern| matches(pattern, &self.queue));
        principal && action && resource
    }

    fn is_met(&self, condition: &Value) -> bool {
        let Value::Object(operators) = condition else {
            return false;
        };
        operators.iter().all(|(operator, keys)| {
            let Value::Object(keys) = keys else { return false };
            keys.iter().all(|(key, values)| {
                let actual = match key.to_lowercase().as_str() {
                    "aws:sourcearn" => self.rule.as_str(),
                    "aws:sourceaccount" => self.account,
                    _ => return false,
                };
                let values = texts(Some(values));
                match operator.as_str() {
                    "StringEquals" => values.contains(&actual),
                    "StringLike" | "ArnEquals" | "ArnLike" => {
                        values.iter().any(|pattern| matches(pattern, actual))
                    }
                    _ => false,
                }
            })
        })
    }
}

/// One text or several.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
