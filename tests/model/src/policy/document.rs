//! The bare shape of a policy document.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// A statement or any other JSON object.
pub(crate) type Object = Map<String, Value>;

/// The statements: an array of objects, or one object standing for itself (IAM User Guide, "Statement").
pub(crate) fn statements(document: &Value) -> impl Iterator<Item = &Object> {
    one_or_many(document.get("Statement")).filter_map(Value::as_object)
}

/// The values of an element that may be one value or an array of them.
pub(crate) fn one_or_many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Some(Value::Array(many)) => (many.as_slice(), None),
        other => (&[] as &[Value], other),
    };
    many.iter().chain(one)
}

/// The same as text; booleans and numbers are as good as their text (IAM User Guide, "Condition").
pub(crate) fn texts(value: Option<&Value>) -> impl Iterator<Item = Cow<'_, str>> {
    one_or_many(value).filter_map(|value| match value {
        Value::String(text) => Some(Cow::Borrowed(text.as_str())),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
        _ => None,
    })
}

/// What is named under `AWS` in a `Principal` or `NotPrincipal`; the bare `"*"` stands for `{"AWS": "*"}`
/// (IAM User Guide, "Principal": the two are equivalent in resource-based policies).
pub(crate) fn aws_principals(principal: &Value) -> impl Iterator<Item = &str> {
    let named = match principal {
        Value::Object(kinds) => kinds.get("AWS"),
        other => Some(other),
    };
    one_or_many(named).filter_map(Value::as_str)
}
