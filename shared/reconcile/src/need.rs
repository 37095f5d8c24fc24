//! Which keys a bucket needs and which buckets need a key: two views of one fact, each in its own resource's
//! page of the ledger, kept by the bucket's reconcile.

use std::collections::{BTreeMap, BTreeSet};

use guardian_core::evidence::Left;
use guardian_core::judge::{Former, Hold, Reader};
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::observation::BucketObservation;
use serde_json::{Value, json};

use crate::book::Book;
use crate::evidence::Moved;
use crate::index::{self, FORMER, Found, READER};
use crate::seam::{Entry, Ledger};
use crate::{ReconcileError, store};

/// In a bucket's page: a key it needs.
const NEEDS: &str = "needs#";

/// In such an item: the bucket is about to be taken out of the key's page.
const LEAVING: &str = "leaving";

/// The keys one bucket needs.
pub(crate) struct Needs {
    held: BTreeMap<KeyArn, Need>,
    /// Keys that were unwell and are well: noted once they are queued, or nobody would close their incidents.
    recovered: Vec<(KeyArn, Reader)>,
}

struct Need {
    /// Version of the bucket's item.
    version: u64,
    /// What was last written into the key's page.
    reader: Option<Reader>,
    /// Whether the key was unwell when last seen: its recovery is news for the key's incident.
    unwell: bool,
    /// Whether the bucket was about to be taken out of the key's page: what stands there is not known.
    leaving: bool,
}

/// A key that is to be looked at.
pub(crate) struct Look {
    pub(crate) key: KeyArn,
    /// Whether it was not known to concern the bucket until now.
    pub(crate) is_new: bool,
    /// Whether the bucket has something to say of it, and does not only remind of it.
    pub(crate) brings_need: bool,
}

