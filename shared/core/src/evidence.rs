//! Which KMS keys matter for a bucket, and how that is known.
//!
//! A key matters while the bucket's settings name it, and for as long after as objects may be under it. That no
//! object is under it any more only a complete census can show, and only for what was there when it began: a key
//! that was named, or seen on an object, at a later time stays.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::census::{Census, Group};
use crate::judge::Former;
use crate::moment::Moment;
use crate::name::KeyArn;

/// What is known of the keys of one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Since when the bucket is looked after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// Since when walks over every object of it are wanted; none where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walks_since: Option<Moment>,
    /// The keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<KeyArn, KeyEvidence>,
    /// Keys that a complete census let go.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left: BTreeMap<KeyArn, Left>,
    /// The last sample of the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Census>,
}

/// A key that the bucket needs no more, as the key's page says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The bucket, and the census that proves it.
    #[serde(flatten)]
    pub former: Former,
    /// When the census ended. A grant is only taken away where a sample beside its end did not show the contrary.
    pub checked: Moment,
}

impl Left {
    /// So long after the check, a grant may be taken away on the strength of it.
    const GOOD_FOR: Duration = Duration::from_secs(60 * 60);

    /// The former reader as it stands now: what was asked for is only done as long as the proof is fresh.
    #[must_use]
    pub fn as_of(&self, now: Moment) -> Former {
        Former {
            prune: self.former.prune && now.since(self.checked) <= Self::GOOD_FOR,
            ..self.former.clone()
        }
    }
}

/// Why a key is taken to matter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeyEvidence {
    /// What names it: the default encryption, the declaration, a marker. Empty where nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<String>,
    /// When it was first found to be named no longer; until then objects may have been written under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_until: Option<Moment>,
    /// What was seen under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Sight>,
}

/// Objects that were seen under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// How many the last look that saw any counted.
    pub objects: u64,
    /// The object key of one of them.
    pub example: String,
    /// When the first was seen.
    pub first: Moment,
    /// When they were last seen.
    pub last: Moment,
}

impl Evidence {
    /// Takes note of what the settings name now. `known` are keys that an earlier look found, whether or not a
    /// reason is on record.
    pub fn name(
        &mut self,
        named: &BTreeMap<KeyArn, Vec<String>>,
        known: impl IntoIterator<Item = KeyArn>,
        now: Moment,
    ) {
        self.since.get_or_insert(now);
        for key in known {
            // Of a key without a record nothing is known but that it mattered: perhaps until this moment.
            self.keys.entry(key).or_insert_with(|| KeyEvidence {
                named_until: Some(now),
                ..KeyEvidence::default()
            });
        }
        for (key, evidence) in &mut self.keys {
            if !evidence.named.is_empty() && !named.contains_key(key) {
                evidence.named.clear();
                evidence.named_until = Some(now);
            }
        }
        for (key, by) in named {
            let evidence = self.keys.entry(key.clone()).or_default();
            evidence.named.clone_from(by);
            evidence.named_until = None;
        }
    }

    /// Takes note of objects seen under a key.
    pub fn see(&mut self, key: &KeyArn, group: &Group, at: Moment) {
        let seen = &mut self.keys.entry(key.clone()).or_default().seen;
        match seen {
            Some(sight) if at < sight.last => sight.first = sight.first.min(at),
            Some(sight) => {
                sight.objects = group.objects;
                sight.example.clone_from(&group.example);
                sight.last = at;
            }
            None => {
                *seen = Some(Sight {
                    objects: group.objects,
                    example: group.example.clone(),
                    first: at,
                    last: at,
                });
            }
        }
    }

    /// Takes note of what a sample or a census counted. Taking note of the same one again changes nothing, and neither
    /// does what it says of a key that was let go since: the proof is the newer of the two.
    pub fn count(&mut self, census: &Census) {
        for (name, group) in &census.counts.keys {
            let Ok(key) = name.parse() else { continue };
            let is_past = |left: &Left| left.former.began > census.began;
            if !self.left.get(&key).is_some_and(is_past) {
                self.see(&key, group, census.began);
            }
        }
    }

    /// Whether this census proves that no object is under the key, and that none can have come under it since
    /// through the bucket's settings.
    ///
    /// It does not if it is not complete, if it met a key by a name that is no ARN (which key that is, is not known
    /// then), if it counted objects under the key, if the key is named or was when the census began, or if anything
    /// was seen under it since.
    #[must_use]
    pub fn is_refuted(&self, key: &KeyArn, census: &Census) -> bool {
        if !proves_absence(key, census) {
            return false;
        }
        let Some(evidence) = self.keys.get(key) else {
            return false;
        };
        evidence.named.is_empty()
            && evidence.named_until.is_none_or(|until| until < census.began)
            && evidence.seen.as_ref().is_none_or(|seen| seen.last < census.began)
    }

    /// Lets a key go that this census refutes.
    pub fn leave(&mut self, key: &KeyArn, left: Left) {
        self.keys.remove(key);
        self.left.insert(key.clone(), left);
    }

    /// Whether this census, and nothing since, shows no object under a key that was let go.
    #[must_use]
    pub fn is_still_gone(&self, key: &KeyArn, census: &Census) -> bool {
        !self.keys.contains_key(key) && proves_absence(key, census)
    }
}

/// Whether a census shows that no object was under the key when it began.
fn proves_absence(key: &KeyArn, census: &Census) -> bool {
    let counts = &census.counts.keys;
    census.is_complete()
        && !counts.contains_key(key.as_str())
        && counts.keys().all(|name| name.parse::<KeyArn>().is_ok())
}

#[cfg(test)]
mod tests;
