//! What the functions do before they hand on: read the environment, set up the log, translate batches.

mod environment;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use guardian_reconcile::Message;
use tracing_subscriber::EnvFilter;

pub use environment::{Environment, EnvironmentError};

/// Logs as one JSON object a line, from the level that `GUARDIAN_LOG` names (`info` if none does).
pub fn log() {
    let filter = EnvFilter::try_from_env("GUARDIAN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // CloudWatch stamps the time by itself.
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .without_time()
        .with_env_filter(filter)
        .init();
}

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
