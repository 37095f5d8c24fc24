//! The stage on an emulator: the SDK against the endpoint of the environment.
//!
//! Emulators record no policy change for EventBridge, so the events come from a *shadow*: the model does what
//! the outsider does on the emulator, and its authentic events, with the emulator's key ARNs put in, are sent
//! to the real ingest queue.

mod clients;
mod endpoint;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use guardian_aws::{Aws, Connection};
use guardian_core::declaration::Declaration;
use guardian_core::finding::Code;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::ObjectEncryption;
use guardian_core::settings::{CENSUS_EVERY, CLOUDINARY_ACCOUNT, Ceilings, CensusLevel, Mode, Settings};
use guardian_model::{Model, Who};
use guardian_reconcile::operator::{Look, look_with_sample};
use guardian_reconcile::seam::{Buckets, Clock};
use guardian_reconcile::{Report, reconcile_batch, route_batch};
use serde_json::Value;

use super::census::{everything, take_census};
use super::model::perform;
use super::{Act, CallMade, Stage, StageError};
use clients::Clients;
pub use endpoint::{EndpointError, refuse_anything_but_loopback};

const ROUNDS: usize = 200;

/// An emulator with a stack's table, topic and queues on it.
#[derive(Debug)]
pub struct EmulatorStage {
    aws: Aws,
    settings: Settings,
    endpoint: String,
    clients: Clients,
    tag: String,
    denies_literally: bool,
    shows_event_bridge: bool,
    shadow: Model,
    /// The shadow's keys and what they are called on the emulator.
    keys: RefCell<BTreeMap<KeyArn, KeyArn>>,
    sweeps: Cell<usize>,
}

impl EmulatorStage {
    /// Sets a stack's table, topic and queues up on the emulator behind `connection`.
    ///
    /// # Errors
    ///
    /// What could not be set up. Whoever calls this has refused anything but a loopback endpoint before.
    pub async fn new(connection: Connection, endpoint: &str) -> Result<Self, StageError> {
        let caller = connection.caller().await.map_err(|error| {
            let advice = "start it, or unset AWS_ENDPOINT_URL to play on the model";
            StageError::new(
                format!("reach the emulator at {endpoint}"),
                format!("{error}; {advice}"),
            )
        })?;
        let cloudinary_account = CLOUDINARY_ACCOUNT
            .parse()
            .map_err(|error| StageError::new("name Cloudinary's account", error))?;
        let mut settings = Settings {
            account: caller.account.clone(),
            partition: caller.partition().to_owned(),
            region: connection.region().to_owned(),
            cloudinary_account,
            ceilings: Ceilings::open(Mode::Repair),
            digest: None,
            census: CensusLevel::Sample,
            watches_objects: true,
            census_every: CENSUS_EVERY,
            manages_notifications: true,
        };
        let mut clients = Clients::new(&connection);
        let stack_names = Aws::new(
            connection.clone(),
            caller.account.clone(),
            guardian_aws::Stack::default(),
        );
        // Every run has its own names, so that a second one on the same emulator starts from nothing.
        let tag = format!("-{:x}", stack_names.now().unix());
        let stack = clients.create_stack(&tag).await?;
        let denies_literally = clients.denies_literally(&settings, &tag).await?;
        let shows_event_bridge = clients.shows_event_bridge(&settings, &tag).await?;
        // What is never seen to be there would be written again and again.
        settings.manages_notifications = shows_event_bridge;
        let shadow = Model::at_home(1, &caller.account, &settings.region);
        shadow.watch_objects(true);
        shadow.record_data_events(true);
        let aws = Aws::new(connection, caller.account, stack);
        drop(aws.take_calls());
        Ok(Self {
            aws,
            settings,
            endpoint: endpoint.to_owned(),
            clients,
            tag,
            denies_literally,
            shows_event_bridge,
            shadow,
            keys: RefCell::default(),
            sweeps: Cell::default(),
        })
    }

