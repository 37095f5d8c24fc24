//! The seams: what a reconcile reads from AWS and writes to it. One method is one AWS call.
//!
//! Behind them stand the SDK (`guardian-aws`) and the model (`tests/model`). The expected bucket owner is
//! asserted on every S3 call by whoever implements them. A failure that may pass by itself is a
//! [`CallErrorKind::Transient`](guardian_core::call::CallErrorKind) error after the implementation's own
//! short retries.

#![expect(
    async_fn_in_trait,
    reason = "the cycles run on one thread and spawn nothing, so that no Send bound is needed"
)]

mod eyes;

pub use eyes::Eyes;

use std::time::Duration;

use guardian_core::alert::Notice;
use guardian_core::call::CallError;
use guardian_core::cause::{LaterLook, Work};
use guardian_core::moment::Moment;
use guardian_core::name::{AccountId, BucketName, KeyArn, Resource};
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, KeyDescription, MarkerEncryption, MarkerWrite, ObjectHead, ObjectOwnership,
    ObjectPage, PublicAccessBlock,
};

/// Buckets and their objects (S3).
pub trait Buckets {
    /// HeadBucket: the bucket's Region where S3 says it.
    async fn head_bucket(&self, bucket: &BucketName) -> Result<Option<String>, CallError>;

    /// GetBucketPolicy: the document as stored; `None` where there is none (`NoSuchBucketPolicy`).
    async fn get_bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, CallError>;

    /// PutBucketPolicy: replaces the whole document. S3 has no compare-and-swap.
    async fn put_bucket_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), CallError>;

    /// GetBucketEncryption; a bucket without a configuration is [`DefaultEncryption::SseS3`].
    async fn get_bucket_encryption(&self, bucket: &BucketName) -> Result<DefaultEncryption, CallError>;

    /// GetPublicAccessBlock of the bucket; none configured is all switches off.
    async fn get_public_access_block(&self, bucket: &BucketName) -> Result<PublicAccessBlock, CallError>;

    /// HeadObject; `None` where there is no such object.
    async fn head_object(&self, bucket: &BucketName, key: &str) -> Result<Option<ObjectHead>, CallError>;

    /// ListObjectsV2: one page.
    async fn list_objects(&self, bucket: &BucketName, listing: &Listing<'_>)
    -> Result<ObjectPage, CallError>;

    /// GetBucketOwnershipControls: whether objects may belong to other accounts. A bucket without the setting is as
    /// before there was one (`OwnershipControlsNotFoundError`): they may.
    async fn get_object_ownership(&self, bucket: &BucketName) -> Result<ObjectOwnership, CallError>;

    /// GetBucketAcl: the canonical user id of the bucket's owner.
    async fn get_bucket_owner(&self, bucket: &BucketName) -> Result<String, CallError>;

    /// GetBucketNotificationConfiguration: whom S3 tells of the bucket's objects, as the text it came in. A bucket that
    /// tells nobody has a configuration with nothing in it.
    async fn get_bucket_notifications(&self, bucket: &BucketName) -> Result<Notifications, CallError>;

    /// PutBucketNotificationConfiguration: replaces the whole configuration, and sends no test message to anybody. S3 has
    /// no compare-and-swap.
    async fn put_bucket_notifications(
        &self,
        bucket: &BucketName,
        notifications: &Notifications,
    ) -> Result<(), CallError>;

    /// PutObject of an empty object with `If-None-Match: *`: an existing one is never replaced.
    async fn put_marker(
        &self,
        bucket: &BucketName,
        key: &str,
        encryption: MarkerEncryption,
    ) -> Result<MarkerWrite, CallError>;
}

/// What of a bucket is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listing<'a> {
    /// Only keys that begin with this.
    pub prefix: &'a str,
    /// Only keys behind this one, which need not exist (`StartAfter`).
    pub after: Option<&'a str>,
    /// Keys that have another `/` behind the prefix are put together as a folder.
    pub by_folder: bool,
    /// Who owns each object is wanted too (`FetchOwner`).
    pub with_owner: bool,
    /// At most so many objects and folders; S3 gives 1,000 where nothing is said, and never more.
    pub at_most: Option<u16>,
    /// What an earlier answer gave to ask the next page with.
    pub next: Option<&'a str>,
}

/// Keys and their policies (KMS).
pub trait Keys {
    /// DescribeKey by id, ARN, alias name or alias ARN.
    async fn describe_key(&self, key: &str) -> Result<KeyDescription, CallError>;

    /// GetKeyPolicy: the document as stored.
    async fn get_key_policy(&self, key: &KeyArn) -> Result<String, CallError>;

    /// PutKeyPolicy: replaces the whole document. The lockout check is never bypassed.
    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> Result<(), CallError>;
}

/// One declaration as it lies in Parameter Store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The last part of the parameter's name: the bucket.
    pub bucket: String,
    /// The JSON text.
    pub text: String,
}

/// A page of declarations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParameterPage {
    /// The declarations on this page.
    pub parameters: Vec<Parameter>,
    /// What to ask the next page with.
    pub next: Option<String>,
}

/// The declarations (SSM Parameter Store).
pub trait Declarations {
    /// GetParameter of one bucket's declaration; `None` where there is none.
    async fn get_declaration(&self, bucket: &BucketName) -> Result<Option<String>, CallError>;

