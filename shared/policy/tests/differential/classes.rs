//! Where the two differ on purpose.

use guardian_policy::{Access, Cause, Decision, Reason};
use serde_json::{Value, json};

use crate::case::Case;
use crate::worlds::ACCOUNT;

/// Why the crate leaves a question open of which everything is known, where it should.
pub(crate) fn why_open(case: &Case, decision: &Decision) -> Option<String> {
    let mut classes: Vec<&str> = Vec::new();
    for reason in decision.reasons() {
        classes.push(why_reason_is_open(case, reason)?);
    }
    classes.sort_unstable();
    classes.dedup();
    (!classes.is_empty()).then(|| classes.join("; "))
}

fn why_reason_is_open(_case: &Case, reason: &Reason) -> Option<&'static str> {
    match &reason.cause {
        Cause::SomePrincipals => Some("some principals"),
        Cause::DoubtfulResource => Some("doubtful resource"),
        Cause::AllowIf { .. } => Some("allow if"),
        Cause::DenyIf { .. } => Some("deny if"),
        Cause::PerhapsPublic { .. } => Some("perhaps public"),
        _ => None,
    }
}

/// The classes that a disagreement may be of, each with the question without what causes it.
pub(crate) fn remedies(case: &Case, ours: Access) -> Vec<(&'static str, Value)> {
    let question = case.question();
    let mut remedies = vec![(
        "the simulator takes no address to be in a network of everything",
        halved(question.clone()),
    )];
    if ours == Access::Denied {
        remedies.push((
            "an Allow for particular principals of the account is none for the account",
            without_narrow_allows(question.clone()),
        ));
        remedies.push(("both", without_narrow_allows(halved(question))));
    }
    remedies
}

fn without_narrow_allows(mut question: Value) -> Value {
    if let Some(statements) = question["policy"]["Statement"].as_array_mut() {
        statements.retain(|statement| !is_narrow_allow(statement));
    }
    question
}

/// Two networks of one half each for every network of everything.
fn halved(mut question: Value) -> Value {
    replace(&mut question, &|text| match text {
        "0.0.0.0/0" => Some(vec!["0.0.0.0/1".into(), "128.0.0.0/1".into()]),
        "::/0" => Some(vec!["::/1".into(), "8000::/1".into()]),
        _ => None,
    });
    question
}

/// Replaces texts by several, wherever they are.
fn replace(value: &mut Value, by: &dyn Fn(&str) -> Option<Vec<String>>) {
    match value {
        Value::String(text) => {
            if let Some(texts) = by(text) {
                *value = json!(texts);
            }
        }
        Value::Array(values) => {
            *values = std::mem::take(values)
                .into_iter()
                .flat_map(|mut value| {
                    replace(&mut value, by);
                    match value {
                        Value::Array(several) => several,
                        one => vec![one],
                    }
                })
                .collect();
        }
        Value::Object(fields) => fields.values_mut().for_each(|value| replace(value, by)),
        _ => {}
    }
}

fn is_narrow_allow(statement: &Value) -> bool {
    let names = match &statement["Principal"]["AWS"] {
        Value::Array(names) => names.clone(),
        Value::Null => return false,
        name => vec![name.clone()],
    };
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    statement["Effect"] == "Allow"
        && !names
            .iter()
            .any(|name| *name == json!("*") || *name == json!(ACCOUNT) || *name == json!(root))
}
