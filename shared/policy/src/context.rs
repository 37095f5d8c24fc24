//! What is known of a request.
//!
//! Source: IAM User Guide, "AWS global condition context keys": names are case-insensitive, a request may
//! lack a key, and some keys hold several values.

use std::collections::BTreeMap;

mod external;
#[cfg(test)]
mod tests;

pub use external::ExternalRead;

/// What is known of one condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// Present, with exactly these values.
    Known(Vec<String>),
    /// Certainly not in the request.
    Absent,
    /// Anything, or not there at all.
    Unknown,
    /// One of a described set.
    OneOf(Described),
}

/// A set of values of which the request has one, nobody knows which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Described {
    /// `aws:PrincipalArn` of some user, role or session of the account.
    PrincipalArnOfAccount {
        /// As in `aws`.
        partition: String,
        /// Twelve digits.
        account: String,
    },
    /// Some address of the public internet, of either IP version.
    PublicIp,
    /// The same, or no such key at all: a caller who comes through a VPC endpoint has no `aws:SourceIp`.
    PublicIpOrAbsent,
    /// A VPC or VPC endpoint of somebody else, or none: certainly none of `ours`.
    ForeignVpc {
        /// The ids that are known to be ours; about any other id nothing is known.
        ours: Vec<String>,
    },
    /// One of these values.
    Values(Vec<String>),
    /// One of these values, or no such key at all.
    ValuesOrAbsent(Vec<String>),
    /// Some text that matches one of these patterns of `*` and `?`.
    Matching(Vec<String>),
    /// Certainly in the request; the value is not known.
    Present,
}

/// What is known of a request, key by key. A key that was never named is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Knowledge>,
}

impl Context {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The key is in the request, with exactly these values.
    pub fn known<V: Into<String>>(self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.with(key, Knowledge::Known(values))
    }

    /// The key is certainly not in the request.
    pub fn absent(self, key: &str) -> Self {
        self.with(key, Knowledge::Absent)
    }

    /// Nothing is known of the key, whatever was said before.
    pub fn unknown(self, key: &str) -> Self {
        self.with(key, Knowledge::Unknown)
    }

    /// The key has one value of a described set.
    pub fn one_of(self, key: &str, described: Described) -> Self {
        self.with(key, Knowledge::OneOf(described))
    }

    /// Says what is known of a key, replacing what was said before.
    pub fn with(mut self, key: &str, knowledge: Knowledge) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), knowledge);
        self
    }

    /// What is known of a key.
    pub fn knowledge(&self, key: &str) -> &Knowledge {
        let known = if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.keys.get(&key.to_ascii_lowercase())
        } else {
            self.keys.get(key)
        };
        known.unwrap_or(&Knowledge::Unknown)
    }

    /// Everything that was said, by key in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Knowledge)> {
        self.keys.iter().map(|(key, knowledge)| (key.as_str(), knowledge))
    }

    pub(crate) fn single(&self, key: &str) -> Option<&str> {
        match self.knowledge(key) {
            Knowledge::Known(values) => match values.as_slice() {
                [value] => Some(value),
                _ => None,
            },
            _ => None,
        }
    }
}
