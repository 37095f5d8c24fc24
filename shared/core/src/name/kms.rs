//! The ARNs of KMS keys and of their aliases.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{AccountId, NameError};

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
        let place = Place::split(text, "key/");
        let place = place.filter(|place| is_word(place.rest, &[]));
        let place = place.ok_or_else(|| NameError::Key(text.to_owned()))?;
        Ok(Self {
            text: text.to_owned(),
            partition: place.partition.to_owned(),
            region: place.region.to_owned(),
            account: place.account,
            id: place.rest.to_owned(),
        })
    }
}

/// The ARN of a KMS alias: `arn:<partition>:kms:<region>:<account>:alias/<name>`.
///
/// A name is made of letters, digits, `/`, `_` and `-`, 256 characters with its `alias/` at the most (KMS API
/// Reference, CreateAlias, `AliasName`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AliasArn(String);

impl AliasArn {
    /// The ARN of the alias that is called `name` (`alias/…`) in this place.
    ///
    /// # Errors
    ///
    /// If that is the name of no alias, or the place is none.
    pub fn of(partition: &str, region: &str, account: &str, name: &str) -> Result<Self, NameError> {
        format!("arn:{partition}:kms:{region}:{account}:{name}").parse()
    }

    /// The ARN as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The alias as KMS calls it within its account and Region: `alias/…`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or_default()
    }

    /// Whether it is one of AWS's own (`alias/aws/…`), which nobody can point at another key (KMS API
    /// Reference, UpdateAlias).
    #[must_use]
    pub fn is_of_aws(&self) -> bool {
        self.name().starts_with("alias/aws/")
    }
}

impl FromStr for AliasArn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let place = Place::split(text, "alias/");
        let named = place.filter(|place| place.rest.len() <= LONGEST_ALIAS && is_word(place.rest, b"/"));
        named.ok_or_else(|| NameError::Alias(text.to_owned()))?;
        Ok(Self(text.to_owned()))
    }
}

/// Behind `alias/`, which counts.
const LONGEST_ALIAS: usize = 250;

/// Where a KMS ARN leads, and what it is called there.
struct Place<'a> {
    partition: &'a str,
    region: &'a str,
    account: AccountId,
    rest: &'a str,
}

impl<'a> Place<'a> {
    fn split(text: &'a str, kind: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let is_plain = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if arn != "arn" || service != "kms" || !is_plain(partition) || !is_plain(region) {
            return None;
        }
        Some(Self {
            partition,
            region,
            account: account.parse().ok()?,
            rest: rest.strip_prefix(kind)?,
        })
    }
}

fn is_word(text: &str, more: &[u8]) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || more.contains(&b);
    !text.is_empty() && text.bytes().all(fits)
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

impl TryFrom<String> for AliasArn {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<AliasArn> for String {
    fn from(arn: AliasArn) -> String {
        arn.0
    }
}

impl fmt::Display for AliasArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
