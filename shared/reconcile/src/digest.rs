//! The digest: how everything stood when it was last looked at, sent with the sweep that is due.

use std::collections::{BTreeMap, BTreeSet};

use guardian_core::alert::{Digest, DigestLine, OpenFinding, digest};
use guardian_core::finding::Verdict;
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, Resource};
use guardian_core::settings::Settings;
use serde_json::json;

use crate::book::Book;
use crate::fleet::Standing;
use crate::seam::{Clock, Entry, Ledger, Topic};
use crate::{ReconcileError, store};

/// In the sweep's page: when the last one was sent.
const DIGEST: &str = "digest";

/// Sends a digest, if one is wanted and due. A crash between sending it and noting that repeats it, but none is lost.
pub(crate) async fn send<A: Ledger + Topic + Clock>(
    aws: &A,
    settings: &Settings,
    declared: &BTreeSet<BucketName>,
    fleet: &BTreeMap<BucketName, Option<Standing>>,
    book: &Book,
) -> Result<(), ReconcileError> {
    let Some(wanted) = settings.digest else {
        return Ok(());
    };
    let at = aws.now();
    let known = book.others.get(DIGEST);
    let since: Option<Moment> = known.and_then(|entry| serde_json::from_value(entry.body.clone()).ok());
    if since.is_some_and(|since| at.since(since) < wanted.period()) {
        return Ok(());
    }
    // The first sweep queues the looks that fill the fleet: a digest of nothing but "unknown" helps nobody.
    if since.is_none() && !fleet.values().any(Option::is_some) && !declared.is_empty() {
        return Ok(());
    }
    let line = |bucket: &BucketName| {
        let standing = fleet.get(bucket).and_then(Option::as_ref);
        DigestLine {
            bucket: bucket.clone(),
            verdict: standing.map_or(Verdict::Unknown, |standing| standing.verdict),
            open: standing.map_or_else(Vec::new, Standing::for_digest),
            not_looked_at: standing.map_or(0, |standing| standing.passed_over),
        }
    };
    let guardian = if settings.parts.is_some() {
        of_guardian(aws).await?
    } else {
        Vec::new()
    };
    let notice = digest(&Digest {
        at,
        since,
        buckets: declared.iter().map(line).collect(),
        census: settings.census,
        guardian,
    });
    aws.publish(&notice).await?;
    let entry = Entry {
        resource: Resource::Sweep,
        name: DIGEST.to_owned(),
        version: known.map_or(0, |entry| entry.version),
        body: json!(at),
        expires: None,
    };
    store::put(aws, &entry).await.map(drop)
}

/// What is open of the guardian itself, as it was found last.
async fn of_guardian<L: Ledger>(ledger: &L) -> Result<Vec<OpenFinding>, ReconcileError> {
    let book = Book::load(ledger, &Resource::Stack).await?;
    let open = book.open_findings().map(|finding| OpenFinding {
        code: finding.code,
        severity: finding.severity,
        since: book.opened(&finding),
    });
    Ok(open.collect())
}
