//! The clients of an emulator's stage: what is set up with them, and what the emulator is asked.

use std::error::Error;

use aws_sdk_dynamodb::types as dynamodb;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types as s3;
use aws_sdk_sqs::types::QueueAttributeName;
use guardian_aws::{Connection, Stack};
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::settings::Settings;

use super::super::StageError;

/// Clients of our own: what the outsiders do must not count as calls of the guardian.
#[derive(Debug)]
pub(super) struct Clients {
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) kms: aws_sdk_kms::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) ssm: aws_sdk_ssm::Client,
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
}
