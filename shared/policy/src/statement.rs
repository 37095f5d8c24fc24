//! The typed view of one statement.

use std::fmt;

use serde_json::{Map, Value};

/// One statement of a document, borrowed from it.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    index: usize,
    value: &'a Value,
    body: &'a Map<String, Value>,
}

/// Allow or Deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The statement grants.
    Allow,
    /// The statement takes away, whatever else grants.
    Deny,
}

/// Which statement of a document: its place counted from 0, and its Sid where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRef {
    /// The place in the document, counted from 0.
    pub index: usize,
    /// The Sid, which only names the statement: it may be missing, and several may share one.
    pub sid: Option<String>,
}

impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sid {
            Some(sid) => write!(f, "statement {} (`{}`)", self.index, one_line(sid)),
            None => write!(f, "statement {}", self.index),
        }
    }
}

/// A text out of somebody's policy as part of a sentence: it breaks no line.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| {
            let breaks = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
            if breaks { '\u{fffd}' } else { c }
        })
        .collect()
}

/// Scalar or array: IAM takes them for the same.
pub(crate) fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        scalar => std::slice::from_ref(scalar),
    }
}

pub(crate) fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value
        .map(one_or_many)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
}

impl<'a> Statement<'a> {
    pub(crate) fn new(index: usize, value: &'a Value, body: &'a Map<String, Value>) -> Self {
        Self { index, value, body }
    }

    /// A statement that stands alone, outside any document.
    pub fn of_value(value: &'a Value) -> Option<Self> {
        value.as_object().map(|body| Self::new(0, value, body))
    }

    /// The place in the document, counted from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The Sid, if there is one that says anything.
    pub fn sid(&self) -> Option<&'a str> {
        self.body
            .get("Sid")
            .and_then(Value::as_str)
            .filter(|sid| !sid.is_empty())
    }

    /// The JSON of the statement as it came.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// Allow or Deny; `None` only for JSON that never was parsed as a document.
    pub fn effect(&self) -> Option<Effect> {
        let effect = self.body.get("Effect").and_then(Value::as_str)?;
        if effect.eq_ignore_ascii_case("Allow") {
            Some(Effect::Allow)
        } else if effect.eq_ignore_ascii_case("Deny") {
            Some(Effect::Deny)
        } else {
            None
        }
    }

    /// The element of that name as it came.
    pub fn element(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name)
    }

    /// Index and Sid, to be kept.
    pub fn reference(&self) -> StatementRef {
        StatementRef {
            index: self.index,
            sid: self.sid().map(str::to_owned),
        }
    }

    /// An element that IAM does not know: what it would mean cannot be said.
    pub(crate) fn unknown_element(&self) -> Option<&'a str> {
        const KNOWN: [&str; 9] = [
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
        self.body
            .keys()
            .map(String::as_str)
            .find(|key| !KNOWN.contains(key))
    }

    pub(crate) fn has_condition(&self) -> bool {
        match self.body.get("Condition") {
            None => false,
            Some(Value::Object(operators)) => operators
                .values()
                .any(|keys| keys.as_object().is_none_or(|keys| !keys.is_empty())),
            Some(_) => true,
        }
    }
}
