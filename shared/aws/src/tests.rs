//! The adapters against canned HTTP: what they send, and what they make of an answer.

mod buckets;
mod calls;
mod censuses;
mod credentials;
mod declarations;
mod eyes;
mod keys;
mod ledger;
mod messages;
mod notifications;
mod trail;
pub(crate) mod wire;
