//! `guardian route`: what events mean, offline.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::complaint;
use crate::guardian::{Guardian, nowhere};

const EXPECTED: &str = ".expected.json";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("events")
}

/// The files of the project's own events, in order.
fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.retain(|path| name(path).ends_with(".json") && !name(path).ends_with(EXPECTED));
    files.sort();
    files
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn json_of(path: &Path) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

/// What is expected of an event lies beside it.
fn expected(path: &Path) -> Value {
    json_of(Path::new(&path.to_str().unwrap().replace(".json", EXPECTED)))
}

fn routed(input: &Value) -> Vec<Value> {
    Guardian::new(&["route", "-"])
        .run_on(&input.to_string())
        .expect(0)
        .lines()
}

#[test]
fn every_event_of_the_folder_means_what_lies_beside_it() {
    let files = files();
    assert!(files.len() > 80, "{} events", files.len());
    let mut arguments = vec!["route"];
    arguments.extend(files.iter().map(|path| path.to_str().unwrap()));
    let ended = Guardian::new(&arguments).run().expect(0);
    assert_eq!(ended.stderr, "");
    let lines = ended.lines();
    assert_eq!(lines.len(), files.len(), "one line an event");
    for (line, path) in lines.iter().zip(&files) {
        assert_eq!(line, &expected(path), "{}", path.display());
    }
}

#[test]
fn json_changes_nothing_for_it_is_json_anyway() {
    let path = folder().join("s3.PutBucketPolicy.console.json");
    let arguments = ["route", path.to_str().unwrap(), "--json"];
    assert_eq!(
        Guardian::new(&arguments).run().expect(0).lines(),
        [expected(&path)]
    );
}

#[test]
fn a_dash_is_standard_input_also_between_files() {
    let (first, second) = (
        folder().join("kms.DisableKey.console.json"),
        folder().join("s3.DeleteBucket.cli.json"),
    );
    let ended = Guardian::new(&["route", "-", second.to_str().unwrap()]).run_on(&text(&first));
    assert_eq!(ended.expect(0).lines(), [expected(&first), expected(&second)]);
}

#[test]
fn an_array_and_cloudtrails_records_are_read_one_by_one() {
    let paths = [
        "s3.PutBucketPolicy.terraform.json",
        "kms.PutKeyPolicy.console.json",
    ]
    .map(|name| folder().join(name));
    let events = paths.each_ref().map(|path| json_of(path));
    let meant = paths.each_ref().map(|path| expected(path));
    assert_eq!(routed(&json!(events)), meant);
    assert_eq!(routed(&json!({"Records": events})), meant, "envelopes");
    let records = events.each_ref().map(|event| &event["detail"]);
    assert_eq!(
        routed(&json!({"Records": records})),
        meant,
        "bare records, as CloudTrail's files in S3 hold them"
    );
}

#[test]
fn a_bare_record_means_what_it_means_in_its_envelope() {
    let mut compared = 0;
    for path in files() {
        let event = json_of(&path);
        let meant = expected(&path);
        // The envelope decides for those that are told apart by it alone.
        if event["detail"].get("eventName").is_none() || meant["action"] == "ignore" {
            continue;
        }
        assert_eq!(routed(&event["detail"]), [meant], "{}", path.display());
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn an_event_that_means_nothing_to_us_is_ignored_with_a_reason_and_no_failure() {
    for input in [
        json!({}),
        json!(42),
        json!([null]),
        json!({"detail": 1}),
        json!({"Records": "none"}),
    ] {
        let lines = routed(&input);
        assert_eq!(lines.len(), 1, "{input}");
        assert_eq!(lines[0]["action"], "ignore", "{input}");
        assert!(!lines[0]["reason"].as_str().unwrap().is_empty(), "{input}");
    }
    assert!(routed(&json!([])).is_empty());
}

#[test]
fn what_cannot_be_read_ends_with_2_and_one_line_that_names_the_file() {
    let (missing, folder) = (nowhere().join("events.json"), folder());
    for path in [missing.to_str().unwrap(), folder.to_str().unwrap()] {
        let said = complaint(Guardian::new(&["route", path]).run());
        assert!(said.contains(path), "{said}");
    }
    for (input, place) in [
        ("", "line 1"),
        ("{\"detail\": ", "line 1"),
        ("{}\n{}", "line 2"),
        ("event", "line 1"),
    ] {
        let said = complaint(Guardian::new(&["route", "-"]).run_on(input));
        assert!(
            said.contains("`-`") && said.contains("not JSON") && said.contains(place),
            "{input}: {said}"
        );
    }
}
