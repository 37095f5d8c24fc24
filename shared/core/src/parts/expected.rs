//! What the template says of rules and queues, compiled in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

/// What the template says of a rule.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ExpectedRule {
    /// Its pattern; none where it has a schedule, which is the stack's sweep rate.
    #[serde(default)]
    pub pattern: Option<Value>,
    /// What the template calls its target.
    pub target: String,
    /// What the template calls the queue for what could not be delivered.
    pub dead_letters: String,
}

/// What the template says of a queue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ExpectedQueue {
    /// What the template calls the queue for what was received too often.
    #[serde(default)]
    pub dead_letters: Option<String>,
    /// Whether something lies here only because it could not be delivered or worked off.
    #[serde(default)]
    pub is_dead_letters: bool,
}

#[derive(Deserialize, Default)]
struct Expected {
    rules: BTreeMap<String, ExpectedRule>,
    queues: BTreeMap<String, ExpectedQueue>,
}

/// A file that is broken says nothing; the tests below and `tests/template/check` do not let it come to that.
static EXPECTED: LazyLock<Expected> =
    LazyLock::new(|| serde_json::from_str(include_str!("expected.json")).unwrap_or_default());

pub(super) fn rule(logical: &str) -> Option<&'static ExpectedRule> {
    EXPECTED.rules.get(logical)
}

pub(super) fn queue(logical: &str) -> Option<&'static ExpectedQueue> {
    EXPECTED.queues.get(logical)
}

/// Whether a pattern says what the template says.
///
/// The order of keys and of alternatives means nothing. A text of the expectation with `<Name>` in it stands for
/// whatever the stack was given there: its id, its name, the ARN of one of its resources.
#[must_use]
pub fn is_expected_pattern(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(wanted), Value::Object(fields)) => {
            wanted.len() == fields.len()
                && wanted.iter().all(|(key, wanted)| {
                    fields
                        .get(key)
                        .is_some_and(|field| is_expected_pattern(wanted, field))
                })
        }
        (Value::Array(wanted), Value::Array(items)) => {
            let is_among = |wanted: &Value| items.iter().any(|item| is_expected_pattern(wanted, item));
            wanted.len() == items.len() && wanted.iter().all(is_among)
        }
        (Value::String(wanted), Value::String(text)) => fits(wanted, text),
        _ => expected == found,
    }
}

/// Whether `text` is `wanted` with something in the place of each `<Name>`.
fn fits(wanted: &str, text: &str) -> bool {
    let Some((before, (_, rest))) = wanted
        .split_once('<')
        .and_then(|(before, rest)| Some((before, rest.split_once('>')?)))
    else {
        return wanted == text;
    };
    let Some(after) = text.strip_prefix(before) else {
        return false;
    };
    // At least one character for the name, from the shortest on.
    after
        .char_indices()
        .skip(1)
        .map(|(at, _)| at)
        .chain([after.len()])
        .filter(|at| *at > 0)
        .any(|at| after.get(at..).is_some_and(|remaining| fits(rest, remaining)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_file_reads_and_each_rule_leads_to_a_known_queue_or_function() {
        let expected: Expected = serde_json::from_str(include_str!("expected.json")).unwrap();
        assert!(expected.rules.len() > 10 && expected.queues.len() > 4);
        for (name, rule) in &expected.rules {
            assert!(
                expected.queues.contains_key(&rule.target) || rule.target.ends_with("Function"),
                "{name}"
            );
            assert!(expected.queues[&rule.dead_letters].is_dead_letters, "{name}");
        }
        for (name, queue) in &expected.queues {
            assert_eq!(queue.dead_letters.is_none(), queue.is_dead_letters, "{name}");
        }
        assert_eq!(expected.rules["SweepRule"].pattern, None);
    }

    #[test]
    fn order_means_nothing_in_a_pattern_and_everything_else_does() {
        let expected = json!({"source": ["aws.s3", "aws.kms"], "detail": {"errorCode": [{"exists": false}]}});
        let same = json!({"detail": {"errorCode": [{"exists": false}]}, "source": ["aws.kms", "aws.s3"]});
        assert!(is_expected_pattern(&expected, &same));
        for other in [
            json!({"source": ["aws.s3"], "detail": {"errorCode": [{"exists": false}]}}),
            json!({"source": ["aws.s3", "aws.s3"], "detail": {"errorCode": [{"exists": false}]}}),
            json!({"source": ["aws.s3", "aws.kms"], "detail": {"errorCode": [{"exists": true}]}}),
            json!({"source": ["aws.s3", "aws.kms"]}),
            json!({"source": ["aws.s3", "aws.kms"], "detail": {"errorCode": [{"exists": false}]}, "account": ["1"]}),
        ] {
            assert!(!is_expected_pattern(&expected, &other), "{other}");
        }
    }

    #[test]
    fn a_name_in_angle_brackets_stands_for_whatever_the_stack_was_given() {
        assert!(fits("<AWS::StackId>", "arn:aws:cloudformation:x:1:stack/guard/1"));
        assert!(fits("*/<AWS::StackName>-*", "*/guard-two-*"));
        assert!(fits("a<B>c<D>e", "a-c-e"));
        for wrong in ["", "*/-*", "*/guard-", "x*/guard-*"] {
            assert!(!fits("*/<AWS::StackName>-*", wrong), "{wrong}");
        }
    }
}
