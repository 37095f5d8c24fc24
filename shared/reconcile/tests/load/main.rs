//! Bursts and large fleets, through the code of both functions' handlers on the model of AWS: nothing is lost, the order of
//! a bucket's events is kept, and memory stays flat.
//!
//! `GUARDIAN_SCALE=10 cargo test -p guardian-reconcile --test load -- --nocapture` takes ten times as much of everything,
//! 10,000 events and 10,000 buckets, and prints what was measured.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

#[path = "../stage/mod.rs"]
#[expect(dead_code, reason = "the other tests use more of it")]
mod stage;

mod burst;
mod fleet;
mod memory;

/// How many times a thousand.
fn scale() -> usize {
    let set = std::env::var("GUARDIAN_SCALE").ok();
    set.map_or(1, |text| text.parse().expect("GUARDIAN_SCALE is a number"))
}
