//! One item of the ledger, written or deleted as it was read. Somebody else's write in between ends the reconcile; the
//! message comes again, and the next one reads what stands there then.

use crate::ReconcileError;
use crate::seam::{Entry, Ledger, Stored};

/// Writes the item; answers with its new version.
pub(crate) async fn put<L: Ledger>(ledger: &L, entry: &Entry) -> Result<u64, ReconcileError> {
    version(ledger.put_entry(entry).await?, entry)
}

/// Deletes the item.
pub(crate) async fn delete<L: Ledger>(ledger: &L, entry: &Entry) -> Result<(), ReconcileError> {
    version(ledger.delete_entry(entry).await?, entry).map(drop)
}

fn version(stored: Stored, entry: &Entry) -> Result<u64, ReconcileError> {
    match stored {
        Stored::Done(version) => Ok(version),
        Stored::Conflict => Err(ReconcileError::Contended(entry.name.clone())),
    }
}
