//! The README shows what the tool prints, not what it once printed.

#[cfg(test)]
use std::collections::BTreeSet;
#[cfg(test)]
use std::fs;
#[cfg(test)]
use std::path::Path;
#[cfg(test)]
use std::process::Command;

#[cfg(test)]
use serde_json::Value;

#[cfg(test)]
const README: &str = include_str!("../README.md");

#[cfg(test)]
fn guardian(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_guardian"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .output()
        .unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The fenced blocks of one kind.
#[cfg(test)]
fn blocks(kind: &str) -> Vec<&'static str> {
    let fence = format!("```{kind}\n");
    README
        .split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect()
}

#[test]
fn every_explanation_in_the_readme_is_what_the_tool_prints() {
    let mut shown = 0;
    for block in blocks("console") {
        let Some((command, output)) = block.split_once('\n') else {
            continue;
        };
        let Some(arguments) = command.strip_prefix("$ guardian explain ") else {
            continue;
        };
        let arguments: Vec<&str> = std::iter::once("explain")
            .chain(arguments.split_whitespace())
            .collect();
        assert_eq!(guardian(&arguments), output, "{command}");
        shown += 1;
    }
    assert_eq!(shown, 5);
}

#[test]
fn the_incident_in_the_readme_is_one_of_the_demonstration() {
    let incident = blocks("text")
        .into_iter()
        .find(|block| block.contains("told  "))
        .unwrap();
    assert!(guardian(&["demo"]).contains(incident), "{incident}");
}

#[test]
fn the_readme_counts_the_incidents_of_the_demonstration() {
    let played = guardian(&["demo", "--json"]);
    let lines = played.lines().map(|line| serde_json::from_str(line).unwrap());
    let names: BTreeSet<String> = lines
        .filter_map(|line: Value| Some(line["incident"].as_str()?.to_owned()))
        .collect();
    let claim = format!("one of its {} incidents", names.len());
    assert!(README.contains(&claim), "{claim}");
}

#[test]
fn the_year_in_the_readme_is_the_year_of_the_demonstration() {
    let played = guardian(&["demo", "--json"]);
    let year: Vec<Value> = played
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["incident"] == "a year of a bucket's keys")
        .collect();
    let table = README
        .split("| | what happens | what the guardian tells |")
        .nth(1)
        .unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut months = 0;
    for (row, step) in rows.zip(&year) {
        let cell = row.split('|').nth(3).unwrap().trim().replace('`', "");
        let alerts = step["alerts"].as_array().unwrap().iter();
        let mut told: Vec<String> = alerts
            .map(|alert| {
                let code = alert["id"]
                    .as_str()
                    .unwrap()
                    .split('/')
                    .next()
                    .unwrap()
                    .to_owned();
                format!("{}: {code}", alert["transition"].as_str().unwrap())
            })
            .collect();
        told.sort();
        let (kind, codes) = cell.split_once(": ").unwrap();
        let mut said: Vec<String> = codes.split(", ").map(|code| format!("{kind}: {code}")).collect();
        said.sort();
        assert_eq!(said, told, "{row}");
        months += 1;
    }
    assert_eq!((months, year.len()), (6, 6));
}

/// What the events of the folder mean: name and action.
#[cfg(test)]
fn events() -> BTreeSet<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let expected = paths.filter(|path| path.to_str().unwrap().ends_with(".expected.json"));
    expected
        .map(|path| {
            let meaning: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let text = |field: &str| meaning[field].as_str().unwrap().to_owned();
            (text("event"), text("action"))
        })
        .collect()
}

#[test]
fn every_event_in_the_readme_is_one_of_the_folder_and_leads_to_what_the_readme_says() {
    let events = events();
    let table = README.split("| what happens | event |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut named = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let action = if cells[1].contains("its own") {
            "stack"
        } else if cells[3].contains("everything") {
            "sweep"
        } else {
            "check"
        };
        for event in cells[2].split('`').skip(1).step_by(2) {
            let meant = (event.to_owned(), action.to_owned());
            assert!(
                events.contains(&meant),
                "`{event}` does not lead to a {action}: {row}"
            );
            named += 1;
        }
    }
    assert!(named > 15, "{named} events");
}
