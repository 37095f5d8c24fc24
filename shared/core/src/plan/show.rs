//! The plan as people see it.

use std::fmt;

use guardian_policy::{PolicyDocument, StatementChange};
use serde_json::Value;

use super::{Change, Plan};
use crate::alert::plain;
use crate::cloudinary::marker_key;
use crate::observation::MarkerEncryption;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, change) in self.changes.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{change}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BucketPolicy(change) => {
                writeln!(
                    f,
                    "bucket policy of {}:{}",
                    change.of,
                    document_note(change.before.as_ref())
                )?;
                write_statement(f, &change.statement)
            }
            Self::Marker {
                bucket,
                cloud,
                encryption,
            } => {
                let encryption = match encryption {
                    MarkerEncryption::SseS3 => "SSE-S3",
                    MarkerEncryption::BucketDefault => "the bucket's default encryption",
                };
                writeln!(f, "marker in {bucket}:")?;
                write!(f, "  + {} (empty, {encryption})", marker_key(cloud))
            }
            Self::KeyPolicy(change) => {
                writeln!(
                    f,
                    "key policy of {}:{}",
                    change.of,
                    document_note(change.before.as_ref())
                )?;
                write_statement(f, &change.statement)
            }
            Self::Notifications(change) => {
                writeln!(f, "notifications of {}:", change.of)?;
                for other in change.before.others() {
                    writeln!(f, "    {}", plain(&other))?;
                }
                write!(f, "  + EventBridge")
            }
        }
    }
}

fn document_note(before: Option<&PolicyDocument>) -> String {
    match before.map(|document| document.statements().count()) {
        None => " (there was none)".to_owned(),
        Some(1) => " (1 statement before)".to_owned(),
        Some(count) => format!(" ({count} statements before)"),
    }
}

fn write_statement(f: &mut fmt::Formatter<'_>, change: &StatementChange) -> fmt::Result {
    let lines = |value: &Value| -> Vec<String> {
        let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
        text.lines().map(str::to_owned).collect()
    };
    let (before, after) = match change {
        StatementChange::Added { statement } => (Vec::new(), lines(statement)),
        StatementChange::Updated { before, after, .. } => (lines(before), lines(after)),
        StatementChange::Removed { statements } => (
            statements
                .iter()
                .flat_map(|gone| lines(&gone.statement))
                .collect(),
            Vec::new(),
        ),
    };
    // Lines the two share at either end stay unmarked; what differs is in between.
    let head = before
        .iter()
        .zip(&after)
        .take_while(|(one, other)| one == other)
        .count();
    let most = before.len().min(after.len()) - head;
    let tail = before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take(most)
        .take_while(|(one, other)| one == other)
        .count();
    let mut out = Vec::new();
    out.extend(after.iter().take(head).map(|line| format!("    {line}")));
    out.extend(
        before
            .iter()
            .take(before.len() - tail)
            .skip(head)
            .map(|line| format!("  - {line}")),
    );
    out.extend(
        after
            .iter()
            .take(after.len() - tail)
            .skip(head)
            .map(|line| format!("  + {line}")),
    );
    out.extend(
        after
            .iter()
            .skip(after.len() - tail)
            .map(|line| format!("    {line}")),
    );
    write!(f, "{}", out.join("\n"))
}
