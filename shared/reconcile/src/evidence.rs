//! What a bucket's page of the ledger holds about its keys: the evidence, and the census that was recorded last.

mod known;
mod moved;

pub(crate) use moved::Moved;

use std::collections::{BTreeMap, BTreeSet};

use guardian_core::cause::Work;
use guardian_core::census::{Census, FINISHED, Group};
use guardian_core::declaration::Declaration;
use guardian_core::evidence::Evidence;
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::settings::{CensusLevel, Settings};

use crate::book::Book;
use crate::census::CENSUS;
use crate::due::{self, Known, Wanted};
use crate::observe::full_name;
use crate::seam::{Entry, Ledger};
use crate::{ReconcileError, store, written};

/// In a bucket's page: which keys matter, and how that is known.
const EVIDENCE: &str = "evidence";

/// At most so many objects of a sample are taken for what is known of them: the rest of it goes elsewhere.
const EXAMPLES: usize = 10;

/// Keys that no object is under any more, each with the census that proves it.
pub(crate) type Refuted = BTreeMap<KeyArn, Census>;

/// The evidence of one bucket, held while it is reconciled.
pub(crate) struct Kept {
    version: u64,
    stored: Evidence,
    evidence: Evidence,
    census: Option<Census>,
    /// Whether a sample was taken before this look.
    was_sampled: bool,
    /// Whether a sample was taken with this very look.
    is_sampled_now: bool,
    /// The keys that objects were found under in this very look.
    found: BTreeSet<KeyArn>,
    /// The keys that objects were met under in this very look and never before.
    met: BTreeSet<KeyArn>,
    /// The keys that an event named as those of objects nobody could look at, each with such an object. Only KMS can
    /// tell whether there is any truth in it.
    told: BTreeMap<KeyArn, String>,
}

impl Kept {
    pub(crate) fn of_bucket(settings: &Settings, declaration: &Declaration, book: &Book) -> Self {
        let stored = of_book(book);
        let census: Option<Census> = book
            .others
            .get(CENSUS)
            .and_then(|entry| serde_json::from_value(entry.body.clone()).ok())
            .map(|census| in_scope(declaration, in_full(settings, census)));
        let mut evidence = stored.clone();
        evidence.sample = evidence.sample.map(|sample| in_scope(declaration, sample));
        if let Some(census) = &census {
            evidence.count(census);
        }
        Self {
            version: book.others.get(EVIDENCE).map_or(0, |entry| entry.version),
            was_sampled: stored.sample.is_some(),
            stored,
            evidence,
            census,
            is_sampled_now: false,
            found: BTreeSet::new(),
            met: BTreeSet::new(),
            told: BTreeMap::new(),
        }
    }

    /// Whether some objects are to be looked at: when a bucket is new, in each sweep, and beside the result of a
    /// census, which says nothing of what was written since it began.
    pub(crate) fn wants_sample(&self, settings: &Settings, work: &Work) -> bool {
        settings.census != CensusLevel::Off
            && work.look == 0
            && (work.swept || self.evidence.sample.is_none() || work.cause.event == FINISHED)
    }

    /// Objects to look at with a sample, whatever else it takes: those by which the keys are known, so that a key that
    /// few objects are under is seen again for as long as they are.
    pub(crate) fn examples(&self) -> Vec<String> {
        let seen = self
            .evidence
            .keys
            .values()
            .filter_map(|known| known.seen.as_ref());
        let examples = seen
            .map(|seen| seen.example.clone())
            .filter(|example| !example.is_empty());
        examples.take(EXAMPLES).collect()
    }

    /// Takes note of a sample.
    pub(crate) fn sampled(&mut self, settings: &Settings, sample: Census) {
        let sample = in_full(settings, sample);
        self.is_sampled_now = true;
        let keys = sample.counts.keys.keys().filter_map(|name| name.parse().ok());
        self.meet(keys);
        self.evidence.count(&sample);
        self.evidence.sample = Some(sample);
    }

    /// Whether the settings name the key, as far as the last look saw.
    pub(crate) fn is_named(&self, key: &KeyArn) -> bool {
        self.evidence
            .keys
            .get(key)
            .is_some_and(|known| !known.named.is_empty())
    }

