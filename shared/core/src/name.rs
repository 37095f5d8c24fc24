//! Names that AWS and Cloudinary give to things, checked once where they enter.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

mod kms;

pub use kms::{AliasArn, KeyArn};

/// A text that is not the name it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not twelve digits.
    #[error("`{0}` is not an AWS account id: expected twelve digits")]
    Account(String),
    /// Not a bucket name of any S3 generation.
    #[error("`{0}` is not a bucket name: expected 3 to 255 letters, digits, dots, dashes or underscores")]
    Bucket(String),
    /// Not a Cloudinary cloud name.
    #[error("`{0}` is not a cloud name: expected a letter followed by 1 to 127 letters, digits, `-` or `_`")]
    Cloud(String),
    /// Not the ARN of a KMS key.
    #[error("`{0}` is not a KMS key ARN: expected `arn:<partition>:kms:<region>:<account>:key/<id>`")]
    Key(String),
    /// Not the ARN of a KMS alias.
    #[error("`{0}` is not a KMS alias ARN: expected `arn:<partition>:kms:<region>:<account>:alias/<name>`")]
    Alias(String),
    /// Not the name of a resource the guardian works on.
    #[error(
        "`{0}` is no resource: expected `bucket:<name>`, `key:<arn>`, `alias:<arn>`, `census:<name>`, `sweep` or `stack`"
    )]
    Resource(String),
}

macro_rules! text_name {
    ($name:ident, $doc:literal, $error:ident, $valid:expr) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError::$error(text.to_owned()))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_name!(AccountId, "An AWS account id: twelve digits.", Account, |text| {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
});

text_name!(
    BucketName,
    "A bucket name. Lenient (S3's oldest buckets break today's rules), so that an event about any real bucket can be read.",
    Bucket,
    |text| (3..=255).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
);

text_name!(
    CloudName,
    "A Cloudinary cloud name, byte for byte: S3 keys are case-sensitive, so two spellings are two tenants.",
    Cloud,
    |text| (2..=128).contains(&text.len())
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
);

/// What has a page in the ledger, and what one FIFO group stands for: the unit that has one writer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Resource {
    /// A bucket with its policy and markers.
    Bucket(BucketName),
    /// A KMS key with its policy, for every bucket that needs it.
    Key(KeyArn),
    /// A KMS alias: a page of the ledger that says which buckets are meant by it, and never work. The router
    /// puts those buckets in its place.
    Alias(AliasArn),
    /// The census of a bucket: a page of the ledger that gathers what was counted, and never work.
    Census(BucketName),
    /// The walk over all declarations.
    Sweep,
    /// What the guardian itself sees and speaks with: trails, rules, queues, topic.
    Stack,
}

impl FromStr for Resource {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.split_once(':') {
            Some(("bucket", name)) => Ok(Self::Bucket(name.parse()?)),
            Some(("key", arn)) => Ok(Self::Key(arn.parse()?)),
            Some(("alias", arn)) => Ok(Self::Alias(arn.parse()?)),
            Some(("census", name)) => Ok(Self::Census(name.parse()?)),
            None if text == "sweep" => Ok(Self::Sweep),
            None if text == "stack" => Ok(Self::Stack),
            _ => Err(NameError::Resource(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Resource {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Resource> for String {
    fn from(resource: Resource) -> String {
        resource.to_string()
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(name) => write!(f, "bucket:{name}"),
            Self::Key(arn) => write!(f, "key:{arn}"),
            Self::Alias(arn) => write!(f, "alias:{arn}"),
            Self::Census(name) => write!(f, "census:{name}"),
            Self::Sweep => f.write_str("sweep"),
            Self::Stack => f.write_str("stack"),
        }
    }
}

#[cfg(test)]
mod tests;
