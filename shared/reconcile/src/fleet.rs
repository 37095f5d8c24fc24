//! The fleet: every bucket that was ever looked after has an item in the sweep's page of the ledger. So the sweep
//! also reaches a bucket whose declaration was deleted without an event, and a digest needs one page, not one for
//! each bucket.

use std::collections::BTreeMap;

use guardian_core::finding::{Code, Severity, Verdict};
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, Resource};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::warn;

use crate::book::Book;
use crate::index::{self, Found, READER};
use crate::seam::{Entry, Ledger, Stored};
use crate::{ReconcileError, Report, written};

/// In the bucket's page: what was last written into the sweep's page.
const STANDING: &str = "standing";

/// How a bucket stood when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) verdict: Verdict,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) findings: Vec<Open>,
    /// How many new objects were not looked at so far.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) passed_over: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the field over by reference"
)]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Something that stood in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    /// Where it is the bucket's own incident; a key's incident lies with the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Moment>,
}

impl Standing {
    /// How the bucket stands after a look.
    pub(crate) fn of(report: &Report, book: &Book) -> Option<Self> {
        let mut findings: Vec<Open> = report
            .findings
            .iter()
            .filter_map(|finding| {
                let since = book.opened(finding);
                let elsewhere = finding.subject.key().is_some();
                (elsewhere || since.is_some()).then_some(Open {
                    code: finding.code,
                    severity: finding.severity,
                    since,
                })
            })
            .collect();
        findings.sort_by_key(|open| (std::cmp::Reverse(open.severity), open.code));
        findings.dedup();
        Some(Self {
            verdict: report.verdict?,
            findings,
            passed_over: written::tally(book).passed_over,
        })
    }
}

/// Writes into the fleet how the bucket stands, or only that it is there; nothing where that is known.
pub(crate) async fn keep<L: Ledger>(
    ledger: &L,
    book: &Book,
    bucket: &BucketName,
    standing: Option<Standing>,
) -> Result<(), ReconcileError> {
    let known = book.others.get(STANDING);
    let body = standing.map_or(Ok(Value::Null), serde_json::to_value);
    let body = body.map_err(|_| ReconcileError::Ledger(STANDING.to_owned()))?;
    if known.is_some_and(|known| body.is_null() || known.body == body) {
        return Ok(());
    }
    let is_known = known.is_some();
    index::put(
        ledger,
        &Resource::Sweep,
        bucket,
        body.clone(),
        is_known,
        &Found::default(),
    )
    .await?;
    let own = Entry {
        resource: Resource::Bucket(bucket.clone()),
        name: STANDING.to_owned(),
        version: known.map_or(0, |known| known.version),
        body,
        expires: None,
    };
    match ledger.put_entry(&own).await? {
        Stored::Done(_) => Ok(()),
        Stored::Conflict => Err(ReconcileError::Contended(own.name)),
    }
}

/// Takes a bucket that nobody declares out of the fleet.
pub(crate) async fn leave<L: Ledger>(
    ledger: &L,
    book: &Book,
    bucket: &BucketName,
) -> Result<(), ReconcileError> {
    let Some(known) = book.others.get(STANDING) else {
        return Ok(());
    };
    index::remove(ledger, &Resource::Sweep, bucket).await?;
    // Last, so that whatever failed before is done again.
    match ledger.delete_entry(known).await? {
        Stored::Done(_) => Ok(()),
        Stored::Conflict => Err(ReconcileError::Contended(known.name.clone())),
    }
}

/// The fleet as the ledger has it, and the other items of the sweep's page.
pub(crate) async fn load<L: Ledger>(
    ledger: &L,
) -> Result<(BTreeMap<BucketName, Option<Standing>>, Book), ReconcileError> {
    let book = Book::load(ledger, &Resource::Sweep).await?;
    let mut fleet = BTreeMap::new();
    for (name, entry) in &book.others {
        let Some(bucket) = name.strip_prefix(READER) else {
            continue;
        };
        match bucket.parse::<BucketName>() {
            Ok(bucket) => {
                let standing = serde_json::from_value(entry.body.clone()).ok();
                fleet.insert(bucket, standing);
            }
            Err(error) => warn!(item = name, %error, "a ledger item names no bucket"),
        }
    }
    Ok((fleet, book))
}