    /// Takes note of the keys of objects that were written.
    pub(crate) fn saw(&mut self, written: &written::Found, now: Moment) {
        self.meet(written.seen.keys().cloned());
        for (key, example) in &written.seen {
            self.evidence.see(key, &Group::of(example), now);
            self.found.insert(key.clone());
        }
        self.told.clone_from(&written.named);
    }

    fn meet(&mut self, keys: impl Iterator<Item = KeyArn>) {
        let keys = keys.filter(|key| !self.evidence.keys.contains_key(key));
        self.met.extend(keys);
    }

    /// Takes note of since when walks over the bucket are wanted.
    pub(crate) fn want_walks(&mut self, settings: &Settings, now: Moment) {
        let since = &mut self.evidence.walks_since;
        match settings.census {
            CensusLevel::Full => _ = since.get_or_insert(now),
            // Once they are wanted again they are to begin as spread out as the first time.
            CensusLevel::Sample | CensusLevel::Off => *since = None,
        }
    }

    /// The walk over every object that is wanted now, if one is.
    pub(crate) fn wanted_walk(
        &self,
        settings: &Settings,
        bucket: &BucketName,
        work: &Work,
        now: Moment,
    ) -> Option<Wanted> {
        // With the first sample every key is met for the first time, and what the settings name is no news of objects.
        let mut met = self.met.iter().filter(|key| !self.is_named(key));
        let known = Known {
            bucket,
            since: self.evidence.walks_since?,
            census: self.census(),
            every: settings.census_every,
            swept: work.swept,
            met: self.was_sampled.then(|| met.next()).flatten(),
        };
        due::wanted(known, now)
    }

    /// The last sample, whenever that was.
    pub(crate) fn sample(&self) -> Option<&Census> {
        self.evidence.sample.as_ref()
    }

    /// The last census on record.
    pub(crate) fn census(&self) -> Option<&Census> {
        self.census.as_ref()
    }

    /// What was counted, the newest first.
    pub(crate) fn counts(&self) -> Vec<&Census> {
        let mut counts: Vec<&Census> = self.sample().into_iter().chain(self.census()).collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.began));
        counts
    }

    /// Writes down what changed.
    pub(crate) async fn keep<L: Ledger>(
        &mut self,
        ledger: &L,
        bucket: &BucketName,
    ) -> Result<(), ReconcileError> {
        if self.evidence == self.stored {
            return Ok(());
        }
        let body =
            serde_json::to_value(&self.evidence).map_err(|_| ReconcileError::Ledger(EVIDENCE.to_owned()))?;
        let entry = Entry {
            resource: Resource::Bucket(bucket.clone()),
            name: EVIDENCE.to_owned(),
            version: self.version,
            body,
            expires: None,
        };
        self.version = store::put(ledger, &entry).await?;
        self.stored = self.evidence.clone();
        Ok(())
    }

    /// Forgets the evidence of a bucket that nobody declares.
    pub(crate) async fn forget<L: Ledger>(ledger: &L, book: &Book) -> Result<(), ReconcileError> {
        for name in [EVIDENCE, CENSUS] {
            if let Some(entry) = book.others.get(name) {
                store::delete(ledger, entry).await?;
            }
        }
        Ok(())
    }
}

/// The evidence as it is on record. What cannot be read is built up again; until then every remembered key stays.
pub(crate) fn of_book(book: &Book) -> Evidence {
    let entry = book.others.get(EVIDENCE);
    entry
        .and_then(|entry| serde_json::from_value(entry.body.clone()).ok())
        .unwrap_or_default()
}

/// The same counts, seen from what is declared now: counts of less are not whole.
fn in_scope(declaration: &Declaration, census: Census) -> Census {
    Census {
        whole: census.whole && census.covers(&declaration.prefixes),
        ..census
    }
}

/// The same counts, the keys by their ARNs.
fn in_full(settings: &Settings, mut census: Census) -> Census {
    let keys = std::mem::take(&mut census.counts.keys);
    for (name, group) in keys {
        let known = census.counts.keys.entry(full_name(settings, &name)).or_default();
        known.add(group);
    }
    census
}
