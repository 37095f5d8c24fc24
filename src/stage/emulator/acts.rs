//! What the outsiders do on an emulator.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types as s3;
use aws_sdk_sqs::types::QueueAttributeName;
use guardian_aws::PARAMETER_PREFIX;
use guardian_core::name::{BucketName, KeyArn};

use super::super::{Act, StageError};
use super::clients::{Clients, failed};

const ONE_LAYER: s3::ServerSideEncryption = s3::ServerSideEncryption::AwsKms;

impl Clients {
    /// Does what the act says.
    pub(super) async fn perform(&self, act: &Act) -> Result<(), StageError> {
        match act {
            Act::PutBucketPolicy(bucket, policy) => self.put_bucket_policy(bucket, &policy.to_string()).await,
            Act::DeleteBucketPolicy(bucket) => {
                let done = self
                    .s3
                    .delete_bucket_policy()
                    .bucket(bucket.as_str())
                    .send()
                    .await;
                done.map(drop).map_err(failed("delete a bucket policy"))
            }
            Act::PutObject(bucket, key) => {
                let mut put = self.s3.put_object().bucket(bucket.as_str()).key(key);
                if let Some(resolved) = self.default_alias_of(bucket).await? {
                    // S3 resolves an alias when it writes; the emulators keep its name.
                    put = put
                        .server_side_encryption(s3::ServerSideEncryption::AwsKms)
                        .ssekms_key_id(resolved);
                }
                put.send().await.map(drop).map_err(failed("put an object"))
            }
            Act::PutObjectUnder(bucket, object, key) => {
                let put = self.s3.put_object().bucket(bucket.as_str()).key(object);
                let put = put
                    .server_side_encryption(s3::ServerSideEncryption::AwsKms)
                    .ssekms_key_id(key.as_str());
                put.send().await.map(drop).map_err(failed("put an object"))
            }
            // No emulator knows UpdateObjectEncryption. What can be seen of it afterwards is the same.
            Act::CopyObjectUnder(bucket, object, key) | Act::ReencryptObject(bucket, object, key) => {
                let copy = self
                    .s3
                    .copy_object()
                    .bucket(bucket.as_str())
                    .key(object)
                    .copy_source(format!("{bucket}/{object}"))
                    .server_side_encryption(s3::ServerSideEncryption::AwsKms)
                    .ssekms_key_id(key.as_str());
                copy.send().await.map(drop).map_err(failed("copy an object"))
            }
            Act::DeleteObject(bucket, key) => {
                let done = self
                    .s3
                    .delete_object()
                    .bucket(bucket.as_str())
                    .key(key)
                    .send()
                    .await;
                done.map(drop).map_err(failed("delete an object"))
            }
            Act::DefaultKey(bucket, key) => self.put_default_key(bucket, key.as_str(), ONE_LAYER).await,
            Act::DefaultAlias(bucket, alias) => self.put_default_key(bucket, alias, ONE_LAYER).await,
            Act::DefaultDualLayer(bucket, key) => {
                let two = s3::ServerSideEncryption::AwsKmsDsse;
                self.put_default_key(bucket, key.as_str(), two).await
            }
            Act::DeleteBucketEncryption(bucket) => {
                let request = self.s3.delete_bucket_encryption().bucket(bucket.as_str());
                let done = request.send().await;
                done.map(drop).map_err(failed("delete the default encryption"))
            }
            Act::ScheduleKeyDeletion(key) => {
                let request = self.kms.schedule_key_deletion().key_id(key.id());
                let done = request.pending_window_in_days(30).send().await;
                done.map(drop).map_err(failed("schedule a key's deletion"))
            }
            Act::CancelKeyDeletion(key) => {
                let done = self.kms.cancel_key_deletion().key_id(key.id()).send().await;
                done.map(drop).map_err(failed("cancel a key's deletion"))
            }
            // A rotation changes nothing that an emulator could show.
            Act::RotateKey(_) | Act::Rotates(_) => Ok(()),
            Act::ImportKeyMaterial(..) | Act::DeleteKeyMaterial(_) => {
                let why = "the emulators know no imported material";
                Err(StageError::new(format!("do {act:?}"), why))
            }
            Act::PointAlias(alias, key) => self.point_alias(alias, key).await,
            Act::PutKeyPolicy(key, policy) => {
                let request = self
                    .kms
                    .put_key_policy()
                    .key_id(key.as_str())
                    // Optional in AWS; moto knows no policy without it.
                    .policy_name("default")
                    .policy(policy.to_string());
                request.send().await.map(drop).map_err(failed("put a key policy"))
            }
            // By id: moto fails on an ARN here.
            Act::DisableKey(key) => {
                let done = self.kms.disable_key().key_id(key.id()).send().await;
                done.map(drop).map_err(failed("disable a key"))
            }
            Act::EnableKey(key) => {
                let done = self.kms.enable_key().key_id(key.id()).send().await;
                done.map(drop).map_err(failed("enable a key"))
            }
            Act::DeleteRole(arn, bucket) => {
                // The emulators keep the ARN of a role that is gone; S3 shows its unique id.
                let policy = self.bucket_policy(bucket).await?.unwrap_or_default();
                self.put_bucket_policy(bucket, &policy.replace(arn, "AROA5JTVXQ2EXAMPLE7KC"))
                    .await
            }
            Act::NotifyOnly(bucket, queue) => self.notify(bucket, Some(queue), false).await,
            Act::Declare(bucket, declaration) => {
                let request = self
                    .ssm
                    .put_parameter()
                    .name(format!("{PARAMETER_PREFIX}{bucket}"))
                    .value(declaration.to_string())
                    .r#type(aws_sdk_ssm::types::ParameterType::String)
                    .overwrite(true);
                request.send().await.map(drop).map_err(failed("put a parameter"))
            }
            // The stage sees to these itself.
            Act::Census(_) | Act::Unheard(_) | Act::Sweep => Ok(()),
            // This clock is the real one, and there is no stack here to look after.
            Act::Days(_) | Act::Own(_) => Ok(()),
        }
    }

