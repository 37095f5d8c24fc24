#![no_main]

#[path = "../../shared/core/fuzz-harness/mod.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| harness::event(bytes));
