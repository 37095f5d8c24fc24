//! What was seen of AWS: every field is either known or names why it is not.
//!
//! *Unknown is not empty*: a read that failed for good stays an [`Unknown`] all the way to the verdict. A
//! read that failed for the moment never gets here; it ends the reconcile, to be tried again.

mod key;
mod stack;

pub use key::{KeyDescription, KeyManager, KeyObservation, KeyOrigin, KeyPolicy, KeyState, MultiRegion};
pub use stack::{
    BasicSelector, EventSelectors, FieldSelector, QueueObservation, QueueState, RuleObservation, RuleState,
    RuleTarget, StackObservation, Subscription, SweepTimes, TopicObservation, TopicState, TrailDescription,
    TrailObservation,
};

use guardian_policy::{ParseError, PolicyDocument};

use crate::call::CallError;
use crate::name::{BucketName, CloudName};
use crate::notification::Notifications;

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// The call that would have told failed for good.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The policy came but is not one we can read.
    #[error("the policy cannot be read: {0}")]
    Policy(#[from] ParseError),
}

/// A value, or why it is not known.
pub type Known<T> = Result<T, Unknown>;

/// Whether the bucket is there for us at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It exists, in the Region S3 named.
    Here,
    /// It exists in another Region.
    InRegion(String),
    /// There is no such bucket.
    Missing,
    /// S3 would not say.
    Unknown(Unknown),
}

/// The bucket's default encryption (`GetBucketEncryption`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultEncryption {
    /// SSE-S3, or nothing configured (the same since January 2023).
    SseS3,
    /// SSE-KMS or DSSE-KMS.
    Kms {
        /// Key id, key ARN, alias name or alias ARN as configured; `None` means the AWS managed key `aws/s3`.
        key: Option<String>,
        /// Whether a Bucket Key stands between S3 and KMS.
        bucket_key: bool,
    },
}

/// The four switches of Block Public Access on a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches is what S3 has"
)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`.
    pub block_public_acls: bool,
    /// `IgnorePublicAcls`.
    pub ignore_public_acls: bool,
    /// `BlockPublicPolicy`: a policy that is public as a whole is refused.
    pub block_public_policy: bool,
    /// `RestrictPublicBuckets`: with a public policy, other accounts are shut out altogether.
    pub restrict_public_buckets: bool,
}

/// Who owns the objects of a bucket (S3 User Guide, "Controlling ownership of objects"). A bucket policy does not
/// apply to objects that another account owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectOwnership {
    /// `BucketOwnerEnforced`, the default since April 2023: the bucket's owner, all of them.
    BucketOwner,
    /// Any other setting: it may be whoever wrote them.
    MayBeOthers,
}

/// How an object is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ObjectEncryption {
    /// SSE-S3, or not said.
    #[default]
    SseS3,
    /// SSE-KMS or DSSE-KMS under this key (an ARN on AWS).
    Kms(String),
    /// A key the customer sends with each request.
    SseC,
}

/// What HeadObject tells of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectHead {
    /// Its encryption.
    pub encryption: ObjectEncryption,
    /// Whether it is under a Bucket Key (`x-amz-server-side-encryption-bucket-key-enabled`).
    pub bucket_key: bool,
    /// The storage class, where it is not `STANDARD`.
    pub storage_class: Option<String>,
    /// Whether it has to be restored before it can be read: an archive class, or an archive tier of
    /// Intelligent-Tiering, of which no restored copy stands (S3 API Reference, GetObject and HeadObject).
    pub archived: bool,
}

/// An object as ListObjectsV2 shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// The canonical user id of its owner, where it was asked for.
    pub owner: Option<String>,
}

/// One page of ListObjectsV2.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectPage {
    /// The objects on this page, in the order of their keys.
    pub objects: Vec<ListedObject>,
    /// The folders on this page, each with its trailing `/`, where the listing is by folder (`CommonPrefixes`).
    pub folders: Vec<String>,
    /// What to ask the next page with.
    pub next: Option<String>,
}

/// How a new marker is to be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerEncryption {
    /// SSE-S3 (`AES256`): the marker then hangs on no key.
    SseS3,
    /// Whatever the bucket does by default.
    BucketDefault,
}

/// What came of writing a marker with `If-None-Match: *`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerWrite {
    /// It was written.
    Created,
    /// It was there already; nothing was written.
    AlreadyThere,
}

/// What was seen of one marker that is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkerObservation {
    /// The declared cloud name.
    pub cloud: CloudName,
    /// The object; `Ok(None)` where there is none.
    pub head: Known<Option<ObjectHead>>,
}

/// What was seen of one bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketObservation {
    /// Which bucket.
    pub bucket: BucketName,
    /// Whether it is there. Where it is not, nothing below was asked for.
    pub presence: Presence,
    /// The bucket policy; `Ok(None)` where there is none.
    pub policy: Known<Option<PolicyDocument>>,
    /// Block Public Access; `None` where it was not asked for, because only a public policy makes it matter.
    pub public_access_block: Option<Known<PublicAccessBlock>>,
    /// The default encryption.
    pub encryption: Known<DefaultEncryption>,
    /// The declared markers.
    pub markers: Vec<MarkerObservation>,
    /// Every key under the marker prefix.
    pub listed: Known<Vec<String>>,
    /// The keys the bucket needs.
    pub keys: Vec<KeyObservation>,
    /// Whom S3 tells of the bucket's objects; `None` where it was not asked. No verdict hangs on it, so that it stays
    /// unknown here even where the call failed for the moment only.
    pub notifications: Option<Known<Notifications>>,
}

impl BucketObservation {
    /// Whether the notifications are not known for the moment only.
    #[must_use]
    pub fn notifications_are_late(&self) -> bool {
        matches!(&self.notifications, Some(Err(Unknown::Call(error))) if error.is_transient())
    }
}
