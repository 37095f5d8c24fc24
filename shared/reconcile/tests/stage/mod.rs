//! The model of AWS with the event source mappings that Lambda would run.

use std::cell::Cell;
use std::time::Duration;

use futures_util::FutureExt;
use guardian_core::name::AccountId;
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};
use guardian_model::Model;
use guardian_reconcile::seam::Clock;
use guardian_reconcile::{Message, Report, reconcile_batch, route_batch};
use serde_json::json;

/// What Lambda takes from a queue at a time (`BatchSize` in template.yaml).
const BATCH: usize = 10;

/// The visibility timeout of the work queue (template.yaml): a message that failed shows again after it.
const VISIBILITY: Duration = Duration::from_secs(360);

/// More rounds than anything needs: what never comes to rest is a failure, not an endless loop.
const ROUNDS: usize = 400;

pub(crate) struct Stage {
    pub(crate) model: Model,
    pub(crate) settings: Settings,
    sweeps: Cell<u32>,
}

impl Stage {
    /// An AWS with nothing in it, whose stack may repair.
    pub(crate) fn new(seed: u64) -> Self {
        Self::in_region(seed, "us-east-1")
    }

    pub(crate) fn in_region(seed: u64, region: &str) -> Self {
        let account: AccountId = "111122223333".parse().unwrap();
        let model = Model::at_home(seed, &account, region);
        model.set_retry_delay(VISIBILITY);
        let settings = Settings::new(
            account,
            region,
            CLOUDINARY_ACCOUNT.parse().unwrap(),
            Ceilings::open(Mode::Repair),
        );
        Self {
            model,
            settings,
            sweeps: Cell::new(0),
        }
    }

    /// One invocation of the router and one of the reconciler, with what lies in their queues.
    pub(crate) fn round(&self) -> Vec<Report> {
        let events = self.model.receive_ingest(BATCH);
        if !events.is_empty() {
            let failed = done(route_batch(&self.model, &messages(&events)));
            self.model.settle_ingest(&events, &failed);
        }
        let work = self.model.receive_work(BATCH);
        if work.is_empty() {
            return Vec::new();
        }
        let (reports, failed) = done(reconcile_batch(&self.model, &self.settings, &messages(&work)));
        self.model.settle_work(&work, &failed);
        reports
    }

    /// Lets time pass until nothing is left in the queues.
    pub(crate) fn rest(&self) -> Vec<Report> {
        let mut reports = Vec::new();
        for _ in 0..ROUNDS {
            let before = self.model.journal().len();
            reports.extend(self.round());
            if self.model.journal().len() > before {
                continue;
            }
            match self.model.next_due() {
                Some(due) => self.model.advance(due),
                None => return reports,
            }
        }
        panic!("there is still work after {ROUNDS} rounds");
    }

    /// The schedule fires (EventBridge User Guide, "Scheduled events").
    pub(crate) fn sweep(&self) {
        self.sweeps.set(self.sweeps.get() + 1);
        let event = json!({
            "version": "0",
            "id": format!("5f3c1d7e-9a52-4b1e-8c0d-{:012x}", self.sweeps.get()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "111122223333",
            "time": self.model.now(),
            "region": "us-east-1",
            "resources": ["arn:aws:events:us-east-1:111122223333:rule/cloudinary-guardian-Sweep"],
            "detail": {}
        });
        self.model.inject(&event.to_string());
    }
}

/// Runs something that waits for nothing to its end.
pub(crate) fn done<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().expect("the model never makes anybody wait")
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