impl Look {
    pub(crate) fn of_need(key: KeyArn) -> Self {
        Self {
            key,
            is_new: false,
            brings_need: true,
        }
    }
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
                let says = |name: &str| entry.body.get(name).and_then(Value::as_bool).unwrap_or(false);
                Some((
                    key,
                    Need {
                        version: entry.version,
                        reader,
                        unwell: says("unwell"),
                        leaving: says(LEAVING),
                    },
                ))
            })
            .collect();
        Self {
            held,
            recovered: Vec::new(),
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &KeyArn> {
        self.held.keys()
    }

    /// Whether all was well with the key when it was last looked at.
    pub(crate) fn was_well(&self, key: &KeyArn) -> bool {
        self.held.get(key).is_some_and(|need| !need.unwell)
    }

    /// Their pages.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Resource> {
        self.held.keys().cloned().map(Resource::Key)
    }

    /// The pages of which is not known what they say of the bucket: a look that took it out of them did not come to its
    /// end, and the bucket is declared again, or needs the key again.
    pub(crate) fn doubted(&self) -> impl Iterator<Item = Resource> {
        let leaving = self.held.iter().filter(|(_, need)| need.leaving);
        leaving.map(|(key, _)| Resource::Key(key.clone()))
    }

    /// Records the keys that were seen. Answers with those that are to be looked at: unwell now, unwell before
    /// and well now, in trouble, or not known to concern the bucket until now (see [`crate::index`]). Nothing is written
    /// where nothing changed.
    pub(crate) async fn keep<L: Ledger>(
        &mut self,
        ledger: &L,
        reader: &Reader,
        holds: &BTreeMap<KeyArn, Hold>,
        seen: &BucketObservation,
        unwell: &[&KeyArn],
        found: &Found,
    ) -> Result<Vec<Look>, ReconcileError> {
        let mut queue = Vec::new();
        let held = &self.held;
        let reader_of = |key: &KeyArn| {
            let before = || held.get(key).and_then(|need| Some(need.reader.as_ref()?.hold));
            reader.holding(holds.get(key).copied().or_else(before).unwrap_or(Hold::Perhaps))
        };
        let seen_keys = seen
            .keys
            .iter()
            .filter_map(|key| key.description.as_ref().ok())
            .map(|key| key.arn.clone());
        // A remembered key that is gone altogether has no description, but its incident still has a key.
        let gone = unwell.iter().map(|key| (*key).clone());
        let lost = self.held.keys().cloned();
        let lost = lost.filter(|key| found.lacks(&Resource::Key(key.clone()), &json!(reader_of(key))));
        let keys: BTreeSet<KeyArn> = seen_keys.chain(gone).chain(lost).collect();
        let keys: Vec<(KeyArn, Reader)> = keys
            .into_iter()
            .map(|key| {
                let reader = reader_of(&key);
                (key, reader)
            })
            .collect();
        for (key, reader) in keys {
            let body = json!(reader);
            let page = Resource::Key(key.clone());
            let is_unwell = unwell.contains(&&key);
            let known = self.held.get(&key);
            let was_unwell = known.is_some_and(|need| need.unwell);
            let noted = known.is_some_and(|need| !need.leaving && need.reader.as_ref() == Some(&reader));
            let is_in_place = noted && !found.lacks(&page, &body);
            let is_new = !is_in_place
                && index::put(ledger, &page, &reader.bucket, body, known.is_some(), found).await?;
            let brings_need = is_unwell || was_unwell || is_new;
            if brings_need || found.has_trouble(&page) {
                queue.push(Look {
                    key: key.clone(),
                    is_new,
                    brings_need,
                });
            }
            if noted && is_unwell == was_unwell {
                continue;
            }
            if was_unwell && !is_unwell {
                self.recovered.push((key, reader));
                continue;
            }
            let version = known.map_or(0, |need| need.version);
            let entry = own(
                &reader.bucket,
                &key,
                version,
                json!({"reader": reader, "unwell": is_unwell}),
            );
            let need = Need {
                version: store::put(ledger, &entry).await?,
                reader: Some(reader),
                unwell: is_unwell,
                leaving: false,
            };
            self.held.insert(key, need);
        }
        Ok(queue)
    }

    /// Notes the keys that are well again, after they were queued.
    pub(crate) async fn note_recovered<L: Ledger>(&mut self, ledger: &L) -> Result<(), ReconcileError> {
        for (key, reader) in std::mem::take(&mut self.recovered) {
            let Some(need) = self.held.get_mut(&key) else {
                continue;
            };
            let body = json!({"reader": reader, "unwell": false});
            need.version = store::put(ledger, &own(&reader.bucket, &key, need.version, body)).await?;
            need.reader = Some(reader);
            need.unwell = false;
            need.leaving = false;
        }
        Ok(())
    }

    /// Takes the bucket out of the pages of its keys.
    pub(crate) async fn release<L: Ledger>(
        &mut self,
        ledger: &L,
        bucket: &BucketName,
    ) -> Result<(), ReconcileError> {
        for (key, need) in &mut self.held {
            need.leave(ledger, bucket, key).await?;
        }
        Ok(())
    }

    /// Moves the bucket, in the pages of these keys, from those that need them to those that did, or back. Answers with
    /// the keys that nobody may need now: what is open about them may be over, and what they grant needless.
    pub(crate) async fn turn<L: Ledger>(
        &mut self,
        ledger: &L,
        bucket: &BucketName,
        moved: &Moved,
    ) -> Result<Vec<Look>, ReconcileError> {
        for key in &moved.back {
            index::remove_former(ledger, &Resource::Key(key.clone()), bucket).await?;
        }
        let mut queue = Vec::new();
        for (key, left) in &moved.left {
            let page = Resource::Key(key.clone());
            index::put_former(ledger, &page, bucket, json!(left)).await?;
            if let Some(need) = self.held.get_mut(key) {
                need.leave(ledger, bucket, key).await?;
                // Last, so that whatever failed before is done again.
                let entry = own(bucket, key, need.version, Value::Null);
                store::delete(ledger, &entry).await?;
                self.held.remove(key);
            }
            queue.push(Look::of_need(key.clone()));
        }
        Ok(queue)
    }

    /// Forgets every key the bucket needed.
    pub(crate) async fn forget<L: Ledger>(
        self,
        ledger: &L,
        bucket: &BucketName,
    ) -> Result<(), ReconcileError> {
        for (key, need) in self.held {
            let entry = own(bucket, &key, need.version, Value::Null);
            store::delete(ledger, &entry).await?;
        }
        Ok(())
    }
}

impl Need {
    /// Takes the bucket out of the key's page. That it will is stored first: whoever looks at the bucket after this was cut
    /// off, and finds that the key is needed after all, must not take the bucket to stand there still.
    async fn leave<L: Ledger>(
        &mut self,
        ledger: &L,
        bucket: &BucketName,
        key: &KeyArn,
    ) -> Result<(), ReconcileError> {
        if !self.leaving {
            let body = json!({"reader": self.reader, "unwell": self.unwell, LEAVING: true});
            self.version = store::put(ledger, &own(bucket, key, self.version, body)).await?;
            self.leaving = true;
        }
        index::remove(ledger, &Resource::Key(key.clone()), bucket).await
    }
}

fn own(bucket: &BucketName, key: &KeyArn, version: u64, body: Value) -> Entry {
    Entry {
        resource: Resource::Bucket(bucket.clone()),
        name: format!("{NEEDS}{key}"),
        version,
        body,
        expires: None,
    }
}

/// The buckets that needed a key once, as it stands now.
pub(crate) fn formers_of_key(book: &Book, now: Moment) -> Vec<Former> {
    let items = book
        .others
        .values()
        .filter(|entry| entry.name.starts_with(FORMER));
    items
        .filter_map(|entry| serde_json::from_value::<Left>(entry.body.clone()).ok())
        .map(|left| left.as_of(now))
        .collect()
}

/// The buckets that need a key.
pub(crate) fn readers_of_key(book: &Book) -> Vec<Reader> {
    book.others
        .values()
        .filter(|entry| entry.name.starts_with(READER))
        .filter_map(|entry| serde_json::from_value(entry.body.clone()).ok())
        .collect()
}
