//! Who does what to the buckets and keys.

use guardian_core::name::{BucketName, KeyArn};
use serde_json::Value;

/// Somebody who is not the guardian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A deployment run of Terraform under a role.
    Terraform,
    /// A person in the console.
    Console,
    /// A person with the AWS CLI.
    Cli,
    /// A security automation under a role.
    SecurityTool,
    /// An application under a role.
    Application,
}

/// Something they do.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// PutBucketPolicy.
    PutBucketPolicy(BucketName, Value),
    /// DeleteBucketPolicy.
    DeleteBucketPolicy(BucketName),
    /// PutObject of a small object.
    PutObject(BucketName, String),
    /// DeleteObject.
    DeleteObject(BucketName, String),
    /// PutBucketEncryption with SSE-KMS under this key.
    DefaultKey(BucketName, KeyArn),
    /// PutKeyPolicy.
    PutKeyPolicy(KeyArn, Value),
    /// DisableKey.
    DisableKey(KeyArn),
    /// EnableKey.
    EnableKey(KeyArn),
    /// A role is deleted: where a bucket policy named it, the stored policy now shows its unique id.
    DeleteRole {
        /// The role's ARN.
        arn: String,
        /// The unique id that takes its place.
        id: String,
        /// The bucket whose policy names it.
        bucket: BucketName,
    },
    /// PutParameter of a bucket's declaration.
    Declare(BucketName, Value),
    /// The scheduled sweep fires.
    Sweep,
}
