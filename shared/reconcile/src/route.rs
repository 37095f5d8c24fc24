//! From the ingest queue to the work queue: what an event names becomes one message for each resource.

use std::collections::BTreeSet;

use guardian_core::cause::{Cause, LaterLook, Work};
use guardian_core::trigger;
use guardian_core::written::Written;
use serde_json::Value;
use tracing::{info, warn};

use crate::Message;
use crate::seam::Queues;

/// SQS takes at most ten messages in a batch (SQS API Reference, SendMessageBatch).
pub(crate) const SEND_BATCH: usize = 10;

/// Routes a batch of the ingest queue.
///
/// Every body is read for itself: one that is no event is logged and consumed, and fails nobody else.
/// Answers with the ids of the messages whose work could not all be queued, to be delivered again; what was
/// queued already is then dropped by its de-duplication id.
pub async fn route_batch<Q: Queues>(queues: &Q, messages: &[Message]) -> Vec<String> {
    let mut work: Vec<(&str, Work)> = Vec::new();
    for message in messages {
        work.extend(read(message).into_iter().map(|work| (message.id.as_str(), work)));
    }
    let mut failed = BTreeSet::new();
    for chunk in work.chunks(SEND_BATCH) {
        let batch: Vec<Work> = chunk.iter().map(|(_, work)| work.clone()).collect();
        match queues.send_work(&batch).await {
            Ok(refused) => {
                failed.extend(
                    refused
                        .iter()
                        .filter_map(|index| chunk.get(*index))
                        .map(|(id, _)| *id),
                );
            }
            Err(error) => {
                warn!(%error, "work was not queued");
                failed.extend(chunk.iter().map(|(id, _)| *id));
            }
        }
    }
    failed.into_iter().map(str::to_owned).collect()
}

/// What a message of the ingest queue asks to be looked at.
fn read(message: &Message) -> Vec<Work> {
    let event: Value = match serde_json::from_str(&message.body) {
        Ok(event) => event,
        Err(error) => {
            warn!(message = message.id, %error, "ignored: the message is not JSON");
            return Vec::new();
        }
    };
    if let Some(work) = LaterLook::read(&event) {
        return vec![work];
    }
    let trigger = trigger::read(&event);
    let resources = trigger.resources();
    info!(
        message = message.id,
        event = trigger.event,
        action = ?trigger.action,
        reason = trigger.reason,
        resources = resources.len(),
        "routed"
    );
    let written = Written {
        keys: trigger.objects,
        more: 0,
    };
    let cause = Cause {
        time: trigger.time,
        actor: trigger.actor,
        ..Cause::of_event(trigger.id.unwrap_or_else(|| message.id.clone()), trigger.event)
    };
    resources
        .into_iter()
        .map(|resource| Work {
            written: written.clone(),
            narrow: !written.is_empty(),
            ..Work::new(resource, cause.clone())
        })
        .collect()
}
