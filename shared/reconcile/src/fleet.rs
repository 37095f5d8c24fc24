//! The fleet: every bucket that was ever looked after has an item in the sweep's page of the ledger. So the sweep
//! also reaches a bucket whose declaration was deleted without an event, and a digest needs one page, not one for
//! each bucket.

use std::collections::BTreeMap;

use guardian_core::alert::OpenFinding;
use guardian_core::finding::Verdict;
use guardian_core::name::{BucketName, Resource};
use guardian_core::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::warn;

use crate::book::Book;
use crate::index::{self, Found, READER};
use crate::seam::{Entry, Ledger};
use crate::{ReconcileError, Report, store, written};

/// In the bucket's page: what was last written into the sweep's page.
const STANDING: &str = "standing";

/// How a bucket stood when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) verdict: Verdict,
    /// What was open, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) open: Vec<OpenFinding>,
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

impl Standing {
    /// How the bucket stands after a look.
    fn of(report: &Report, book: &Book) -> Option<Self> {
        let mut open: Vec<OpenFinding> = report
            .findings
            .iter()
            .filter_map(|finding| {
                let since = book.opened(finding);
                let elsewhere = finding.subject.key().is_some();
                (elsewhere || since.is_some()).then_some(OpenFinding {
                    code: finding.code,
                    severity: finding.severity,
                    since,
                })
            })
            .collect();
        open.sort_by_key(|open| (std::cmp::Reverse(open.severity), open.code));
        open.dedup();
        Some(Self {
            verdict: report.verdict?,
            open,
            passed_over: written::tally(book).passed_over,
        })
    }
}

/// Writes into the fleet how the bucket stands after a look, where a digest is wanted, or else only that it is there;
/// nothing where that is known.
pub(crate) async fn keep<L: Ledger>(
    ledger: &L,
    settings: &Settings,
    bucket: &BucketName,
    book: &Book,
    report: &Report,
) -> Result<(), ReconcileError> {
    let known = book.others.get(STANDING);
    let standing = settings.digest.and_then(|_| Standing::of(report, book));
    let body = standing.map_or(Ok(Value::Null), serde_json::to_value);
    let body = body.map_err(|_| ReconcileError::Ledger(STANDING.to_owned()))?;
    if known.is_some_and(|known| body.is_null() || known.body == body) {
        return Ok(());
    }
    let (page, is_known) = (Resource::Sweep, known.is_some());
    index::put(ledger, &page, bucket, body.clone(), is_known, &Found::default()).await?;
    let own = Entry {
        resource: Resource::Bucket(bucket.clone()),
        name: STANDING.to_owned(),
        version: known.map_or(0, |known| known.version),
        body,
        expires: None,
    };
    store::put(ledger, &own).await.map(drop)
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
    store::delete(ledger, known).await
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
