//! `guardian route`: what events mean. Pure and offline.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use guardian_core::trigger::{self, Trigger};

use super::{CommandError, Ended, output};

/// Reads a file, or standard input for `-`.
pub(super) fn read_file(path: &Path) -> Result<String, CommandError> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(path).map(|content| text = content)
    };
    read.map_err(|reason| CommandError::File {
        file: path.display().to_string(),
        reason,
    })?;
    Ok(text)
}

pub(super) fn run(files: &[PathBuf]) -> Result<Ended, CommandError> {
    let mut out = output::stdout();
    for path in files {
        let text = read_file(path)?;
        let triggers: Vec<Trigger> = trigger::read_all(&text).map_err(|reason| CommandError::Events {
            file: path.display().to_string(),
            reason,
        })?;
        for trigger in triggers {
            writeln!(out, "{}", trigger.to_json())?;
        }
    }
    Ok(Ended::Clean)
}
