//! What a case is played in: an account of the emulator, and in it a bucket, a key and a ledger of the case's own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_dynamodb::types as dynamodb;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};
use aws_sdk_s3::types as s3;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_types::sdk_config::Builder;
use guardian_aws::{Aws, Connection, PARAMETER_PREFIX, Stack};
use guardian_core::cloudinary::MARKER_PREFIX;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::parts::{OwnQueue, OwnRule, Parts, SweepRate};
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, CensusLevel, Digest, Mode, Settings};
use serde_json::{Value, json};

use crate::request::OF_A_CASE;
use crate::wire::Wire;

const REGION: &str = "eu-west-1";
/// The tenant that is to read.
pub(crate) const CLOUD: &str = "demo";
/// Long enough for an answer on a busy machine, short enough for a test of answers that do not come.
const PATIENCE: Duration = Duration::from_secs(3);

/// An account, spoken to by its owner, and by the guardian through a proxy.
pub(crate) struct World {
    pub(crate) wire: Wire,
    account: String,
    /// Through the proxy; every other client goes past it.
    guardian: Connection,
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    ssm: aws_sdk_ssm::Client,
    topic: String,
    work: String,
    ingest: String,
    cases: u32,
}

/// What a case has of its own.
pub(crate) struct Place {
    pub(crate) bucket: BucketName,
    pub(crate) key: KeyArn,
    pub(crate) table: String,
    pub(crate) settings: Settings,
    /// One for all looks of the case, as a function keeps its clients from one message to the next.
    pub(crate) aws: Aws,
    /// For the look with the fault: the same, but that it may not wait long for an answer.
    pub(crate) hasty: Option<Aws>,
}

fn other(config: &Connection, change: impl FnOnce(Builder) -> Builder) -> Connection {
    Connection::over(change(config.config().to_builder()).build()).unwrap()
}

