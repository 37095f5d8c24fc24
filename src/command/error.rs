//! Why a command could not run.

use std::io;

use guardian_aws::ConnectError;
use guardian_core::call::CallError;
use guardian_core::finding::Code;
use guardian_core::name::BucketName;
use guardian_core::trigger::TriggerError;
use guardian_reconcile::ReconcileError;
use guardian_reconcile::census::CheckpointError;

use super::MetadataError;
use crate::stage::{EndpointError, StageError};

/// Why a command could not run, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The words of the call do not fit together.
    #[error("{0}")]
    Usage(String),
    /// There is no way to AWS.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The credentials are of no use.
    #[error("{0}; check AWS_PROFILE or the AWS_ACCESS_KEY_ID variables, and sign in again if they expired")]
    Credentials(CallError),
    /// AWS did not answer, or not in time.
    #[error("{0}; AWS cannot be reached from here now, try again")]
    Unreachable(CallError),
    /// AWS refused a call without which there is nothing to tell.
    #[error("{0}")]
    Refused(CallError),
    /// Nobody declared the bucket.
    #[error(
        "the bucket `{0}` has no declaration: pass --cloud NAME, or write the parameter /cloudinary-guardian/buckets/{0}"
    )]
    NotDeclared(BucketName),
    /// A file could not be read.
    #[error("cannot read `{file}`: {reason}")]
    File {
        /// The file.
        file: String,
        /// Why.
        reason: io::Error,
    },
    /// A file that a walk was to go on from is of no use.
    #[error("cannot go on from `{file}`: {reason}; name another file, or delete it to begin anew")]
    Resume {
        /// The file.
        file: String,
        /// Why.
        reason: CheckpointError,
    },
    /// How far a walk has come could not be stored, or not be removed at its end.
    #[error("cannot keep in `{file}` how far the walk has come: {reason}")]
    NotSaved {
        /// The file.
        file: String,
        /// Why.
        reason: io::Error,
    },
    /// A file holds no answer of Athena's.
    #[error("`{file}`: {reason}")]
    Answer {
        /// The file.
        file: String,
        /// Why.
        reason: MetadataError,
    },
    /// The census could not be stored.
    #[error("the census was not recorded: {0}")]
    NotRecorded(ReconcileError),
    /// The stack's walk came to no good end.
    #[error(
        "the walk {how}: {reason}; what it counted is kept for 14 days, in which `aws stepfunctions redrive-execution --execution-arn {walk}` goes on with it"
    )]
    WalkBroken {
        /// The ARN of its execution.
        walk: String,
        /// How it ended.
        how: String,
        /// Why.
        reason: String,
    },
    /// A file holds no policy document, or no switches of Block Public Access.
    #[error("`{file}`: {reason}")]
    Document {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file holds no events.
    #[error("`{file}`: {reason}")]
    Events {
        /// The file.
        file: String,
        /// Why.
        reason: TriggerError,
    },
    /// No finding has this code.
    #[error("no finding has the code `{given}`; the nearest are {}", list(nearest))]
    NoSuchFinding {
        /// What was given.
        given: String,
        /// The codes that look most like it.
        nearest: Vec<Code>,
    },
    /// Nothing can be asked where there is no terminal.
    #[error("nothing was changed: standard input is no terminal to ask on; pass --yes to apply the plan")]
    CannotAsk,
    /// The stage failed.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The endpoint is not of this machine.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

fn list(codes: &[Code]) -> String {
    let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    codes.join(", ")
}

impl From<CallError> for CommandError {
    fn from(error: CallError) -> Self {
        if guardian_aws::is_about_credentials(&error) {
            Self::Credentials(error)
        } else if error.is_transient() {
            Self::Unreachable(error)
        } else {
            Self::Refused(error)
        }
    }
}
