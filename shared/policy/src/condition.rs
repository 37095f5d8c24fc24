//! Conditions, three-valued.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition": all keys under all operators must hold;
//! several values of one key are alternatives, and under a negated operator none of them may match; a missing
//! key makes an operator false, a negated one true.

use serde_json::Value;

use crate::context::{Context, Described, Knowledge};
use crate::pattern::work::Work;
use crate::statement::{Statement, one_or_many};
use crate::truth::{self, Truth};

pub(crate) mod address;
mod date;
mod described;
pub(crate) mod operator;
mod value;

use operator::{Family, Operator, Quantifier};

/// Whether a statement's condition holds, and the keys that keep it from being known, or the one that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) truth: Truth,
    pub(crate) keys: Vec<String>,
}

/// What a condition is read against.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'c> {
    pub(crate) context: &'c Context,
    /// Whether the document's version has policy variables.
    pub(crate) variables: bool,
}

impl<'c> Reading<'c> {
    pub(crate) fn variables(&self) -> Option<&'c Context> {
        self.variables.then_some(self.context)
    }
}

pub(crate) fn evaluate(statement: &Statement<'_>, reading: Reading<'_>, work: &mut Work) -> Outcome {
    let mut outcome = Outcome {
        truth: Truth::True,
        keys: Vec::new(),
    };
    let Some(condition) = statement.element("Condition") else {
        return outcome;
    };
    let Some(operators) = condition.as_object() else {
        return Outcome {
            truth: Truth::Unknown,
            ..outcome
        };
    };
    for (name, keys) in operators {
        let operator = Operator::parse(name);
        for (key, values) in keys.as_object().into_iter().flatten() {
            let truth = match operator {
                Some(operator) => test(operator, key, one_or_many(values), reading, work),
                None => Truth::Unknown,
            };
            outcome.truth = outcome.truth.and(truth);
            match truth {
                Truth::True => {}
                Truth::False => {
                    return Outcome {
                        truth,
                        keys: vec![key.clone()],
                    };
                }
                Truth::Unknown => outcome.keys.push(key.clone()),
            }
        }
    }
    outcome
}

fn test(operator: Operator, key: &str, values: &[Value], reading: Reading<'_>, work: &mut Work) -> Truth {
    if values.is_empty() {
        return Truth::Unknown;
    }
    match reading.context.knowledge(key) {
        Knowledge::Unknown => Truth::Unknown,
        Knowledge::Absent => absent(operator, values),
        Knowledge::Known(known) => present(operator, known, values, reading),
        Knowledge::OneOf(described) => one_of(operator, described, values, reading, work),
    }
}

fn one_of(
    operator: Operator,
    described: &Described,
    values: &[Value],
    reading: Reading<'_>,
    work: &mut Work,
) -> Truth {
    let each = |known: &[String]| {
        known
            .iter()
            .map(|value| present(operator, std::slice::from_ref(value), values, reading))
            .reduce(Truth::merge)
            .unwrap_or(Truth::Unknown)
    };
    let some = |positive: Truth| {
        if operator.family == Family::Null {
            null(values, false)
        } else if operator.negated {
            positive.not()
        } else {
            positive
        }
    };
    match described {
        Described::Values(known) => each(known),
        Described::ValuesOrAbsent(known) => each(known).merge(absent(operator, values)),
        Described::Present => some(Truth::Unknown),
        Described::Matching(patterns) => some(described::matching(
            operator.family,
            patterns,
            values,
            reading,
            work,
        )),
        Described::PrincipalArnOfAccount { partition, account } => {
            let patterns = principal_arns(partition, account);
            some(described::matching(
                operator.family,
                &patterns,
                values,
                reading,
                work,
            ))
        }
        Described::PublicIp => some(described::public_address(operator.family, values)),
        Described::PublicIpOrAbsent => {
            some(described::public_address(operator.family, values)).merge(absent(operator, values))
        }
        Described::ForeignVpc { ours } => {
            some(described::none_of(operator.family, ours, values)).merge(absent(operator, values))
        }
    }
}

/// The forms of `aws:PrincipalArn` (IAM User Guide, "AWS global condition context keys"): of a role session
/// it is the role's ARN; a session's own ARN is there for services that might differ.
fn principal_arns(partition: &str, account: &str) -> Vec<String> {
    [
        "iam::{}:role/",
        "iam::{}:user/",
        "sts::{}:federated-user/",
        "sts::{}:assumed-role/",
    ]
    .iter()
    .map(|form| format!("arn:{partition}:{}?*", form.replace("{}", account)))
    .collect()
}

fn absent(operator: Operator, values: &[Value]) -> Truth {
    if operator.family == Family::Null {
        return null(values, true);
    }
    if operator.if_exists && operator.quantifier != Quantifier::Any {
        return Truth::True;
    }
    match operator.quantifier {
        Quantifier::One => operator.negated.into(),
        // Documented to be false, and with IfExists to be true: "Single-valued vs. multivalued context keys".
        Quantifier::Any if operator.if_exists => Truth::Unknown,
        Quantifier::Any => Truth::False,
        Quantifier::All => Truth::True,
    }
}

fn null(values: &[Value], is_absent: bool) -> Truth {
    let wants = |value: &Value| {
        let text = value::text_of(value);
        if text.eq_ignore_ascii_case("true") {
            Truth::from(is_absent)
        } else if text.eq_ignore_ascii_case("false") {
            Truth::from(!is_absent)
        } else {
            Truth::Unknown
        }
    };
    values
        .iter()
        .map(wants)
        .reduce(Truth::merge)
        .unwrap_or(Truth::Unknown)
}

fn present(operator: Operator, known: &[String], values: &[Value], reading: Reading<'_>) -> Truth {
    if operator.family == Family::Null {
        return if known.is_empty() {
            Truth::Unknown
        } else {
            null(values, false)
        };
    }
    let one = |known: &String| {
        let matches = truth::any(
            values
                .iter()
                .map(|value| value::matches(operator.family, known, value, reading)),
        );
        if operator.negated { matches.not() } else { matches }
    };
    match operator.quantifier {
        Quantifier::Any => truth::any(known.iter().map(one)),
        Quantifier::All => truth::all(known.iter().map(one)),
        // Without a set operator a key with several values is not defined: only agreement counts.
        Quantifier::One => known
            .iter()
            .map(one)
            .reduce(Truth::merge)
            .unwrap_or(Truth::Unknown),
    }
}
