//! The parts of a walk: what each batch came to, an item of its own in the bucket's census page.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use guardian_core::census::Counts;
use guardian_core::name::{BucketName, Resource};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::warn;

use super::bound::bounded;
use crate::ReconcileError;
use crate::seam::{Clock, Entry, Ledger, Stored};

/// How the items begin; the walk's id and what tells the batch apart follow.
const PART: &str = "part#";

/// So long the parts of a walk that came to no end are kept: as long as Step Functions lets it be taken up again (Step
/// Functions Developer Guide, "Restarting state machine executions with redrive": 14 days).
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// So many parts are deleted at a time.
const DELETED_AT_ONCE: usize = 32;

/// What one batch came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Part {
    /// How many objects the walk handed over in it, counted or not.
    pub(super) listed: u64,
    /// What was counted of those that the walk is about.
    pub(super) counts: Counts,
}

/// Stores the part of a batch. A batch that is done once more finds its own item, also where the first answer was lost,
/// and is not counted twice.
pub(super) async fn store<A: Ledger + Clock>(
    aws: &A,
    bucket: &BucketName,
    id: &str,
    (first, last): (&str, &str),
    part: Part,
) -> Result<(), ReconcileError> {
    let part = Part {
        counts: bounded(part.counts),
        ..part
    };
    let mut hash = Sha256::new();
    for key in [first, last] {
        hash.update(key.len().to_be_bytes());
        hash.update(key.as_bytes());
    }
    let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{PART}{id}#{digest}");
    let body = serde_json::to_value(&part).map_err(|_| ReconcileError::Ledger(name.clone()))?;
    let mut entry = Entry {
        resource: Resource::Census(bucket.clone()),
        name,
        // A guess that is nearly always right, and then saves the question.
        version: 0,
        body,
        expires: Some(aws.now().plus(KEPT)),
    };
    for _ in 0..3 {
        if let Stored::Done(_) = aws.put_entry(&entry).await? {
            return Ok(());
        }
        let stored = aws.read_entry(&entry.resource, &entry.name).await?;
        if stored.as_ref().is_some_and(|stored| stored.body == entry.body) {
            return Ok(());
        }
        entry.version = stored.map_or(0, |stored| stored.version);
    }
    Err(ReconcileError::Contended(entry.name))
}

/// The parts of a walk, added up.
#[derive(Debug, Default)]
pub(super) struct Sum {
    /// What they come to.
    pub(super) total: Part,
    /// Their items, without what they say.
    items: Vec<Entry>,
}

impl Sum {
    /// Adds up the parts of this walk. One that cannot be read counts nothing, and the numbers then do not agree.
    pub(super) async fn of_walk<L: Ledger>(
        ledger: &L,
        bucket: &BucketName,
        id: &str,
    ) -> Result<Self, ReconcileError> {
        let page = Resource::Census(bucket.clone());
        let of_this = format!("{PART}{id}#");
        let (mut sum, mut next) = (Self::default(), None);
        loop {
            let some = ledger.read_entries(&page, "", next.as_deref()).await?;
            let entries = some.entries.into_iter();
            for mut entry in entries.filter(|entry| entry.name.starts_with(&of_this)) {
                match serde_json::from_value::<Part>(entry.body.take()) {
                    Ok(part) => {
                        sum.total.listed = sum.total.listed.saturating_add(part.listed);
                        sum.total.counts.add(part.counts);
                    }
                    Err(error) => warn!(item = entry.name, %error, "a part of a walk cannot be read"),
                }
                sum.items.push(entry);
            }
            match some.next {
                Some(last) => next = Some(last),
                None => return Ok(sum),
            }
        }
    }

    /// Deletes the items. One that was written meanwhile, by a batch done once more, is left to expire.
    pub(super) async fn delete<L: Ledger>(&self, ledger: &L) -> Result<(), ReconcileError> {
        let deletions = stream::iter(&self.items).map(|entry| ledger.delete_entry(entry));
        let mut deletions = deletions.buffer_unordered(DELETED_AT_ONCE);
        while let Some(deleted) = deletions.next().await {
            deleted?;
        }
        Ok(())
    }
}
