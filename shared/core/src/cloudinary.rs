//! What Cloudinary asks of a bucket, in its own documented terms (Cloudinary, "Upload from a private storage
//! URL").

use guardian_policy::{Context, ExternalRead, Grant};

use crate::name::{BucketName, CloudName};
use crate::settings::Settings;

/// The folder of the markers. The leading dot belongs to it, a hyphen does not.
pub const MARKER_PREFIX: &str = ".wellknown/cloudinary/";

/// The one action that a read of a source bucket needs.
pub const READ_ACTION: &str = "s3:GetObject";

/// What a read of an SSE-KMS object needs of its key.
pub const KEY_ACTIONS: [&str; 2] = ["kms:Decrypt", "kms:DescribeKey"];

const KEY_SID: &str = "AllowAccessForCloudinary";

/// The object key of a cloud name's marker.
#[must_use]
pub fn marker_key(cloud: &CloudName) -> String {
    format!("{MARKER_PREFIX}{cloud}")
}

/// The ARN of a bucket.
#[must_use]
pub fn bucket_arn(partition: &str, bucket: &BucketName) -> String {
    format!("arn:{partition}:s3:::{bucket}")
}

/// The ARN patterns Cloudinary must be able to read: the declared object key patterns and, where these do
/// not take in the markers already, the markers themselves.
#[must_use]
pub fn scope(partition: &str, bucket: &BucketName, prefixes: &[String], clouds: &[CloudName]) -> Vec<String> {
    let arn = bucket_arn(partition, bucket);
    let mut scope: Vec<String> = prefixes
        .iter()
        .map(|pattern| format!("{arn}/{pattern}"))
        .collect();
    if !prefixes.iter().any(|pattern| pattern == "*") {
        scope.extend(clouds.iter().map(|cloud| format!("{arn}/{}", marker_key(cloud))));
    }
    scope
}

/// The Sid Cloudinary's guide gives its bucket statement. A name for people: the statement is recognised by
/// what it does.
#[must_use]
pub fn bucket_sid(bucket: &BucketName) -> String {
    format!("AWSConsoleStmt-{bucket}-cloudinary")
}

/// The Id Cloudinary's guide gives a new bucket policy.
#[must_use]
pub fn bucket_policy_id(bucket: &BucketName) -> String {
    format!("AWSConsole-AccessLogs-Policy-{bucket}-cloudinary")
}

/// The documented bucket statement over `resources`.
#[must_use]
pub fn bucket_grant<'a>(
    settings: &'a Settings,
    sid: &'a str,
    id: &'a str,
    resources: &'a [String],
) -> Grant<'a> {
    Grant {
        sid,
        account: settings.cloudinary_account.as_str(),
        partition: &settings.partition,
        actions: &[READ_ACTION],
        resources,
        document_id: Some(id),
    }
}

/// The documented key statement. It is written with the Resource `"*"`, which in a key policy means this key
/// (KMS Developer Guide, key-policy-overview); `arn` holds the key's own ARN.
#[must_use]
pub fn key_grant<'a>(settings: &'a Settings, arn: &'a [String]) -> Grant<'a> {
    Grant {
        sid: KEY_SID,
        account: settings.cloudinary_account.as_str(),
        partition: &settings.partition,
        actions: &KEY_ACTIONS,
        resources: arn,
        document_id: None,
    }
}

/// A read by some principal of Cloudinary's account, as far as it can be known from outside.
fn read(settings: &Settings) -> ExternalRead<'_> {
    ExternalRead {
        account: settings.cloudinary_account.as_str(),
        partition: &settings.partition,
        region: Some(&settings.region),
        owner: Some(settings.account.as_str()),
        our_vpcs: &[],
    }
}

/// What is known of the read of an object.
#[must_use]
pub fn read_context(settings: &Settings) -> Context {
    Context::external_s3_read(read(settings))
}

/// What is known of the decryption that S3 asks for when Cloudinary reads `objects` of `bucket`.
#[must_use]
pub fn decrypt_context(
    settings: &Settings,
    bucket: &BucketName,
    objects: &[String],
    bucket_keys: Option<bool>,
) -> Context {
    Context::external_kms_via_s3(read(settings), bucket.as_str(), objects, bucket_keys)
}

/// What is known of Cloudinary's DescribeKey, which it sends to KMS itself.
#[must_use]
pub fn describe_context(settings: &Settings) -> Context {
    Context::external_kms_direct(read(settings))
}
