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
mod tests {
    use super::*;
    use crate::census::{Counts, Source};

    fn key(id: &str) -> KeyArn {
        format!("arn:aws:kms:us-east-1:111122223333:key/{id}")
            .parse()
            .unwrap()
    }

    fn at(seconds: i64) -> Moment {
        Moment::from_unix(seconds)
    }

    fn census(began: i64, under: &[(&str, u64)]) -> Census {
        let mut counts = Counts::default();
        for (name, objects) in under {
            let group = Group {
                objects: *objects,
                example: "a.jpg".to_owned(),
            };
            counts.objects += objects;
            counts.keys.insert((*name).to_owned(), group);
        }
        Census {
            id: "walk".to_owned(),
            source: Source::Walk,
            began: at(began),
            ended: Some(at(began + 5)),
            whole: true,
            counts,
        }
    }

    /// `old` was the default key until `left`, `new` is now.
    fn switched(left: i64) -> Evidence {
        let mut evidence = Evidence::default();
        let default = |id| BTreeMap::from([(key(id), vec!["the default key".to_owned()])]);
        evidence.name(&default("old"), [], at(0));
        evidence.name(&default("new"), [], at(left));
        evidence
    }

    #[test]
    fn a_complete_census_that_began_after_the_switch_refutes_the_old_key_and_never_the_new() {
        let evidence = switched(100);
        assert!(evidence.is_refuted(&key("old"), &census(101, &[])));
        assert!(!evidence.is_refuted(&key("new"), &census(101, &[])));
    }

    #[test]
    fn one_that_began_before_the_switch_was_noticed_proves_nothing() {
        for began in [0, 99, 100] {
            assert!(
                !switched(100).is_refuted(&key("old"), &census(began, &[])),
                "{began}"
            );
        }
    }

    #[test]
    fn one_that_counted_an_object_under_it_or_a_key_nobody_can_name_proves_nothing() {
        let evidence = switched(100);
        assert!(!evidence.is_refuted(&key("old"), &census(200, &[(key("old").as_str(), 1)])));
        assert!(!evidence.is_refuted(&key("old"), &census(200, &[("alias/mystery", 1)])));
        let broken_off = Census {
            ended: None,
            ..census(200, &[])
        };
        assert!(!evidence.is_refuted(&key("old"), &broken_off));
    }

    #[test]
    fn an_object_seen_under_it_while_the_census_ran_keeps_the_key() {
        let mut evidence = switched(100);
        evidence.see(&key("old"), &Group::of("late.jpg"), at(203));
        assert!(!evidence.is_refuted(&key("old"), &census(200, &[])));
        assert!(evidence.is_refuted(&key("old"), &census(204, &[])));
    }

    #[test]
    fn a_key_without_a_record_is_kept_until_a_census_that_begins_after_now() {
        let mut evidence = Evidence::default();
        evidence.name(&BTreeMap::new(), [key("old")], at(100));
        assert!(!evidence.is_refuted(&key("old"), &census(100, &[])));
        assert!(evidence.is_refuted(&key("old"), &census(101, &[])));
        // To be remembered again says nothing new.
        evidence.name(&BTreeMap::new(), [key("old")], at(500));
        assert!(evidence.is_refuted(&key("old"), &census(101, &[])));
        assert!(!evidence.is_refuted(&key("unheard-of"), &census(101, &[])));
    }

    #[test]
    fn an_older_census_does_not_bring_back_what_a_newer_one_let_go() {
        let mut evidence = switched(100);
        let (older, newer) = (census(200, &[(key("old").as_str(), 7)]), census(300, &[]));
        evidence.count(&older);
        assert!(evidence.is_refuted(&key("old"), &newer));
        let former = Former {
            bucket: "media".parse().unwrap(),
            mode: crate::settings::Mode::Repair,
            prune: false,
            census: newer.id,
            began: newer.began,
            objects: 0,
        };
        let left = Left {
            former,
            checked: at(305),
        };
        evidence.leave(&key("old"), left);
        evidence.count(&older);
        assert!(!evidence.keys.contains_key(&key("old")));
        evidence.count(&census(300, &[(key("old").as_str(), 1)]));
        assert!(evidence.keys.contains_key(&key("old")));
    }

    #[test]
    fn the_same_census_noted_twice_is_noted_once_and_an_older_one_changes_no_last_sight() {
        let mut evidence = switched(100);
        evidence.count(&census(300, &[(key("old").as_str(), 7)]));
        let once = evidence.clone();
        evidence.count(&census(300, &[(key("old").as_str(), 7)]));
        assert_eq!(evidence, once);
        evidence.count(&census(200, &[(key("old").as_str(), 900)]));
        let seen = evidence.keys[&key("old")].seen.clone().unwrap();
        assert_eq!((seen.objects, seen.first, seen.last), (7, at(200), at(300)));
    }
}
