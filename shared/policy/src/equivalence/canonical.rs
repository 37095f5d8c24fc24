//! The form in which equivalent documents are the same JSON.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::document::PolicyDocument;
use crate::principal::root_of;
use crate::statement::one_or_many;

pub(crate) fn hash(document: &PolicyDocument) -> String {
    Sha256::digest(of(document).to_string())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(crate) fn of(document: &PolicyDocument) -> Value {
    let Some(elements) = document.as_value().as_object() else {
        return Value::Null;
    };
    sorted(elements.iter().filter_map(|(name, value)| {
        let value = match name.as_str() {
            // The default (IAM User Guide, "IAM JSON policy elements: Version").
            "Version" if value == "2008-10-17" => return None,
            "Statement" => {
                let mut statements: Vec<Value> = one_or_many(value).iter().map(statement).collect();
                statements.sort_by_cached_key(Value::to_string);
                Value::Array(statements)
            }
            _ => plain(value),
        };
        Some((name.clone(), value))
    }))
}

pub(crate) fn statement(value: &Value) -> Value {
    let Some(elements) = value.as_object() else {
        return plain(value);
    };
    sorted(elements.iter().filter_map(|(name, value)| {
        let value = match name.as_str() {
            "Sid" if value == "" => return None,
            "Effect" => json!(value.as_str().map(str::to_ascii_lowercase)),
            "Principal" | "NotPrincipal" => principal(value)?,
            "Action" | "NotAction" => set(value, |text| text.to_ascii_lowercase()),
            "Resource" | "NotResource" => set(value, str::to_owned),
            "Condition" => condition(value)?,
            _ => plain(value),
        };
        Some((name.clone(), value))
    }))
}

/// `None` for a principal that names nobody, which is as good as none.
fn principal(value: &Value) -> Option<Value> {
    let Some(kinds) = value.as_object() else {
        return Some(if value == "*" {
            json!({ "AWS": ["*"] })
        } else {
            plain(value)
        });
    };
    let kinds = kinds
        .iter()
        .filter(|(_, names)| !one_or_many(names).is_empty())
        .map(|(kind, names)| {
            let names = match kind.as_str() {
                "AWS" => set(names, |name| root_of(name).unwrap_or(name).to_owned()),
                _ => set(names, str::to_owned),
            };
            (kind.clone(), names)
        });
    match sorted(kinds) {
        Value::Object(kinds) if kinds.is_empty() => None,
        kinds => Some(kinds),
    }
}

/// As a list of operator, key, values: two spellings of a key under one operator are two conditions that must
/// both hold.
fn condition(value: &Value) -> Option<Value> {
    let Some(operators) = value.as_object() else {
        return Some(plain(value));
    };
    let tests: BTreeSet<String> = operators
        .iter()
        .flat_map(|(operator, keys)| {
            keys.as_object().into_iter().flatten().map(move |(key, values)| {
                let values: BTreeSet<String> = one_or_many(values)
                    .iter()
                    .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    .collect();
                json!([operator.to_ascii_lowercase(), key.to_ascii_lowercase(), values]).to_string()
            })
        })
        .collect();
    if tests.is_empty() {
        None
    } else {
        Some(json!(tests))
    }
}

fn set(value: &Value, form: impl Fn(&str) -> String) -> Value {
    let texts: BTreeSet<String> = one_or_many(value)
        .iter()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), &form))
        .collect();
    json!(texts)
}

/// Elements that IAM does not know are compared as they are, except for the order of keys.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(map) => sorted(map.iter().map(|(key, value)| (key.clone(), plain(value)))),
        Value::Array(values) => values.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn sorted(entries: impl Iterator<Item = (String, Value)>) -> Value {
    let mut entries: Vec<(String, Value)> = entries.collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(entries.into_iter().collect::<Map<_, _>>())
}
