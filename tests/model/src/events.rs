//! What the world hears of a change: CloudTrail records, service events, and the way they take.
//!
//! Shapes follow what AWS documents and what public records show, as the files in `/events` do.

mod data;
pub(crate) mod delivery;
pub(crate) mod native;
pub(crate) mod record;
mod rules;
pub(crate) mod trail;

#[cfg(test)]
mod tests;
