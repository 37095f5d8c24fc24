//! What the functions do around the cycles: read the environment, log and count, translate batches.

mod environment;
mod log;
pub mod metrics;
mod telemetry;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use guardian_reconcile::Message;

pub use environment::{Environment, EnvironmentError};
pub use telemetry::{Telemetry, TelemetryError};

/// The messages of a batch.
#[must_use]
pub fn messages(event: SqsEvent) -> Vec<Message> {
    event
        .records
        .into_iter()
        .map(|record| Message {
            id: record.message_id.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
        })
        .collect()
}

/// The partial batch response that has these messages delivered again. An empty list is full success (Lambda
/// Developer Guide, services-sqs-errorhandling).
#[must_use]
pub fn response(failed: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.set_failures(failed);
    response
}
