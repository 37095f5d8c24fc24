//! What the whole stack is set to: where it stands and how far it may go.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::AccountId;
use crate::parts::Parts;
use crate::quota::Quotas;

/// Whether the guardian only looks, or repairs as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Looks and tells; never writes to a bucket or a key.
    Observe,
    /// Repairs what is ours.
    Repair,
}

/// Cloudinary's AWS account, the only one its public documents name (Cloudinary, "Upload from a private
/// storage URL").
pub const CLOUDINARY_ACCOUNT: &str = "232482882421";

/// What the stack is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The account whose buckets are guarded: the expected bucket owner of every call.
    pub account: AccountId,
    /// The partition, `aws` in the commercial Regions.
    pub partition: String,
    /// The Region.
    pub region: String,
    /// The account that reads.
    pub cloudinary_account: AccountId,
    /// The ceiling over what declarations may ask for.
    pub ceilings: Ceilings,
    /// How often people get a digest of everything, if they want one.
    pub digest: Option<Digest>,
    /// Whether the guardian looks at objects to learn which keys they are under.
    pub census: CensusLevel,
    /// Whether new objects are looked at as they come.
    pub watches_objects: bool,
    /// From the beginning of one walk over every object to that of the next, where there are walks at all.
    pub census_every: Duration,
    /// The stack's own parts, which are looked after too; none where there is no stack to look after.
    pub parts: Option<Parts>,
    /// Whether a repair may turn on the EventBridge notifications of a bucket, which costs money for every object event.
    pub manages_notifications: bool,
    /// What a sweep may ask of the account's quotas; none where it need not care, and does all in one go.
    pub quotas: Option<Quotas>,
}

/// From one walk over every object to the next, where nothing else is said: 30 days.
pub const CENSUS_EVERY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How much the guardian looks at objects to learn which keys they are under. HeadObject needs `s3:GetObject`, a
/// right that many will not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CensusLevel {
    /// Not at all. What is known of keys comes from the bucket's settings, from the declaration and from events that
    /// name a key.
    #[default]
    Off,
    /// A bounded sample, when a bucket is first looked at and with every sweep.
    Sample,
    /// The sample, and a walk over every object when one is due.
    Full,
}

impl Settings {
    /// Those of a guardian that was given its ceilings and nothing else: in the partition `aws`, with no digest, no look at
    /// objects, no stack of its own to look after, and no notifications to turn on.
    #[must_use]
    pub fn new(account: AccountId, region: &str, cloudinary_account: AccountId, ceilings: Ceilings) -> Self {
        Self {
            account,
            partition: "aws".to_owned(),
            region: region.to_owned(),
            cloudinary_account,
            ceilings,
            digest: None,
            census: CensusLevel::Off,
            watches_objects: false,
            census_every: CENSUS_EVERY,
            parts: None,
            manages_notifications: false,
            quotas: None,
        }
    }

    /// Whether objects other than markers may be looked at: whoever wants either of the two has given the right.
    #[must_use]
    pub fn may_look_at_objects(&self) -> bool {
        self.watches_objects || self.census != CensusLevel::Off
    }
}

/// How often a digest is sent, with the first sweep that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// Once a day.
    Daily,
    /// Once a week.
    Weekly,
}

impl Digest {
    /// The time from one to the next. A little less than the name says: a sweep that comes an instant early shall
    /// not put the digest off to the next one.
    #[must_use]
    pub const fn period(self) -> Duration {
        const SLACK: u64 = 10 * 60;
        Duration::from_secs(match self {
            Self::Daily => 24 * 60 * 60 - SLACK,
            Self::Weekly => 7 * 24 * 60 * 60 - SLACK,
        })
    }
}

/// Ceilings that no declaration reaches past, so that writing a declaration is never worth more than the
/// owner of the stack meant it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceilings {
    /// The most a declaration may do.
    pub mode: Mode,
    /// Cloud names that may ever be declared, as patterns with `*` and `?`.
    pub clouds: Vec<String>,
    /// Buckets that may ever be declared, as ARN patterns with `*` and `?`.
    pub bucket_arns: Vec<String>,
}

impl Ceilings {
    /// No ceiling but the caller's own rights: what the operator tool runs under.
    #[must_use]
    pub fn open(mode: Mode) -> Self {
        Self {
            mode,
            clouds: vec!["*".to_owned()],
            bucket_arns: vec!["*".to_owned()],
        }
    }
}
