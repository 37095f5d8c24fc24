//! When the sweep ran: one item in its page of the ledger, written by each.

use guardian_core::call::CallError;
use guardian_core::judge::swept;
use guardian_core::name::Resource;
use guardian_core::observation::SweepTimes;
use guardian_core::settings::Settings;

use crate::book::Book;
use crate::seam::{Clock, Entry, Ledger};
use crate::{ReconcileError, store};

/// The item.
const RAN: &str = "ran";

/// Notes that the sweep runs now, where there is a stack that wants to know.
pub(crate) async fn note_sweep<A: Ledger + Clock>(
    aws: &A,
    settings: &Settings,
    book: &Book,
) -> Result<(), ReconcileError> {
    let Some(parts) = &settings.parts else {
        return Ok(());
    };
    let known = book.others.get(RAN);
    let times = swept(known.and_then(read), parts.sweep.period(), aws.now());
    let entry = Entry {
        resource: Resource::Sweep,
        name: RAN.to_owned(),
        version: known.map_or(0, |entry| entry.version),
        body: serde_json::to_value(times).map_err(|_| ReconcileError::Ledger(RAN.to_owned()))?,
        expires: None,
    };
    store::put(aws, &entry).await.map(drop)
}

/// When it last ran, if it ever did.
pub(super) async fn last_sweep<L: Ledger>(ledger: &L) -> Result<Option<SweepTimes>, CallError> {
    Ok(ledger
        .read_entry(&Resource::Sweep, RAN)
        .await?
        .as_ref()
        .and_then(read))
}

fn read(entry: &Entry) -> Option<SweepTimes> {
    serde_json::from_value(entry.body.clone()).ok()
}
