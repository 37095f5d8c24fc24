//! CloudTrail's event history.

use guardian_core::call::CallError;
use guardian_reconcile::seam::Trail;
use serde_json::Value;

use crate::Model;
use crate::operation::Operation;
use crate::state::State;

/// "The maximum number of results returned. Default is 50" (CloudTrail API Reference, LookupEvents).
const PAGE: usize = 50;

/// CloudTrail keeps ninety days; a simulation that runs for millions of steps cannot.
const KEPT: usize = 2_000;

impl Trail for Model {
    async fn lookup_events(&self, event: &str) -> Result<Vec<String>, CallError> {
        self.call(Operation::LookupEvents, event, |state| {
            let is_asked_for = |record: &&String| {
                let record: Option<Value> = serde_json::from_str(record).ok();
                record.is_some_and(|record| record.get("eventName").and_then(Value::as_str) == Some(event))
            };
            // "The list is sorted by time, the latest first."
            Ok(state
                .history
                .iter()
                .rev()
                .filter(is_asked_for)
                .take(PAGE)
                .cloned()
                .collect())
        })
        .await
    }
}

impl State {
    /// Keeps a record, if it is one of a management call: "data events aren't recorded in the event history"
    /// (CloudTrail User Guide, "Working with CloudTrail event history").
    pub(crate) fn remember(&mut self, envelope: &Value) {
        let record = envelope.get("detail");
        if let Some(record) =
            record.filter(|record| record.get("managementEvent").and_then(Value::as_bool) == Some(true))
        {
            self.history.push_back(record.to_string());
            if self.history.len() > KEPT {
                self.history.pop_front();
            }
        }
    }
}
