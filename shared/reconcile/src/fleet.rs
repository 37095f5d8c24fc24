//! The fleet: every bucket that was ever looked after has an item in the sweep's page of the ledger. So the sweep
//! also reaches a bucket whose declaration was deleted without an event, and a digest and the counts of a sweep need one
//! page, not one for each bucket.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use guardian_core::alert::OpenFinding;
use guardian_core::finding::{Code, Severity, Subject, Verdict};
use guardian_core::name::{BucketName, Resource};
use guardian_core::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::warn;

use crate::book::Book;
use crate::index::{self, Found, READER};
use crate::seam::{Entry, Ledger};
use crate::{FleetCounts, ReconcileError, Report, store, written};

/// In the bucket's page: what was last written into the sweep's page.
const STANDING: &str = "standing";

/// How a bucket stood when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) verdict: Verdict,
    /// What was open, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) open: Vec<Open>,
    /// How many new objects were not looked at so far, where a digest is wanted: it is what says so.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) passed_over: u64,
}

/// An open incident of the bucket or of a key it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open {
    #[serde(flatten)]
    pub(crate) finding: OpenFinding,
    /// What it is about. Not known of what was written before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
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
    fn of(settings: &Settings, report: &Report, book: &Book) -> Option<Self> {
        let mut open: Vec<Open> = report
            .findings
            .iter()
            .filter_map(|finding| {
                let since = book.opened(finding);
                let elsewhere = finding.subject.key().is_some();
                (elsewhere || since.is_some()).then(|| Open {
                    finding: OpenFinding {
                        code: finding.code,
                        severity: finding.severity,
                        since,
                    },
                    subject: Some(finding.subject.clone()),
                })
            })
            .collect();
        let by_weight = |open: &Open| {
            (
                Reverse(open.finding.severity),
                open.finding.code,
                open.subject.clone(),
            )
        };
        open.sort_by_key(by_weight);
        open.dedup();
        let passed_over = settings.digest.map(|_| written::tally(book).passed_over);
        Some(Self {
            verdict: report.verdict?,
            open,
            passed_over: passed_over.unwrap_or_default(),
        })
    }

    /// What a digest says of it: several incidents of a kind are one.
    pub(crate) fn for_digest(&self) -> Vec<OpenFinding> {
        let mut open: Vec<OpenFinding> = self.open.iter().map(|open| open.finding.clone()).collect();
        open.dedup();
        open
    }
}

/// Writes into the fleet how the bucket stands after a look; nothing where that is known.
pub(crate) async fn keep<L: Ledger>(
    ledger: &L,
    settings: &Settings,
    bucket: &BucketName,
    book: &Book,
    report: &Report,
) -> Result<(), ReconcileError> {
    let known = book.others.get(STANDING);
    let standing = Standing::of(settings, report, book);
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
    let mut own = known.clone();
    if !own.body.is_null() {
        // For whoever comes after this was cut off: the item in the fleet may be gone, and is written again.
        own.body = Value::Null;
        own.version = store::put(ledger, &own).await?;
    }
    index::remove(ledger, &Resource::Sweep, bucket).await?;
    // Last, so that whatever failed before is done again.
    store::delete(ledger, &own).await
}

/// How all that is declared stands, as far as looks came to an end. `None` while none did: after the first deployment all
/// is unknown until the sweep that counts has led to a look, and that says nothing.
pub(crate) fn count(
    declared: &BTreeSet<BucketName>,
    fleet: &BTreeMap<BucketName, Option<Standing>>,
) -> Option<FleetCounts> {
    if !declared.is_empty() && !fleet.values().any(Option::is_some) {
        return None;
    }
    let mut counts = FleetCounts::default();
    let mut incidents: BTreeMap<(Option<&BucketName>, Code, Option<&Subject>), Severity> = BTreeMap::new();
    for bucket in declared {
        let standing = fleet.get(bucket).and_then(Option::as_ref);
        let verdict = standing.map_or(Verdict::Unknown, |standing| standing.verdict);
        *counts.buckets.entry(verdict).or_default() += 1;
        for open in standing.iter().flat_map(|standing| &standing.open) {
            // A key has one incident for all the buckets that need it.
            let is_shared = open
                .subject
                .as_ref()
                .is_some_and(|subject| subject.key().is_some());
            let identity = (
                (!is_shared).then_some(bucket),
                open.finding.code,
                open.subject.as_ref(),
            );
            let severity = incidents.entry(identity).or_insert(open.finding.severity);
            *severity = open.finding.severity.max(*severity);
        }
    }
    for severity in incidents.into_values() {
        *counts.incidents.entry(severity).or_default() += 1;
    }
    Some(counts)
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
