use guardian_policy::{
    PolicyDocument, PolicyKind, Question, difference, equivalent, evaluate, foreign_statements_kept,
};
use serde_json::{Map, Value, json};

use super::choices::Choices;
use super::worlds::vocabulary::ACCOUNT;
use super::worlds::{self, known};
use super::{document, kind, read};

/// The laws of equivalence, for two documents, and for one and its rewriting by AWS.
pub(super) fn equivalence(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let kind = kind(&mut choices);
    let asked = worlds::asked(&mut choices, kind);
    let request = known::fully_known(&mut choices, 0);
    let context = known::context(&known::less_known(&mut choices, &request));
    let middle = bytes.len() / 2;
    let (Some(one), Some(two)) = (
        document(Choices::new(&bytes[..middle]), kind),
        document(Choices::new(&bytes[middle..]), kind),
    ) else {
        return;
    };
    let rewritten = read(&rewritten(&one, &mut choices));
    for (a, b) in [(&one, &one), (&one, &two), (&two, &one), (&one, &rewritten)] {
        let are = equivalent(a, b);
        let difference = difference(a, b);
        assert_eq!(are, difference.is_empty());
        assert_eq!(are, difference.to_string().is_empty());
        assert_eq!(are, a.canonical_hash() == b.canonical_hash());
        assert!(!std::ptr::eq(a, b) || are);
    }
    assert!(
        equivalent(&one, &rewritten),
        "{}\n{}\n{}",
        one.to_compact_json(),
        rewritten.to_compact_json(),
        difference(&one, &rewritten)
    );
    // What means the same is answered the same.
    let ask = |document: &PolicyDocument, kind: PolicyKind| {
        let question = Question {
            account: ACCOUNT,
            action: asked.action,
            resources: std::slice::from_ref(&asked.resource),
            context: &context,
            kind,
        };
        evaluate(Some(document), &question)
    };
    let (before, after) = (ask(&one, kind), ask(&rewritten, kind));
    assert_eq!(before.access(), after.access(), "{before}\n{after}");
    assert_eq!(foreign_kept(&one, &rewritten), None);
}

/// A proof about a change that did not happen fails.
fn foreign_kept(before: &PolicyDocument, after: &PolicyDocument) -> Option<()> {
    let change = guardian_policy::StatementChange::Added {
        statement: json!("nothing"),
    };
    foreign_statements_kept(Some(before), after, &change).then_some(())
}

/// The document as AWS might give it back.
fn rewritten(document: &PolicyDocument, choices: &mut Choices<'_>) -> Value {
    let mut value = document.as_value().clone();
    let mut statements: Vec<Value> = document
        .statements()
        .map(|statement| body(statement.value(), choices))
        .collect();
    shuffle(&mut statements, choices);
    value["Statement"] = if statements.len() == 1 && choices.one_in(2) {
        statements.remove(0)
    } else {
        Value::Array(statements)
    };
    reordered(value, choices)
}

fn body(statement: &Value, choices: &mut Choices<'_>) -> Value {
    let mut statement = statement.clone();
    for (name, value) in statement.as_object_mut().into_iter().flatten() {
        match name.as_str() {
            "Effect" if choices.one_in(4) => {
                *value = json!(value.as_str().map(str::to_ascii_uppercase));
            }
            "Action" | "NotAction" => {
                list(value, choices, |text, choices| {
                    if choices.one_in(3) {
                        text.to_ascii_uppercase()
                    } else {
                        text.to_owned()
                    }
                });
            }
            "Resource" | "NotResource" => list(value, choices, |text, _| text.to_owned()),
            "Principal" | "NotPrincipal" if *value == json!("*") && choices.one_in(2) => {
                *value = json!({ "AWS": "*" });
            }
            "Principal" | "NotPrincipal" => {
                for (kind, names) in value.as_object_mut().into_iter().flatten() {
                    let is_aws = kind == "AWS";
                    list(names, choices, |name, choices| {
                        let is_id = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
                        if is_aws && is_id && choices.one_in(2) {
                            format!("arn:aws:iam::{name}:root")
                        } else {
                            name.to_owned()
                        }
                    });
                }
            }
            "Condition" => {
                for keys in value
                    .as_object_mut()
                    .into_iter()
                    .flat_map(|operators| operators.values_mut())
                {
                    for values in keys
                        .as_object_mut()
                        .into_iter()
                        .flat_map(|keys| keys.values_mut())
                    {
                        list(values, choices, |text, _| text.to_owned());
                    }
                    *keys = reordered(keys.take(), choices);
                }
            }
            _ => {}
        }
    }
    reordered(statement, choices)
}

/// Another order, and a scalar for a list of one or the other way round.
fn list(value: &mut Value, choices: &mut Choices<'_>, form: impl Fn(&str, &mut Choices<'_>) -> String) {
    let mut values = match value.take() {
        Value::Array(values) => values,
        one => vec![one],
    };
    for value in &mut values {
        if let Some(text) = value.as_str() {
            *value = json!(form(text, choices));
        }
    }
    shuffle(&mut values, choices);
    *value = match values.as_slice() {
        [only] if choices.one_in(2) => only.clone(),
        _ => Value::Array(values),
    };
}

fn reordered(value: Value, choices: &mut Choices<'_>) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> = entries.into_iter().collect();
            shuffle(&mut entries, choices);
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn shuffle<T>(items: &mut [T], choices: &mut Choices<'_>) {
    for at in (1..items.len()).rev() {
        items.swap(at, choices.below(at.min(255) + 1));
    }
}
