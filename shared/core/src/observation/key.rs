//! What was seen of KMS keys.

use std::fmt;

use guardian_policy::PolicyDocument;

use super::{Known, Unknown};
use crate::moment::Moment;
use crate::name::KeyArn;

/// The state of a KMS key (`DescribeKey`, `KeyState`; KMS Developer Guide, "Key states of AWS KMS keys").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// Usable.
    Enabled,
    /// Disabled by someone.
    Disabled,
    /// Scheduled for deletion.
    PendingDeletion,
    /// A multi-Region primary key that is scheduled for deletion and waits for its replicas to be deleted first.
    PendingReplicaDeletion,
    /// Made for imported key material, of which some or all is missing.
    PendingImport,
    /// In a custom key store that is not connected.
    Unavailable,
    /// A multi-Region replica that is being made.
    Creating,
    /// A multi-Region key whose primary Region is being changed; it can be used all the same.
    Updating,
    /// Any other state, in KMS's own word.
    Other(String),
}

impl KeyState {
    /// The state in KMS's own word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::PendingReplicaDeletion => "PendingReplicaDeletion",
            Self::PendingImport => "PendingImport",
            Self::Unavailable => "Unavailable",
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::Other(word) => word,
        }
    }

    /// Whether KMS decrypts under a key in this state. "While the key state is `Updating`, you can use the keys in
    /// cryptographic operations" (KMS API Reference, UpdatePrimaryRegion).
    #[must_use]
    pub fn is_usable(&self) -> bool {
        matches!(self, Self::Enabled | Self::Updating)
    }
}

impl From<&str> for KeyState {
    fn from(word: &str) -> Self {
        match word {
            "Enabled" => Self::Enabled,
            "Disabled" => Self::Disabled,
            "PendingDeletion" => Self::PendingDeletion,
            "PendingReplicaDeletion" => Self::PendingReplicaDeletion,
            "PendingImport" => Self::PendingImport,
            "Unavailable" => Self::Unavailable,
            "Creating" => Self::Creating,
            "Updating" => Self::Updating,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who manages a KMS key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyManager {
    /// An AWS managed key; its policy cannot be changed.
    Aws,
    /// A customer managed key.
    Customer,
}

/// Where the key material comes from (`DescribeKey`, `Origin`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrigin {
    /// `AWS_KMS`: KMS made it and keeps it.
    AwsKms,
    /// `EXTERNAL`: it was imported, and may be deleted or expire.
    External,
    /// `AWS_CLOUDHSM`: it lies in a CloudHSM cluster.
    AwsCloudHsm,
    /// `EXTERNAL_KEY_STORE`: it lies in a key manager outside AWS.
    ExternalKeyStore,
}

/// What a multi-Region key is among its kin (`DescribeKey`, `MultiRegionConfiguration`). S3 treats it as a key of
/// its own Region, and each has a policy of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MultiRegion {
    /// The primary key.
    Primary {
        /// Its replicas in other Regions.
        replicas: Vec<KeyArn>,
    },
    /// A replica.
    Replica {
        /// Its primary key, where KMS named one.
        primary: Option<KeyArn>,
    },
}

/// What DescribeKey tells of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDescription {
    /// The key's ARN.
    pub arn: KeyArn,
    /// Its state.
    pub state: KeyState,
    /// Who manages it.
    pub manager: KeyManager,
    /// When it will be deleted, if deletion is scheduled.
    pub deletion_date: Option<Moment>,
    /// In [`KeyState::PendingReplicaDeletion`]: how many days it waits once its last replica is gone.
    pub deletion_window: Option<u32>,
    /// Where its material comes from; `None` where KMS did not say or said a word unknown here.
    pub origin: Option<KeyOrigin>,
    /// When the first of its imported materials expires, if any does (`ValidTo` under `KEY_MATERIAL_EXPIRES`).
    pub material_expires: Option<Moment>,
    /// What it is among its kin, if it is a multi-Region key.
    pub multi_region: Option<MultiRegion>,
    /// The id of the custom key store it lies in, if it lies in one.
    pub key_store: Option<String>,
}

impl KeyDescription {
    /// An enabled customer managed key whose material KMS keeps.
    #[must_use]
    pub fn new(arn: KeyArn) -> Self {
        Self {
            arn,
            state: KeyState::Enabled,
            manager: KeyManager::Customer,
            deletion_date: None,
            deletion_window: None,
            origin: Some(KeyOrigin::AwsKms),
            material_expires: None,
            multi_region: None,
            key_store: None,
        }
    }
}

/// What is known of the key policy.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyPolicy {
    /// Not asked for, because the answer could not matter (an AWS managed or foreign key).
    NotAsked,
    /// The policy.
    Document(Box<PolicyDocument>),
    /// Asked for in vain.
    Unknown(Unknown),
}

/// What was seen of one KMS key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyObservation {
    /// The key as configured or remembered: id, ARN, alias name or alias ARN.
    pub named: String,
    /// Why this key matters, in words for a person.
    pub because: Vec<String>,
    /// What of the bucket's settings names it, of these reasons; empty where only objects do.
    pub named_by: Vec<String>,
    /// Whether objects are under it, or will be, for certain; otherwise some may be.
    pub certain: bool,
    /// Its description.
    pub description: Known<KeyDescription>,
    /// Its policy.
    pub policy: KeyPolicy,
}

impl KeyObservation {
    /// The key's ARN, where KMS told it or the name is one.
    #[must_use]
    pub fn arn(&self) -> Option<KeyArn> {
        match &self.description {
            Ok(found) => Some(found.arn.clone()),
            Err(_) => self.named.parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back_from_its_word_and_only_two_are_usable() {
        let words = [
            "Enabled",
            "Disabled",
            "PendingDeletion",
            "PendingReplicaDeletion",
            "PendingImport",
            "Unavailable",
            "Creating",
            "Updating",
            "SomethingNew",
        ];
        let states = words.map(KeyState::from);
        assert_eq!(states.each_ref().map(KeyState::as_str), words);
        let usable: Vec<&KeyState> = states.iter().filter(|state| state.is_usable()).collect();
        assert_eq!(usable, [&KeyState::Enabled, &KeyState::Updating]);
    }
}
