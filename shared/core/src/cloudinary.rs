//! What Cloudinary asks of a bucket, in its own documented terms (Cloudinary, "Upload from a private storage
//! URL").

use guardian_policy::{Context, ExternalRead, Grant, PolicyDocument};
use serde_json::Value;

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
    reader: &Reading<'a>,
    sid: &'a str,
    id: &'a str,
    resources: &'a [String],
) -> Grant<'a> {
    Grant {
        sid,
        account: reader.account,
        partition: reader.partition,
        actions: &[READ_ACTION],
        resources,
        document_id: Some(id),
    }
}

/// The documented key statement. It is written with the Resource `"*"`, which in a key policy means this key
/// (KMS Developer Guide, key-policy-overview); `arn` holds the key's own ARN.
#[must_use]
pub fn key_grant<'a>(reader: &Reading<'a>, arn: &'a [String]) -> Grant<'a> {
    Grant {
        sid: KEY_SID,
        account: reader.account,
        partition: reader.partition,
        actions: &KEY_ACTIONS,
        resources: arn,
        document_id: None,
    }
}

/// A read by some principal of Cloudinary's account, as far as it can be known from outside.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// The account that reads.
    pub account: &'a str,
    /// The partition.
    pub partition: &'a str,
    /// The Region of the bucket, where known.
    pub region: Option<&'a str>,
    /// The account that owns the bucket, where known.
    pub owner: Option<&'a str>,
    /// VPCs and VPC endpoints that are the owner's, so that Cloudinary comes through none of them.
    pub our_vpcs: Vec<String>,
    /// Condition keys whose value somebody vouches for.
    pub known: Vec<(String, String)>,
}

impl<'a> Reading<'a> {
    /// What the settings tell. A VPC or endpoint that the owner's policies name is taken for the owner's.
    #[must_use]
    pub fn of<'d>(settings: &'a Settings, policies: impl IntoIterator<Item = &'d PolicyDocument>) -> Self {
        Self {
            account: settings.cloudinary_account.as_str(),
            partition: &settings.partition,
            region: Some(&settings.region),
            owner: Some(settings.account.as_str()),
            our_vpcs: policies.into_iter().flat_map(vpcs_named).collect(),
            known: Vec::new(),
        }
    }

    fn external(&self) -> ExternalRead<'_> {
        ExternalRead {
            account: self.account,
            partition: self.partition,
            region: self.region,
            owner: self.owner,
            our_vpcs: &self.our_vpcs,
        }
    }

    fn with_known(&self, context: Context) -> Context {
        self.known.iter().fold(context, |context, (key, value)| {
            context.known(key, [value.as_str()])
        })
    }

    /// What is known of the read of an object.
    #[must_use]
    pub fn of_object(&self) -> Context {
        self.with_known(Context::external_s3_read(self.external()))
    }

    /// What is known of the decryption that S3 asks for when `objects` of `bucket` are read.
    #[must_use]
    pub fn decryption(&self, bucket: &BucketName, objects: &[String], bucket_keys: Option<bool>) -> Context {
        self.with_known(Context::external_kms_via_s3(
            self.external(),
            bucket.as_str(),
            objects,
            bucket_keys,
        ))
    }

    /// What is known of DescribeKey, which is sent to KMS itself and encrypts nothing.
    #[must_use]
    pub fn description(&self) -> Context {
        let context = Context::external_kms_direct(self.external())
            .absent("kms:EncryptionAlgorithm")
            .absent("kms:EncryptionContext:aws:s3:arn")
            .absent("kms:EncryptionContextKeys");
        self.with_known(context)
    }
}

/// The VPCs and VPC endpoints that the conditions of a policy name.
pub(crate) fn vpcs_named(policy: &PolicyDocument) -> Vec<String> {
    const KEYS: [&str; 2] = ["aws:SourceVpc", "aws:SourceVpce"];
    let mut named = Vec::new();
    for statement in policy.statements() {
        let Some(Value::Object(operators)) = statement.element("Condition") else {
            continue;
        };
        let keys = operators.values().filter_map(Value::as_object).flatten();
        for (_, values) in keys.filter(|(key, _)| KEYS.iter().any(|one| one.eq_ignore_ascii_case(key))) {
            match values {
                Value::String(one) => named.push(one.clone()),
                Value::Array(many) => named.extend(many.iter().filter_map(Value::as_str).map(str::to_owned)),
                _ => {}
            }
        }
    }
    named
}
