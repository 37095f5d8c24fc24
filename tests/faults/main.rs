//! Every AWS call that the functions make, with every fault that it can meet, over a real socket and through the real SDK.
//!
//! A proxy stands between the guardian and an emulator. It passes everything on and lets one call of one look fail in one
//! way; then it is checked what became of the look, that nothing was written on what was not known, that nothing of other
//! people's is lost, and that the look, delivered again, ends as it would have without the fault, told once.
//!
//! `GUARDIAN_BLESS=1 cargo test --test faults` writes docs/faults.md anew.

#[cfg(test)]
#[path = "../emulator/mod.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod emulator;
#[cfg(test)]
#[path = "../guardian/mod.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod guardian;

#[cfg(test)]
mod case;
#[cfg(test)]
mod expected;
#[cfg(test)]
mod fault;
#[cfg(test)]
mod later;
#[cfg(test)]
#[expect(
    clippy::print_stdout,
    reason = "prints each case where a variable asks for it"
)]
mod matrix;
#[cfg(test)]
mod modelled;
#[cfg(test)]
mod page;
#[cfg(test)]
mod play;
#[cfg(test)]
mod request;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;
