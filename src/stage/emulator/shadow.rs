//! The model beside the emulator: it does what the outsider does there, and its authentic events, with the emulator's key
//! ARNs put in, are those that AWS would have sent.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use guardian_core::moment::Moment;
use guardian_core::name::{AccountId, BucketName, KeyArn};
use guardian_core::observation::ObjectEncryption;
use guardian_model::{Model, Who};
use guardian_reconcile::seam::Home;
use serde_json::Value;

use super::super::model::{perform, rotation_events, scheduled_event};
use super::super::{Act, StageError};

/// The model, and what its keys are called on the emulator.
#[derive(Debug)]
pub(super) struct Shadow {
    model: Model,
    keys: RefCell<BTreeMap<KeyArn, KeyArn>>,
    sweeps: Cell<usize>,
}

impl Shadow {
    pub(super) fn new(account: &AccountId, region: &str) -> Self {
        let model = Model::at_home(1, account, region);
        model.watch_objects(true);
        model.record_data_events(true);
        Self {
            model,
            keys: RefCell::default(),
            sweeps: Cell::default(),
        }
    }

    pub(super) fn add_bucket(&self, bucket: &BucketName) {
        self.model.add_bucket(bucket);
    }

    /// Takes note of a key of the emulator.
    pub(super) fn add_key(&self, real: &KeyArn) {
        self.keys.borrow_mut().insert(self.model.add_key(), real.clone());
    }

    pub(super) fn create_principal(&self, arn: &str) {
        self.model.create_principal(arn);
    }

    fn key(&self, key: &KeyArn) -> KeyArn {
        let keys = self.keys.borrow();
        keys.iter()
            .find(|(_, real)| *real == key)
            .map_or_else(|| key.clone(), |(shadow, _)| shadow.clone())
    }

    /// The same act in the shadow's words.
    fn translated(&self, act: &Act) -> Act {
        match act {
            Act::DefaultKey(bucket, key) => Act::DefaultKey(bucket.clone(), self.key(key)),
            Act::PutObjectUnder(bucket, object, key) => {
                Act::PutObjectUnder(bucket.clone(), object.clone(), self.key(key))
            }
            Act::PointAlias(alias, key) => Act::PointAlias(alias.clone(), self.key(key)),
            Act::CopyObjectUnder(bucket, object, key) => {
                Act::CopyObjectUnder(bucket.clone(), object.clone(), self.key(key))
            }
            Act::ReencryptObject(bucket, object, key) => {
                Act::ReencryptObject(bucket.clone(), object.clone(), self.key(key))
            }
            Act::DefaultDualLayer(bucket, key) => Act::DefaultDualLayer(bucket.clone(), self.key(key)),
            Act::ScheduleKeyDeletion(key) => Act::ScheduleKeyDeletion(self.key(key)),
            Act::CancelKeyDeletion(key) => Act::CancelKeyDeletion(self.key(key)),
            Act::RotateKey(key) => Act::RotateKey(self.key(key)),
            Act::Rotates(key) => Act::Rotates(self.key(key)),
            Act::PutKeyPolicy(key, policy) => Act::PutKeyPolicy(self.key(key), policy.clone()),
            Act::DisableKey(key) => Act::DisableKey(self.key(key)),
            Act::EnableKey(key) => Act::EnableKey(self.key(key)),
            other => other.clone(),
        }
    }

    /// The events the act would have sent.
    pub(super) fn events_of(&self, who: Who, act: &Act, now: Moment) -> Result<Vec<Value>, StageError> {
        let act = self.translated(act);
        if let Act::DeleteObject(bucket, key) = &act {
            // The guardian's own markers never reached the shadow.
            self.model.add_object(bucket, key, ObjectEncryption::SseS3);
        }
        self.model.set_now(now);
        self.model.take_events();
        perform(&self.model, who, &act)?;
        let mut events = self.model.take_events();
        if let Act::NotifyOnly(bucket, _) = &act {
            // Neither did the guardian's own write of the notifications.
            self.model
                .set_notifications(bucket, "<EventBridgeConfiguration/>");
        }
        if let Act::Rotates(key) = &act {
            events.extend(rotation_events(key, now).map(|event| event.to_string()));
        }
        let keys = self.keys.borrow();
        if matches!(act, Act::Sweep) {
            // Two sweeps within a second are two events all the same.
            self.sweeps.set(self.sweeps.get() + 1);
            let event = scheduled_event(&self.model.account(), self.sweeps.get(), now);
            events.push(event.to_string());
        }
        events
            .into_iter()
            .map(|mut text| {
                for (shadow, real) in keys.iter() {
                    text = text
                        .replace(shadow.as_str(), real.as_str())
                        .replace(shadow.id(), real.id());
                }
                serde_json::from_str(&text).map_err(|error| StageError::new("read the shadow's event", error))
            })
            .collect()
    }
}
