//! Replays the fuzz corpus of events: seeds, and inputs that once found a defect.

#![expect(clippy::panic, reason = "a test")]

use std::path::Path;

#[path = "../fuzz-harness/mod.rs"]
mod harness;

#[test]
fn the_corpus_has_no_panics() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/event");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 10, "{} inputs", files.len());
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        // The name of the input is what a panic lacks.
        let outcome = std::panic::catch_unwind(|| harness::event(&bytes));
        assert!(outcome.is_ok(), "fails on {}", file.display());
    }
}
