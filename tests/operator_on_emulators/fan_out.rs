//! One event for many resources on the real queues: from the ingest queue through the router into the FIFO queue.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_sqs::types::QueueAttributeName;
use guardian_aws::{Aws, Connection, PARAMETER_PREFIX, Stack};
use guardian_core::cause::Work;
use guardian_core::name::Resource;
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};
use guardian_reconcile::{Message, reconcile_batch, route_batch};
use serde_json::{Value, json};

use crate::emulator::{Emulator, Kind};

crate::on_each_emulator! {
    one_event_for_200_buckets_is_200_deliveries_and_the_same_event_again_is_none
}

const BUCKETS: usize = 200;

fn one_event_for_200_buckets_is_200_deliveries_and_the_same_event_again_is_none(kind: Kind) {
    let Some(emulator) = Emulator::start(kind) else {
        return;
    };
    // It forgets a de-duplication id with the message that had it; SQS "continues to keep track of the message
    // deduplication ID even after the message is received and deleted" (Developer Guide).
    let forgets = kind == Kind::Moto;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let pipeline = Pipeline::with_declarations(&emulator, BUCKETS).await;
        // EventBridge may deliver twice, and SQS may hand the sweep out twice.
        pipeline.route(&schedule("e1")).await;
        pipeline.route(&schedule("e1")).await;
        let sweep = pipeline.receive_all().await;
        assert_eq!(resources(&sweep), [Resource::Sweep]);

        pipeline.reconcile(&sweep).await;
        pipeline.reconcile(&sweep).await;
        let delivered = resources(&pipeline.receive_all().await);
        assert_eq!(delivered.len(), BUCKETS);
        let named = |number| Resource::Bucket(format!("media-{number:03}").parse().unwrap());
        let wanted: BTreeSet<Resource> = (0..BUCKETS).map(named).collect();
        assert_eq!(
            delivered.into_iter().collect::<BTreeSet<_>>(),
            wanted,
            "each of them once"
        );

        if !forgets {
            pipeline.route(&schedule("e1")).await;
            pipeline.reconcile(&sweep).await;
            assert_eq!(
                resources(&pipeline.receive_all().await),
                [],
                "also after they were worked off"
            );
        }

        // The next hour is another event, though it says the same.
        pipeline.route(&schedule("e2")).await;
        let sweep = pipeline.receive_all().await;
        pipeline.reconcile(&sweep).await;
        assert_eq!(pipeline.receive_all().await.len(), BUCKETS);
        several_resources_of_one_event(&pipeline).await;
    });
}

/// The schedule fires; for every declared bucket there is one message.
fn schedule(id: &str) -> Message {
    let event = json!({
        "version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.events", "detail": {},
        "time": "2026-11-23T07:00:00Z", "region": crate::emulator::REGION, "account": crate::emulator::ACCOUNT,
        "resources": [format!("arn:aws:events:eu-west-1:{}:rule/cloudinary-guardian-Sweep", crate::emulator::ACCOUNT)]
    });
    Message {
        id: format!("message-{id}"),
        body: event.to_string(),
    }
}

/// The ledger's table, as template.yaml makes it.
async fn create_table(connection: &Connection) -> String {
    let client = aws_sdk_dynamodb::Client::new(connection.config());
    let mut request = client.create_table().table_name("guardian-ledger");
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        let element = KeySchemaElement::builder().attribute_name(name);
        request = request
            .attribute_definitions(attribute.attribute_type(ScalarAttributeType::S).build().unwrap())
            .key_schema(element.key_type(kind).build().unwrap());
    }
    let made = request.billing_mode(BillingMode::PayPerRequest).send().await;
    made.unwrap();
    "guardian-ledger".to_owned()
}

/// The pipeline's queue, adapters and settings on the emulator.
struct Pipeline {
    aws: Aws,
    settings: Settings,
    sqs: aws_sdk_sqs::Client,
    work: String,
}

