//! The stage on the in-memory model.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use guardian_core::declaration::Declaration;
use guardian_core::moment::Moment;
use guardian_core::name::{AccountId, BucketName, KeyArn};
use guardian_core::notification::Notifications;
use guardian_core::observation::DefaultEncryption;
use guardian_core::parts::{Parts, SweepRate};
use guardian_core::right::Role;
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, CensusLevel, Mode, Settings};
use guardian_model::{Delivery, Model, Queue, Who};
use guardian_reconcile::operator::{Look, look_with_sample};
use guardian_reconcile::seam::{Clock, Home, Identity};
use guardian_reconcile::{Message, Report, reconcile_batch, route_batch};
use serde_json::Value;

use super::census::{everything, take_census};
use super::{Act, CallMade, Caller, OwnAct, Stage, StageError};

/// What Lambda takes from a queue at a time.
const BATCH: usize = 10;

/// More rounds than any incident needs: a stage that never comes to rest is an error, not an endless loop.
const ROUNDS: usize = 200;

/// The trail that the model has beside a stack.
const TRAIL: &str = "management-events";

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// The model, with the event source mappings that Lambda would run.
#[derive(Debug, Clone)]
pub struct ModelStage {
    model: Model,
    settings: Settings,
    /// The calls that were made, in order.
    calls: Rc<RefCell<Vec<CallMade>>>,
}

impl ModelStage {
    /// A fresh model.
    ///
    /// # Errors
    ///
    /// When the model does not name its account.
    pub async fn new(seed: u64) -> Result<Self, StageError> {
        let model = Model::new(seed);
        model.watch_objects(true);
        model.record_data_events(true);
        let account = model
            .caller_account()
            .await
            .map_err(|error| StageError::new("ask for the account", error))?;
        let cloudinary_account = CLOUDINARY_ACCOUNT
            .parse()
            .map_err(|error| StageError::new("name Cloudinary's account", error))?;
        let parts = Parts {
            // Years pass here with a sweep now and then: none of them is late.
            sweep: SweepRate::read("rate(400 days)")
                .map_err(|error| StageError::new("set a schedule", error))?,
            ..model.own_parts()
        };
        model.deploy_stack(&parts);
        let settings = Settings {
            census: CensusLevel::Sample,
            watches_objects: true,
            parts: Some(parts),
            manages_notifications: true,
            ..Settings::new(
                account,
                "us-east-1",
                cloudinary_account,
                Ceilings::open(Mode::Repair),
            )
        };
        model.take_journal();
        Ok(Self {
            model,
            settings,
            calls: Rc::default(),
        })
    }

    /// The model itself.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Whoever made the calls since the last time.
    fn note(&self, by: Caller) {
        let journal = self.model.take_journal();
        self.calls
            .borrow_mut()
            .extend(journal.iter().map(|call| CallMade {
                operation: call.operation.to_owned(),
                repairs: call.repairs(),
                by,
                about: None,
            }));
    }

    async fn run_once(&self, reports: &mut Vec<Report>) -> bool {
        let events = self.model.receive_ingest(BATCH);
        if !events.is_empty() {
            let failed = route_batch(&self.model, &messages(&events)).await;
            self.note(Caller::Function(Role::Router));
            self.model.settle_ingest(&events, &failed);
        }
        let work = self.model.receive_work(BATCH);
        if !work.is_empty() {
            let (done, failed) = reconcile_batch(&self.model, &self.settings, &messages(&work)).await;
            self.note(Caller::Function(Role::Reconciler));
            reports.extend(done);
            self.model.settle_work(&work, &failed);
        }
        !(events.is_empty() && work.is_empty())
    }
}

fn messages(received: &[guardian_model::Message]) -> Vec<Message> {
    received
        .iter()
        .map(|message| Message {
            id: message.id.clone(),
            body: message.body.clone(),
        })
        .collect()
}

impl Stage for ModelStage {
    fn describe(&self) -> String {
        "the in-memory model of AWS".to_owned()
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), StageError> {
        self.model.add_bucket(bucket);
        Ok(())
    }

    async fn create_key(&self) -> Result<KeyArn, StageError> {
        Ok(self.model.add_key())
    }

    async fn create_external_key(&self) -> Result<Option<KeyArn>, StageError> {
        Ok(Some(self.model.act_as(Who::terraform()).create_external_key()))
    }

    async fn create_role(&self, arn: &str) -> Result<(), StageError> {
        self.model.create_principal(arn);
        Ok(())
    }

