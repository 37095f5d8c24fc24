//! `guardian finding`: the catalogue of findings. Offline.

use std::io::{self, Write};

use guardian_core::finding::Code;
use serde_json::Value;

use super::{CommandError, Ended};

/// The width of a terminal that nobody made wider.
const WIDTH: usize = 80;
/// How many codes are offered in the place of one that does not exist.
const OFFERED: usize = 3;

pub(super) fn run(code: Option<&str>, json: bool) -> Result<Ended, CommandError> {
    let code = code.map(named).transpose()?;
    let mut out = io::stdout().lock();
    match (code, json) {
        (Some(code), false) => print(&mut out, code)?,
        (Some(code), true) => writeln!(out, "{}", code.to_json())?,
        (None, false) => list(&mut out)?,
        (None, true) => {
            let all: Value = Code::ALL.iter().map(|code| code.to_json()).collect();
            writeln!(out, "{all}")?;
        }
    }
    Ok(Ended::Clean)
}

fn named(text: &str) -> Result<Code, CommandError> {
    let code = Code::ALL.iter().find(|code| code.as_str() == text);
    code.copied().ok_or_else(|| CommandError::NoSuchFinding {
        given: text.to_owned(),
        nearest: nearest(text),
    })
}

/// The codes that look most like `text`, the likeliest first.
fn nearest(text: &str) -> Vec<Code> {
    let text = text.to_lowercase();
    let mut codes: Vec<(f64, Code)> = Code::ALL
        .iter()
        .map(|code| {
            (
                strsim::normalized_damerau_levenshtein(&text, code.as_str()),
                *code,
            )
        })
        .collect();
    codes.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    codes.into_iter().take(OFFERED).map(|(_, code)| code).collect()
}

fn list(out: &mut impl Write) -> io::Result<()> {
    let width = Code::ALL.iter().map(|code| code.as_str().len()).max();
    let width = width.unwrap_or_default();
    for code in Code::ALL {
        writeln!(out, "{code:<width$}  {:<8}  {}", code.severity(), code.title())?;
    }
    Ok(())
}

fn print(out: &mut impl Write, code: Code) -> io::Result<()> {
    writeln!(out, "{code} ({}, {})", code.severity(), code.remedy().as_str())?;
    wrapped(out, "", "", code.title())?;
    writeln!(out)?;
    wrapped(out, "", "", code.meaning())?;
    writeln!(out, "\nWhat to do:")?;
    for (number, step) in code.steps().iter().enumerate() {
        wrapped(out, &format!("  {}. ", number + 1), "     ", step)?;
    }
    Ok(())
}

/// Writes a text in lines of at most [`WIDTH`] characters. What stands between backticks is never broken, even where it
/// is longer than a line: a command has to be pasted as it is.
fn wrapped(out: &mut impl Write, first: &str, rest: &str, text: &str) -> io::Result<()> {
    let mut line = first.to_owned();
    let mut is_begun = false;
    for word in words(text) {
        if is_begun && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            rest.clone_into(&mut line);
            is_begun = false;
        }
        if is_begun {
            line.push(' ');
        }
        line.push_str(&word);
        is_begun = true;
    }
    writeln!(out, "{line}")
}

/// The words of a text; a span between backticks is, with what touches it, one word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_within = false;
    for piece in text.split_whitespace() {
        match words.last_mut() {
            Some(word) if is_within => {
                word.push(' ');
                word.push_str(piece);
            }
            _ => words.push(piece.to_owned()),
        }
        is_within ^= piece.matches('`').count() % 2 == 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(first: &str, rest: &str, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        wrapped(&mut out, first, rest, text).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_line_is_filled_to_the_last_column_and_not_beyond() {
        let text = ["abc"; 20].join(" ");
        assert_eq!(lines(" ", "", &text), [format!(" {text}")], "80 columns");
        assert_eq!(lines("  ", " ", &text).last().unwrap(), " abc", "81 columns");
    }

    #[test]
    fn a_command_stays_in_one_line_with_the_stop_behind_it() {
        let command = format!("`aws s3api {}`.", ["--flag"; 15].join(" "));
        let text = format!("Enable it: {command} Then wait.");
        assert_eq!(
            lines("  1. ", "     ", &text),
            [
                "  1. Enable it:".to_owned(),
                format!("     {command}"),
                "     Then wait.".to_owned()
            ]
        );
    }

    #[test]
    fn a_slip_of_the_pen_is_nearest_to_what_was_meant() {
        for (given, meant) in [
            ("grant-mising", Code::GrantMissing),
            ("key_disabled", Code::KeyDisabled),
            ("FLAPPING", Code::Flapping),
            ("key-grant-mssing", Code::KeyGrantMissing),
        ] {
            assert_eq!(nearest(given).first(), Some(&meant), "{given}");
        }
    }
}
