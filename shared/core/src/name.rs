//! Names that AWS and Cloudinary give to things, checked once where they enter.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
    /// Not the name of a resource the guardian works on.
    #[error("`{0}` is no resource: expected `bucket:<name>`, `key:<arn>` or `sweep`")]
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

/// The ARN of a KMS key (not of an alias), taken apart once.
///
/// The id is not checked for being a UUID: multi-Region keys are `mrk-…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyArn {
    text: String,
    partition: String,
    region: String,
    account: AccountId,
    id: String,
}

impl KeyArn {
    /// The ARN as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition, `aws` in the commercial Regions.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The Region the key lives in.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account that owns the key.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The key id, the part behind `key/`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl FromStr for KeyArn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::Key(text.to_owned());
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or_else(wrong);
        let (arn, partition, service, region) = (next()?, next()?, next()?, next()?);
        let (account, id) = (next()?, next()?);
        let id = id.strip_prefix("key/").ok_or_else(wrong)?;
        let id_is_plain = !id.is_empty()
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let place_is_plain = [partition, region].iter().all(|part| {
            part.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        });
        if arn != "arn" || service != "kms" || !id_is_plain || !place_is_plain {
            return Err(wrong());
        }
        Ok(Self {
            text: text.to_owned(),
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.parse().map_err(|_| wrong())?,
            id: id.to_owned(),
        })
    }
}

impl TryFrom<String> for KeyArn {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<KeyArn> for String {
    fn from(arn: KeyArn) -> String {
        arn.text
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What one FIFO group stands for: the unit that has one writer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Resource {
    /// A bucket with its policy and markers.
    Bucket(BucketName),
    /// A KMS key with its policy, for every bucket that needs it.
    Key(KeyArn),
    /// The walk over all declarations.
    Sweep,
}

impl FromStr for Resource {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.split_once(':') {
            Some(("bucket", name)) => Ok(Self::Bucket(name.parse()?)),
            Some(("key", arn)) => Ok(Self::Key(arn.parse()?)),
            None if text == "sweep" => Ok(Self::Sweep),
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
            Self::Sweep => f.write_str("sweep"),
        }
    }
}

#[cfg(test)]
mod tests;
