//! The AWS SDK behind the guardian's seams.
//!
//! [`Connection`] is read from the environment once and shared by every service; [`Aws`] stands behind each
//! seam of `guardian_reconcile::seam`, one file per seam, one method per AWS call. What a failed call means
//! is decided in one place (`error`). No policy reasoning, no wording, no order of steps lives here.

mod account;
mod aws;
mod buckets;
mod calls;
mod censuses;
mod clients;
mod clock;
mod connect;
mod declarations;
mod error;
mod eyes;
mod http;
mod identity;
mod keys;
mod ledger;
mod pace;
mod queues;
mod retry;
mod throttle;
mod topic;
mod trail;
mod whole;

pub use aws::{Aws, Stack};
pub use calls::{About, Call, CallLog};
pub use censuses::{Items, Progress, Status};
pub use connect::{ConnectError, Connection};
pub use declarations::PARAMETER_PREFIX;
pub use error::is_about_credentials;
pub use identity::Caller;

#[cfg(test)]
mod tests;
