//! What the outsiders and the event source mappings do on an emulator.

use std::error::Error;

use aws_sdk_dynamodb::types as dynamodb;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types as s3;
use aws_sdk_sqs::types::QueueAttributeName;
use guardian_aws::{Connection, PARAMETER_PREFIX, Stack};
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::settings::Settings;

use super::super::{Act, StageError};

const ONE_LAYER: s3::ServerSideEncryption = s3::ServerSideEncryption::AwsKms;

/// Clients of our own: what the outsiders do must not count as calls of the guardian.
#[derive(Debug)]
pub(super) struct Clients {
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    ssm: aws_sdk_ssm::Client,
    sns: aws_sdk_sns::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    pub(super) ingest: String,
    pub(super) work: String,
}

/// The SDK's own text is only the outermost error: `service error`.
pub(super) fn failed<E: Error>(what: &str) -> impl FnOnce(E) -> StageError + '_ {
    move |error| {
        let outer = error.to_string();
        let inner = std::iter::successors(error.source(), |&error| error.source());
        let why = inner.fold(outer, |why, error| format!("{why}: {error}"));
        StageError::new(what, why)
    }
}

impl Clients {
    pub(super) fn new(connection: &Connection) -> Self {
        let config = connection.config();
        let s3 = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(true)
            .build();
        Self {
            s3: aws_sdk_s3::Client::from_conf(s3),
            kms: aws_sdk_kms::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            ssm: aws_sdk_ssm::Client::new(config),
            sns: aws_sdk_sns::Client::new(config),
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            ingest: String::new(),
            work: String::new(),
        }
    }

    /// Table, topic and queues as template.yaml makes them.
    pub(super) async fn create_stack(&self, tag: &str) -> Result<Stack, StageError> {
        let table = format!("guardian{tag}");
        self.create_table(&table).await?;
        let topic = self
            .sns
            .create_topic()
            .name(format!("guardian{tag}"))
            .send()
            .await;
        let topic = topic.map_err(failed("create the topic"))?;
        let ingest = self
            .sqs
            .create_queue()
            .queue_name(format!("guardian-ingest{tag}"))
            .send()
            .await;
        let ingest = ingest.map_err(failed("create the ingest queue"))?;
        let work = self
            .sqs
            .create_queue()
            .queue_name(format!("guardian-work{tag}.fifo"))
            .attributes(QueueAttributeName::FifoQueue, "true")
            .attributes(QueueAttributeName::VisibilityTimeout, "30")
            .send()
            .await
            .map_err(failed("create the work queue"))?;
        Ok(Stack {
            table: Some(table),
            topic_arn: topic.topic_arn,
            work_queue_url: work.queue_url,
            ingest_queue_url: ingest.queue_url,
            census_state_machine: None,
        })
    }

    async fn create_table(&self, name: &str) -> Result<(), StageError> {
        const WHAT: &str = "create the table";
        let mut request = self
            .dynamodb
            .create_table()
            .table_name(name)
            .billing_mode(dynamodb::BillingMode::PayPerRequest);
        for (attribute, kind) in [("pk", dynamodb::KeyType::Hash), ("sk", dynamodb::KeyType::Range)] {
            let definition = dynamodb::AttributeDefinition::builder()
                .attribute_name(attribute)
                .attribute_type(dynamodb::ScalarAttributeType::S)
                .build()
                .map_err(failed(WHAT))?;
            let element = dynamodb::KeySchemaElement::builder()
                .attribute_name(attribute)
                .key_type(kind)
                .build()
                .map_err(failed(WHAT))?;
            request = request.attribute_definitions(definition).key_schema(element);
        }
        request.send().await.map_err(failed(WHAT))?;
        Ok(())
    }

    /// Whether a Deny whose condition is not met still denies, as in moto 5.2 (`get_permission` looks at
    /// action and resource only).
    pub(super) async fn denies_literally(&self, settings: &Settings, tag: &str) -> Result<bool, StageError> {
        let name: BucketName = format!("probe{tag}")
            .parse()
            .map_err(|error| StageError::new("name a bucket", error))?;
        self.create_bucket(settings, &name).await?;
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
                "Resource": format!("arn:{}:s3:::{name}/*", settings.partition),
                "Condition": {"StringEquals": {"aws:PrincipalAccount": "000000000000"}}
            }]
        });
        let put = self
            .s3
            .put_bucket_policy()
            .bucket(name.as_str())
            .policy(policy.to_string())
            .send()
            .await;
        put.map_err(failed("put a policy"))?;
        let body = aws_sdk_s3::primitives::ByteStream::from_static(b"");
        Ok(self
            .s3
            .put_object()
            .bucket(name.as_str())
            .key("probe")
            .body(body)
            .send()
            .await
            .is_err())
    }

    pub(super) async fn create_bucket(
        &self,
        settings: &Settings,
        bucket: &BucketName,
    ) -> Result<(), StageError> {
        let mut request = self.s3.create_bucket().bucket(bucket.as_str());
        // us-east-1 is the one Region that must not be named (S3 API Reference, CreateBucket).
        if settings.region != "us-east-1" {
            let place = s3::BucketLocationConstraint::from(settings.region.as_str());
            request = request.create_bucket_configuration(
                s3::CreateBucketConfiguration::builder()
                    .location_constraint(place)
                    .build(),
            );
        }
        request.send().await.map_err(failed("create a bucket"))?;
        Ok(())
    }

    pub(super) async fn create_key(&self) -> Result<KeyArn, StageError> {
        let made = self
            .kms
            .create_key()
            .send()
            .await
            .map_err(failed("create a key"))?;
        let arn = made
            .key_metadata
            .and_then(|metadata| metadata.arn)
            .unwrap_or_default();
        arn.parse()
            .map_err(|error| StageError::new("read the new key's ARN", error))
    }

    pub(super) async fn bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, StageError> {
        match self.s3.get_bucket_policy().bucket(bucket.as_str()).send().await {
            Ok(answer) => Ok(answer.policy),
            Err(error) if error.code() == Some("NoSuchBucketPolicy") => Ok(None),
            Err(error) => Err(failed("read a bucket policy")(error)),
        }
    }

    pub(super) async fn key_policy(&self, key: &KeyArn) -> Result<Option<String>, StageError> {
        let answer = self
            .kms
            .get_key_policy()
            .key_id(key.as_str())
            .policy_name("default")
            .send()
            .await;
        Ok(answer.map_err(failed("read a key policy"))?.policy)
    }

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

    /// Whether the emulator says that notifications go to EventBridge, where they do: moto 5.2 leaves it out.
    pub(super) async fn shows_event_bridge(
        &self,
        settings: &Settings,
        tag: &str,
    ) -> Result<bool, StageError> {
        let name: BucketName = format!("told{tag}")
            .parse()
            .map_err(|error| StageError::new("name a bucket", error))?;
        self.create_bucket(settings, &name).await?;
        self.notify(&name, None, true).await?;
        let asked = self
            .s3
            .get_bucket_notification_configuration()
            .bucket(name.as_str());
        let answer = asked.send().await.map_err(failed("read the notifications"))?;
        Ok(answer.event_bridge_configuration.is_some())
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
