#![no_main]

#[path = "../../shared/policy/fuzz-harness/mod.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (harness::TARGETS[0].1)(bytes));
