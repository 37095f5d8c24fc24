//! Where the two differ on purpose.

use std::net::IpAddr;

use guardian_policy::{Access, Cause, Decision, Reason};
use serde_json::{Map, Value, json};

use crate::case::Case;
use crate::worlds::vocabulary::ACCOUNT;

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

fn why_reason_is_open(case: &Case, reason: &Reason) -> Option<&'static str> {
    if matches!(reason.cause, Cause::PerhapsPublic { .. }) {
        return Some("S3's documentation does not say whether the policy is public");
    }
    let policy = match reason.control_policy {
        Some(index) => case.controls.get(index)?,
        None => &case.policy,
    };
    let statement = policy["Statement"].get(reason.statement.as_ref()?.index)?;
    match &reason.cause {
        Cause::SomePrincipals | Cause::DenyIf { .. } | Cause::AllowIf { .. }
            if statement.get("NotPrincipal").is_some() =>
        {
            Some("NotPrincipal with the account or somebody of it exempts nobody knows whom")
        }
        Cause::SomePrincipals if statement["Effect"] == "Deny" => {
            let names = statement["Principal"].to_string();
            let is_particular = ["CanonicalUser", "Federated", ":sts:"]
                .iter()
                .any(|form| names.contains(form))
                || case.caller().1.contains(":sts:");
            is_particular.then_some("a Deny for identities that the caller may be, as a session")
        }
        Cause::DoubtfulResource => {
            let resources = [&statement["Resource"], &statement["NotResource"]];
            resources
                .into_iter()
                .any(|resource| uses_missing_variable(case, resource))
                .then_some("a Resource with a variable that has no value")
        }
        Cause::AllowIf { keys } | Cause::DenyIf { keys } => {
            let mut classes = keys
                .iter()
                .map(|key| why_condition_is_open(case, &statement["Condition"], key));
            let first = classes.next()??;
            classes.all(|class| class.is_some()).then_some(first)
        }
        _ => None,
    }
}

fn why_condition_is_open(case: &Case, condition: &Value, key: &str) -> Option<&'static str> {
    condition
        .as_object()?
        .iter()
        .filter_map(|(operator, keys)| Some((operator, keys.get(key)?)))
        .find_map(|(operator, values)| {
            if uses_missing_variable(case, values) {
                Some("a condition with a variable that has no value")
            } else if operator.starts_with("ForAnyValue:") && operator.ends_with("IfExists") && !case.has(key)
            {
                Some("ForAnyValue with IfExists, and there is none")
            } else if operator.starts_with("Arn")
                && texts(values).iter().any(|text| text.matches(':').count() < 5)
            {
                Some("an ARN operator with text that is no ARN")
            } else {
                None
            }
        })
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

fn uses_missing_variable(case: &Case, value: &Value) -> bool {
    texts(value).iter().any(|text| {
        let names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
        names.into_iter().any(|name| name != "*" && !case.has(name))
    })
}

type Change = fn(&mut Value);

/// What the simulator does not read as the documentation has it, and what it reads for the same. `main.rs` has
/// an example of each.
const DEFECTS: [(&str, Change); 5] = [
    ("the simulator takes no address to be in 0.0.0.0/0", |question| {
        replace_in_policies(question, &|text| match text {
            "0.0.0.0/0" => Some(vec!["0.0.0.0/1".into(), "128.0.0.0/1".into()]),
            _ => None,
        });
    }),
    ("the simulator reads a single address as no network", |question| {
        let length = |text: &str| match text.parse().ok()? {
            IpAddr::V4(_) => Some(32),
            IpAddr::V6(_) => Some(128),
        };
        replace_in_policies(question, &|text| Some(vec![format!("{text}/{}", length(text)?)]));
    }),
    (
        "the simulator reads no seconds since 1970 as a date",
        |question| {
            replace_in_policies(question, &|text| {
                (text == "1735689600").then(|| vec!["2025-01-01T00:00:00Z".into()])
            });
        },
    ),
    (
        "the simulator takes ArnLike with a fixed aws:SourceArn for public, ArnEquals not",
        |question| {
            rename_operator(question, "ArnLike", "ArnEquals");
        },
    ),
    (
        "the simulator takes StringLike with a fixed aws:userid for public, StringEquals not",
        |question| rename_operator(question, "StringLike", "StringEquals"),
    ),
];

/// The classes that a disagreement may be of, each with the question without what causes it.
pub(crate) fn remedies(case: &Case, ours: Access) -> Vec<(&'static str, Value)> {
    let original = case.question();
    let mut remedies = Vec::new();
    let mut all = original.clone();
    for (class, change) in DEFECTS {
        let mut question = original.clone();
        change(&mut question);
        change(&mut all);
        remedies.push((class, question));
    }
    let narrow = |question: &Value| {
        let mut question = question.clone();
        if let Some(statements) = question["policy"]["Statement"].as_array_mut() {
            statements.retain(|statement| !is_narrow_allow(statement));
        }
        question
    };
    remedies.push(("several defects of the simulator", all.clone()));
    // On purpose, and only in this direction.
    if ours == Access::Denied {
        let class =
            "S3's documentation takes no text with `*`, `?` or a variable for fixed, the simulator some";
        if original["restrict"] == true {
            let mut question = original.clone();
            for from in ["StringEquals", "StringEqualsIgnoreCase"] {
                rename_operator(&mut question, from, "StringLike");
            }
            replace(&mut question["policy"]["Statement"], &|text| {
                (text.contains("${") && !text.starts_with("arn:")).then(|| vec![format!("{text}*")])
            });
            remedies.push((class, question));
        }
        let class = "an Allow for particular principals of the account is none for the account";
        remedies.push((class, narrow(&original)));
        remedies.push((class, narrow(&all)));
    }
    remedies.retain(|(_, question)| *question != original);
    remedies
}

/// Puts an operator in the place of another that means the same for texts without wildcards. Only `StringLike`
/// may come in the place of one for texts that have some: it is what makes the simulator see them.
fn rename_operator(question: &mut Value, from: &str, to: &str) {
    let is_fixed = |text: &&str| !text.contains(['*', '?', '$']);
    let is_alike = |values: &Value| to == "StringLike" || texts(values).iter().all(is_fixed);
    let statements = question["policy"]["Statement"].as_array_mut();
    for statement in statements.into_iter().flatten() {
        let Some(condition) = statement.get_mut("Condition").and_then(Value::as_object_mut) else {
            continue;
        };
        let Some(Value::Object(keys)) = condition.remove(from) else {
            continue;
        };
        let mut stay = Map::new();
        let mut there = match condition.remove(to) {
            Some(Value::Object(keys)) => keys,
            _ => Map::new(),
        };
        for (key, values) in keys {
            let is_taken = there.keys().any(|known| known.eq_ignore_ascii_case(&key));
            if is_taken || !is_alike(&values) {
                stay.insert(key, values);
            } else {
                there.insert(key, values);
            }
        }
        for (operator, keys) in [(from, stay), (to, there)] {
            if !keys.is_empty() {
                condition.insert(operator.to_owned(), Value::Object(keys));
            }
        }
    }
}

fn replace_in_policies(question: &mut Value, by: &dyn Fn(&str) -> Option<Vec<String>>) {
    replace(&mut question["policy"], by);
    for control in question["controls"].as_array_mut().into_iter().flatten() {
        replace(control, by);
    }
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
