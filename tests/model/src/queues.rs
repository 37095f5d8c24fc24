//! The queues (SQS): the standard ingest queue, the FIFO work queue, and what nobody could digest.

mod line;
mod pump;

use std::time::Duration;

use guardian_core::call::CallError;
use guardian_core::cause::{LaterLook, Work};
use guardian_reconcile::seam::Queues as Seam;

use crate::Model;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::state::State;
use line::{Deduplication, Line, Settings};

/// A message as a function receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message id.
    pub id: String,
    /// The FIFO group; none in the ingest queue.
    pub group: Option<String>,
    /// The body.
    pub body: String,
    /// How often it has been received, this time included (`ApproximateReceiveCount`).
    pub receive_count: u32,
}

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Queue {
    /// Events and later looks, for the router.
    Ingest,
    /// Resources to look at, for the reconciler.
    Work,
}

/// A message that was received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it came from.
    pub queue: Queue,
    /// The message, with the count it died of.
    pub message: Message,
}

/// Both queues and their dead letters.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    ingest: Line,
    work: Line,
    accepted: Deduplication,
    settings: Settings,
    dead: Vec<DeadLetter>,
    /// Entries of the next batch that will not be accepted.
    rejected: Vec<usize>,
    shuffles: bool,
}

/// "Maximum of 10 messages per batch" (SQS API Reference, SendMessageBatch).
const BATCH: usize = 10;

/// "The maximum DelaySeconds is 900 (15 minutes)" (SQS API Reference, SendMessage).
const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// "The length of MessageGroupId is 128 characters" (SQS API Reference, SendMessage).
const LONGEST_GROUP: usize = 128;

impl Queues {
    pub(crate) fn count_dead(&self, queue: Queue) -> u64 {
        self.dead.iter().filter(|dead| dead.queue == queue).count() as u64
    }
}

impl State {
    pub(crate) fn enqueue_event(&mut self, body: String, delay: Duration) {
        let id = self.random.uuid();
        self.queues
            .ingest
            .push(id, None, body, line::after(self.now, delay));
    }
}

impl Seam for Model {
    async fn send_work(&self, batch: &[Work]) -> Result<Vec<usize>, CallError> {
        let groups: Vec<String> = batch.iter().map(Work::group).collect();
        self.call(Operation::SendMessageBatch, groups.join(", "), |state| {
            if batch.is_empty() {
                let words = "There should be at least one SendMessageBatchRequestEntry in the request.";
                return Err(Refusal::other("EmptyBatchRequest", words));
            }
            if batch.len() > BATCH {
                let words = "Maximum number of entries per request are 10.";
                return Err(Refusal::other("TooManyEntriesInBatchRequest", words));
            }
            let mut refused = std::mem::take(&mut state.queues.rejected);
            for (index, (work, group)) in batch.iter().zip(groups).enumerate() {
                let printable = group.bytes().all(|byte| byte.is_ascii_graphic());
                let body = serde_json::to_string(work).unwrap_or_default();
                if group.len() > LONGEST_GROUP || !printable || body.is_empty() {
                    refused.push(index);
                }
                if refused.contains(&index) {
                    continue;
                }
                if state.queues.accepted.is_new(work.deduplication_id(), state.now) {
                    let id = state.random.uuid();
                    state.queues.work.push(id, Some(group), body, state.now);
                }
            }
            refused.retain(|index| *index < batch.len());
            refused.sort_unstable();
            refused.dedup();
            Ok(refused)
        })
        .await
    }

    async fn send_later(&self, look: &LaterLook, delay: Duration) -> Result<(), CallError> {
        let message = serde_json::to_value(look).unwrap_or_default();
        let group = LaterLook::read(&message)
            .map(|work| work.group())
            .unwrap_or_default();
        let body = message.to_string();
        let about = format!("{group} in {} s", delay.as_secs());
        self.call(Operation::SendMessage, about, |state| {
            if delay > LONGEST_DELAY {
                let words = "Value for parameter DelaySeconds is invalid. Reason: must be between 0 and 900.";
                return Err(Refusal::other("InvalidParameterValue", words));
            }
            state.enqueue_event(body, delay);
            Ok(())
        })
        .await
    }
}

#[cfg(test)]
mod tests;
