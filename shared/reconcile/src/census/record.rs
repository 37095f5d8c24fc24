//! The census of a bucket as the ledger holds it.

use guardian_core::census::Census;
use guardian_core::name::{BucketName, Resource};

use crate::ReconcileError;
use crate::seam::{Entry, Ledger, Stored};

/// The item's name in the bucket's page.
pub const CENSUS: &str = "census";

/// Stores a census as the item [`CENSUS`] of the bucket's page. Answers whether it stands there now: one that began
/// earlier than the one stored is not put in its place, whatever either proves, so that walks that end in another
/// order than they began come to the same.
///
/// An incomplete census does replace an older complete one. That errs on the safe side: what is decided by a census
/// (that a key is not used) needs a complete one.
///
/// # Errors
///
/// A call that failed; [`ReconcileError::Contended`] where somebody else wrote the item twice meanwhile;
/// [`ReconcileError::Ledger`] where the census cannot be put into JSON.
pub async fn record<L: Ledger>(
    ledger: &L,
    bucket: &BucketName,
    census: &Census,
) -> Result<bool, ReconcileError> {
    let page = Resource::Bucket(bucket.clone());
    let body = serde_json::to_value(census).map_err(|_| ReconcileError::Ledger(CENSUS.to_owned()))?;
    let mut entry = Entry {
        resource: page.clone(),
        name: CENSUS.to_owned(),
        version: 0,
        body,
        expires: None,
    };
    // The second time after a conflict; whoever wrote in between may have stored a newer one.
    for _ in 0..2 {
        let stored = ledger.read_entry(&page, CENSUS).await?;
        if let Some(stored) = &stored {
            if stored.body == entry.body {
                return Ok(true);
            }
            // One that cannot be read says nothing, so nothing is lost with it.
            let standing: Option<Census> = serde_json::from_value(stored.body.clone()).ok();
            if standing.is_some_and(|standing| standing.began > census.began) {
                return Ok(false);
            }
        }
        entry.version = stored.map_or(0, |stored| stored.version);
        if let Stored::Done(_) = ledger.put_entry(&entry).await? {
            return Ok(true);
        }
    }
    Err(ReconcileError::Contended(entry.name))
}
