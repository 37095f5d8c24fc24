//! The ledger's table (DynamoDB).

use guardian_core::call::CallError;
use guardian_core::name::Resource;
use guardian_reconcile::seam::{Entry, EntryPage, Ledger, NamePage, Stored};

use crate::Model;
use crate::operation::Operation;
use crate::refusal::Refusal;

/// "The maximum item size in DynamoDB is 400 KB" (DynamoDB Developer Guide, "Limits"); names and the other
/// attributes are taken as half a kilobyte.
const BODY_LIMIT: usize = 400 * 1024 - 512;

/// "The maximum length of a sort key value is 1024 bytes" (DynamoDB Developer Guide, "Quotas").
const NAME_LIMIT: usize = 1024;

impl Ledger for Model {
    async fn read_entries(
        &self,
        resource: &Resource,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<EntryPage, CallError> {
        let what = if prefix.is_empty() {
            resource.to_string()
        } else {
            format!("{resource} {prefix}*")
        };
        self.call(Operation::Query, what, |state| {
            let items = state.ledger.get(resource).into_iter().flatten();
            let mut items = items
                .filter(|(name, _)| name.starts_with(prefix) && next.is_none_or(|next| name.as_str() > next));
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

    async fn entry_names(
        &self,
        resource: &Resource,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<NamePage, CallError> {
        self.call(Operation::Query, format!("{resource} {prefix}*"), |state| {
            if limit == 0 {
                // DynamoDB API Reference, Query, `Limit`: "Minimum value of 1".
                return Err(Refusal::other("ValidationException", "the limit counts from 1"));
            }
            let items = state.ledger.get(resource).into_iter().flatten();
            let names = items
                .map(|(name, _)| name)
                .filter(|name| name.starts_with(prefix));
            let rest = names.filter(|name| after.is_none_or(|after| name.as_str() > after));
            let at_most = usize::from(limit).min(state.pages.entries);
            let names: Vec<String> = rest.take(at_most).cloned().collect();
            // A part that is full names its last item even where nothing follows (DynamoDB Developer Guide,
            // "Paginating table query results").
            let next = names.last().filter(|_| names.len() == at_most).cloned();
            Ok(NamePage { names, next })
        })
        .await
    }

    async fn read_entry(&self, resource: &Resource, name: &str) -> Result<Option<Entry>, CallError> {
        self.call(Operation::GetItem, format!("{resource} {name}"), |state| {
            let items = state.ledger.get(resource);
            Ok(items.and_then(|items| items.get(name)).cloned())
        })
        .await
    }

    async fn put_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        self.call(
            Operation::PutItem,
            format!("{} {}", entry.resource, entry.name),
            |state| {
                if entry.name.is_empty() || entry.body.to_string().len() > BODY_LIMIT {
                    let words = "Item size has exceeded the maximum allowed size";
                    return Err(Refusal::other("ValidationException", words));
                }
                if entry.name.len() > NAME_LIMIT {
                    let words = "Size of rangekey has exceeded the maximum size limit of 1024 bytes";
                    return Err(Refusal::other("ValidationException", words));
                }
                let items = state.ledger.entry(entry.resource.clone()).or_default();
                if items.get(&entry.name).map_or(0, |stored| stored.version) != entry.version {
                    return Ok(Stored::Conflict);
                }
                state.ledger_version += 1;
                let version = state.ledger_version;
                let written = Entry {
                    version,
                    ..entry.clone()
                };
                items.insert(entry.name.clone(), written);
                Ok(Stored::Done(version))
            },
        )
        .await
    }

    async fn delete_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        self.call(
            Operation::DeleteItem,
            format!("{} {}", entry.resource, entry.name),
            |state| {
                let items = state.ledger.entry(entry.resource.clone()).or_default();
                if items.get(&entry.name).map_or(0, |stored| stored.version) != entry.version {
                    return Ok(Stored::Conflict);
                }
                items.remove(&entry.name);
                Ok(Stored::Done(0))
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

    /// Somebody takes an item out of the table by hand. Answers whether it was there.
    pub fn lose_entry(&self, resource: &Resource, name: &str) -> bool {
        self.change(|state| {
            let items = state.ledger.get_mut(resource);
            items.is_some_and(|items| items.remove(name).is_some())
        })
    }

    /// Somebody puts an item into the table by hand, past every condition; with the version 0 it has none.
    pub fn plant_entry(&self, entry: Entry) {
        self.change(|state| {
            let items = state.ledger.entry(entry.resource.clone()).or_default();
            items.insert(entry.name.clone(), entry);
        });
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
