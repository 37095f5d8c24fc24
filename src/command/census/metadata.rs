//! What Athena answers to the [`query`](super::sql::query), read back from its CSV.
//!
//! The census proves that keys are *not* used, so nothing is guessed: a column too few, a row twice or missing, a word
//! that is not in the table's documentation, each is an error that names its place.

use std::collections::BTreeSet;
use std::time::Duration;

use csv::{ReaderBuilder, StringRecord};
use guardian_core::alert::plain;
use guardian_core::census::{Census, Counts, Group, Source};
use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;

use super::sql::COLUMNS;

/// "Updates to your objects are typically reflected in the inventory table within one hour" (S3 User Guide, "S3
/// Metadata live inventory tables schema"): of what was written in the hour before the query the table may not know.
pub(super) const LAG: Duration = Duration::from_secs(60 * 60);

/// What the table says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inventory {
    /// When it was asked.
    pub(super) as_of: Moment,
    /// What was counted. Owners are not in the table, so that nothing is said of foreign objects.
    pub(super) counts: Counts,
    /// Objects whose class alone does not say whether they are archived: those in Intelligent-Tiering, for "the
    /// specific tier isn't shown" (S3 User Guide, "Metadata table limitations and restrictions"), and those without a
    /// class.
    pub(super) perhaps_archived: Group,
}

/// Why an answer cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// No CSV, or not in UTF-8.
    #[error("{0}")]
    Csv(String),
    /// Other columns than the query asks for.
    #[error(
        "line 1: the columns are `{found}`, not `{}`; run the query of `guardian census BUCKET --sql` as it is",
        COLUMNS.join("`, `")
    )]
    Columns {
        /// The columns.
        found: String,
    },
    /// No row.
    #[error(
        "there is no row: the table holds no current object of the bucket; see whether it is the bucket's own, and its backfill over (an empty bucket is counted without the table)"
    )]
    Empty,
    /// A field that makes no sense.
    #[error("line {line}, column {column} (`{name}`): `{found}` {why}")]
    Field {
        /// The line that the row begins on, counted from 1.
        line: u64,
        /// The column, counted from 1.
        column: usize,
        /// The column's name.
        name: &'static str,
        /// What stands there.
        found: String,
        /// What is wrong with it.
        why: String,
    },
    /// A group of objects that was there before.
    #[error("line {line}: the row is there twice; read one answer at a time, as Athena wrote it")]
    Twice {
        /// The line.
        line: u64,
    },
    /// Rows are missing, or there are too many.
    #[error(
        "the rows add up to {found} objects of {total}: some are missing; download the whole answer again"
    )]
    Incomplete {
        /// What they add up to.
        found: u64,
        /// What it should be.
        total: u64,
    },
}

impl Inventory {
    /// Reads an answer.
    pub(super) fn read(text: &str) -> Result<Self, MetadataError> {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut rows = reader.records();
        let header = rows.next().transpose().map_err(broken)?.unwrap_or_default();
        if header.iter().ne(COLUMNS) {
            let found: Vec<&str> = header.iter().collect();
            return Err(MetadataError::Columns {
                found: plain(&found.join("`, `")),
            });
        }
        let mut stated: Option<(Moment, u64)> = None;
        let (mut counts, mut perhaps_archived) = (Counts::default(), Group::default());
        let mut seen = BTreeSet::new();
        for row in rows {
            let row = Row::of(row.map_err(broken)?);
            let here = (
                row.parsed("as_of", "is no time")?,
                row.parsed("total", "is no number")?,
            );
            if *stated.get_or_insert(here) != here {
                return Err(row.wrong("as_of", "is of another answer; read one answer at a time"));
            }
            let group = row.group()?;
            perhaps_archived.add(row.count_into(&mut counts, &group)?);
            if !seen.insert(row.identity()) {
                return Err(MetadataError::Twice { line: row.line });
            }
        }
        let (as_of, total) = stated.ok_or(MetadataError::Empty)?;
        if counts.objects != total {
            return Err(MetadataError::Incomplete {
                found: counts.objects,
                total,
            });
        }
        Ok(Self {
            as_of,
            counts,
            perhaps_archived,
        })
    }

    /// The census that it is. Whether the table held every object only its status tells.
    pub(super) fn census(self, backfilled: bool) -> Census {
        Census {
            scope: vec!["*".to_owned()],
            id: format!("metadata-{}", self.as_of),
            source: Source::Metadata,
            began: before(self.as_of, LAG),
            ended: Some(self.as_of),
            whole: backfilled,
            counts: self.counts,
        }
    }
}

