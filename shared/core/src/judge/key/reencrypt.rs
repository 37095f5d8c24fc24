//! How objects leave a key that cannot be granted, as commands for the very bucket.

use crate::cloudinary::bucket_arn;
use crate::name::KeyArn;
use crate::settings::Settings;

use super::Reader;

/// What stands for the key that the objects are to be under.
const NEW_KEY: &str = "NEW_KEY_ARN";

/// A new default key, then the objects that are there: a few one by one, many in one job, and what S3 does not
/// re-encrypt in place by copying it onto itself. `source` is the key the objects are under now.
///
/// UpdateObjectEncryption takes objects under SSE-S3 and SSE-KMS and makes no exception for `aws/s3`; it takes none
/// under DSSE-KMS or SSE-C and none in compliance mode of Object Lock, and the new key has to be of the bucket's
/// account (S3 API Reference, UpdateObjectEncryption; S3 User Guide, "Update object encryption").
pub(super) fn commands(settings: &Settings, source: &KeyArn, readers: &[Reader]) -> String {
    let (bucket, arn) = match readers {
        [one] => (
            one.bucket.to_string(),
            bucket_arn(&settings.partition, &one.bucket),
        ),
        _ => (
            "BUCKET".to_owned(),
            format!("arn:{}:s3:::BUCKET", settings.partition),
        ),
    };
    let (account, region) = (&settings.account, &settings.region);
    let encryption = format!(r#"{{"SSEKMS":{{"KMSKeyArn":"{NEW_KEY}","BucketKeyEnabled":true}}}}"#);
    let default = format!(
        r#"aws s3api put-bucket-encryption --bucket {bucket} --server-side-encryption-configuration '{{"Rules":[{{"ApplyServerSideEncryptionByDefault":{{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"{NEW_KEY}"}},"BucketKeyEnabled":true}}]}}'"#
    );
    let one = format!(
        "aws s3api update-object-encryption --bucket {bucket} --key OBJECT_KEY --object-encryption '{encryption}'"
    );
    let many = format!(
        r#"aws s3control create-job --region {region} --account-id {account} --role-arn BATCH_ROLE_ARN --priority 10 --no-confirmation-required --operation '{{"S3UpdateObjectEncryption":{{"ObjectEncryption":{encryption}}}}}' --manifest-generator '{{"S3JobManifestGenerator":{{"ExpectedBucketOwner":"{account}","SourceBucket":"{arn}","EnableManifestOutput":false,"Filter":{{"MatchAnyObjectEncryption":[{{"SSEKMS":{{"KmsKeyArn":"{source}"}}}}]}}}}}}' --report '{{"Enabled":true,"Bucket":"arn:{}:s3:::REPORT_BUCKET","Format":"Report_CSV_20180820","ReportScope":"FailedTasksOnly"}}'"#,
        settings.partition
    );
    let copy = format!(
        "aws s3 cp s3://{bucket}/ s3://{bucket}/ --recursive --sse aws:kms --sse-kms-key-id {NEW_KEY}"
    );
    format!(
        "first make a customer managed key of this account and Region the default, so that the guardian finds it and grants it: {default}; then bring the objects under it, a few of them: {one}; or many, with a role that may `s3:UpdateObjectEncryption`, `kms:Decrypt`, `kms:Encrypt`, `kms:GenerateDataKey` and `kms:ReEncrypt*`: {many}; where S3 refuses that (objects under DSSE-KMS or SSE-C, Object Lock), copy them onto themselves, which makes new versions: {copy}"
    )
}
