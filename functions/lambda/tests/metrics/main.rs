//! The metrics: what a batch comes to, what is written of it, and the page about them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod counted;
mod page;
mod written;
