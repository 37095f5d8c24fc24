//! Buckets and their objects, on S3.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    EncodingType, NotificationConfiguration, ServerSideEncryption, ServerSideEncryptionRule,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use guardian_core::call::CallError;
use guardian_core::name::BucketName;
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, MarkerEncryption, MarkerWrite, ObjectEncryption, ObjectHead, ObjectOwnership,
    ObjectPage, PublicAccessBlock,
};
use guardian_reconcile::seam::{Buckets, Listing};

use crate::aws::Aws;
use crate::error::{incomplete, s3_error, status, unusable};
use notification::AnswerText;

mod listing;
mod notification;

impl Aws {
    fn s3(&self) -> &aws_sdk_s3::Client {
        self.clients().s3()
    }

    /// The only account that may own a bucket we touch: the name may have passed to somebody else's bucket.
    fn owner(&self) -> &str {
        self.account().as_str()
    }

    pub(crate) fn s3_failed<E>(&self, operation: &'static str, error: SdkError<E, HttpResponse>) -> CallError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        s3_error(operation, self.connection().region(), error)
    }
}

impl Buckets for Aws {
    async fn head_bucket(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        let answer = self
            .s3()
            .head_bucket()
            .bucket(bucket.as_str())
            .expected_bucket_owner(self.owner())
            .send()
            .await
            .map_err(|error| self.s3_failed("s3:ListBucket", error))?;
        Ok(answer.bucket_region)
    }

