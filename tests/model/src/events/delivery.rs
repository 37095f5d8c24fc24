//! From EventBridge to the ingest queue: at least once, mostly at once, sometimes late or never.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::rules;
use crate::Model;
use crate::state::State;

/// What becomes of an event on its way (facts: CloudTrail duplicates share `eventID` while the envelope's id
/// differs; EventBridge delivers at least once; CloudTrail "best effort").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// It arrives at once.
    #[default]
    Normal,
    /// It arrives twice.
    Duplicated,
    /// It never arrives.
    Dropped,
    /// It arrives later.
    Delayed(Duration),
}

/// Carries events.
#[derive(Debug, Default)]
pub(crate) struct Courier {
    standing: Delivery,
    next: VecDeque<Delivery>,
    log: Vec<String>,
    pub(crate) sequence: u64,
}

impl State {
    /// Publishes an event, and delivers it if a rule of the stack matches it.
    pub(crate) fn emit(&mut self, mut envelope: Value) {
        let body = serde_json::to_string(&envelope).unwrap_or_default();
        self.courier.log.push(body.clone());
        if !rules::match_event(&envelope, &self.home, self.watches_objects)
            || self
                .eyes
                .as_ref()
                .is_some_and(|eyes| !rules::travels(&envelope, eyes))
        {
            return;
        }
        let delivery = self.courier.next.pop_front().unwrap_or(self.courier.standing);
        match delivery {
            Delivery::Dropped => {}
            Delivery::Normal => self.enqueue_event(body, Duration::ZERO),
            Delivery::Delayed(delay) => self.enqueue_event(body, delay),
            Delivery::Duplicated => {
                self.enqueue_event(body, Duration::ZERO);
                let through_cloudtrail = envelope.pointer("/detail/eventID").is_some();
                if let (true, Some(envelope)) = (through_cloudtrail, envelope.as_object_mut()) {
                    envelope.insert("id".to_owned(), self.random.uuid().into());
                }
                self.enqueue_event(envelope.to_string(), Duration::ZERO);
            }
        }
    }
}

impl Model {
    /// How events travel from now on.
    pub fn deliver(&self, delivery: Delivery) {
        self.change(|state| state.courier.standing = delivery);
    }

    /// How the next event that a rule matches travels; several orders are taken one after the other.
    pub fn deliver_next(&self, delivery: Delivery) {
        self.change(|state| state.courier.next.push_back(delivery));
    }

    /// Every event since the last [`take_events`](Self::take_events), whether a rule matched it or not.
    #[must_use]
    pub fn events(&self) -> Vec<String> {
        self.read(|state| state.courier.log.clone())
    }

    /// The same, and starts anew.
    pub fn take_events(&self) -> Vec<String> {
        self.change(|state| std::mem::take(&mut state.courier.log))
    }

    /// Whether refused requests of outsiders leave a record too (`errorCode`), as they do in reality.
    pub fn record_failures(&self, records: bool) {
        self.change(|state| state.records_failures = records);
    }

    /// Whether the stack watches new objects (`WatchObjects` in template.yaml).
    pub fn watch_objects(&self, watches: bool) {
        self.change(|state| state.watches_objects = watches);
    }

    /// Whether a trail records data events of objects from now on (CloudTrail User Guide, "Logging data events"): a
    /// trail has none until it is told to.
    pub fn record_data_events(&self, records: bool) {
        self.change(|state| state.records_data = records);
    }

    /// Puts a text into the ingest queue as it is: an event of your own, or rubbish.
    pub fn inject(&self, body: &str) {
        self.change(|state| state.enqueue_event(body.to_owned(), Duration::ZERO));
    }
}
