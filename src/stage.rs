//! Where the incident list is played: an AWS with outsiders who act in it, and the pipeline of queues and
//! functions between their events and the guardian.

mod emulator;
mod model;
mod outsider;

pub use emulator::EmulatorStage;
pub use model::ModelStage;
pub use outsider::{Act, Who};

use guardian_core::name::{BucketName, KeyArn};
use guardian_core::settings::Settings;
use guardian_reconcile::Report;
use serde_json::Value;

/// Something the stage could not do: what, and why.
#[derive(Debug, thiserror::Error)]
#[error("the stage could not {what}: {why}")]
pub struct StageError {
    /// What was to be done.
    pub what: String,
    /// Why it was not.
    pub why: String,
}

impl StageError {
    /// An error with its reason put into words.
    pub fn new(what: impl Into<String>, why: impl ToString) -> Self {
        Self { what: what.into(), why: why.to_string() }
    }
}

/// The event of an act, as AWS would send it, and where it went on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Emitted {
    /// The EventBridge envelope.
    pub envelope: Value,
}

/// An AWS to play in.
#[expect(async_fn_in_trait, reason = "played on one thread; nothing is spawned")]
pub trait Stage {
    /// A line on what this stage is.
    fn describe(&self) -> String;

    /// What the guardian on this stage is set to.
    fn settings(&self) -> &Settings;

    /// Creates an empty bucket, with its notifications to EventBridge on.
    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), StageError>;

    /// Creates an enabled customer managed key with this policy.
    async fn create_key(&self, policy: &Value) -> Result<KeyArn, StageError>;

    /// Lets an outsider do something and has its events delivered to the ingest queue.
    async fn act(&self, who: Who, act: Act) -> Result<Vec<Emitted>, StageError>;

    /// Runs the router and the reconciler on what lies in the queues, until nothing is due.
    async fn pump(&self) -> Result<Vec<Report>, StageError>;

    /// The bucket policy as stored.
    async fn bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, StageError>;

    /// The key policy as stored.
    async fn key_policy(&self, key: &KeyArn) -> Result<String, StageError>;

    /// The AWS calls of the guardian since this was last asked, by operation.
    fn take_calls(&self) -> Vec<CallMade>;
}

/// One AWS call of the guardian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallMade {
    /// The operation.
    pub operation: String,
    /// Whether it changes something in a bucket or a key.
    pub write: bool,
}