    async fn get_bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        const OPERATION: &str = "s3:GetBucketPolicy";
        let call = self
            .s3()
            .get_bucket_policy()
            .bucket(bucket.as_str())
            .expected_bucket_owner(self.owner());
        match call.send().await {
            Ok(answer) => match answer.policy.filter(|policy| !policy.is_empty()) {
                Some(policy) => Ok(Some(policy)),
                None => Err(incomplete(OPERATION)),
            },
            Err(error) if error.code() == Some("NoSuchBucketPolicy") => Ok(None),
            Err(error) => Err(self.s3_failed(OPERATION, error)),
        }
    }

    async fn put_bucket_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), CallError> {
        // Never `ConfirmRemoveSelfBucketAccess`: a repair must not lock the owner out.
        self.s3()
            .put_bucket_policy()
            .bucket(bucket.as_str())
            .policy(policy)
            .expected_bucket_owner(self.owner())
            .send()
            .await
            .map_err(|error| self.s3_failed("s3:PutBucketPolicy", error))?;
        Ok(())
    }

    async fn get_bucket_encryption(&self, bucket: &BucketName) -> Result<DefaultEncryption, CallError> {
        const OPERATION: &str = "s3:GetEncryptionConfiguration";
        let call = self
            .s3()
            .get_bucket_encryption()
            .bucket(bucket.as_str())
            .expected_bucket_owner(self.owner());
        match call.send().await {
            Ok(answer) => {
                let rules = answer
                    .server_side_encryption_configuration
                    .map(|settings| settings.rules);
                let rules = rules
                    .filter(|rules| !rules.is_empty())
                    .ok_or_else(|| incomplete(OPERATION))?;
                rules
                    .iter()
                    .find_map(default_encryption)
                    .unwrap_or(Ok(DefaultEncryption::SseS3))
                    .map_err(|message| unusable(OPERATION, message))
            }
            Err(error) if error.code() == Some("ServerSideEncryptionConfigurationNotFoundError") => {
                Ok(DefaultEncryption::SseS3)
            }
            Err(error) => Err(self.s3_failed(OPERATION, error)),
        }
    }

    async fn get_public_access_block(&self, bucket: &BucketName) -> Result<PublicAccessBlock, CallError> {
        const OPERATION: &str = "s3:GetBucketPublicAccessBlock";
        let call = self
            .s3()
            .get_public_access_block()
            .bucket(bucket.as_str())
            .expected_bucket_owner(self.owner());
        match call.send().await {
            Ok(answer) => {
                let set = answer
                    .public_access_block_configuration
                    .ok_or_else(|| incomplete(OPERATION))?;
                Ok(PublicAccessBlock {
                    block_public_acls: set.block_public_acls.unwrap_or(false),
                    ignore_public_acls: set.ignore_public_acls.unwrap_or(false),
                    block_public_policy: set.block_public_policy.unwrap_or(false),
                    restrict_public_buckets: set.restrict_public_buckets.unwrap_or(false),
                })
            }
            Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => {
                Ok(PublicAccessBlock::default())
            }
            Err(error) => Err(self.s3_failed(OPERATION, error)),
        }
    }

    async fn head_object(&self, bucket: &BucketName, key: &str) -> Result<Option<ObjectHead>, CallError> {
        // No checksum mode: with it S3 would want rights on the object's KMS key (S3 API Reference, HeadObject).
        let call = self
            .s3()
            .head_object()
            .bucket(bucket.as_str())
            .key(key)
            .expected_bucket_owner(self.owner());
        match call.send().await {
            Ok(answer) => object_head(&answer)
                .map(Some)
                .map_err(|message| unusable("s3:GetObject", message)),
            // No body says whether object or bucket is missing; that the bucket is there was asked before.
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(self.s3_failed("s3:GetObject", error)),
        }
    }

    async fn list_objects(
        &self,
        bucket: &BucketName,
        listing: &Listing<'_>,
    ) -> Result<ObjectPage, CallError> {
        const OPERATION: &str = "s3:ListBucket";
        let answer = self
            .s3()
            .list_objects_v2()
            .bucket(bucket.as_str())
            .prefix(listing.prefix)
            // A key may hold characters that XML cannot carry; unencoded, one such key hides the listing.
            .encoding_type(EncodingType::Url)
            .set_start_after(listing.after.map(str::to_owned))
            .set_delimiter(listing.by_folder.then(|| "/".to_owned()))
            .set_fetch_owner(listing.with_owner.then_some(true))
            .set_max_keys(listing.at_most.map(i32::from))
            .set_continuation_token(listing.next.map(str::to_owned))
            .expected_bucket_owner(self.owner())
            .send()
            .await
            .map_err(|error| self.s3_failed(OPERATION, error))?;
        listing::page(answer).ok_or_else(|| incomplete(OPERATION))
    }

    async fn get_object_ownership(&self, bucket: &BucketName) -> Result<ObjectOwnership, CallError> {
        const OPERATION: &str = "s3:GetBucketOwnershipControls";
        let call = self
            .s3()
            .get_bucket_ownership_controls()
            .bucket(bucket.as_str())
            .expected_bucket_owner(self.owner());
        match call.send().await {
            Ok(answer) => {
                let set = answer.ownership_controls.ok_or_else(|| incomplete(OPERATION))?;
                let mut rules = set.rules.iter();
                Ok(
                    if rules.any(|rule| {
                        rule.object_ownership == aws_sdk_s3::types::ObjectOwnership::BucketOwnerEnforced
                    }) {
                        ObjectOwnership::BucketOwner
                    } else {
                        ObjectOwnership::MayBeOthers
                    },
                )
            }
            Err(error) if error.code() == Some("OwnershipControlsNotFoundError") => {
                Ok(ObjectOwnership::MayBeOthers)
            }
            Err(error) => Err(self.s3_failed(OPERATION, error)),
        }
    }

    async fn get_bucket_owner(&self, bucket: &BucketName) -> Result<String, CallError> {
        const OPERATION: &str = "s3:GetBucketAcl";
        let answer = self
            .s3()
            .get_bucket_acl()
            .bucket(bucket.as_str())
            .expected_bucket_owner(self.owner())
            .send()
            .await
            .map_err(|error| self.s3_failed(OPERATION, error))?;
        let id = answer
            .owner
            .and_then(|owner| owner.id)
            .filter(|id| !id.is_empty());
        id.ok_or_else(|| incomplete(OPERATION))
    }

    async fn get_bucket_notifications(&self, bucket: &BucketName) -> Result<Notifications, CallError> {
        const OPERATION: &str = "s3:GetBucketNotification";
        let answer = AnswerText::default();
        self.s3()
            .get_bucket_notification_configuration()
            .bucket(bucket.as_str())
            .expected_bucket_owner(self.owner())
            .customize()
            .interceptor(answer.clone())
            .send()
            .await
            .map_err(|error| self.s3_failed(OPERATION, error))?;
        // The SDK reads an empty or broken-off document as one with nothing in it.
        Notifications::parse(&answer.take()).map_err(|error| CallError {
            message: format!("the answer is no notification configuration: {error}"),
            ..incomplete(OPERATION)
        })
    }

    async fn put_bucket_notifications(
        &self,
        bucket: &BucketName,
        notifications: &Notifications,
    ) -> Result<(), CallError> {
        const OPERATION: &str = "s3:PutBucketNotification";
        let text = notifications.as_xml().to_owned();
        // With the validation S3 sends a test message to every destination, and refuses the whole configuration if one of
        // them is gone (S3 API Reference, PutBucketNotificationConfiguration). They are others' and stay as they are.
        self.s3()
            .put_bucket_notification_configuration()
            .bucket(bucket.as_str())
            .expected_bucket_owner(self.owner())
            .skip_destination_validation(true)
            .notification_configuration(NotificationConfiguration::builder().build())
            .customize()
            .mutate_request(move |request| notification::put_text(request, &text))
            .send()
            .await
            .map_err(|error| self.s3_failed(OPERATION, error))?;
        Ok(())
    }

    async fn put_marker(
        &self,
        bucket: &BucketName,
        key: &str,
        encryption: MarkerEncryption,
    ) -> Result<MarkerWrite, CallError> {
        let encryption = match encryption {
            MarkerEncryption::SseS3 => Some(ServerSideEncryption::Aes256),
            MarkerEncryption::BucketDefault => None,
        };
        let call = self
            .s3()
            .put_object()
            .bucket(bucket.as_str())
            .key(key)
            .if_none_match("*")
            .set_server_side_encryption(encryption)
            .content_type("text/plain")
            .body(ByteStream::from_static(b""))
            .expected_bucket_owner(self.owner());
        match call.send().await {
            Ok(_) => Ok(MarkerWrite::Created),
            Err(error) if status(&error) == Some(412) => Ok(MarkerWrite::AlreadyThere),
            Err(error) => Err(self.s3_failed("s3:PutObject", error)),
        }
    }
}

