//! Where a command writes to: a terminal, in which nothing that an outsider chose may do anything.

use std::io::{self, StderrLock, StdoutLock};

use guardian_core::visible::Visible;

/// Standard output, locked; whatever cannot be seen is escaped.
pub(super) fn stdout() -> Visible<StdoutLock<'static>> {
    Visible(io::stdout().lock())
}

/// Standard error, locked; whatever cannot be seen is escaped.
pub(super) fn stderr() -> Visible<StderrLock<'static>> {
    Visible(io::stderr().lock())
}
