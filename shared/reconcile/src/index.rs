//! Which buckets a key or an alias concerns: in its page of the ledger one item for each bucket that needs the
//! key, or whose default encryption names the alias. The bucket's reconcile is the only writer of its items;
//! the router asks for their names.
//!
//! # Why no event falls between
//!
//! The router drops an event about a key or an alias that concerns no bucket. Take a change, the moment the
//! router asks about its event, which is later, and the moment a bucket's item is first put into the page.
//! Writes and reads of the ledger are strongly consistent, so one of two things holds:
//!
//! - the item was there before the router asked: it finds it, and the event becomes work;
//! - the item came after the router asked, hence after the change: then the state is read once more after
//!   that. An alias is resolved only once its item is there. A key's ARN comes out of the very look that finds
//!   the need for it, so that its item can only follow that look; therefore the key is queued whenever an item
//!   is put where there was none, even if all was well, and its own look comes after the item.
//!
//! A reconcile that ends between the item and the queue has its message delivered again, and that look comes
//! after the item too. What eventual consistency hides from a look is for the later looks and the sweep, as it
//! is after any event.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use futures_util::join;
use guardian_core::call::CallError;
use guardian_core::incident::{INCIDENT, Incident};
use guardian_core::judge::{Hold, Reader};
use guardian_core::name::{BucketName, Resource};
use serde_json::Value;
use tracing::warn;

use crate::seam::{Entry, Ledger, Stored};
use crate::{ReconcileError, store};

/// How the items begin; the bucket's name follows.
pub(crate) const READER: &str = "reader#";

/// How the items begin of buckets that needed the key once.
pub(crate) const FORMER: &str = "reader-former#";

/// How both begin.
const ANY: &str = "reader";

/// So many names are asked for at a time where all are wanted.
const NAMES_AT_ONCE: u16 = 1000;

/// Whether any bucket stands in the page, or once did.
pub(crate) async fn concerns_any<L: Ledger>(ledger: &L, page: &Resource) -> Result<bool, CallError> {
    Ok(!ledger.entry_names(page, ANY, None, 1).await?.names.is_empty())
}

/// Whether the settings of this bucket name the key. One that only its objects need may be let go by a census, so every
/// object that comes under it has to be heard of.
pub(crate) async fn concerns<L: Ledger>(
    ledger: &L,
    page: &Resource,
    bucket: &BucketName,
) -> Result<bool, CallError> {
    let stored = ledger.read_entry(page, &item(bucket)).await?;
    let reader: Option<Reader> = stored.and_then(|stored| serde_json::from_value(stored.body).ok());
    Ok(reader.is_some_and(|reader| reader.hold == Hold::Settings))
}

/// The buckets in the page.
pub(crate) async fn concerned<L: Ledger>(ledger: &L, page: &Resource) -> Result<Vec<BucketName>, CallError> {
    let (mut buckets, mut after) = (Vec::new(), None);
    loop {
        let part = ledger
            .entry_names(page, READER, after.as_deref(), NAMES_AT_ONCE)
            .await?;
        for name in &part.names {
            match name.strip_prefix(READER).unwrap_or_default().parse() {
                Ok(bucket) => buckets.push(bucket),
                Err(error) => warn!(%page, item = name, %error, "passed over: the item names no bucket"),
            }
        }
        match part.next {
            Some(last) => after = Some(last),
            None => return Ok(buckets),
        }
    }
}

/// A bucket's items as a sweep found them, by the page they belong into. Empty on every other look.
#[derive(Debug, Default)]
pub(crate) struct Found {
    items: BTreeMap<Resource, Option<Entry>>,
    /// Pages of keys with an open incident. The event that the key is well again may have been lost, and flapping is over only
    /// after a quiet day, on which no event comes: then nothing but the sweep leads to it.
    troubled: BTreeSet<Resource>,
}

impl Found {
    /// Reads the bucket's item in each of these pages.
    pub(crate) async fn in_pages<L: Ledger>(
        ledger: &L,
        bucket: &BucketName,
        pages: Vec<Resource>,
    ) -> Result<Self, CallError> {
        let name = item(bucket);
        let keys = pages.iter().filter(|page| matches!(page, Resource::Key(_)));
        let (read, troubled) = join!(
            join_all(pages.iter().map(|page| ledger.read_entry(page, &name))),
            join_all(keys.map(|page| troubled(ledger, page))),
        );
        let read: Vec<Option<Entry>> = read.into_iter().collect::<Result<_, _>>()?;
        let troubled: Vec<Option<Resource>> = troubled.into_iter().collect::<Result<_, _>>()?;
        Ok(Self {
            items: pages.into_iter().zip(read).collect(),
            troubled: troubled.into_iter().flatten().collect(),
        })
    }

