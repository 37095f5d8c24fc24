//! The README shows what the tool prints, not what it once printed.

#[cfg(test)]
use std::process::Command;

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
