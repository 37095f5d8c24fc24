//! The queues, on SQS.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use guardian_core::call::CallError;
use guardian_core::cause::{LaterLook, Work};
use guardian_reconcile::seam::Queues;
use serde::Serialize;

use crate::aws::Aws;
use crate::error::{call_error, incomplete, unusable};

const OPERATION: &str = "sqs:SendMessage";

/// The longest delay of a message (SQS API Reference, SendMessage).
const LONGEST_DELAY: u64 = 900;

impl Queues for Aws {
    async fn send_work(&self, batch: &[Work]) -> Result<Vec<usize>, CallError> {
        let queue = self.work_queue_url(OPERATION)?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let entries = batch.iter().enumerate().map(|(index, work)| entry(index, work));
        let answer = self
            .clients()
            .sqs()
            .send_message_batch()
            .queue_url(queue)
            .set_entries(Some(entries.collect::<Result<_, _>>()?))
            .send()
            .await
            .map_err(|error| call_error(OPERATION, error))?;
        for entry in &answer.failed {
            tracing::warn!(
                code = entry.code(),
                reason = entry.message(),
                ours = entry.sender_fault(),
                "the work queue refused a message"
            );
        }
        // Whatever is not said to have arrived has not: a message reported nowhere must not be lost.
        let arrived = |index: &usize| {
            let id = index.to_string();
            answer.successful.iter().any(|entry| entry.id() == id)
        };
        Ok((0..batch.len()).filter(|index| !arrived(index)).collect())
    }

    async fn send_later(&self, look: &LaterLook, delay: Duration) -> Result<(), CallError> {
        let queue = self.ingest_queue_url(OPERATION)?;
        let seconds = i32::try_from(delay.as_secs().min(LONGEST_DELAY)).unwrap_or_default();
        let answer = self
            .clients()
            .sqs()
            .send_message()
            .queue_url(queue)
            .delay_seconds(seconds)
            .message_body(text(look)?)
            .send()
            .await
            .map_err(|error| call_error(OPERATION, error))?;
        answer.message_id.map(drop).ok_or_else(|| incomplete(OPERATION))
    }
}

/// One message of a batch, named by its index.
fn entry(index: usize, work: &Work) -> Result<SendMessageBatchRequestEntry, CallError> {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(text(work)?)
        .message_group_id(work.group())
        .message_deduplication_id(work.deduplication_id())
        .build()
        .map_err(|error| unusable(OPERATION, error.to_string()))
}

fn text(message: &impl Serialize) -> Result<String, CallError> {
    serde_json::to_string(message).map_err(|error| unusable(OPERATION, error.to_string()))
}