    /// Whether the page is known to be that of a key with an open incident.
    pub(crate) fn has_trouble(&self, page: &Resource) -> bool {
        self.troubled.contains(page)
    }

    /// Whether the page is known not to say this of the bucket.
    pub(crate) fn lacks(&self, page: &Resource, body: &Value) -> bool {
        let said = |entry: &Entry| entry.body == *body;
        self.items
            .get(page)
            .is_some_and(|entry| !entry.as_ref().is_some_and(said))
    }
}

/// The page again where an open incident stands in it, or one that only the key's own look can tell of. Only incidents are asked for, because a
/// page may hold a thousand readers besides.
async fn troubled<L: Ledger>(ledger: &L, page: &Resource) -> Result<Option<Resource>, CallError> {
    let is_open = |entry: &Entry| {
        let incident: Result<Incident, _> = serde_json::from_value(entry.body.clone());
        incident.map_or(true, |incident| incident.is_open())
    };
    let mut next = None;
    loop {
        let part = ledger.read_entries(page, INCIDENT, next.as_deref()).await?;
        if part.entries.iter().any(is_open) {
            return Ok(Some(page.clone()));
        }
        next = part.next;
        if next.is_none() {
            return Ok(None);
        }
    }
}

/// Puts the bucket into a page. `known` says that it should stand there already. Answers whether there was no
/// item before.
pub(crate) async fn put<L: Ledger>(
    ledger: &L,
    page: &Resource,
    bucket: &BucketName,
    body: Value,
    known: bool,
    found: &Found,
) -> Result<bool, ReconcileError> {
    put_item(ledger, page, item(bucket), body, known, found.items.get(page)).await
}

/// Puts a bucket into a page that needed the key once.
pub(crate) async fn put_former<L: Ledger>(
    ledger: &L,
    page: &Resource,
    bucket: &BucketName,
    body: Value,
) -> Result<bool, ReconcileError> {
    put_item(ledger, page, former(bucket), body, false, None).await
}

async fn put_item<L: Ledger>(
    ledger: &L,
    page: &Resource,
    name: String,
    body: Value,
    known: bool,
    found: Option<&Option<Entry>>,
) -> Result<bool, ReconcileError> {
    let mut stored = match found {
        Some(read) => read.clone(),
        None if known => ledger.read_entry(page, &name).await?,
        // A guess: most often it is right, and then it saves the question.
        None => None,
    };
    let mut entry = Entry {
        resource: page.clone(),
        name,
        version: 0,
        body,
        expires: None,
    };
    for _ in 0..2 {
        if stored.as_ref().is_some_and(|stored| stored.body == entry.body) {
            return Ok(false);
        }
        entry.version = stored.as_ref().map_or(0, |stored| stored.version);
        if let Stored::Done(_) = ledger.put_entry(&entry).await? {
            return Ok(stored.is_none());
        }
        stored = ledger.read_entry(page, &entry.name).await?;
    }
    Err(ReconcileError::Contended(entry.name))
}

/// Takes the bucket out of a page.
pub(crate) async fn remove<L: Ledger>(
    ledger: &L,
    page: &Resource,
    bucket: &BucketName,
) -> Result<(), ReconcileError> {
    match ledger.read_entry(page, &item(bucket)).await? {
        Some(stored) => store::delete(ledger, &stored).await,
        None => Ok(()),
    }
}

/// Takes a bucket out of a page that needed the key once.
pub(crate) async fn remove_former<L: Ledger>(
    ledger: &L,
    page: &Resource,
    bucket: &BucketName,
) -> Result<(), ReconcileError> {
    match ledger.read_entry(page, &former(bucket)).await? {
        Some(stored) => store::delete(ledger, &stored).await,
        None => Ok(()),
    }
}

fn former(bucket: &BucketName) -> String {
    format!("{FORMER}{bucket}")
}

fn item(bucket: &BucketName) -> String {
    format!("{READER}{bucket}")
}
