//! A small in-memory model of AWS, for the demonstration, the scenario and property tests and the
//! simulation. Nothing that runs in Lambda depends on it.
//!
//! It is a *model*, not a mock: state and rules, and each rule names its source. It does what hurts in
//! reality: account ids come back as ARNs, dead principals and oversize documents are refused, a public
//! document meets Block Public Access, a key policy that locks its owner out is refused, reads are stale for
//! a while, answers get lost, events come late, twice or never.
//!
//! [`Model`] is a cheap handle; clones share one state. It is deterministic: its only source of chance is
//! the seed, and its clock moves only when it is told to ([`Model::advance`]). What it knowingly leaves out
//! is listed in `README.md` beside it.

mod bucket;
mod clock;
mod events;
mod eventual;
mod executions;
mod eyes;
mod faults;
mod journal;
mod key;
mod kms;
mod ledger;
mod model;
mod operation;
mod outsider;
mod pattern;
mod policy;
mod queues;
mod random;
mod read;
mod refusal;
mod s3;
mod setup;
mod ssm;
mod state;
mod topic;
mod trail;
mod who;

pub use bucket::Object;
pub use events::delivery::Delivery;
pub use executions::Execution;
pub use faults::When;
pub use journal::Call;
pub use model::Model;
pub use outsider::Outsider;
pub use queues::{DeadLetter, Message, Queue};
pub use who::Who;

/// Runs a call to its end: without [`Model::suspend_calls`] it never waits.
#[cfg(test)]
fn done<T>(call: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(call).expect("a call of the model waits for nothing")
}
