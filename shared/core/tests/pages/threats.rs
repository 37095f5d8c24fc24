//! docs/threat-model.md names tests: each has to exist where it says.

use super::path;

/// The pieces of a text in code spans.
fn spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn is_file(span: &str) -> bool {
    span.contains('/') && span.ends_with(".rs")
}

/// The tests that a text names, each with its file: a file in a code span, and the names that follow it.
fn named(text: &str) -> Vec<(String, String)> {
    let mut file = None;
    let mut tests = Vec::new();
    for span in spans(text) {
        let is_test = span.contains('_')
            && span
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if is_file(span) {
            file = Some(span.to_owned());
        } else if let Some(file) = file.clone().filter(|_| is_test) {
            tests.push((file, span.to_owned()));
        }
    }
    tests
}

fn exists(file: &str, test: &str) -> bool {
    let source = std::fs::read_to_string(path(file)).unwrap_or_default();
    source.contains(&format!("fn {test}("))
}

#[test]
fn every_test_that_the_threat_model_names_exists_and_every_threat_names_one() {
    let page = std::fs::read_to_string(path("docs/threat-model.md")).unwrap();
    let (_, threats) = page.split_once("## What could happen").unwrap();
    let (threats, _) = threats.split_once("\n## ").unwrap();
    let rows = threats
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| threat |"));
    let mut count = 0;
    for row in rows {
        let shown = row.rsplit(" | ").next().unwrap();
        assert!(!named(shown).is_empty(), "no test shows: {row}");
        count += 1;
    }
    assert!(count >= 25, "{count} threats");
    let missing: Vec<(String, String)> = named(&page)
        .into_iter()
        .filter(|(file, test)| !exists(file, test))
        .collect();
    assert_eq!(missing, []);
}

#[test]
fn a_test_that_does_not_exist_is_noticed() {
    let text = "`shared/core/src/text.rs`: `no_such_test`, `nor_this`; `tests/rights/limits.rs`: `a_key_policy_is_never_written_past_the_lockout_check`";
    let named = named(text);
    assert_eq!(named.len(), 3);
    let there: Vec<bool> = named.iter().map(|(file, test)| exists(file, test)).collect();
    assert_eq!(there, [false, false, true]);
}