    fn shadow_key(&self, key: &KeyArn) -> KeyArn {
        let keys = self.keys.borrow();
        keys.iter()
            .find(|(_, real)| *real == key)
            .map_or_else(|| key.clone(), |(shadow, _)| shadow.clone())
    }

    /// The same act in the shadow's words.
    fn for_shadow(&self, act: &Act) -> Act {
        match act {
            Act::DefaultKey(bucket, key) => Act::DefaultKey(bucket.clone(), self.shadow_key(key)),
            Act::PutObjectUnder(bucket, object, key) => {
                Act::PutObjectUnder(bucket.clone(), object.clone(), self.shadow_key(key))
            }
            Act::PointAlias(alias, key) => Act::PointAlias(alias.clone(), self.shadow_key(key)),
            Act::CopyObjectUnder(bucket, object, key) => {
                Act::CopyObjectUnder(bucket.clone(), object.clone(), self.shadow_key(key))
            }
            Act::ReencryptObject(bucket, object, key) => {
                Act::ReencryptObject(bucket.clone(), object.clone(), self.shadow_key(key))
            }
            Act::DefaultDualLayer(bucket, key) => Act::DefaultDualLayer(bucket.clone(), self.shadow_key(key)),
            Act::ScheduleKeyDeletion(key) => Act::ScheduleKeyDeletion(self.shadow_key(key)),
            Act::CancelKeyDeletion(key) => Act::CancelKeyDeletion(self.shadow_key(key)),
            Act::RotateKey(key) => Act::RotateKey(self.shadow_key(key)),
            Act::Rotates(key) => Act::Rotates(self.shadow_key(key)),
            Act::PutKeyPolicy(key, policy) => Act::PutKeyPolicy(self.shadow_key(key), policy.clone()),
            Act::DisableKey(key) => Act::DisableKey(self.shadow_key(key)),
            Act::EnableKey(key) => Act::EnableKey(self.shadow_key(key)),
            other => other.clone(),
        }
    }

