//! `guardian same`: whether two policy documents mean the same. Offline.

use std::io::Write;
use std::path::Path;

use guardian_policy::difference;

use super::document::read_policy;
use super::{CommandError, Ended, output};

pub(super) fn run(first: &Path, second: &Path) -> Result<Ended, CommandError> {
    let (first, second) = (read_policy(first)?, read_policy(second)?);
    let difference = difference(&first, &second);
    let mut out = output::stdout();
    if difference.is_empty() {
        writeln!(out, "equivalent")?;
        return Ok(Ended::Clean);
    }
    writeln!(out, "{difference}")?;
    Ok(Ended::Findings)
}
