//! What others do to objects.

use guardian_core::call::CallError;
use guardian_core::name::{BucketName, KeyArn};

use super::Outsider;
use crate::bucket::Encrypted;

impl Outsider {
    /// PutObject of an empty object: with a KMS key named in any way, or as the bucket does by default.
    pub fn put_object(&self, bucket: &BucketName, key: &str, kms_key: Option<&str>) -> Result<(), CallError> {
        let encrypted = kms_key.map_or(Encrypted::ByDefault, |named| Encrypted::Kms(Some(named)));
        self.put_encrypted(bucket, key, encrypted)
    }

    /// PutObject that says `aws:kms` without a key: the AWS managed key.
    pub fn put_object_with_aws_managed_key(&self, bucket: &BucketName, key: &str) -> Result<(), CallError> {
        self.put_encrypted(bucket, key, Encrypted::Kms(None))
    }

    fn put_encrypted(
        &self,
        bucket: &BucketName,
        key: &str,
        encrypted: Encrypted<'_>,
    ) -> Result<(), CallError> {
        self.act("s3:PutObject", |state, caller| {
            state.put_object(caller, bucket, key, encrypted, false).map(drop)
        })
    }

    /// DeleteObject.
    pub fn delete_object(&self, bucket: &BucketName, key: &str) -> Result<(), CallError> {
        self.act("s3:DeleteObject", |state, caller| {
            state.delete_object(caller, bucket, key)
        })
    }

    /// Deletes the delete marker of a versioned object, which brings it back.
    pub fn undelete_object(&self, bucket: &BucketName, key: &str) -> Result<(), CallError> {
        self.act("s3:DeleteObjectVersion", |state, caller| {
            state.undelete_object(caller, bucket, key)
        })
    }

    /// CopyObject of an object onto itself, under another KMS key, named in any way.
    pub fn copy_in_place(&self, bucket: &BucketName, key: &str, kms_key: &str) -> Result<(), CallError> {
        self.act("s3:PutObject", |state, caller| {
            state.copy_in_place(caller, bucket, key, kms_key)
        })
    }

    /// UpdateObjectEncryption: moves an object to another KMS key in place, with a Bucket Key.
    pub fn update_object_encryption(
        &self,
        bucket: &BucketName,
        key: &str,
        kms_key: &KeyArn,
    ) -> Result<(), CallError> {
        self.act("s3:UpdateObjectEncryption", |state, caller| {
            state.update_object_encryption(caller, bucket, key, kms_key, true)
        })
    }
}
