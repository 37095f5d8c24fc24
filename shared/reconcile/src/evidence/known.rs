//! The keys that the evidence has looked at, and how firmly the bucket holds each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use guardian_core::census::Census;
use guardian_core::judge::Hold;
use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::BucketObservation;

use super::{Kept, Refuted};
use crate::need::Needs;
use crate::observe::KnownKey;

/// So long after objects were last seen under a key they are taken to be there still. A sample of a large bucket does
/// not meet every key each time.
const FRESH: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Kept {
    /// The keys to look at besides those that the settings name, and the remembered ones that no object is under any
    /// more as far as a complete census proves.
    pub(crate) fn keys(&self, needs: &Needs) -> (Vec<KnownKey>, Refuted) {
        let remembered: BTreeSet<&KeyArn> = needs.keys().chain(self.evidence.keys.keys()).collect();
        let told = self.told.keys().filter(|key| !remembered.contains(key));
        let told: Vec<&KeyArn> = told.collect();
        let counts = self.counts();
        let refuted: Refuted = remembered
            .iter()
            .filter(|key| !self.told.contains_key(**key))
            .filter_map(|key| {
                let proof = counts.iter().find(|count| self.evidence.is_refuted(key, count))?;
                Some(((*key).clone(), (*proof).clone()))
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
            let Some(arn) = key.arn() else { continue };
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
}

fn hint(key: &KeyArn) -> KnownKey {
    KnownKey {
        key: key.clone(),
        because: "an event named it as the key of an object".to_owned(),
        certain: false,
        is_hint: true,
    }
}