    /// GetParametersByPath: one page of all declarations.
    async fn list_declarations(&self, next: Option<&str>) -> Result<ParameterPage, CallError>;
}

/// One item of the ledger. A resource's items are one item collection, its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose item it is.
    pub resource: Resource,
    /// The item's name within the page.
    pub name: String,
    /// Which state of the item this is, as it was read; 0 where there was none.
    ///
    /// The ledger gives each write a number that this item never had before, also not before it was deleted:
    /// whoever holds an old one cannot take a later item for the one that was read.
    pub version: u64,
    /// What the item says.
    pub body: serde_json::Value,
    /// When the ledger may forget it.
    pub expires: Option<Moment>,
}

/// A part of a resource's items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryPage {
    /// The items of this part.
    pub entries: Vec<Entry>,
    /// What to ask the next part with: the name of the last item seen.
    pub next: Option<String>,
}

/// A part of the names of a resource's items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamePage {
    /// The names of this part, in order.
    pub names: Vec<String>,
    /// What to ask the next part with: the last name seen.
    pub next: Option<String>,
}

/// What came of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It was done; the version that stands now (0: none, the item was deleted).
    Done(u64),
    /// Somebody else wrote the item since it was read; nothing was written.
    Conflict,
}

/// The ledger (DynamoDB): incidents with their outbox, repair budget, and which buckets need which keys and
/// mean which aliases. All reads are strongly consistent.
pub trait Ledger {
    /// Query: the items of one resource whose names begin with `prefix`, all of them where it is empty.
    async fn read_entries(
        &self,
        resource: &Resource,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<EntryPage, CallError>;

    /// Query: only the names of a resource's items, those that begin with `prefix`, in order from the one
    /// after `after`, at most `limit` of them.
    async fn entry_names(
        &self,
        resource: &Resource,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<NamePage, CallError>;

    /// GetItem: one item; `None` where there is none. One that makes no sense is one with the body `null`, of
    /// the version 0 where it has none.
    async fn read_entry(&self, resource: &Resource, name: &str) -> Result<Option<Entry>, CallError>;

    /// PutItem on the condition that the stored version is still `entry.version` (0: there is no item, or one
    /// without a version, which is none of ours).
    async fn put_entry(&self, entry: &Entry) -> Result<Stored, CallError>;

    /// DeleteItem on the condition that the stored version is still `entry.version`.
    async fn delete_entry(&self, entry: &Entry) -> Result<Stored, CallError>;
}

/// The queues (SQS).
pub trait Queues {
    /// SendMessageBatch to the FIFO work queue, at most ten at a time, each with its group and its
    /// de-duplication id. Answers with the indexes that were not accepted.
    async fn send_work(&self, batch: &[Work]) -> Result<Vec<usize>, CallError>;

    /// SendMessage to the ingest queue, to be delivered after `delay` (at most 15 minutes).
    async fn send_later(&self, look: &LaterLook, delay: Duration) -> Result<(), CallError>;
}

/// Walks over every object of a bucket (a state machine of Step Functions).
pub trait Censuses {
    /// StartExecution of a census of this bucket. `name` makes it one and the same however often it is asked for: an
    /// execution of that name that runs already, or has run, is no error. Nor is it one that there are no walks here.
    async fn start_census(&self, bucket: &BucketName, name: &str) -> Result<Start, CallError>;
}

/// What came of asking for a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It was started, or runs already: StartExecution tells the two apart by nothing but the date.
    UnderWay,
    /// The walk of this name came to its end before, whether a good one or not.
    Over,
    /// There is nothing here to walk with.
    Nowhere,
}

/// Where people are told (SNS).
pub trait Topic {
    /// Publish.
    async fn publish(&self, notice: &Notice) -> Result<(), CallError>;
}

/// What was recorded of calls (CloudTrail).
pub trait Trail {
    /// LookupEvents: the records of the last management calls of this name in the account and Region, newest first,
    /// at most fifty, each as the JSON text of a CloudTrail record. Asked once and never again: the quota is two a
    /// second, and nothing but a name in a message hangs on it.
    async fn lookup_events(&self, event: &str) -> Result<Vec<String>, CallError>;
}

/// Whose credentials these are (STS).
pub trait Identity {
    /// GetCallerIdentity: the account.
    async fn caller_account(&self) -> Result<AccountId, CallError>;
}

/// The buckets of the account (S3).
pub trait Account {
    /// ListBuckets: a page of names.
    async fn list_buckets(&self, next: Option<&str>) -> Result<BucketPage, CallError>;
}

/// A page of bucket names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BucketPage {
    /// The buckets on this page.
    pub buckets: Vec<BucketName>,
    /// What to ask the next page with.
    pub next: Option<String>,
}

/// Where the guardian is at home.
pub trait Home {
    /// The account whose buckets are guarded, and whose events alone are believed.
    fn account(&self) -> AccountId;
}

/// What time it is, and whose turn.
pub trait Clock {
    /// Now.
    fn now(&self) -> Moment;

    /// Returns when a look may begin. One that an event asked for may at once, and only counts; one of the sweep waits
    /// where the account's quotas leave it no room for the moment. Where there are none to keep to, nobody waits.
    async fn turn(&self, _work: &Work) {}
}
