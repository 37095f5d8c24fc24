//! Reading a field that may be missing, empty or of another type; and showing what was read.

use serde_json::Value;

/// The longest text that is taken over from an event. The longest real one is an IAM user's ARN with a path
/// of 512 characters.
const LONGEST: usize = 1024;

/// The longest value that is quoted in a reason.
const LONGEST_QUOTED: usize = 120;

/// The text at a JSON pointer; empty text is no text (`"bucketName": ""` is in AWS's own examples).
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.trim().is_empty())
}

/// The first of several places that holds text.
pub(super) fn first<'a>(value: &'a Value, pointers: &[&str]) -> Option<&'a str> {
    pointers.iter().find_map(|pointer| text(value, pointer))
}

/// Whether the field says true. CloudTrail writes some booleans as text (`sessionCredentialFromConsole`).
pub(super) fn is_true(value: &Value, pointer: &str) -> bool {
    match value.pointer(pointer) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// A text from the event as it may be logged, printed and mailed: bounded, and without the control
/// characters that would forge a log line or drive a terminal.
pub(super) fn shown(text: &str) -> String {
    shortened(text, LONGEST)
}

/// A value from the event inside a reason.
pub(super) fn quoted(text: &str) -> String {
    match shortened(text, LONGEST_QUOTED) {
        text if text.is_empty() => "(missing)".to_owned(),
        text => format!("`{}`", text.replace('`', "'")),
    }
}

fn shortened(text: &str, longest: usize) -> String {
    let mut characters = text.trim().chars().filter(|character| !character.is_control());
    let mut short: String = characters.by_ref().take(longest).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}
