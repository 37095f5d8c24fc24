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
    /// DeleteObject.
    DeleteObject(BucketName, String),
    /// PutBucketEncryption with SSE-KMS under this key.
    DefaultKey(BucketName, KeyArn),
    /// The same, the key named by an alias (`alias/…`).
    DefaultAlias(BucketName, String),
    /// CreateAlias, or UpdateAlias where the alias is there already.
    PointAlias(String, KeyArn),
    /// PutKeyPolicy.
    PutKeyPolicy(KeyArn, Value),
    /// DisableKey.
    DisableKey(KeyArn),
    /// EnableKey.
    EnableKey(KeyArn),
    /// A role is deleted: where this bucket's policy named it, the stored document now shows its unique id.
    DeleteRole(String, BucketName),
    /// PutParameter of a bucket's declaration.
    Declare(BucketName, Value),
    /// The schedule fires.
    Sweep,
}
