//! The seams to AWS and the cycles that stand on them: route, reconcile a bucket, reconcile a key, sweep.
//!
//! Generic over the seams: what ships puts the SDK behind them, the demonstration and the tests a model.

mod alias;
pub mod apply;
mod author;
mod batch;
mod book;
mod bucket;
pub mod census;
mod cycle;
mod digest;
mod due;
mod evidence;
mod fleet;
mod index;
mod key;
mod need;
mod observe;
pub mod operator;
mod report;
mod route;
pub mod sample;
pub mod seam;
mod stack;
mod store;
mod sweep;
mod written;

pub use batch::reconcile_batch;
pub use observe::{observe_bucket, observe_key};
pub use report::{FleetCounts, Report, Said};
pub use route::route_batch;

use guardian_core::call::CallError;
use guardian_core::right::{Role, refused};

/// One message of a queue, as the event source mapping hands it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What the queue calls it: the id that a partial batch response names.
    pub id: String,
    /// Its body.
    pub body: String,
}

/// Why a resource could not be brought to an end; its message is to be delivered again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReconcileError {
    /// A call failed that everything else hangs on.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Another writer changed the resource's ledger items meanwhile.
    #[error("the ledger item `{0}` was written by somebody else meanwhile")]
    Contended(String),
    /// A ledger item could not be put into words.
    #[error("the ledger item `{0}` cannot be serialised")]
    Ledger(String),
    /// The queue did not take all the work.
    #[error("the work queue did not accept {0} messages")]
    NotQueued(usize),
}

impl ReconcileError {
    /// Which right of template.yaml was refused, if one was.
    #[must_use]
    pub fn refused(&self, role: Role) -> Option<String> {
        match self {
            Self::Call(error) => refused(role, error),
            Self::Contended(_) | Self::Ledger(_) | Self::NotQueued(_) => None,
        }
    }
}
