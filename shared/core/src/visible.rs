//! Text for a terminal or a log, in which whatever cannot be seen is escaped.
//!
//! Object keys, Sids and user agents are an outsider's to choose. Written as they are, a control character drives the
//! terminal that shows them (`U+001B`, and `U+009B` which JSON leaves as it is), and a direction override turns a line
//! around.

use std::borrow::Cow;
use std::io::{self, Write};

/// Whether a character cannot be seen but changes how the rest is shown or read: control characters, line and
/// paragraph separators, direction marks and overrides, zero-width characters, tags.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a byte is an ASCII character that is seen as what it is. Nearly every text consists of these alone, and to look
/// through its bytes is quicker than to look through its characters.
pub(crate) fn is_shown(byte: u8) -> bool {
    (b' '..0x7f).contains(&byte)
}

/// Escapes what cannot be seen as JSON does (`\u202e`); line breaks stay. In a JSON text such a character can only stand
/// in a string, so that the text means the same afterwards.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let stays = |c: char| c == '\n' || !is_hidden(c);
    if text.bytes().all(|byte| byte == b'\n' || is_shown(byte)) || text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if stays(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    Cow::Owned(out)
}

/// A writer behind which everything can be seen. Each piece that is written has to be whole characters, as those of
/// `write!` and of `tracing` are; bytes that are no text are replaced by U+FFFD.
#[derive(Debug)]
pub struct Visible<W>(pub W);

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .write_all(visible(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped_and_means_the_same_in_json() {
        let value = json!({"key": "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}b\u{200b}\u{e0041}\u{85}für 写真\n"});
        let mut out = Vec::new();
        writeln!(Visible(&mut out), "{value}").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.trim_end_matches('\n').chars().any(is_hidden), "{text}");
        assert!(text.contains("für 写真") && text.contains("\\u202e"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn text_without_anything_hidden_is_not_copied() {
        assert!(matches!(visible("two\nlines, für 写真"), Cow::Borrowed(_)));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let mut out = Vec::new();
        Visible(&mut out).write_all(b"a\xff\x1bb").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\u{fffd}\\u001bb");
    }
}
