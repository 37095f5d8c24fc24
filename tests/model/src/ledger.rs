//! The ledger's table (DynamoDB).

use guardian_core::call::CallError;
use guardian_core::name::Resource;
use guardian_reconcile::seam::{Entry, EntryPage, Ledger, Stored};

use crate::Model;
use crate::operation::Operation;
use crate::refusal::Refusal;

/// "The maximum item size in DynamoDB is 400 KB" (DynamoDB Developer Guide, "Limits"); names and the other
/// attributes are taken as half a kilobyte.
const BODY_LIMIT: usize = 400 * 1024 - 512;

impl Ledger for Model {
    async fn read_entries(&self, resource: &Resource, next: Option<&str>) -> Result<EntryPage, CallError> {
        self.call(Operation::Query, resource.to_string(), |state| {
            let items = state.ledger.get(resource).into_iter().flatten();
            let mut items = items.filter(|(name, _)| next.is_none_or(|next| name.as_str() > next));
            let page: Vec<Entry> = items
                .by_ref()
                .take(state.pages.entries)
                .map(|(_, entry)| entry.clone())
                .collect();
            let next = items
                .next()
                .and_then(|_| page.last().map(|last| last.name.clone()));
            Ok(EntryPage { entries: page, next })
        })
        .await
    }

    async fn put_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        self.call(
            Operation::PutItem,
            format!("{} {}", entry.resource, entry.name),
            |state| {
                let Some(expected) = entry.version.checked_sub(1) else {
                    return Err(Refusal::other(
                        "ValidationException",
                        "a written version counts from 1",
                    ));
                };
                if entry.name.is_empty() || entry.body.to_string().len() > BODY_LIMIT {
                    let words = "Item size has exceeded the maximum allowed size";
                    return Err(Refusal::other("ValidationException", words));
                }
                let items = state.ledger.entry(entry.resource.clone()).or_default();
                if items.get(&entry.name).map_or(0, |stored| stored.version) != expected {
                    return Ok(Stored::Conflict);
                }
                items.insert(entry.name.clone(), entry.clone());
                Ok(Stored::Done)
            },
        )
        .await
    }

    async fn delete_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        self.call(
            Operation::DeleteItem,
            format!("{} {}", entry.resource, entry.name),
            |state| {
                let Some(items) = state.ledger.get_mut(&entry.resource) else {
                    return Ok(Stored::Conflict);
                };
                if items
                    .get(&entry.name)
                    .is_none_or(|stored| stored.version != entry.version)
                {
                    return Ok(Stored::Conflict);
                }
                items.remove(&entry.name);
                Ok(Stored::Done)
            },
        )
        .await
    }
}

impl Model {
    /// Everything in the ledger, in order of resource and name.
    #[must_use]
    pub fn ledger_dump(&self) -> Vec<Entry> {
        self.read(|state| {
            state
                .ledger
                .values()
                .flat_map(|items| items.values().cloned())
                .collect()
        })
    }

    /// Deletes what has expired. Until then it is still read: "items are deleted within a few days of their
    /// expiration" (DynamoDB Developer Guide, "Time to Live").
    pub fn expire_ledger(&self) {
        self.change(|state| {
            let now = state.moment();
            for items in state.ledger.values_mut() {
                items.retain(|_, entry| entry.expires.is_none_or(|expires| expires > now));
            }
        });
    }
}

#[cfg(test)]
mod tests;