impl World {
    pub(crate) async fn new(number: u64, emulator: SocketAddr) -> Self {
        let wire = Wire::start(emulator);
        // An access key of twelve digits is its own account (tests/emulators/README.md).
        let account = format!("{:012}", 200_000_000_000 + number);
        let credentials = Credentials::new(&account, "test", None, None, "test");
        let credentials = SharedCredentialsProvider::new(credentials);
        let of = |connection: &Connection| {
            other(connection, |config| {
                config
                    .region(Region::new(REGION))
                    .credentials_provider(credentials.clone())
            })
        };
        let owner = of(&Connection::to_emulator_at(&format!("http://{emulator}"))
            .await
            .unwrap());
        let guardian = of(&Connection::to_emulator_at(&wire.endpoint()).await.unwrap());
        let path_style = aws_sdk_s3::config::Builder::from(owner.config()).force_path_style(true);
        let (sns, sqs) = (
            aws_sdk_sns::Client::new(owner.config()),
            aws_sdk_sqs::Client::new(owner.config()),
        );
        let topic = sns.create_topic().name("alerts").send().await.unwrap();
        let ingest = sqs.create_queue().queue_name("ingest").send().await.unwrap();
        let work = sqs
            .create_queue()
            .queue_name("work.fifo")
            .attributes(QueueAttributeName::FifoQueue, "true");
        let work = work.send().await.unwrap();
        let subscribe = sns
            .subscribe()
            .topic_arn(topic.topic_arn().unwrap())
            .protocol("https");
        subscribe
            .endpoint("https://127.0.0.1:9/nobody")
            .send()
            .await
            .unwrap();
        let cloudtrail = aws_sdk_cloudtrail::Client::new(owner.config());
        let trail = cloudtrail.create_trail().name("management-events");
        trail.s3_bucket_name("trails").send().await.unwrap();
        cloudtrail
            .start_logging()
            .name("management-events")
            .send()
            .await
            .unwrap();
        let rule = aws_sdk_eventbridge::Client::new(owner.config()).put_rule();
        let rule = rule
            .name("guardian-KeyRule")
            .event_pattern(r#"{"source":["aws.kms"]}"#);
        rule.send().await.unwrap();
        Self {
            wire,
            account,
            s3: aws_sdk_s3::Client::from_conf(path_style.build()),
            kms: aws_sdk_kms::Client::new(owner.config()),
            dynamodb: aws_sdk_dynamodb::Client::new(owner.config()),
            ssm: aws_sdk_ssm::Client::new(owner.config()),
            topic: topic.topic_arn.unwrap(),
            work: work.queue_url.unwrap(),
            ingest: ingest.queue_url.unwrap(),
            guardian,
            cases: 0,
        }
    }

    /// A declared bucket that Cloudinary may not read: no grant, no marker, a default key without one, no word to
    /// EventBridge. In all of that somebody else has something of their own.
    pub(crate) async fn place(&mut self, is_hasty: bool) -> Place {
        self.cases += 1;
        let number = self.cases;
        let bucket: BucketName = format!("case-{number}-of-{}", self.account).parse().unwrap();
        let table = format!("ledger-{number}");
        self.create_table(&table).await;
        let key = self.kms.create_key().send().await.unwrap().key_metadata.unwrap();
        let key: KeyArn = key.arn.unwrap().parse().unwrap();
        self.create_bucket(&bucket, &key).await;
        let declaration = json!({"clouds": [CLOUD], "mode": "repair"});
        self.declare(&bucket, Some(&declaration)).await;

        // A quota of retries of its own; the proxy takes it out again.
        let region = format!("{REGION}{OF_A_CASE}{number}{}", self.account.get(9..).unwrap());
        let waiting = |patience| {
            let timeouts = TimeoutConfig::builder().operation_attempt_timeout(patience);
            other(&self.guardian, |config| {
                let retries = RetryConfig::standard()
                    .with_max_attempts(3)
                    .with_initial_backoff(Duration::from_millis(1));
                config
                    .region(Region::new(region.clone()))
                    .retry_config(retries)
                    .timeout_config(timeouts.build())
            })
        };
        let topic = self.topic.replace(REGION, &region);
        let rule = |logical: &str| OwnRule {
            logical: logical.to_owned(),
            name: format!("guardian-{logical}"),
        };
        let queue = |logical: &str, url: &str| OwnQueue {
            logical: logical.to_owned(),
            url: url.to_owned(),
        };
        let parts = Parts {
            rules: vec![rule("KeyRule"), rule("TrailRule")],
            queues: vec![queue("IngestQueue", &self.ingest), queue("WorkQueue", &self.work)],
            topic: topic.clone(),
            sweep: SweepRate::default(),
        };
        let cloudinary = CLOUDINARY_ACCOUNT.parse().unwrap();
        let settings = Settings {
            census: CensusLevel::Full,
            watches_objects: true,
            manages_notifications: true,
            digest: Some(Digest::Daily),
            parts: Some(parts),
            ..Settings::new(
                self.account.parse().unwrap(),
                REGION,
                cloudinary,
                Ceilings::open(Mode::Repair),
            )
        };
        let machine = format!(
            "arn:aws:states:{REGION}:{}:stateMachine:guardian-census",
            self.account
        );
        let stack = Stack {
            table: Some(table.clone()),
            topic_arn: Some(topic),
            work_queue_url: Some(self.work.clone()),
            ingest_queue_url: Some(self.ingest.clone()),
            census_state_machine: Some(machine),
        };
        Place {
            bucket,
            key,
            table,
            hasty: is_hasty.then(|| Aws::new(waiting(PATIENCE), settings.account.clone(), stack.clone())),
            aws: Aws::new(waiting(Duration::from_secs(30)), settings.account.clone(), stack),
            settings,
        }
    }

    async fn create_table(&self, name: &str) {
        let mut request = self
            .dynamodb
            .create_table()
            .table_name(name)
            .billing_mode(dynamodb::BillingMode::PayPerRequest);
        for (attribute, kind) in [("pk", dynamodb::KeyType::Hash), ("sk", dynamodb::KeyType::Range)] {
            let definition = dynamodb::AttributeDefinition::builder()
                .attribute_name(attribute)
                .attribute_type(dynamodb::ScalarAttributeType::S);
            let element = dynamodb::KeySchemaElement::builder()
                .attribute_name(attribute)
                .key_type(kind);
            request = request
                .attribute_definitions(definition.build().unwrap())
                .key_schema(element.build().unwrap());
        }
        request.send().await.unwrap();
    }

    async fn create_bucket(&self, bucket: &BucketName, key: &KeyArn) {
        let place = s3::CreateBucketConfiguration::builder()
            .location_constraint(s3::BucketLocationConstraint::from(REGION))
            .build();
        let create = self.s3.create_bucket().bucket(bucket.as_str());
        create.create_bucket_configuration(place).send().await.unwrap();
        // The switches by which S3 would refuse what is public are off; a new bucket of AWS has them on.
        let open = self.s3.put_public_access_block().bucket(bucket.as_str());
        let switches = s3::PublicAccessBlockConfiguration::builder()
            .block_public_policy(false)
            .block_public_acls(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(false);
        open.public_access_block_configuration(switches.build())
            .send()
            .await
            .unwrap();
        let policy = json!({"Version": "2012-10-17", "Statement": [foreign(bucket)]});
        let put = self.s3.put_bucket_policy().bucket(bucket.as_str());
        put.policy(policy.to_string()).send().await.unwrap();
        let default = s3::ServerSideEncryptionByDefault::builder()
            .sse_algorithm(s3::ServerSideEncryption::AwsKms)
            .kms_master_key_id(key.as_str())
            .build()
            .unwrap();
        let rule = s3::ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default)
            .build();
        let encryption = s3::ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build()
            .unwrap();
        let put = self.s3.put_bucket_encryption().bucket(bucket.as_str());
        put.server_side_encryption_configuration(encryption)
            .send()
            .await
            .unwrap();
        let object = self.s3.put_object().bucket(bucket.as_str()).key("photos/1.jpg");
        let object = object
            .server_side_encryption(s3::ServerSideEncryption::AwsKms)
            .ssekms_key_id(key.as_str());
        object.send().await.unwrap();
        let entry = s3::QueueConfiguration::builder()
            .id("somebody's")
            .queue_arn(format!("arn:aws:sqs:{REGION}:{}:ingest", self.account))
            .events(s3::Event::S3ObjectCreated)
            .build()
            .unwrap();
        let configuration = s3::NotificationConfiguration::builder().queue_configurations(entry);
        let put = self
            .s3
            .put_bucket_notification_configuration()
            .bucket(bucket.as_str());
        put.notification_configuration(configuration.build())
            .send()
            .await
            .unwrap();
    }

    /// Declares the bucket, or takes its declaration away.
    pub(crate) async fn declare(&self, bucket: &BucketName, declaration: Option<&Value>) {
        let name = format!("{PARAMETER_PREFIX}{bucket}");
        if let Some(declaration) = declaration {
            let put = self.ssm.put_parameter().name(name).value(declaration.to_string());
            let put = put.r#type(aws_sdk_ssm::types::ParameterType::String);
            put.overwrite(true).send().await.unwrap();
        } else {
            // It may be gone already.
            let _ = self.ssm.delete_parameter().name(name).send().await;
        }
    }

    /// Lets objects of the bucket belong to others.
    pub(crate) async fn let_others_own(&self, bucket: &BucketName) {
        let rule = s3::OwnershipControlsRule::builder()
            .object_ownership(s3::ObjectOwnership::ObjectWriter)
            .build();
        let controls = s3::OwnershipControls::builder().rules(rule.unwrap()).build();
        let put = self.s3.put_bucket_ownership_controls().bucket(bucket.as_str());
        put.ownership_controls(controls.unwrap()).send().await.unwrap();
    }

    /// Puts an item into a page of the ledger.
    pub(crate) async fn note(&self, place: &Place, page: &str, item: &str, body: &Value) {
        let text = |text: String| dynamodb::AttributeValue::S(text);
        let stored = HashMap::from([
            ("pk".to_owned(), text(page.to_owned())),
            ("sk".to_owned(), text(item.to_owned())),
            ("version".to_owned(), dynamodb::AttributeValue::N("1".to_owned())),
            ("body".to_owned(), text(body.to_string())),
        ]);
        let put = self.dynamodb.put_item().table_name(&place.table);
        put.set_item(Some(stored)).send().await.unwrap();
    }

    /// The names of what stands in a page of the ledger.
    pub(crate) async fn page(&self, place: &Place, page: &str) -> Vec<String> {
        let query = self
            .dynamodb
            .query()
            .table_name(&place.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", dynamodb::AttributeValue::S(page.to_owned()));
        let items = query.send().await.unwrap().items.unwrap_or_default();
        let name = |item: &HashMap<String, dynamodb::AttributeValue>| item["sk"].as_s().unwrap().clone();
        items.iter().map(name).collect()
    }

    /// What of other people's is not as it was, in words; nothing where all is.
    pub(crate) async fn missing_of_others(&self, place: &Place) -> Vec<String> {
        let mut missing = Vec::new();
        let policy = self.bucket_policy(place).await;
        let statements = policy["Statement"].as_array().cloned().unwrap_or_default();
        if !statements.contains(&foreign(&place.bucket)) {
            missing.push("a statement of the bucket's owner".to_owned());
        }
        if statements.iter().filter(|one| is_cloudinarys(one)).count() > 1 {
            missing.push("one statement and no more of our own".to_owned());
        }
        let policy = self.key_policy(place).await;
        let root = format!("arn:aws:iam::{}:root", self.account);
        let is_root = |one: &Value| one["Principal"]["AWS"] == root && one["Action"] == "kms:*";
        if !policy["Statement"].as_array().unwrap().iter().any(is_root) {
            missing.push("the key's own statement".to_owned());
        }
        if !self.notifications(place).await.contains("somebody's") {
            missing.push("somebody's entry in the notifications".to_owned());
        }
        missing
    }

    /// What stands between Cloudinary and the bucket, in words; nothing where it may read.
    pub(crate) async fn missing_of_ours(&self, place: &Place) -> Vec<String> {
        let mut missing = Vec::new();
        let holds = |policy: &Value| policy["Statement"].as_array().unwrap().iter().any(is_cloudinarys);
        if !holds(&self.bucket_policy(place).await) {
            missing.push("the grant in the bucket's policy".to_owned());
        }
        if !holds(&self.key_policy(place).await) {
            missing.push("the grant in the key's policy".to_owned());
        }
        let head = self.s3.head_object().bucket(place.bucket.as_str());
        if head.key(format!("{MARKER_PREFIX}{CLOUD}")).send().await.is_err() {
            missing.push("the marker".to_owned());
        }
        if !self.notifications(place).await.contains("EventBridge") {
            missing.push("EventBridge in the notifications".to_owned());
        }
        missing
    }

    async fn bucket_policy(&self, place: &Place) -> Value {
        let get = self.s3.get_bucket_policy().bucket(place.bucket.as_str());
        serde_json::from_str(&get.send().await.unwrap().policy.unwrap()).unwrap()
    }

    async fn key_policy(&self, place: &Place) -> Value {
        let get = self.kms.get_key_policy().key_id(place.key.as_str());
        let answer = get.policy_name("default").send().await.unwrap();
        serde_json::from_str(&answer.policy.unwrap()).unwrap()
    }

    async fn notifications(&self, place: &Place) -> String {
        let get = self.s3.get_bucket_notification_configuration();
        let answer = get.bucket(place.bucket.as_str()).send().await.unwrap();
        let bridge = answer.event_bridge_configuration.map_or("", |_| "EventBridge");
        let ids = answer.queue_configurations.unwrap_or_default();
        let ids = ids.into_iter().filter_map(|entry| entry.id);
        format!("{bridge} {}", ids.collect::<Vec<_>>().join(" "))
    }
}

/// What the bucket's owner has in its policy. S3 may take it for public.
fn foreign(bucket: &BucketName) -> Value {
    json!({
        "Sid": "Somebodys",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObjectTagging",
        "Resource": format!("arn:aws:s3:::{bucket}/open/*"),
    })
}

fn is_cloudinarys(statement: &Value) -> bool {
    statement["Principal"].to_string().contains(CLOUDINARY_ACCOUNT)
}
