//! Text that an outsider may have chosen (a user agent, an object key, a Sid), made harmless; and lists and texts
//! cut to what fits, with a word on what was left out.

use std::fmt::Display;

pub(super) use crate::visible::{is_hidden, is_shown};

/// One line: every line break, and whatever else cannot be seen, becomes U+FFFD.
#[must_use]
pub fn plain(text: &str) -> String {
    if text.bytes().all(is_shown) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| if is_hidden(c) { '\u{fffd}' } else { c })
        .collect()
}

/// At most `characters` of a text, with a word on how many more there were.
pub(super) fn short(text: &str, characters: usize) -> String {
    // No text has more characters than bytes.
    if text.len() <= characters {
        return text.to_owned();
    }
    let mut rest = text.chars();
    let mut kept: String = rest.by_ref().take(characters).collect();
    let more = rest.count();
    if more > 0 {
        kept.push_str(&format!("… and {more} more characters"));
    }
    kept
}

/// A text of several lines, each made plain; at most `bytes` of it, in whole lines, with a word on how many more
/// there were.
pub(super) fn lines(text: &str, bytes: usize) -> Vec<String> {
    let mut kept = Vec::new();
    let (mut used, mut all) = (0, text.lines());
    for line in all.by_ref() {
        let line = plain(&short(line, bytes.saturating_sub(used)));
        used += line.len() + 1;
        if used > bytes && !kept.is_empty() {
            kept.push(format!("… and {} more lines", all.count() + 1));
            return kept;
        }
        kept.push(line);
    }
    kept
}

/// Names with commas in between; at most `bytes` of them, with a word on how many more there were.
pub(super) fn list<T: Display>(names: &[T], bytes: usize) -> String {
    let (kept, more) = some_of(names, bytes);
    let text = kept.join(", ");
    match (more, text.is_empty()) {
        (0, _) => text,
        (more, true) => format!("{more}, which do not fit here"),
        (more, false) => format!("{text}, … and {more} more"),
    }
}

/// As many names as fit into `bytes`, and how many do not.
pub(super) fn some_of<T: Display>(names: &[T], bytes: usize) -> (Vec<String>, usize) {
    let mut used = 0;
    let kept: Vec<String> = names
        .iter()
        .map(|name| plain(&name.to_string()))
        .take_while(|name| {
            used += name.len() + 2;
            used <= bytes
        })
        .collect();
    let more = names.len() - kept.len();
    (kept, more)
}

/// How many bytes a text takes as a string in JSON: the bodies of a message travel as strings in one JSON object.
pub(super) fn length_in_json(text: &str) -> usize {
    // Of a character outside ASCII each byte is one.
    let one = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        ..b' ' => 6,
        _ => 1,
    };
    2 + text.bytes().map(one).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_replaced_and_no_line_is_added() {
        assert_eq!(
            plain("a\nb\u{1b}[31m\u{202e}c\u{2028}"),
            "a\u{fffd}b\u{fffd}[31m\u{fffd}c\u{fffd}"
        );
        assert_eq!(plain("für/photos 写真.jpg"), "für/photos 写真.jpg");
    }

    #[test]
    fn a_list_says_how_many_it_left_out() {
        let names: Vec<String> = (0..100).map(|n| format!("bucket-{n:03}")).collect();
        assert_eq!(list(&names, 30), "bucket-000, bucket-001, … and 98 more");
        assert_eq!(list(&names, 3), "100, which do not fit here");
        assert!(!list(&names, 10_000).contains('…'));
        assert_eq!(list::<String>(&[], 10), "");
    }

    #[test]
    fn a_text_is_cut_in_whole_lines() {
        assert_eq!(lines("one\ntwo\nthree", 9), ["one", "two", "… and 1 more lines"]);
        assert_eq!(lines("one\ntwo", 100), ["one", "two"]);
        assert_eq!(lines("0123456789", 4), ["0123… and 6 more characters"]);
    }

    #[test]
    fn the_length_in_json_is_the_length_in_json() {
        for text in ["", "a\"b\\c\n\t\u{1}\u{7f}", "für 写真", "\u{8}\u{c}\r"] {
            assert_eq!(length_in_json(text), serde_json::to_string(text).unwrap().len());
        }
    }
}