    async fn put_bucket_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), StageError> {
        let done = self
            .s3
            .put_bucket_policy()
            .bucket(bucket.as_str())
            .policy(policy)
            .send()
            .await;
        done.map(drop).map_err(failed("put a bucket policy"))
    }

    /// PutBucketNotificationConfiguration with this one queue, which is there then, with EventBridge or without.
    pub(super) async fn notify(
        &self,
        bucket: &BucketName,
        queue: Option<&str>,
        event_bridge: bool,
    ) -> Result<(), StageError> {
        const WHAT: &str = "write the notifications";
        let mut configuration = s3::NotificationConfiguration::builder();
        if event_bridge {
            let on = s3::EventBridgeConfiguration::builder().build();
            configuration = configuration.event_bridge_configuration(on);
        }
        if let Some(queue) = queue {
            let made = self.sqs.create_queue().queue_name(queue).send().await;
            let url = made.map_err(failed(WHAT))?.queue_url.unwrap_or_default();
            let asked = self
                .sqs
                .get_queue_attributes()
                .queue_url(url)
                .attribute_names(QueueAttributeName::QueueArn);
            let attributes = asked.send().await.map_err(failed(WHAT))?.attributes;
            let arn = attributes.and_then(|mut known| known.remove(&QueueAttributeName::QueueArn));
            let rule = s3::FilterRule::builder()
                .name(s3::FilterRuleName::Prefix)
                .value("photos/")
                .build();
            let filter = s3::NotificationConfigurationFilter::builder()
                .key(s3::S3KeyFilter::builder().filter_rules(rule).build())
                .build();
            let entry = s3::QueueConfiguration::builder()
                .id(queue)
                .queue_arn(arn.unwrap_or_default())
                .events(s3::Event::S3ObjectCreated)
                .filter(filter)
                .build()
                .map_err(failed(WHAT))?;
            configuration = configuration.queue_configurations(entry);
        }
        let request = self
            .s3
            .put_bucket_notification_configuration()
            .bucket(bucket.as_str())
            .notification_configuration(configuration.build());
        request.send().await.map(drop).map_err(failed(WHAT))
    }

    async fn point_alias(&self, alias: &str, key: &KeyArn) -> Result<(), StageError> {
        let made = self.kms.create_alias().alias_name(alias).target_key_id(key.id());
        match made.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("AlreadyExistsException") => {
                let moved = self.kms.update_alias().alias_name(alias).target_key_id(key.id());
                moved.send().await.map(drop).map_err(failed("move an alias"))
            }
            Err(error) => Err(failed("make an alias")(error)),
        }
    }

    /// The key behind the alias that the bucket's default encryption names, if it names one.
    async fn default_alias_of(&self, bucket: &BucketName) -> Result<Option<String>, StageError> {
        let Ok(answer) = self
            .s3
            .get_bucket_encryption()
            .bucket(bucket.as_str())
            .send()
            .await
        else {
            return Ok(None);
        };
        let rules = answer.server_side_encryption_configuration.map(|set| set.rules);
        let named = rules.unwrap_or_default().into_iter().find_map(|rule| {
            let default = rule.apply_server_side_encryption_by_default?;
            default.kms_master_key_id.filter(|key| key.starts_with("alias/"))
        });
        let Some(alias) = named else { return Ok(None) };
        let found = self.kms.describe_key().key_id(alias).send().await;
        let found = found.map_err(failed("resolve an alias"))?;
        Ok(found.key_metadata.and_then(|metadata| metadata.arn))
    }

    async fn put_default_key(
        &self,
        bucket: &BucketName,
        key: &str,
        algorithm: s3::ServerSideEncryption,
    ) -> Result<(), StageError> {
        const WHAT: &str = "set the default encryption";
        let default = s3::ServerSideEncryptionByDefault::builder()
            .sse_algorithm(algorithm)
            .kms_master_key_id(key)
            .build()
            .map_err(failed(WHAT))?;
        let rule = s3::ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default)
            .bucket_key_enabled(true)
            .build();
        let configuration = s3::ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build()
            .map_err(failed(WHAT))?;
        let request = self.s3.put_bucket_encryption().bucket(bucket.as_str());
        let done = request
            .server_side_encryption_configuration(configuration)
            .send()
            .await;
        done.map(drop).map_err(failed(WHAT))
    }
}
