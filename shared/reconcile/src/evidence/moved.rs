//! Which keys the bucket needs no more, or again, after a look.

use std::collections::{BTreeMap, BTreeSet};

use guardian_core::census::{Census, Group, Source};
use guardian_core::declaration::Declaration;
use guardian_core::evidence::Left;
use guardian_core::judge::Former;
use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::{BucketObservation, KeyObservation, Presence};

use super::{Kept, Refuted};
use crate::need::Needs;

/// Keys that the bucket came to need no more, or again, with this look.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// Let go.
    pub(crate) left: BTreeMap<KeyArn, Left>,
    /// Needed again.
    pub(crate) back: BTreeSet<KeyArn>,
}

impl Kept {
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
                |found: &KeyObservation| found.description.is_ok() && found.arn().as_ref() == Some(&key);
            if seen.keys.iter().any(is_it) {
                self.evidence.see(&key, &Group::of(&example), now);
            }
        }
        let is_resolved = seen.presence == Presence::Here
            && seen.encryption.is_ok()
            && seen.markers.iter().all(|marker| marker.head.is_ok())
            && seen.keys.iter().all(|key| key.arn().is_some());
        if !is_resolved {
            return moved;
        }
        let mut named: BTreeMap<KeyArn, Vec<String>> = BTreeMap::new();
        for key in seen.keys.iter().filter(|key| !key.named_by.is_empty()) {
            if let Some(arn) = key.arn() {
                named.entry(arn).or_default().extend(key.named_by.iter().cloned());
            }
        }
        if !named.is_empty() || !self.evidence.keys.is_empty() || needs.keys().next().is_some() {
            self.evidence.name(&named, needs.keys().cloned(), now);
        }
        let needed = &self.evidence.keys;
        let back = self
            .evidence
            .left
            .extract_if(.., |key, _| needed.contains_key(key));
        moved.back = back.map(|(key, _)| key).collect();
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
        let counts = self.counts();
        for (key, before) in &self.evidence.left {
            let is_wish = declaration.prune && !before.former.prune && self.is_sampled_now;
            let proof = counts.iter().find(|proof| {
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
}
