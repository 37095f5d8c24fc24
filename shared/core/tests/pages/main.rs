//! What people and machines read: the pages of the docs that are made from the code, the messages, and the schema
//! they keep to.
//!
//! `GUARDIAN_BLESS=1 cargo test -p guardian-core --test pages` writes the pages anew.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod alerts;
mod findings;
#[path = "../stack/healthy.rs"]
mod healthy;
mod limits;
mod permissions;
mod samples;
mod samples_stack;
mod schema;
mod threats;

use std::path::PathBuf;

/// A file of the repository.
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// Compares a page of the docs with what it should be, or writes it where that is asked for.
fn compare(name: &str, page: &str) {
    if std::env::var_os("GUARDIAN_BLESS").is_some() {
        std::fs::write(path(name), page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(path(name)).unwrap_or_default();
    let differs = written
        .lines()
        .zip(page.lines())
        .position(|(one, other)| one != other);
    assert!(
        written == page,
        "{name} is stale, first in line {}; write it anew with\nGUARDIAN_BLESS=1 cargo test -p guardian-core --test pages",
        differs.map_or(written.lines().count().min(page.lines().count()), |line| line) + 1
    );
}

/// What a page that is made from the code begins with.
fn header(title: &str, source: &str) -> String {
    format!(
        "# {title}\n\n<!-- Made from {source}. Do not edit: GUARDIAN_BLESS=1 cargo test -p guardian-core --test pages -->\n"
    )
}
