//! Laws that hold for every policy, tried on random ones.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod evaluation;
mod merging;
mod plain;
mod removing;
mod rewriting;
mod robustness;
mod worlds;
