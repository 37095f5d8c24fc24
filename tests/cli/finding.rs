//! `guardian finding`: the catalogue, offline.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::complaint;
use crate::guardian::Guardian;

fn said(arguments: &[&str]) -> String {
    let ended = Guardian::new(arguments).run().expect(0);
    assert_eq!(ended.stderr, "");
    ended.stdout
}

/// The whole catalogue as JSON.
fn catalogue() -> Vec<Value> {
    let all: Value = serde_json::from_str(&said(&["finding", "--json"])).unwrap();
    all.as_array().unwrap().clone()
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap()
}

/// A text as one line, however it was broken.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_entry_says_what_it_means_how_much_it_weighs_who_ends_it_and_what_to_do() {
    assert_eq!(
        said(&["finding", "key-disabled"]),
        "key-disabled (critical, needs a person)
the key is disabled

A disabled key decrypts nothing, whatever its policy says (KMS Developer Guide,
\"Key states of AWS KMS keys\"): every object under it is unreadable for
everybody, Cloudinary included. The guardian never enables a key; disabling one
is a person's decision.

What to do:
  1. Ask whoever disabled it why.
  2. Enable it: `aws kms enable-key --key-id KEY_ARN`.
"
    );
}

#[test]
fn every_entry_is_the_one_of_the_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let page = fs::read_to_string(page).unwrap();
    let mut sections = page.split("\n## ").skip(1);
    let catalogue = catalogue();
    assert!(catalogue.len() > 20, "{} entries", catalogue.len());
    for entry in &catalogue {
        let section = sections.next().unwrap();
        let (code, section) = section.split_once('\n').unwrap();
        assert_eq!(text(entry, "code"), code, "in the order of the page");
        let printed = unbroken(&said(&["finding", code]));
        let (heading, rest) = section.trim().split_once('\n').unwrap();
        let (title, weight) = heading.trim_start_matches("**").split_once("** · ").unwrap();
        let expected = format!("{code} ({}) {title} {rest}", weight.replace(" · ", ", "));
        assert_eq!(printed, unbroken(&expected), "{code}");
    }
    assert_eq!(sections.next(), None, "the page has more than the tool");
}

#[test]
fn no_line_is_wider_than_a_terminal_unless_it_holds_a_command() {
    for entry in catalogue() {
        let code = text(&entry, "code");
        for line in said(&["finding", code]).lines() {
            let is_fit = line.chars().count() <= 80 || line.contains('`');
            assert!(is_fit, "{code}: {line}");
            assert_eq!(
                line.matches('`').count() % 2,
                0,
                "{code}: a broken command: {line}"
            );
        }
    }
}

#[test]
fn without_a_code_each_has_a_line_with_its_severity_and_title() {
    let listed = said(&["finding"]);
    let catalogue = catalogue();
    assert_eq!(listed.lines().count(), catalogue.len());
    for (line, entry) in listed.lines().zip(&catalogue) {
        let expected = ["code", "severity", "title"].map(|field| text(entry, field));
        assert_eq!(unbroken(line), expected.join(" "));
    }
}

#[test]
fn for_machines_an_entry_is_one_object_and_the_catalogue_an_array_of_them() {
    let entry = Guardian::new(&["finding", "marker-missing", "--json"]).run();
    let entry = entry.expect(0).lines().remove(0);
    assert_eq!(entry["severity"], "critical");
    assert_eq!(entry["remedy"], "repair");
    assert!(text(&entry, "meaning").ends_with('.'), "{entry}");
    assert_ne!(entry["steps"], json!([]));
    let mut same = catalogue();
    same.retain(|other| text(other, "code") == "marker-missing");
    assert_eq!(same, [entry]);
}

#[test]
fn an_unknown_code_ends_with_2_and_one_line_that_names_the_nearest() {
    for (given, near) in [
        ("grant-mising", "`grant-missing`"),
        ("Key-Disabled", "`key-disabled`"),
        ("marker-gone", "`marker-"),
        ("", "`"),
    ] {
        for arguments in [&["finding", given][..], &["finding", given, "--json"]] {
            let said = complaint(Guardian::new(arguments).run());
            assert!(said.contains(&format!("`{given}`")), "{said}");
            let (_, offered) = said.split_once("nearest are ").unwrap();
            assert!(offered.starts_with(near), "{said}");
        }
    }
}
