//! The stage on an emulator: the SDK against the endpoint of the environment.
//!
//! Emulators record no policy change for EventBridge, so the events come from a *shadow* (`shadow.rs`) and are sent to the
//! real ingest queue; where a stack is deployed whose functions run, to its rules (`deployed.rs`).

mod acts;
mod clients;
mod deployed;
mod endpoint;
mod queues;
mod shadow;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use guardian_aws::{Aws, Connection, Stack};
use guardian_core::declaration::Declaration;
use guardian_core::finding::Code;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::parts::Parts;
use guardian_core::right::Role;
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, CensusLevel, Mode, Settings};
use guardian_model::Who;
use guardian_reconcile::operator::{Look, look_with_sample};
use guardian_reconcile::seam::{Buckets, Clock};
use guardian_reconcile::{Report, reconcile_batch, route_batch};
use serde_json::Value;

use super::census::{everything, take_census};
use super::{Act, CallMade, Caller, Stage, StageError};
use clients::Clients;
pub use deployed::Deployed;
use deployed::Functions;
pub use endpoint::{EndpointError, refuse_anything_but_loopback};
use shadow::Shadow;

const ROUNDS: usize = 200;

/// An emulator with a stack's table, topic and queues on it; what the functions do is done here, unless a stack whose
/// functions run is deployed there.
#[derive(Debug)]
pub struct EmulatorStage {
    aws: Aws,
    settings: Settings,
    endpoint: String,
    clients: Clients,
    tag: String,
    denies_literally: bool,
    shows_event_bridge: bool,
    shadow: Shadow,
    functions: Option<Functions>,
    /// Events that the running functions are yet to get: all that is done in a step is done before they hear of it.
    waiting: RefCell<Vec<Value>>,
    healed_after: Cell<Option<Duration>>,
    stack: Stack,
    /// The calls that were made, in order.
    calls: RefCell<Vec<CallMade>>,
}

impl EmulatorStage {
    /// Plays on the stack that is deployed in the emulator behind `connection`, or sets a stack's table, topic and queues
    /// up there.
    ///
    /// # Errors
    ///
    /// What could not be set up. Whoever calls this has refused anything but a loopback endpoint before.
    pub async fn new(
        connection: Connection,
        endpoint: &str,
        deployed: Option<Deployed>,
    ) -> Result<Self, StageError> {
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
            partition: caller.partition().to_owned(),
            census: CensusLevel::Sample,
            watches_objects: true,
            manages_notifications: true,
            ..Settings::new(
                caller.account.clone(),
                connection.region(),
                cloudinary_account,
                Ceilings::open(Mode::Repair),
            )
        };
        let mut clients = Clients::new(&connection);
        let stack_names = Aws::new(connection.clone(), caller.account.clone(), Stack::default());
        // Every run has its own names, so that a second one on the same emulator starts from nothing.
        let tag = format!("-{:x}", stack_names.now().unix());
        let (stack, functions) = match deployed {
            Some(deployed) => (deployed.stack, deployed.functions),
            None => (clients.create_stack(&tag).await?, None),
        };
        clients.ingest = stack.ingest_queue_url.clone().unwrap_or_default();
        clients.work = stack.work_queue_url.clone().unwrap_or_default();
        let denies_literally = clients.denies_literally(&settings, &tag).await?;
        let shows_event_bridge = clients.shows_event_bridge(&settings, &tag).await?;
        // What is never seen to be there would be written again and again.
        settings.manages_notifications = shows_event_bridge;
        let shadow = Shadow::new(&caller.account, &settings.region);
        let aws = Aws::new(connection, caller.account, stack.clone());
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
            functions,
            waiting: RefCell::default(),
            healed_after: Cell::default(),
            stack,
            calls: RefCell::default(),
        })
    }

    /// The same for a stack with walks over every object, and this state machine to take them.
    #[must_use]
    pub fn with_walks(mut self, state_machine: &str) -> Self {
        self.settings.census = CensusLevel::Full;
        self.stack.census_state_machine = Some(state_machine.to_owned());
        let connection = self.aws.connection().clone();
        self.aws = Aws::new(connection, self.settings.account.clone(), self.stack.clone());
        self
    }

    /// The same for a stack that looks after these parts of its own.
    #[must_use]
    pub fn with_parts(mut self, parts: Parts) -> Self {
        self.settings.parts = Some(parts);
        self
    }

    /// The table, topic, queues and state machine that it works with.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Whoever made the calls since the last time.
    fn note(&self, by: Caller) {
        let made = self.aws.take_calls();
        self.calls.borrow_mut().extend(made.iter().map(|call| CallMade {
            operation: call.to_string(),
            repairs: call.is_repair(),
            by,
            about: call.about().cloned(),
        }));
    }

    /// The report without what this emulator alone makes of it: one that does not say where notifications go has them
    /// found off for ever.
    fn as_shown(&self, mut report: Report) -> Report {
        if !self.shows_event_bridge {
            let code = Code::NotificationsOff;
            report.findings.retain(|finding| finding.code != code);
            report.said.retain(|said| said.code != code);
        }
        report
    }

    async fn run_once(&self, reports: &mut Vec<Report>) -> Result<bool, StageError> {
        let events = self.clients.receive(&self.clients.ingest).await?;
        let failed = route_batch(&self.aws, &events.messages).await;
        self.note(Caller::Function(Role::Router));
        self.clients
            .settle(&self.clients.ingest, &events, &failed)
            .await?;
        let work = self.clients.receive(&self.clients.work).await?;
        let (done, failed) = reconcile_batch(&self.aws, &self.settings, &work.messages).await;
        self.note(Caller::Function(Role::Reconciler));
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
        let who = if self.functions.is_some() {
            "the stack deployed in "
        } else {
            ""
        };
        format!("{who}the emulator at {}{note}", self.endpoint)
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
        self.shadow.add_key(&real);
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
                tokio::time::sleep(Duration::from_millis(1_100)).await;
                take_census(&self.aws, bucket).await?;
                self.note(Caller::Operator);
                return Ok(Vec::new());
            }
            Act::Unheard(act) => {
                self.clients.perform(act).await?;
                self.shadow.events_of(who, act, self.aws.now())?;
                return Ok(Vec::new());
            }
            act => self.clients.perform(act).await?,
        }
        let events = self.shadow.events_of(who, act, self.aws.now())?;
        if self.functions.is_some() {
            self.waiting.borrow_mut().extend(events.iter().cloned());
            return Ok(events);
        }
        for event in &events {
            self.clients
                .send(&self.clients.ingest, &event.to_string())
                .await?;
        }
        Ok(events)
    }

    async fn pump(&self) -> Result<Vec<Report>, StageError> {
        if let Some(functions) = &self.functions {
            let events = self.waiting.take();
            let (reports, took) = functions.pump(&self.clients, &events).await?;
            self.healed_after.set(took);
            return Ok(reports);
        }
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

    fn healed_after(&self) -> Option<Duration> {
        self.healed_after.get()
    }

    fn take_calls(&self) -> Option<Vec<CallMade>> {
        self.note(Caller::Operator);
        let calls = self.calls.take();
        // What the functions of a deployed stack call is not seen from here.
        self.functions.is_none().then_some(calls)
    }
}
