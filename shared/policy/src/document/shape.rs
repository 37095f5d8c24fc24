//! What every policy document must look like, with the place where it does not.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language". What a service refuses for its
//! *meaning* (a principal that is gone, another bucket's ARN) is no question of shape: see
//! [`crate::writable`].

use serde_json::{Map, Value};

use super::ParseError;
use crate::condition::operator::Operator;

const STATEMENT_ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
const DOCUMENT_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
const PRINCIPAL_KINDS: [&str; 4] = ["AWS", "CanonicalUser", "Federated", "Service"];

pub(super) fn check(value: &Value) -> Result<(), ParseError> {
    let Some(document) = value.as_object() else {
        return Err(ParseError::new(
            "",
            format!("expected an object, found {}", kind_of(value)),
        ));
    };
    misspelt(document, &DOCUMENT_ELEMENTS, "")?;
    match document.get("Version") {
        None => {}
        Some(Value::String(version)) if version == "2012-10-17" || version == "2008-10-17" => {}
        Some(other) => {
            return Err(ParseError::new(
                "Version",
                format!("expected `2012-10-17` or `2008-10-17`, found {}", shown(other)),
            ));
        }
    }
    text_or_absent(document, "Id", "Id")?;
    match document.get("Statement") {
        None => Err(ParseError::new("Statement", "required element is missing")),
        Some(Value::Object(single)) => statement(single, "Statement"),
        Some(Value::Array(statements)) => {
            for (index, entry) in statements.iter().enumerate() {
                let place = format!("Statement[{index}]");
                let Some(body) = entry.as_object() else {
                    return Err(ParseError::new(
                        place,
                        format!("expected an object, found {}", kind_of(entry)),
                    ));
                };
                statement(body, &place)?;
            }
            Ok(())
        }
        Some(other) => Err(ParseError::new(
            "Statement",
            format!("expected an object or an array, found {}", kind_of(other)),
        )),
    }
}

fn statement(body: &Map<String, Value>, place: &str) -> Result<(), ParseError> {
    misspelt(body, &STATEMENT_ELEMENTS, place)?;
    text_or_absent(body, "Sid", &format!("{place}.Sid"))?;
    match body.get("Effect") {
        None => {
            return Err(ParseError::new(
                format!("{place}.Effect"),
                "required element is missing",
            ));
        }
        Some(Value::String(effect))
            if effect.eq_ignore_ascii_case("Allow") || effect.eq_ignore_ascii_case("Deny") => {}
        Some(other) => {
            return Err(ParseError::new(
                format!("{place}.Effect"),
                format!("expected `Allow` or `Deny`, found {}", shown(other)),
            ));
        }
    }
    let (name, value) = exactly_one(body, "Principal", "NotPrincipal", place)?;
    principal(value, &format!("{place}.{name}"))?;
    let (name, value) = exactly_one(body, "Action", "NotAction", place)?;
    texts(value, &format!("{place}.{name}"))?;
    // KMS accepts a statement without Resource, which then has no effect.
    if body.contains_key("Resource") || body.contains_key("NotResource") {
        let (name, value) = exactly_one(body, "Resource", "NotResource", place)?;
        texts(value, &format!("{place}.{name}"))?;
    }
    match body.get("Condition") {
        None => Ok(()),
        Some(value) => condition(value, &format!("{place}.Condition")),
    }
}

fn exactly_one<'v>(
    body: &'v Map<String, Value>,
    plain: &'static str,
    negated: &'static str,
    place: &str,
) -> Result<(&'static str, &'v Value), ParseError> {
    match (body.get(plain), body.get(negated)) {
        (Some(value), None) => Ok((plain, value)),
        (None, Some(value)) => Ok((negated, value)),
        (None, None) => Err(ParseError::new(
            format!("{place}.{plain}"),
            "required element is missing",
        )),
        (Some(_), Some(_)) => Err(ParseError::new(
            format!("{place}.{negated}"),
            format!("excludes `{plain}`, which is there too"),
        )),
    }
}

fn principal(value: &Value, place: &str) -> Result<(), ParseError> {
    match value {
        Value::String(text) if text == "*" => Ok(()),
        Value::Object(kinds) => {
            if kinds.is_empty() {
                return Err(ParseError::new(place, "names nobody"));
            }
            for (kind, names) in kinds {
                let place = format!("{place}.{kind}");
                if !PRINCIPAL_KINDS.contains(&kind.as_str()) {
                    return Err(ParseError::new(place, "unknown kind of principal"));
                }
                texts(names, &place)?;
            }
            Ok(())
        }
        other => Err(ParseError::new(
            place,
            format!("expected `*` or an object, found {}", shown(other)),
        )),
    }
}

fn condition(value: &Value, place: &str) -> Result<(), ParseError> {
    let Some(operators) = value.as_object() else {
        return Err(ParseError::new(
            place,
            format!("expected an object, found {}", kind_of(value)),
        ));
    };
    for (operator, keys) in operators {
        let place = format!("{place}.{operator}");
        if Operator::parse(operator).is_none() {
            return Err(ParseError::new(place, "unknown condition operator"));
        }
        let Some(keys) = keys.as_object() else {
            return Err(ParseError::new(
                place,
                format!("expected an object, found {}", kind_of(keys)),
            ));
        };
        for (key, values) in keys {
            let place = format!("{place}.{key}");
            match values {
                Value::String(_) | Value::Bool(_) | Value::Number(_) => {}
                Value::Array(values) => {
                    for (index, value) in values.iter().enumerate() {
                        if !matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_)) {
                            return Err(ParseError::new(
                                format!("{place}[{index}]"),
                                format!("expected a value, found {}", kind_of(value)),
                            ));
                        }
                    }
                }
                other => {
                    return Err(ParseError::new(
                        place,
                        format!("expected values, found {}", kind_of(other)),
                    ));
                }
            }
        }
    }
    Ok(())
}

fn texts(value: &Value, place: &str) -> Result<(), ParseError> {
    match value {
        Value::String(_) => Ok(()),
        Value::Array(values) => match values.iter().position(|value| !value.is_string()) {
            None => Ok(()),
            Some(index) => Err(ParseError::new(format!("{place}[{index}]"), "expected text")),
        },
        other => Err(ParseError::new(
            place,
            format!("expected text or an array, found {}", kind_of(other)),
        )),
    }
}

fn text_or_absent(body: &Map<String, Value>, name: &str, place: &str) -> Result<(), ParseError> {
    match body.get(name) {
        None | Some(Value::String(_)) => Ok(()),
        Some(other) => Err(ParseError::new(
            place,
            format!("expected text, found {}", kind_of(other)),
        )),
    }
}

/// An element in the wrong case is no element to IAM; taken for an unknown one it would be overlooked.
fn misspelt(body: &Map<String, Value>, known: &[&str], place: &str) -> Result<(), ParseError> {
    for key in body.keys() {
        if let Some(meant) = known
            .iter()
            .find(|name| name.eq_ignore_ascii_case(key) && *name != key)
        {
            let place = if place.is_empty() {
                key.clone()
            } else {
                format!("{place}.{key}")
            };
            return Err(ParseError::new(
                place,
                format!("unknown element; is `{meant}` meant?"),
            ));
        }
    }
    Ok(())
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => kind_of(other).to_owned(),
    }
}
