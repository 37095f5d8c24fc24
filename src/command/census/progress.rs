//! How far a walk has come, on a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use guardian_core::census::Counts;

use crate::command::number::grouped;

/// A line on standard error that is written over and over.
pub(super) struct Line {
    shows: bool,
}

impl Line {
    /// Where standard error is no terminal, one that does not show.
    pub(super) fn new(shows: bool) -> Self {
        Self { shows }
    }

    pub(super) fn show(&self, text: &str) {
        if self.shows {
            // Nobody is waiting for it but somebody who watches.
            let _ = write!(io::stderr(), "\r\u{1b}[2K{text}");
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        self.show("");
    }
}

/// How far a walk from here is.
pub(super) struct Progress {
    line: Line,
    began: Instant,
    /// Objects that an earlier run counted.
    before: u64,
}

impl Progress {
    pub(super) fn from(counts: &Counts) -> Self {
        Self {
            line: Line::new(io::stderr().is_terminal()),
            began: Instant::now(),
            before: counts.objects,
        }
    }

    pub(super) fn show(&self, counts: &Counts) {
        let seconds = self.began.elapsed().as_secs_f64();
        self.line.show(&line(counts, self.before, seconds));
    }

    pub(super) fn clear(&self) {
        self.line.clear();
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate for people"
)]
fn line(counts: &Counts, before: u64, seconds: f64) -> String {
    let now = counts.objects.saturating_sub(before);
    let rate = (now as f64 / seconds.max(0.001)) as u64;
    let keys = counts.keys.len();
    format!(
        "{} objects, {}/s, {keys} {}",
        grouped(counts.objects),
        grouped(rate),
        if keys == 1 { "key" } else { "keys" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_this_run() {
        let counts = Counts {
            objects: 12_000,
            ..Counts::default()
        };
        assert_eq!(line(&counts, 2_000, 4.0), "12,000 objects, 2,500/s, 0 keys");
        assert_eq!(line(&counts, 12_000, 0.0), "12,000 objects, 0/s, 0 keys");
    }
}
