//! What a bucket's page of the ledger holds about its keys: the evidence, and the census that was recorded last.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use guardian_core::cause::Work;
use guardian_core::census::{Census, FINISHED, Group, Source};
use guardian_core::declaration::Declaration;
use guardian_core::evidence::{Evidence, Left};
use guardian_core::judge::{Former, Hold};
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::observation::{BucketObservation, KeyObservation, Presence};
use guardian_core::settings::{CensusLevel, Settings};

use crate::book::Book;
use crate::census::CENSUS;
use crate::need::Needs;
use crate::observe::{KnownKey, full_name};
use crate::seam::{Entry, Ledger};
use crate::{ReconcileError, store, written};

/// In a bucket's page: which keys matter, and how that is known.
const EVIDENCE: &str = "evidence";

/// Keys that no object is under any more, each with the census that proves it.
pub(crate) type Refuted = BTreeMap<KeyArn, Census>;

/// Keys that the bucket came to need no more, or again, with this look.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// Let go.
    pub(crate) left: BTreeMap<KeyArn, Left>,
    /// Needed again.
    pub(crate) back: BTreeSet<KeyArn>,
}

/// So long after objects were last seen under a key they are taken to be there still. A sample of a large bucket does
/// not meet every key each time.
const FRESH: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The evidence of one bucket, held while it is reconciled.
pub(crate) struct Kept {
    version: u64,
    stored: Evidence,
    evidence: Evidence,
    census: Option<Census>,
    /// Whether a sample was taken with this very look.
    is_sampled_now: bool,
    /// The keys that objects were found under in this very look.
    found: BTreeSet<KeyArn>,
    /// The keys that an event named as those of objects nobody could look at, each with such an object. Only KMS can
    /// tell whether there is any truth in it.
    told: BTreeMap<KeyArn, String>,
}

