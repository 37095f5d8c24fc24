//! What the world hears of a change: CloudTrail records, service events, and the way they take.
//!
//! Shapes follow the samples in `../shared/events`; no value is copied from them.

pub(crate) mod delivery;
pub(crate) mod native;
pub(crate) mod record;
mod rules;
pub(crate) mod trail;

#[cfg(test)]
mod tests;
