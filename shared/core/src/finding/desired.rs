//! What the source of a resource has to say, so that a finding does not come back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::name::{BucketName, KeyArn};
use crate::observation::MarkerEncryption;

/// What whoever writes the resource (Terraform, CloudFormation, a person) has to keep there. It is the very
/// statement or object that the plan writes, or the Deny with the exception that only a person may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Desired {
    /// A statement of the bucket's policy.
    BucketStatement {
        /// The bucket.
        bucket: BucketName,
        /// The statement.
        statement: Value,
    },
    /// A statement of the key's policy.
    KeyStatement {
        /// The key.
        key: KeyArn,
        /// The statement.
        statement: Value,
    },
    /// Denies of the bucket's policy, each with the exception that lets Cloudinary through.
    BucketDeny {
        /// The bucket.
        bucket: BucketName,
        /// The statements.
        statements: Vec<Value>,
    },
    /// Denies of the key's policy, each with the exception that lets Cloudinary through.
    KeyDeny {
        /// The key.
        key: KeyArn,
        /// The statements.
        statements: Vec<Value>,
    },
    /// Statements of the key's policy that give Cloudinary less, in the place of those that give too much.
    KeyNarrowed {
        /// The key.
        key: KeyArn,
        /// The statements.
        statements: Vec<Value>,
    },
    /// Statements that the key's policy is to hold no longer.
    KeyRemoval {
        /// The key.
        key: KeyArn,
        /// The statements.
        statements: Vec<Value>,
    },
    /// The bucket's notifications, with EventBridge among them.
    EventBridge {
        /// The bucket.
        bucket: BucketName,
    },
    /// An empty object.
    Marker {
        /// The bucket it lies in.
        bucket: BucketName,
        /// Its object key.
        key: String,
        /// Whether it is under SSE-S3; otherwise it is under the bucket's default encryption.
        sse_s3: bool,
    },
}

impl Desired {
    /// A marker as the plan writes it.
    #[must_use]
    pub fn marker(bucket: &BucketName, key: impl Into<String>, encryption: MarkerEncryption) -> Self {
        Self::Marker {
            bucket: bucket.clone(),
            key: key.into(),
            sse_s3: encryption == MarkerEncryption::SseS3,
        }
    }
}