impl Kept {
    pub(crate) fn of_bucket(settings: &Settings, book: &Book) -> Self {
        let entry = book.others.get(EVIDENCE);
        // What cannot be read is built up again; until then every remembered key stays.
        let stored: Evidence = entry
            .and_then(|entry| serde_json::from_value(entry.body.clone()).ok())
            .unwrap_or_default();
        let census: Option<Census> = book
            .others
            .get(CENSUS)
            .and_then(|entry| serde_json::from_value(entry.body.clone()).ok())
            .map(|census| in_full(settings, census));
        let mut evidence = stored.clone();
        if let Some(census) = &census {
            evidence.count(census);
        }
        Self {
            version: entry.map_or(0, |entry| entry.version),
            stored,
            evidence,
            census,
            is_sampled_now: false,
            found: BTreeSet::new(),
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

    /// Takes note of a sample.
    pub(crate) fn sampled(&mut self, settings: &Settings, sample: Census) {
        let sample = in_full(settings, sample);
        self.is_sampled_now = true;
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
        for (key, example) in &written.seen {
            self.evidence.see(key, &Group::of(example), now);
            self.found.insert(key.clone());
        }
        self.told.clone_from(&written.named);
    }

    /// The last sample, whenever that was.
    pub(crate) fn sample(&self) -> Option<&Census> {
        self.evidence.sample.as_ref()
    }

    /// The last census on record.
    pub(crate) fn census(&self) -> Option<&Census> {
        self.census.as_ref()
    }

    /// The keys to look at besides those that the settings name, and the remembered ones that no object is under any
    /// more as far as a complete census proves.
    pub(crate) fn keys(&self, needs: &Needs) -> (Vec<KnownKey>, Refuted) {
        let remembered: BTreeSet<&KeyArn> = needs.keys().chain(self.evidence.keys.keys()).collect();
        let told = self.told.keys().filter(|key| !remembered.contains(key));
        let told: Vec<&KeyArn> = told.collect();
        let refuted: Refuted = remembered
            .iter()
            .filter_map(|key| {
                let is_told = self.told.contains_key(*key);
                let mut proofs = self.proofs().filter(|_| !is_told);
                let proof = proofs.find(|proof| self.evidence.is_refuted(key, proof))?;
                Some(((*key).clone(), proof.clone()))
            })
            .collect();
        let known = remembered
            .into_iter()
            .filter(|key| !refuted.contains_key(*key))
            .map(|key| self.known(key))
            .chain(told.into_iter().map(hint))
            .collect();
        (known, refuted)
    }

    fn known(&self, key: &KeyArn) -> KnownKey {
        let under = |count: &Census| {
            count
                .counts
                .keys
                .get(key.as_str())
                .map(|group| (group.objects, count.began))
        };
        let because = match (self.sample().and_then(under), self.census().and_then(under)) {
            (Some((objects, at)), _) => format!("{objects} objects of the sample of {at} are under it"),
            (None, Some((objects, at))) => format!("{objects} objects were under it in the census of {at}"),
            (None, None) => match self.evidence.keys.get(key).and_then(|known| known.seen.as_ref()) {
                Some(_) if self.found.contains(key) => "an object just written is under it".to_owned(),
                Some(seen) => format!("an object was seen under it on {}", seen.last),
                None => "objects written earlier may be under it".to_owned(),
            },
        };
        KnownKey {
            key: key.clone(),
            because,
            // What a census counted longer ago may have been written anew since.
            certain: self.sample().and_then(under).is_some() || self.found.contains(key),
            is_hint: false,
        }
    }

    /// How the bucket holds each of these keys.
    pub(crate) fn holds(&self, seen: &BucketObservation, now: Moment) -> BTreeMap<KeyArn, Hold> {
        let mut holds = BTreeMap::new();
        for key in &seen.keys {
            let arn = key.description.as_ref().ok().map(|found| found.arn.clone());
            let Some(arn) = arn.or_else(|| key.named.parse().ok()) else {
                continue;
            };
            let sight = self.evidence.keys.get(&arn).and_then(|known| known.seen.as_ref());
            // What the settings name cannot always be read; then what they named before counts.
            let hold = if !key.named_by.is_empty() || self.is_named(&arn) {
                Hold::Settings
            } else if sight.is_some_and(|sight| now.since(sight.last) < FRESH) {
                Hold::Objects
            } else {
                Hold::Perhaps
            };
            let known = holds.entry(arn).or_insert(hold);
            *known = hold.max(*known);
        }
        holds
    }

    /// What was counted, the newest first.
    fn proofs(&self) -> impl Iterator<Item = &Census> {
        let mut proofs: Vec<&Census> = self.sample().into_iter().chain(self.census()).collect();
        proofs.sort_by_key(|proof| std::cmp::Reverse(proof.began));
        proofs.into_iter()
    }

    /// Takes note of what the settings name now, and lets those of the `refuted` keys go that they do not name: none as
    /// long as anything that they name could not be resolved.
    pub(crate) fn settle(
        &mut self,
        declaration: &Declaration,
        needs: &Needs,
        seen: &BucketObservation,
        refuted: Refuted,
        now: Moment,
    ) -> Moved {
        let mut moved = Moved::default();
        for (key, example) in std::mem::take(&mut self.told) {
            let is_it =
                |found: &KeyObservation| found.description.as_ref().is_ok_and(|found| found.arn == key);
            if seen.keys.iter().any(is_it) {
                self.evidence.see(&key, &Group::of(&example), now);
            }
        }
        let is_resolved = seen.presence == Presence::Here
            && seen.encryption.is_ok()
            && seen.markers.iter().all(|marker| marker.head.is_ok())
            && seen
                .keys
                .iter()
                .all(|key| key.description.is_ok() || key.named.parse::<KeyArn>().is_ok());
        if !is_resolved {
            return moved;
        }
        let mut named: BTreeMap<KeyArn, Vec<String>> = BTreeMap::new();
        for key in seen.keys.iter().filter(|key| !key.named_by.is_empty()) {
            let arn = key.description.as_ref().ok().map(|found| found.arn.clone());
            if let Some(arn) = arn.or_else(|| key.named.parse().ok()) {
                named.entry(arn).or_default().extend(key.named_by.iter().cloned());
            }
        }
        if !named.is_empty() || !self.evidence.keys.is_empty() || needs.keys().next().is_some() {
            self.evidence.name(&named, needs.keys().cloned(), now);
        }
        let back: Vec<KeyArn> = self
            .evidence
            .left
            .keys()
            .filter(|key| self.evidence.keys.contains_key(*key))
            .cloned()
            .collect();
        for key in back {
            self.evidence.left.remove(&key);
            moved.back.insert(key);
        }
        let left_by = |proof: &Census| Left {
            former: Former {
                bucket: declaration.bucket.clone(),
                mode: declaration.mode,
                prune: declaration.prune && self.is_sampled_now,
                census: proof.id.clone(),
                began: proof.began,
                objects: proof.counts.objects,
            },
            // A census may have lain there for long before anybody could act on it.
            checked: proof.ended.unwrap_or(proof.began),
        };
        for (key, proof) in refuted.into_iter().filter(|(key, _)| !named.contains_key(key)) {
            moved.left.insert(key, left_by(&proof));
        }
        // What a newer census shows again is as good as the first time. A sample comes with every sweep and is only
        // worth a write where it lets a wish of the declaration come true that the proof at hand is too old for.
        for (key, before) in &self.evidence.left {
            let is_wish = declaration.prune && !before.former.prune && self.is_sampled_now;
            let proof = self.proofs().find(|proof| {
                proof.began > before.former.began
                    && (proof.source != Source::Sample || is_wish)
                    && self.evidence.is_still_gone(key, proof)
            });
            // What the declaration takes back holds at once, whatever the proof.
            let allowed = Former {
                mode: declaration.mode,
                prune: before.former.prune && declaration.prune,
                ..before.former.clone()
            };
            if let Some(proof) = proof {
                moved.left.insert(key.clone(), left_by(proof));
            } else if allowed != before.former {
                let left = Left {
                    former: allowed,
                    checked: before.checked,
                };
                moved.left.insert(key.clone(), left);
            }
        }
        for (key, left) in &moved.left {
            self.evidence.leave(key, left.clone());
        }
        moved
    }

    /// The keys that were let go.
    pub(crate) fn left(&self) -> impl Iterator<Item = &KeyArn> {
        self.evidence.left.keys()
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

/// The same counts, the keys by their ARNs.
fn in_full(settings: &Settings, mut census: Census) -> Census {
    let keys = std::mem::take(&mut census.counts.keys);
    for (name, group) in keys {
        let known = census.counts.keys.entry(full_name(settings, &name)).or_default();
        known.add(group);
    }
    census
}

fn hint(key: &KeyArn) -> KnownKey {
    KnownKey {
        key: key.clone(),
        because: "an event named it as the key of an object".to_owned(),
        certain: false,
        is_hint: true,
    }
}
