//! Where the incident list is played: an AWS with outsiders who act in it, and the pipeline of queues and
//! functions between their events and the guardian.

mod census;
mod emulator;
mod model;
mod outsider;

pub use emulator::{Deployed, EmulatorStage, EndpointError, refuse_anything_but_loopback};
pub use model::ModelStage;
pub use outsider::{Act, OwnAct};

use std::time::Duration;

use guardian_core::declaration::Declaration;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::right::Role;
use guardian_core::settings::Settings;
use guardian_model::Who;
use guardian_reconcile::Report;
use guardian_reconcile::operator::Look;
use serde_json::Value;

/// Something the stage could not do: what, and why.
#[derive(Debug, thiserror::Error)]
#[error("could not {what}: {why}")]
pub struct StageError {
    /// What was to be done.
    pub what: String,
    /// Why it was not.
    pub why: String,
}

impl StageError {
    /// An error with its reason put into words.
    pub fn new(what: impl Into<String>, why: impl ToString) -> Self {
        Self {
            what: what.into(),
            why: why.to_string(),
        }
    }
}

/// One AWS call of the guardian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallMade {
    /// Service and operation.
    pub operation: String,
    /// Whether it changes a bucket or a key.
    pub repairs: bool,
    /// Whose call it was.
    pub by: Caller,
    /// What it was about as it went over the wire, where the connection was asked to note it
    /// ([`guardian_aws::CallLog::note_what_about`]).
    pub about: Option<guardian_aws::About>,
}

/// Who of the guardian makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A function of the stack, by its role.
    Function(Role),
    /// The operator, with rights of their own.
    Operator,
}

/// An AWS to play in.
#[expect(async_fn_in_trait, reason = "played on one thread; nothing is spawned")]
pub trait Stage {
    /// A line on what this stage is.
    fn describe(&self) -> String;

    /// What the guardian on this stage is set to.
    fn settings(&self) -> &Settings;

    /// What this run adds to the names it gives, so that it meets nothing of an earlier one.
    fn tag(&self) -> String {
        String::new()
    }

    /// Whether this AWS takes a Deny for met whatever its condition says; the owner's policies are then
    /// written so that the guardian's own calls are not caught in it.
    fn denies_literally(&self) -> bool {
        false
    }

    /// Whether this AWS says that a bucket's notifications go to EventBridge, where they do.
    fn shows_event_bridge(&self) -> bool {
        true
    }

    /// Creates an empty bucket, whose notifications go to EventBridge.
    async fn create_bucket(&self, bucket: &BucketName) -> Result<(), StageError>;

    /// Creates an enabled customer managed key with the policy KMS gives a new key.
    async fn create_key(&self) -> Result<KeyArn, StageError>;

    /// Creates a key without material, which is imported later; `None` where this AWS knows no such keys.
    async fn create_external_key(&self) -> Result<Option<KeyArn>, StageError>;

    /// Creates a role, so that policies can name it.
    async fn create_role(&self, arn: &str) -> Result<(), StageError>;

    /// Lets an outsider do something, and has its events delivered to the ingest queue. Answers with the
    /// events as AWS would send them.
    async fn act(&self, who: Who, act: &Act) -> Result<Vec<Value>, StageError>;

    /// Runs the router and the reconciler on what lies in the queues, until nothing is due.
    async fn pump(&self) -> Result<Vec<Report>, StageError>;

    /// Lets the later looks come due and runs them, where time can be made to pass.
    async fn let_time_pass(&self) -> Result<Vec<Report>, StageError>;

    /// A look by hand, as the operator tool takes it.
    async fn look(&self, declaration: &Declaration) -> Result<Look, StageError>;

    /// The bucket policy as stored.
    async fn bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, StageError>;

    /// Whom S3 tells of the bucket's objects besides EventBridge, each in a line.
    async fn notified(&self, bucket: &BucketName) -> Result<Vec<String>, StageError>;

    /// The key policy as stored.
    async fn key_policy(&self, key: &KeyArn) -> Result<Option<String>, StageError>;

    /// How long after the first event of the last `pump` its last repair was done and told, where time is the real one.
    fn healed_after(&self) -> Option<Duration> {
        None
    }

    /// The AWS calls of the guardian since this was last asked; `None` where they cannot be seen.
    fn take_calls(&self) -> Option<Vec<CallMade>>;
}
