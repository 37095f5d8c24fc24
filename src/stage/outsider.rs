//! What outsiders do to the buckets and keys.

use guardian_core::name::{BucketName, KeyArn};
use serde_json::Value;

/// Something that somebody who is not the guardian does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// PutBucketPolicy.
    PutBucketPolicy(BucketName, Value),
    /// DeleteBucketPolicy.
    DeleteBucketPolicy(BucketName),
    /// PutObject of a small object.
    PutObject(BucketName, String),
    /// The same under a KMS key.
    PutObjectUnder(BucketName, String, KeyArn),
    /// CopyObject of an object over itself under a KMS key.
    CopyObjectUnder(BucketName, String, KeyArn),
    /// UpdateObjectEncryption: the object goes under this key in place.
    ReencryptObject(BucketName, String, KeyArn),
    /// DeleteObject.
    DeleteObject(BucketName, String),
    /// PutBucketEncryption with SSE-KMS under this key.
    DefaultKey(BucketName, KeyArn),
    /// The same, the key named by an alias (`alias/…`).
    DefaultAlias(BucketName, String),
    /// CreateAlias, or UpdateAlias where the alias is there already.
    PointAlias(String, KeyArn),
    /// PutBucketEncryption with DSSE-KMS under this key.
    DefaultDualLayer(BucketName, KeyArn),
    /// DeleteBucketEncryption.
    DeleteBucketEncryption(BucketName),
    /// PutKeyPolicy.
    PutKeyPolicy(KeyArn, Value),
    /// DisableKey.
    DisableKey(KeyArn),
    /// EnableKey.
    EnableKey(KeyArn),
    /// ScheduleKeyDeletion after thirty days.
    ScheduleKeyDeletion(KeyArn),
    /// CancelKeyDeletion, which leaves the key disabled.
    CancelKeyDeletion(KeyArn),
    /// RotateKeyOnDemand.
    RotateKey(KeyArn),
    /// The automatic rotation of a key falls due.
    Rotates(KeyArn),
    /// ImportKeyMaterial, the first time or again, to expire after so many days.
    ImportKeyMaterial(KeyArn, Option<u32>),
    /// DeleteImportedKeyMaterial.
    DeleteKeyMaterial(KeyArn),
    /// So many days pass.
    Days(u32),
    /// The operator counts every object of a bucket, and has it recorded.
    Census(BucketName),
    /// Something happens, and none of its events arrives.
    Unheard(Box<Act>),
    /// A role is deleted: where this bucket's policy named it, the stored document now shows its unique id.
    DeleteRole(String, BucketName),
    /// PutBucketNotificationConfiguration with this one queue, by its name, and without EventBridge.
    NotifyOnly(BucketName, String),
    /// PutParameter of a bucket's declaration.
    Declare(BucketName, Value),
    /// The schedule fires.
    Sweep,
    /// Something happens to what the guardian itself sees and speaks with. Only a stage with a stack knows it.
    Own(OwnAct),
}

/// Something that is done to the guardian's stack, or to the trail it hears through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnAct {
    /// StopLogging of the trail.
    StopLogging,
    /// StartLogging of it.
    StartLogging,
    /// DisableRule of the rule of this name.
    DisableRule(String),
    /// EnableRule.
    EnableRule(String),
    /// So many events lie where EventBridge leaves what it cannot deliver.
    DeadLetters(u64),
    /// Subscribe of an address to the topic.
    Subscribe(String),
    /// Its confirmation.
    ConfirmSubscription(String),
    /// Unsubscribe.
    Unsubscribe(String),
}
