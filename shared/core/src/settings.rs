//! What the whole stack is set to: where it stands and how far it may go.

use serde::{Deserialize, Serialize};

use crate::name::AccountId;

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
