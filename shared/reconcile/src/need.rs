//! Which keys a bucket needs and which buckets need a key: two views of one fact, each in its own resource's
//! page of the ledger, kept by the bucket's reconcile.

use std::collections::BTreeMap;

use guardian_core::judge::Reader;
use guardian_core::name::{KeyArn, Resource};
use guardian_core::observation::BucketObservation;
use serde_json::{Value, json};

use crate::ReconcileError;
use crate::book::Book;
use crate::seam::{Entry, Ledger, Stored};

/// In a bucket's page: a key it needs.
const NEEDS: &str = "needs#";
/// In a key's page: a bucket that needs it.
const READER: &str = "reader#";

/// The keys one bucket needs.
pub(crate) struct Needs {
    held: BTreeMap<KeyArn, Need>,
}

struct Need {
    /// Version of the bucket's item.
    version: u64,
    /// What was last written into the key's page.
    reader: Option<Reader>,
    /// Whether the key was unwell when last seen: its recovery is news for the key's incident.
    unwell: bool,
}

impl Needs {
    pub(crate) fn of_bucket(book: &Book) -> Self {
        let held = book
            .others
            .values()
            .filter_map(|entry| {
                let key = entry.name.strip_prefix(NEEDS)?.parse().ok()?;
                let reader = entry
                    .body
                    .get("reader")
                    .cloned()
                    .and_then(|value| serde_json::from_value(value).ok());
                let unwell = entry.body.get("unwell").and_then(Value::as_bool).unwrap_or(false);
                Some((
                    key,
                    Need {
                        version: entry.version,
                        reader,
                        unwell,
                    },
                ))
            })
            .collect();
        Self { held }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &KeyArn> {
        self.held.keys()
    }

    /// Records the keys that were seen. Answers with those that are to be looked at: unwell now, or unwell
    /// before and well now. Nothing is written where nothing changed.
    pub(crate) async fn keep<L: Ledger>(
        &mut self,
        ledger: &L,
        bucket: &Resource,
        reader: &Reader,
        seen: &BucketObservation,
        unwell: &[&KeyArn],
    ) -> Result<Vec<KeyArn>, ReconcileError> {
        let mut queue = Vec::new();
        let seen_keys = seen
            .keys
            .iter()
            .filter_map(|key| key.description.as_ref().ok())
            .map(|key| key.arn.clone());
        // A remembered key that is gone altogether has no description, but its incident still has a key.
        let gone = unwell.iter().map(|key| (*key).clone());
        let mut keys: Vec<KeyArn> = seen_keys.chain(gone).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let is_unwell = unwell.contains(&&key);
            let known = self.held.get(&key);
            let was_unwell = known.is_some_and(|need| need.unwell);
            if is_unwell || was_unwell {
                queue.push(key.clone());
            }
            let same_reader = known.is_some_and(|need| need.reader.as_ref() == Some(reader));
            if same_reader && is_unwell == was_unwell {
                continue;
            }
            let version = known.map_or(0, |need| need.version) + 1;
            if !same_reader {
                write_reader(ledger, &key, reader).await?;
            }
            let body = json!({"reader": reader, "unwell": is_unwell});
            let name = format!("{NEEDS}{key}");
            let entry = Entry {
                resource: bucket.clone(),
                name,
                version,
                body,
                expires: None,
            };
            if ledger.put_entry(&entry).await? == Stored::Conflict {
                return Err(ReconcileError::Contended(entry.name));
            }
            self.held.insert(
                key,
                Need {
                    version,
                    reader: Some(reader.clone()),
                    unwell: is_unwell,
                },
            );
        }
        Ok(queue)
    }

    /// Takes the bucket out of the pages of its keys.
    pub(crate) async fn release<L: Ledger>(&self, ledger: &L) -> Result<(), ReconcileError> {
        for (key, need) in &self.held {
            if let Some(reader) = &need.reader {
                let name = format!("{READER}{}", reader.bucket);
                let resource = Resource::Key(key.clone());
                if let Some(stored) = stored(ledger, &resource, &name).await? {
                    ledger.delete_entry(&stored).await?;
                }
            }
        }
        Ok(())
    }

    /// Forgets every key the bucket needed.
    pub(crate) async fn forget<L: Ledger>(self, ledger: &L, bucket: &Resource) -> Result<(), ReconcileError> {
        for (key, need) in self.held {
            let name = format!("{NEEDS}{key}");
            let entry = Entry {
                resource: bucket.clone(),
                name,
                version: need.version,
                body: Value::Null,
                expires: None,
            };
            if ledger.delete_entry(&entry).await? == Stored::Conflict {
                return Err(ReconcileError::Contended(entry.name));
            }
        }
        Ok(())
    }
}

/// The buckets that need a key.
pub(crate) fn readers_of_key(book: &Book) -> Vec<Reader> {
    book.others
        .values()
        .filter(|entry| entry.name.starts_with(READER))
        .filter_map(|entry| serde_json::from_value(entry.body.clone()).ok())
        .collect()
}

async fn stored<L: Ledger>(
    ledger: &L,
    resource: &Resource,
    name: &str,
) -> Result<Option<Entry>, ReconcileError> {
    let book = Book::load(ledger, resource).await?;
    Ok(book.others.get(name).cloned())
}

/// Writes the bucket into the key's page. The bucket is the only writer of this item, so the version is
/// guessed at first and looked up only where the guess was wrong.
async fn write_reader<L: Ledger>(ledger: &L, key: &KeyArn, reader: &Reader) -> Result<(), ReconcileError> {
    let name = format!("{READER}{}", reader.bucket);
    let resource = Resource::Key(key.clone());
    let body = json!(reader);
    let mut entry = Entry {
        resource,
        name,
        version: 1,
        body,
        expires: None,
    };
    if ledger.put_entry(&entry).await? == Stored::Done {
        return Ok(());
    }
    let version = stored(ledger, &entry.resource, &entry.name)
        .await?
        .map_or(0, |stored| stored.version);
    entry.version = version + 1;
    match ledger.put_entry(&entry).await? {
        Stored::Done => Ok(()),
        Stored::Conflict => Err(ReconcileError::Contended(entry.name)),
    }
}
