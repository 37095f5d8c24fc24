//! The digest: how everything stood when it was last looked at, sent with the sweep that is due.

use std::collections::{BTreeMap, BTreeSet};

use guardian_core::alert::{Digest, DigestLine, digest};
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
    let notice = digest(&Digest {
        at,
        since,
        buckets: declared.iter().map(line).collect(),
        census: settings.census,
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