fn before(moment: Moment, duration: Duration) -> Moment {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    Moment::from_unix(moment.unix().saturating_sub(seconds))
}

/// The csv crate names record and line by itself.
fn broken(error: csv::Error) -> MetadataError {
    MetadataError::Csv(plain(&error.to_string()))
}

/// One group of objects.
struct Row {
    line: u64,
    fields: StringRecord,
}

impl Row {
    fn of(fields: StringRecord) -> Self {
        let line = fields.position().map_or(0, csv::Position::line);
        Self { line, fields }
    }

    fn field(&self, name: &str) -> &str {
        let column = COLUMNS.iter().position(|column| *column == name);
        column
            .and_then(|column| self.fields.get(column))
            .unwrap_or_default()
    }

    fn wrong(&self, name: &'static str, why: impl Into<String>) -> MetadataError {
        let column = COLUMNS.iter().position(|column| *column == name);
        MetadataError::Field {
            line: self.line,
            column: column.map_or(0, |column| column + 1),
            name,
            found: plain(self.field(name)),
            why: why.into(),
        }
    }

    fn parsed<T: std::str::FromStr>(&self, name: &'static str, why: &str) -> Result<T, MetadataError> {
        self.field(name).parse().map_err(|_| self.wrong(name, why))
    }

    /// What makes it another row than the others.
    fn identity(&self) -> [String; 4] {
        [
            "encryption_status",
            "kms_key_arn",
            "is_bucket_key_enabled",
            "storage_class",
        ]
        .map(|name| self.field(name).to_owned())
    }

    fn group(&self) -> Result<Group, MetadataError> {
        let objects = self.parsed("objects", "is no number of objects")?;
        if objects == 0 {
            return Err(self.wrong("objects", "is no number of objects that a row can stand for"));
        }
        let example = self.field("example").to_owned();
        if example.is_empty() {
            return Err(self.wrong("example", "is no object's key"));
        }
        Ok(Group { objects, example })
    }

    /// Adds the row. Answers with those of its objects that may be archived without the table saying so.
    fn count_into(&self, counts: &mut Counts, group: &Group) -> Result<Group, MetadataError> {
        let bucket_key = match self.field("is_bucket_key_enabled") {
            "true" => true,
            "false" | "" => false,
            _ => return Err(self.wrong("is_bucket_key_enabled", "is neither `true` nor `false`")),
        };
        let key = self.field("kms_key_arn");
        // "If the object is unencrypted, this value is null", and Athena writes nothing for it.
        match (self.field("encryption_status"), key) {
            ("SSE-KMS" | "DSSE-KMS", "") => counts.unknown.add(group.clone()),
            ("SSE-KMS" | "DSSE-KMS", _) => {
                self.parsed::<KeyArn>("kms_key_arn", "is no ARN of a KMS key")?;
                counts.keys.entry(key.to_owned()).or_default().add(group.clone());
                if bucket_key {
                    counts.bucket_keys = self.sum(counts.bucket_keys, group)?;
                }
            }
            ("SSE-S3" | "", "") => counts.sse_s3 = self.sum(counts.sse_s3, group)?,
            ("SSE-C", "") => counts.customer_keys.add(group.clone()),
            ("SSE-S3" | "SSE-C" | "", _) => {
                return Err(self.wrong("kms_key_arn", "is a key where none belongs"));
            }
            _ => {
                return Err(self.wrong(
                    "encryption_status",
                    "is none of `SSE-S3`, `SSE-KMS`, `DSSE-KMS` and `SSE-C`; a newer guardian may know it",
                ));
            }
        }
        counts.objects = self.sum(counts.objects, group)?;
        match self.field("storage_class") {
            "GLACIER" | "DEEP_ARCHIVE" => counts.archived.add(group.clone()),
            "INTELLIGENT_TIERING" | "" => return Ok(group.clone()),
            "STANDARD" | "REDUCED_REDUNDANCY" | "STANDARD_IA" | "ONEZONE_IA" | "GLACIER_IR" => {}
            _ => {
                return Err(self.wrong(
                    "storage_class",
                    "is no storage class that is known here; a newer guardian may know it",
                ));
            }
        }
        Ok(Group::default())
    }

    fn sum(&self, so_far: u64, group: &Group) -> Result<u64, MetadataError> {
        so_far
            .checked_add(group.objects)
            .ok_or_else(|| self.wrong("objects", "is more than can be counted"))
    }
}

#[cfg(test)]
mod tests;
