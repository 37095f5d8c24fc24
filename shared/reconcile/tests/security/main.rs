//! What an outsider can bring about: hostile text in every field that somebody else controls, events that are not told to
//! this account, messages put straight into the queues, and declarations that reach for more than the stack allows.
//! docs/threat-model.md names the tests.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

#[path = "../stage/mod.rs"]
mod stage;
#[path = "../scenarios/world.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod world;

mod ceilings;
mod fields;
mod foreign;
mod hostile;
mod queues;
mod shell;
mod sinks;
