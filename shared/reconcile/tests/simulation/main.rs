//! A deterministic simulation: a seed gives a plan, the plan is played on the model of AWS, and laws are held against what
//! came of it. `docs/reliability.md` says what is simulated and how a seed is replayed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test"
)]

mod bug;
mod end;
mod foreign;
mod law;
mod plan;
mod play;
mod random;
mod runs;
mod seams;
mod shrink;
mod step;
mod world;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
