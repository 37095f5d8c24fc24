//! What goes into the emulator's queues and comes out of them.

use std::time::{Duration, SystemTime};

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use guardian_reconcile::Message;

use super::super::StageError;
use super::clients::{Clients, failed};

/// What Lambda takes from a queue at a time.
const BATCH: i32 = 10;

/// A batch as it was received.
pub(super) struct Received {
    pub(super) messages: Vec<Message>,
    receipts: Vec<String>,
}

/// A message that came from the stack's topic.
pub(super) struct Told {
    /// When it was sent.
    pub(super) at: SystemTime,
    /// SNS's envelope.
    pub(super) body: String,
}

impl Clients {
    pub(super) async fn send(&self, queue: &str, body: &str) -> Result<(), StageError> {
        let sent = self
            .sqs
            .send_message()
            .queue_url(queue)
            .message_body(body)
            .send()
            .await;
        sent.map(drop).map_err(failed("deliver an event"))
    }

    pub(super) async fn receive(&self, queue: &str) -> Result<Received, StageError> {
        let request = self
            .sqs
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(BATCH);
        let answer = request.send().await.map_err(failed("receive messages"))?;
        let (mut messages, mut receipts) = (Vec::new(), Vec::new());
        for message in answer.messages.unwrap_or_default() {
            messages.push(Message {
                id: message.message_id.unwrap_or_default(),
                body: message.body.unwrap_or_default(),
            });
            receipts.push(message.receipt_handle.unwrap_or_default());
        }
        Ok(Received { messages, receipts })
    }

    /// How many messages wait in a queue or are being worked on; those delayed for a later look are not counted.
    pub(super) async fn waiting(&self, queue: &str) -> Result<u64, StageError> {
        const COUNTS: [QueueAttributeName; 2] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let request = self.sqs.get_queue_attributes().queue_url(queue);
        let answer = request.set_attribute_names(Some(COUNTS.into())).send().await;
        let counts = answer
            .map_err(failed("count messages"))?
            .attributes
            .unwrap_or_default();
        // A count that is not given is no empty queue.
        let count = |name| counts.get(name).and_then(|text| text.parse().ok()).unwrap_or(1);
        Ok(COUNTS.iter().map(count).sum())
    }

    /// Takes every message out of the queue that is subscribed to the topic.
    pub(super) async fn told(&self, queue: &str) -> Result<Vec<Told>, StageError> {
        let mut told = Vec::new();
        loop {
            let request = self.sqs.receive_message().queue_url(queue);
            let request = request.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
            let answer = request.max_number_of_messages(BATCH).send().await;
            let messages = answer.map_err(failed("receive what was told"))?.messages;
            let messages = messages.unwrap_or_default();
            if messages.is_empty() {
                return Ok(told);
            }
            for message in messages {
                let sent = message
                    .attributes
                    .and_then(|mut of| of.remove(&MessageSystemAttributeName::SentTimestamp))
                    .and_then(|milliseconds| milliseconds.parse().ok())
                    .unwrap_or_default();
                told.push(Told {
                    at: SystemTime::UNIX_EPOCH + Duration::from_millis(sent),
                    body: message.body.unwrap_or_default(),
                });
                let receipt = message.receipt_handle.unwrap_or_default();
                let done = self.sqs.delete_message().queue_url(queue).receipt_handle(receipt);
                done.send().await.map_err(failed("delete a message"))?;
            }
        }
    }

    /// Deletes what was handled; what failed comes back after its visibility timeout.
    pub(super) async fn settle(
        &self,
        queue: &str,
        received: &Received,
        failed_ids: &[String],
    ) -> Result<(), StageError> {
        for (message, receipt) in received.messages.iter().zip(&received.receipts) {
            if !failed_ids.contains(&message.id) {
                let done = self
                    .sqs
                    .delete_message()
                    .queue_url(queue)
                    .receipt_handle(receipt)
                    .send()
                    .await;
                done.map_err(failed("delete a message"))?;
            }
        }
        Ok(())
    }
}