/// The default encryption that a rule sets, if it sets one; a kind that nobody here knows is not taken for any other.
fn default_encryption(rule: &ServerSideEncryptionRule) -> Option<Result<DefaultEncryption, String>> {
    let set = rule.apply_server_side_encryption_by_default()?;
    let bucket_key = match set.sse_algorithm() {
        ServerSideEncryption::AwsKms => rule.bucket_key_enabled().unwrap_or(false),
        // "S3 Bucket Keys aren't supported for DSSE-KMS" (S3 User Guide).
        ServerSideEncryption::AwsKmsDsse => false,
        ServerSideEncryption::Aes256 => return Some(Ok(DefaultEncryption::SseS3)),
        other => return Some(Err(unheard_of(other))),
    };
    let key = set
        .kms_master_key_id()
        .filter(|key| !key.is_empty())
        .map(str::to_owned);
    Some(Ok(DefaultEncryption::Kms { key, bucket_key }))
}

fn unheard_of(encryption: &ServerSideEncryption) -> String {
    format!(
        "encryption of the kind `{}` is not known here",
        encryption.as_str()
    )
}

fn object_head(answer: &HeadObjectOutput) -> Result<ObjectHead, String> {
    let encryption = match answer.server_side_encryption() {
        _ if answer.sse_customer_algorithm().is_some() => ObjectEncryption::SseC,
        Some(ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse) => {
            // S3 always names the key; the AWS managed one is what an object gets that named none.
            ObjectEncryption::Kms(answer.ssekms_key_id().unwrap_or("alias/aws/s3").to_owned())
        }
        Some(ServerSideEncryption::Aes256) | None => ObjectEncryption::SseS3,
        Some(other) => return Err(unheard_of(other)),
    };
    let class = answer
        .storage_class()
        .map(|class| class.as_str())
        .filter(|class| *class != "STANDARD");
    // Intelligent-Tiering keeps its class in its archive tiers and says so in a header of its own.
    let in_archive = matches!(class, Some("GLACIER" | "DEEP_ARCHIVE")) || answer.archive_status().is_some();
    let restored = answer
        .restore()
        .is_some_and(|restore| restore.contains("ongoing-request=\"false\""));
    Ok(ObjectHead {
        encryption,
        bucket_key: answer.bucket_key_enabled().unwrap_or(false),
        storage_class: class.map(str::to_owned),
        archived: in_archive && !restored,
    })
}