    /// The events the act would have sent.
    fn events_of(&self, who: Who, act: &Act) -> Result<Vec<Value>, StageError> {
        let act = self.for_shadow(act);
        if let Act::DeleteObject(bucket, key) = &act {
            // The guardian's own markers never reached the shadow.
            self.shadow.add_object(bucket, key, ObjectEncryption::SseS3);
        }
        self.shadow.set_now(self.aws.now());
        self.shadow.take_events();
        perform(&self.shadow, who, &act)?;
        let mut events = self.shadow.take_events();
        if let Act::NotifyOnly(bucket, _) = &act {
            // Neither did the guardian's own write of the notifications.
            self.shadow
                .set_notifications(bucket, "<EventBridgeConfiguration/>");
        }
        if let Act::Rotates(key) = &act {
            events.extend(super::model::rotation_events(key, self.aws.now()).map(|event| event.to_string()));
        }
        let keys = self.keys.borrow();
        if matches!(act, Act::Sweep) {
            // Two sweeps within a second are two events all the same.
            self.sweeps.set(self.sweeps.get() + 1);
            events.push(super::model::scheduled_event(self.sweeps.get(), self.aws.now()).to_string());
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

    /// The report without what this emulator alone makes of it: one that does not say where notifications go has them
    /// found off for ever.
    fn as_shown(&self, mut report: Report) -> Report {
        if !self.shows_event_bridge {
            let code = Code::NotificationsOff;
            report.findings.retain(|finding| finding.code != code);
            let of_it = format!("{code}/");
            report.said.retain(|said| !said.id.starts_with(&of_it));
        }
        report
    }

    async fn run_once(&self, reports: &mut Vec<Report>) -> Result<bool, StageError> {
        let events = self.clients.receive(&self.clients.ingest).await?;
        let failed = route_batch(&self.aws, &events.messages).await;
        self.clients
            .settle(&self.clients.ingest, &events, &failed)
            .await?;
        let work = self.clients.receive(&self.clients.work).await?;
        let (done, failed) = reconcile_batch(&self.aws, &self.settings, &work.messages).await;
        reports.extend(done.into_iter().map(|report| self.as_shown(report)));
        self.clients.settle(&self.clients.work, &work, &failed).await?;
        Ok(!(events.messages.is_empty() && work.messages.is_empty()))
    }
}

impl Stage for EmulatorStage {
    fn describe(&self) -> String {
        let note = if self.denies_literally {
            " (which takes every Deny literally, whatever its condition)"
        } else {
            ""
        };
        format!("the emulator at {}{note}", self.endpoint)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn tag(&self) -> String {
        self.tag.clone()
    }

    fn denies_literally(&self) -> bool {
        self.denies_literally
    }

    fn shows_event_bridge(&self) -> bool {
        self.shows_event_bridge
    }

    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), StageError> {
        self.shadow.add_bucket(bucket);
        self.clients.create_bucket(&self.settings, bucket).await?;
        self.clients.notify(bucket, None, true).await
    }

    async fn create_key(&self) -> Result<KeyArn, StageError> {
        let real = self.clients.create_key().await?;
        self.keys.borrow_mut().insert(self.shadow.add_key(), real.clone());
        Ok(real)
    }

    async fn create_external_key(&self) -> Result<Option<KeyArn>, StageError> {
        // The emulators import no material, and forget none.
        Ok(None)
    }

    async fn create_role(&self, arn: &str) -> Result<(), StageError> {
        // The emulators ask no principal for its existence; the shadow does.
        self.shadow.create_principal(arn);
        Ok(())
    }

    async fn act(&self, who: Who, act: &Act) -> Result<Vec<Value>, StageError> {
        match act {
            Act::Census(bucket) => {
                // Moments are whole seconds, and this clock is the real one: a census proves nothing of the second it
                // begins in.
                tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
                take_census(&self.aws, bucket).await?;
                return Ok(Vec::new());
            }
            Act::Unheard(act) => {
                self.clients.perform(act).await?;
                self.events_of(who, act)?;
                return Ok(Vec::new());
            }
            act => self.clients.perform(act).await?,
        }
        let events = self.events_of(who, act)?;
        for event in &events {
            self.clients
                .send(&self.clients.ingest, &event.to_string())
                .await?;
        }
        Ok(events)
    }

    async fn pump(&self) -> Result<Vec<Report>, StageError> {
        let mut reports = Vec::new();
        for _ in 0..ROUNDS {
            if !self.run_once(&mut reports).await? {
                return Ok(reports);
            }
        }
        Err(StageError::new(
            "come to rest",
            format!("there is still work after {ROUNDS} rounds"),
        ))
    }

    async fn let_time_pass(&self) -> Result<Vec<Report>, StageError> {
        // An emulator's clock is the real one; the later looks stay in its queue.
        Ok(Vec::new())
    }

    async fn look(&self, declaration: &Declaration) -> Result<Look, StageError> {
        let seen = look_with_sample(&self.aws, &self.settings, declaration, everything(&self.aws)).await;
        drop(self.aws.take_calls());
        seen.map(|(look, _)| look)
            .map_err(|error| StageError::new("look at the bucket", error))
    }

    async fn bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, StageError> {
        self.clients.bucket_policy(bucket).await
    }

    async fn notified(&self, bucket: &BucketName) -> Result<Vec<String>, StageError> {
        let found = self.aws.get_bucket_notifications(bucket).await;
        drop(self.aws.take_calls());
        found
            .map(|found| found.others())
            .map_err(|error| StageError::new("read the notifications", error))
    }

    async fn key_policy(&self, key: &KeyArn) -> Result<Option<String>, StageError> {
        self.clients.key_policy(key).await
    }

    fn take_calls(&self) -> Vec<CallMade> {
        self.aws
            .take_calls()
            .iter()
            .map(|call| CallMade {
                operation: call.to_string(),
                repairs: call.is_repair(),
            })
            .collect()
    }
}
