//! Laws that hold for every policy that somebody may have written, tried on random ones: the whole pipeline
//! runs on the model of AWS until nothing is left to do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test"
)]

#[path = "../stage/mod.rs"]
mod stage;

#[path = "../../../core/tests/events/damage.rs"]
mod damage;

mod buckets;
mod documents;
mod events;
mod in_use;
mod kept;
mod keys;