    async fn act(&self, who: Who, act: &Act) -> Result<Vec<Value>, StageError> {
        self.model.take_events();
        // People do one thing after the other: no two events of theirs in the same second.
        self.model.advance(Duration::from_secs(7));
        match act {
            Act::Census(bucket) => {
                take_census(&self.model, bucket).await?;
                self.note(Caller::Operator);
            }
            Act::Days(days) => self.model.advance(Duration::from_secs(u64::from(*days) * DAY)),
            Act::Unheard(act) => {
                self.model.deliver(Delivery::Dropped);
                let done = Box::pin(self.act(who, act)).await;
                self.model.deliver(Delivery::Normal);
                return done.map(|_| Vec::new());
            }
            act => perform(&self.model, who, act)?,
        }
        let mut events = self.model.take_events();
        if let Act::Rotates(key) = act {
            events.extend(rotation_events(key, self.model.now()).map(|event| event.to_string()));
        }
        events
            .iter()
            .map(|text| {
                serde_json::from_str(text).map_err(|error| StageError::new("read the model's event", error))
            })
            .collect()
    }

    async fn pump(&self) -> Result<Vec<Report>, StageError> {
        let mut reports = Vec::new();
        for _ in 0..ROUNDS {
            if !self.run_once(&mut reports).await {
                return Ok(reports);
            }
        }
        Err(StageError::new(
            "come to rest",
            format!("there is still work after {ROUNDS} rounds"),
        ))
    }

    async fn let_time_pass(&self) -> Result<Vec<Report>, StageError> {
        let mut reports = Vec::new();
        for _ in 0..ROUNDS {
            let Some(due) = self.model.next_due() else {
                return Ok(reports);
            };
            self.model.advance(due);
            reports.extend(self.pump().await?);
        }
        Err(StageError::new("come to rest", "later looks never end"))
    }

    async fn look(&self, declaration: &Declaration) -> Result<Look, StageError> {
        let seen = look_with_sample(&self.model, &self.settings, declaration, everything(&self.model)).await;
        self.model.take_journal();
        seen.map(|(look, _)| look)
            .map_err(|error| StageError::new("look at the bucket", error))
    }

    async fn bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, StageError> {
        Ok(self.model.policy(bucket))
    }

    async fn notified(&self, bucket: &BucketName) -> Result<Vec<String>, StageError> {
        let text = self.model.notifications(bucket).unwrap_or_default();
        let found = Notifications::parse(&text);
        found
            .map(|found| found.others())
            .map_err(|error| StageError::new("read the notifications", error))
    }

    async fn key_policy(&self, key: &KeyArn) -> Result<Option<String>, StageError> {
        Ok(self.model.key_policy(key))
    }

    fn take_calls(&self) -> Option<Vec<CallMade>> {
        self.note(Caller::Operator);
        Some(self.calls.take())
    }
}

/// Does on the model what the act says.
pub(super) fn perform(model: &Model, who: Who, act: &Act) -> Result<(), StageError> {
    let outsider = model.act_as(who);
    let done = match act {
        Act::PutBucketPolicy(bucket, policy) => outsider.put_bucket_policy(bucket, &policy.to_string()),
        Act::DeleteBucketPolicy(bucket) => outsider.delete_bucket_policy(bucket),
        Act::PutObject(bucket, key) => outsider.put_object(bucket, key, None),
        Act::PutObjectUnder(bucket, object, key) => outsider.put_object(bucket, object, Some(key.as_str())),
        Act::DeleteObject(bucket, key) => outsider.delete_object(bucket, key),
        Act::DefaultKey(bucket, key) => outsider.put_bucket_encryption(bucket, under(key.as_str())),
        Act::DefaultAlias(bucket, alias) => outsider.put_bucket_encryption(bucket, under(alias)),
        Act::PointAlias(alias, key) => outsider.update_alias(alias, key),
        Act::CopyObjectUnder(bucket, object, key) => outsider.copy_in_place(bucket, object, key.as_str()),
        Act::ReencryptObject(bucket, object, key) => outsider.update_object_encryption(bucket, object, key),
        // What differs between one layer and two matters to nobody's rights.
        Act::DefaultDualLayer(bucket, key) => outsider.put_bucket_encryption(
            bucket,
            DefaultEncryption::Kms {
                key: Some(key.to_string()),
                bucket_key: false,
            },
        ),
        Act::DeleteBucketEncryption(bucket) => outsider.delete_bucket_encryption(bucket),
        Act::ScheduleKeyDeletion(key) => outsider.schedule_key_deletion(key, 30),
        Act::CancelKeyDeletion(key) => outsider.cancel_key_deletion(key),
        Act::RotateKey(key) => outsider.rotate_key_on_demand(key),
        Act::Rotates(key) => {
            for event in rotation_events(key, model.now()) {
                model.inject(&event.to_string());
            }
            Ok(())
        }
        Act::ImportKeyMaterial(key, days) => {
            let expires = days.map(|days| model.now().plus(Duration::from_secs(u64::from(days) * DAY)));
            outsider.import_key_material(key, expires)
        }
        Act::DeleteKeyMaterial(key) => outsider.delete_imported_key_material(key),
        // The stages see to these themselves.
        Act::Days(_) | Act::Census(_) | Act::Unheard(_) => Ok(()),
        Act::PutKeyPolicy(key, policy) => outsider.put_key_policy(key, &policy.to_string()),
        Act::DisableKey(key) => outsider.disable_key(key),
        Act::EnableKey(key) => outsider.enable_key(key),
        Act::DeleteRole(arn, _) => {
            outsider.delete_principal(arn);
            Ok(())
        }
        Act::NotifyOnly(bucket, queue) => {
            let arn = format!("arn:aws:sqs:us-east-1:111122223333:{queue}");
            model.add_destination(&arn);
            let entry = format!(
                "<QueueConfiguration><Id>{queue}</Id><Queue>{arn}</Queue><Event>s3:ObjectCreated:*</Event><Filter><S3Key>\
                 <FilterRule><Name>prefix</Name><Value>photos/</Value></FilterRule></S3Key></Filter></QueueConfiguration>"
            );
            outsider.put_bucket_notifications(bucket, &entry)
        }
        Act::Declare(bucket, declaration) => {
            outsider.put_parameter(bucket.as_str(), &declaration.to_string())
        }
        Act::Own(act) => match act {
            OwnAct::StopLogging => outsider.stop_logging(TRAIL),
            OwnAct::StartLogging => outsider.start_logging(TRAIL),
            OwnAct::DisableRule(rule) => outsider.disable_rule(rule),
            OwnAct::EnableRule(rule) => outsider.enable_rule(rule),
            OwnAct::DeadLetters(messages) => {
                model.leave_dead_letters("UndeliveredEventQueue", *messages);
                Ok(())
            }
            OwnAct::Subscribe(address) => outsider.subscribe(address),
            OwnAct::ConfirmSubscription(address) => outsider.confirm_subscription(address),
            OwnAct::Unsubscribe(address) => outsider.unsubscribe(address),
        },
        Act::Sweep => {
            let event = scheduled_event(&model.account(), model.waiting(Queue::Ingest), model.now());
            model.inject(&event.to_string());
            Ok(())
        }
    };
    done.map_err(|error| StageError::new(format!("do {act:?}"), error))
}

