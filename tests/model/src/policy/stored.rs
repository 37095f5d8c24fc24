//! A policy as it is stored.

use std::rc::Rc;

use serde_json::Value;

/// The text that is given back, and the same read once. Cheap to clone, because stale reads keep the past.
#[derive(Debug, Clone)]
pub(crate) struct Document(Rc<Stored>);

#[derive(Debug)]
struct Stored {
    text: String,
    value: Value,
}

impl Document {
    /// Compact, as S3 gives bucket policies back.
    pub(crate) fn compact(value: Value) -> Self {
        Self::of(value.to_string(), value)
    }

    /// Indented, as CloudTrail's records of PutKeyPolicy show KMS's own.
    pub(crate) fn indented(value: Value) -> Self {
        Self::of(serde_json::to_string_pretty(&value).unwrap_or_default(), value)
    }

    /// To the letter, whether it is a policy or not.
    pub(crate) fn verbatim(text: &str) -> Self {
        Self::of(text.to_owned(), serde_json::from_str(text).unwrap_or_default())
    }

    fn of(text: String, value: Value) -> Self {
        Self(Rc::new(Stored { text, value }))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0.value
    }
}