impl Pipeline {
    async fn with_declarations(emulator: &Emulator, count: usize) -> Self {
        let connection = Connection::to_emulator_at(&emulator.endpoint()).await.unwrap();
        let caller = connection.caller().await.unwrap();
        let sqs = aws_sdk_sqs::Client::new(connection.config());
        let queue = sqs.create_queue().queue_name("guardian-work.fifo");
        let queue = queue
            .attributes(QueueAttributeName::FifoQueue, "true")
            .send()
            .await
            .unwrap();
        let work = queue.queue_url.unwrap();
        let table = create_table(&connection).await;
        let ssm = aws_sdk_ssm::Client::new(connection.config());
        for number in 0..count {
            let put = ssm
                .put_parameter()
                .name(format!("{PARAMETER_PREFIX}media-{number:03}"));
            let put = put
                .value(r#"{"clouds": ["demo"]}"#)
                .r#type(aws_sdk_ssm::types::ParameterType::String);
            put.send().await.unwrap();
        }
        let settings = Settings::new(
            caller.account.clone(),
            connection.region(),
            CLOUDINARY_ACCOUNT.parse().unwrap(),
            Ceilings::open(Mode::Repair),
        );
        let stack = Stack {
            work_queue_url: Some(work.clone()),
            table: Some(table),
            ..Stack::default()
        };
        Self {
            aws: Aws::new(connection, caller.account, stack),
            settings,
            sqs,
            work,
        }
    }

    /// Everything that waits in the queue, taken out of it.
    async fn receive_all(&self) -> Vec<Message> {
        let mut received = Vec::new();
        loop {
            let request = self
                .sqs
                .receive_message()
                .queue_url(&self.work)
                .max_number_of_messages(10);
            let batch = request.send().await.unwrap().messages.unwrap_or_default();
            if batch.is_empty() {
                return received;
            }
            for message in batch {
                let handle = message.receipt_handle.unwrap();
                self.sqs
                    .delete_message()
                    .queue_url(&self.work)
                    .receipt_handle(handle)
                    .send()
                    .await
                    .unwrap();
                received.push(Message {
                    id: message.message_id.unwrap(),
                    body: message.body.unwrap(),
                });
            }
        }
    }

    async fn route(&self, message: &Message) {
        assert_eq!(
            route_batch(&self.aws, std::slice::from_ref(message)).await,
            Vec::<String>::new()
        );
    }

    async fn reconcile(&self, messages: &[Message]) {
        let (reports, failed) = reconcile_batch(&self.aws, &self.settings, messages).await;
        assert_eq!(
            (reports.len(), failed),
            (messages.len(), Vec::new()),
            "{reports:#?}"
        );
    }
}

fn resources(messages: &[Message]) -> Vec<Resource> {
    let work = |message: &Message| serde_json::from_str::<Work>(&message.body).unwrap();
    messages.iter().map(|message| work(message).resource).collect()
}

/// A key and a bucket in one batch of events, and an event that changes the same again.
async fn several_resources_of_one_event(pipeline: &Pipeline) {
    let changed = |id: &str| -> Message {
        let detail: Value = json!({
            "eventVersion": "1.11", "eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy", "eventID": id,
            "eventTime": "2026-11-23T07:00:00Z", "awsRegion": crate::emulator::REGION, "readOnly": false,
            "eventType": "AwsApiCall", "eventCategory": "Management", "managementEvent": true,
            "requestParameters": {"bucketName": "media-000", "Host": "media-000.s3.eu-west-1.amazonaws.com"}
        });
        let source = json!({"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "id": "envelope",
            "account": crate::emulator::ACCOUNT});
        let mut event = source;
        event["detail"] = detail;
        Message {
            id: id.to_owned(),
            body: event.to_string(),
        }
    };
    for id in ["c1", "c1", "c2"] {
        pipeline.route(&changed(id)).await;
    }
    let delivered = resources(&pipeline.receive_all().await);
    let bucket = Resource::Bucket("media-000".parse().unwrap());
    assert_eq!(
        delivered,
        [bucket.clone(), bucket],
        "the repetition is one, the later change is another"
    );
}