/// What KMS and CloudTrail send when a key's rotation falls due (KMS User Guide, "Monitoring with EventBridge";
/// CloudTrail's service event `RotateKey`).
pub(super) fn rotation_events(key: &KeyArn, now: Moment) -> [Value; 2] {
    let envelope = |kind: &str, id: &str, resources: Value, detail: Value| {
        serde_json::json!({
            "version": "0", "id": format!("{id}-{:012x}", now.unix()), "detail-type": kind, "source": "aws.kms",
            "account": key.account(), "time": now, "region": key.region(), "resources": resources, "detail": detail,
        })
    };
    let native =
        serde_json::json!({"key-id": key.id(), "rotation-type": "AUTOMATIC", "key-origin": "AWS_KMS"});
    let service = serde_json::json!({
        "eventVersion": "1.11",
        "userIdentity": {"accountId": key.account(), "invokedBy": "AWS Internal"},
        "eventTime": now, "eventSource": "kms.amazonaws.com", "eventName": "RotateKey",
        "awsRegion": key.region(), "sourceIPAddress": "AWS Internal", "userAgent": "AWS Internal",
        "requestParameters": null, "responseElements": null,
        "eventID": format!("7d1b94ae-5c33-4e0a-9d7f-{:012x}", now.unix()), "readOnly": false,
        "resources": [{"accountId": key.account(), "type": "AWS::KMS::Key", "ARN": key}],
        "eventType": "AwsServiceEvent", "managementEvent": true, "recipientAccountId": key.account(),
        "serviceEventDetails": {"keyId": key.id(), "rotationType": "AUTOMATIC", "keyOrigin": "AWS_KMS"},
        "eventCategory": "Management",
    });
    [
        envelope(
            "KMS CMK Rotation",
            "c2a4e6d8-1b3f-4a5c-8e7d",
            serde_json::json!([key]),
            native,
        ),
        envelope(
            "AWS Service Event via CloudTrail",
            "e8d7c6b5-a493-4281-9706",
            serde_json::json!([]),
            service,
        ),
    ]
}

fn under(key: &str) -> DefaultEncryption {
    DefaultEncryption::Kms {
        key: Some(key.to_owned()),
        bucket_key: true,
    }
}

/// What EventBridge delivers when the schedule fires (EventBridge User Guide, eb-create-rule-schedule).
pub(super) fn scheduled_event(account: &AccountId, count: usize, now: Moment) -> Value {
    serde_json::json!({
        "version": "0",
        "id": format!("5f3c1d7e-9a52-4b1e-8c0d-{:04x}{:08x}", count, now.unix()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": now,
        "region": "us-east-1",
        "resources": [format!("arn:aws:events:us-east-1:{account}:rule/cloudinary-guardian-Sweep")],
        "detail": {}
    })
}
