//! The roles of template.yaml against the calls that the guardian really makes.
//!
//! The incident list is played on an emulator, through the SDK, and every request is noted as it goes over the wire. Our own
//! policy crate then says of each whether the role of the function that made it allows it, and of each right whether any
//! request needed it.

#[cfg(test)]
#[path = "../emulator/mod.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod emulator;
#[cfg(test)]
#[path = "../guardian/mod.rs"]
#[expect(dead_code, reason = "shared with tests that use more of it")]
mod guardian;

#[cfg(test)]
mod against;
#[cfg(test)]
mod ceilings;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod needed;
#[cfg(test)]
mod played;
#[cfg(test)]
mod request;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod table;
