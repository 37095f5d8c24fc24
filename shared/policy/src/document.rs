//! The document as it came, and what may be asked of it.

use std::fmt;

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::equivalence::canonical;
use crate::statement::Statement;

mod json;
mod shape;
#[cfg(test)]
mod tests;

/// The largest bucket policy: 20 KB (S3 User Guide, "Adding a bucket policy").
pub const BUCKET_POLICY_LIMIT: usize = 20 * 1024;
/// The largest key policy: 32 KB (KMS Developer Guide, "Key policies in AWS KMS").
pub const KEY_POLICY_LIMIT: usize = 32 * 1024;
/// The largest resource control policy: 5,120 characters (Organizations User Guide, "Quotas").
pub const RESOURCE_CONTROL_POLICY_LIMIT: usize = 5120;

/// The service a document belongs to. It decides what a statement's Resource means and how large the document
/// may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// A bucket policy of S3.
    Bucket,
    /// A key policy of KMS: a statement speaks of the one key it is attached to, and one without Resource has
    /// no effect (KMS Developer Guide, "Key policies in AWS KMS").
    Key,
    /// A resource control policy of AWS Organizations: it only takes away, beside the `RCPFullAWSAccess` that
    /// is always attached (Organizations User Guide, "Resource control policies").
    ResourceControl,
}

impl PolicyKind {
    /// The size at which the service refuses a document of this kind, in the counting of
    /// [`PolicyDocument::size`].
    pub fn size_limit(self) -> usize {
        match self {
            Self::Bucket => BUCKET_POLICY_LIMIT,
            Self::Key => KEY_POLICY_LIMIT,
            Self::ResourceControl => RESOURCE_CONTROL_POLICY_LIMIT,
        }
    }
}

/// A policy document, kept losslessly: key order, unknown elements, scalars and arrays stay as they came.
///
/// Two documents are `==` if they are the same JSON, whatever the order of keys; whether they *mean* the same
/// is [`crate::equivalent`].
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyDocument {
    value: Value,
}

/// Why a text is no policy document, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct ParseError {
    place: String,
    reason: String,
}

impl ParseError {
    pub(crate) fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            reason: reason.into(),
        }
    }

    /// The element at fault, as in `Statement[3].Condition.Bool`; empty when it is the text as a whole.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong there, in lower case and without a trailing stop.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(f, "no policy document: {}", self.reason)
        } else {
            write!(f, "no policy document: `{}`: {}", self.place, self.reason)
        }
    }
}

impl PolicyDocument {
    /// Reads a document, accepting all that S3 and KMS accept, and a little more where the meaning is plain.
    ///
    /// A key that occurs twice in one object is refused, as IAM does ("Grammar of the IAM JSON policy
    /// language"): a reader that took either one could be wrong about access.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::from_value(json::read(text)?)
    }

    /// The same for JSON that has been read already.
    pub fn from_value(value: Value) -> Result<Self, ParseError> {
        shape::check(&value)?;
        Ok(Self { value })
    }

    /// A document without statements, of the current policy version.
    pub fn new_with_id(id: Option<&str>) -> Self {
        let mut map = Map::new();
        map.insert("Version".into(), json!("2012-10-17"));
        if let Some(id) = id {
            map.insert("Id".into(), json!(id));
        }
        map.insert("Statement".into(), json!([]));
        Self {
            value: Value::Object(map),
        }
    }

    /// The JSON as it came.
    pub fn as_value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    /// The text that is sent: no white space, keys in the order they came.
    pub fn to_compact_json(&self) -> String {
        self.value.to_string()
    }

    /// The statements in their order; a single object counts as the first and only one.
    pub fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        let statements: &[Value] = match self.value.get("Statement") {
            Some(Value::Array(statements)) => statements,
            Some(single @ Value::Object(_)) => std::slice::from_ref(single),
            _ => &[],
        };
        statements
            .iter()
            .enumerate()
            .filter_map(|(index, value)| value.as_object().map(|body| Statement::new(index, value, body)))
    }

    /// The size in the service's counting: S3 and KMS count bytes, S3 without white space between the
    /// elements, Organizations counts characters.
    pub fn size(&self, kind: PolicyKind) -> usize {
        let text = self.to_compact_json();
        match kind {
            PolicyKind::Bucket | PolicyKind::Key => text.len(),
            PolicyKind::ResourceControl => text.chars().count(),
        }
    }

    /// The SHA-256 of the canonical form in hex: equal for documents that are [`crate::equivalent`].
    pub fn canonical_hash(&self) -> String {
        canonical::hash(self)
    }

    /// Policy variables and the escapes `${*}`, `${?}`, `${$}` exist since version 2012-10-17; before, and
    /// without a Version, they are literal text (IAM User Guide, "IAM policy elements: Variables and tags").
    pub(crate) fn has_variables(&self) -> bool {
        self.value.get("Version").and_then(Value::as_str) == Some("2012-10-17")
    }
}
