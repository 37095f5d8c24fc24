//! The S3 seams.

use guardian_core::call::CallError;
use guardian_core::name::BucketName;
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, MarkerEncryption, MarkerWrite, ObjectHead, ObjectOwnership, ObjectPage,
    PublicAccessBlock,
};
use guardian_reconcile::seam::{Account, BucketPage, Buckets, Listing};

use crate::Model;
use crate::bucket::{Encrypted, Validation};
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::state::State;

impl State {
    /// What stands before every S3 call through the seams.
    fn admit(&self, operation: Operation, bucket: &BucketName, key: Option<&str>) -> Result<(), Refusal> {
        self.expect_own_bucket(bucket)?;
        self.authorize(&self.guardian(), bucket, operation.action(), key, &[])
    }
}

impl Buckets for Model {
    async fn head_bucket(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        self.call(Operation::HeadBucket, bucket.as_str(), |state| {
            state.admit(Operation::HeadBucket, bucket, None)?;
            Ok(Some(state.bucket(bucket)?.region.clone()))
        })
        .await
    }

    async fn get_bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        self.call(Operation::GetBucketPolicy, bucket.as_str(), |state| {
            state.admit(Operation::GetBucketPolicy, bucket, None)?;
            Ok(state
                .bucket_mut(bucket)?
                .policy
                .read()
                .map(|document| document.text().to_owned()))
        })
        .await
    }

    async fn put_bucket_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), CallError> {
        self.call(Operation::PutBucketPolicy, bucket.as_str(), |state| {
            state.expect_own_bucket(bucket)?;
            state.put_bucket_policy(&state.guardian(), bucket, policy)
        })
        .await
    }

    async fn get_bucket_encryption(&self, bucket: &BucketName) -> Result<DefaultEncryption, CallError> {
        self.call(Operation::GetBucketEncryption, bucket.as_str(), |state| {
            state.admit(Operation::GetBucketEncryption, bucket, None)?;
            Ok(state.bucket(bucket)?.encryption.clone())
        })
        .await
    }

    async fn get_public_access_block(&self, bucket: &BucketName) -> Result<PublicAccessBlock, CallError> {
        self.call(Operation::GetPublicAccessBlock, bucket.as_str(), |state| {
            state.admit(Operation::GetPublicAccessBlock, bucket, None)?;
            Ok(state.bucket(bucket)?.block)
        })
        .await
    }

    async fn head_object(&self, bucket: &BucketName, key: &str) -> Result<Option<ObjectHead>, CallError> {
        self.call(Operation::HeadObject, format!("{bucket}/{key}"), |state| {
            state.admit(Operation::HeadObject, bucket, Some(key))?;
            let object = state.bucket(bucket)?.objects.get(key);
            if object.is_none() {
                // "If you have s3:ListBucket, S3 returns 404 (Not Found); if not, 403" (S3 API Reference,
                // HeadObject).
                state.admit(Operation::ListObjects, bucket, None)?;
            }
            Ok(object.map(|object| ObjectHead {
                encryption: object.encryption.clone(),
                bucket_key: object.bucket_key,
                storage_class: object.storage_class.clone(),
                archived: matches!(object.storage_class.as_deref(), Some("GLACIER" | "DEEP_ARCHIVE")),
            }))
        })
        .await
    }

    async fn list_objects(
        &self,
        bucket: &BucketName,
        listing: &Listing<'_>,
    ) -> Result<ObjectPage, CallError> {
        let what = format!("{bucket}/{}", listing.prefix);
        self.call(Operation::ListObjects, what, |state| {
            state.admit(Operation::ListObjects, bucket, None)?;
            let size = state.pages.objects;
            Ok(state.bucket(bucket)?.list(listing, size))
        })
        .await
    }

    async fn get_object_ownership(&self, bucket: &BucketName) -> Result<ObjectOwnership, CallError> {
        self.call(Operation::GetBucketOwnershipControls, bucket.as_str(), |state| {
            state.admit(Operation::GetBucketOwnershipControls, bucket, None)?;
            Ok(state.bucket(bucket)?.ownership)
        })
        .await
    }

    async fn get_bucket_owner(&self, bucket: &BucketName) -> Result<String, CallError> {
        self.call(Operation::GetBucketAcl, bucket.as_str(), |state| {
            state.admit(Operation::GetBucketAcl, bucket, None)?;
            Ok(state.bucket(bucket)?.owner.clone())
        })
        .await
    }

    async fn get_bucket_notifications(&self, bucket: &BucketName) -> Result<Notifications, CallError> {
        self.call(Operation::GetBucketNotification, bucket.as_str(), |state| {
            state.admit(Operation::GetBucketNotification, bucket, None)?;
            let text = state.bucket_mut(bucket)?.notified.read().to_xml();
            Notifications::parse(&text).map_err(|error| Refusal::other("InternalError", error.to_string()))
        })
        .await
    }

    async fn put_bucket_notifications(
        &self,
        bucket: &BucketName,
        notifications: &Notifications,
    ) -> Result<(), CallError> {
        self.call(Operation::PutBucketNotification, bucket.as_str(), |state| {
            state.expect_own_bucket(bucket)?;
            let guardian = state.guardian();
            state.put_bucket_notification(&guardian, bucket, notifications.as_xml(), Validation::Skipped)
        })
        .await
    }

    async fn put_marker(
        &self,
        bucket: &BucketName,
        key: &str,
        encryption: MarkerEncryption,
    ) -> Result<MarkerWrite, CallError> {
        self.call(Operation::PutObject, format!("{bucket}/{key}"), |state| {
            state.expect_own_bucket(bucket)?;
            let encrypted = match encryption {
                MarkerEncryption::SseS3 => Encrypted::SseS3,
                MarkerEncryption::BucketDefault => Encrypted::ByDefault,
            };
            let written = state.put_object(&state.guardian(), bucket, key, encrypted, true)?;
            Ok(if written {
                MarkerWrite::Created
            } else {
                MarkerWrite::AlreadyThere
            })
        })
        .await
    }
}

impl Account for Model {
    async fn list_buckets(&self, next: Option<&str>) -> Result<BucketPage, CallError> {
        self.call(Operation::ListBuckets, next.unwrap_or_default(), |state| {
            let mut own = state
                .buckets
                .iter()
                .filter(|(name, bucket)| {
                    bucket.owner == state.home.account && next.is_none_or(|next| name.as_str() > next)
                })
                .map(|(name, _)| name);
            let page: Vec<BucketName> = own.by_ref().take(state.pages.buckets).cloned().collect();
            let next = own.next().and_then(|_| page.last().map(BucketName::to_string));
            Ok(BucketPage { buckets: page, next })
        })
        .await
    }
}

#[cfg(test)]
mod tests;
