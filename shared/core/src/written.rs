//! Objects that were written: which of them are looked at.
//!
//! S3's own event about a new object does not say which key it is under; HeadObject does. Every upload is one, so there
//! is a budget for each bucket and minute, and beyond it one in a number; the rest is counted and said. CloudTrail's
//! data event names the key: there one object stands for all that are under it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::name::KeyArn;

/// As many objects of a bucket are looked at in a minute, come what may.
pub const A_MINUTE: u64 = 20;
/// Beyond that, one in this many.
pub const ONE_IN: u64 = 50;
/// The most object keys that one message of the work queue carries: with keys of 1,024 bytes, S3's longest, and the
/// examples beside them, well below the 256 KiB that SQS takes.
pub const IN_A_MESSAGE: usize = 100;
/// The most KMS keys that one message carries, with their examples.
pub const KEYS_IN_A_MESSAGE: usize = 20;
/// The most examples of one KMS key, each from another folder at the top of the bucket. One alone could lie outside of
/// what a declaration asks for, and hide all the others.
pub const EXAMPLES: usize = 3;

/// Objects of one bucket that were written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Written {
    /// Their keys, where nothing says which KMS key they are under.
    #[serde(default)]
    pub keys: Vec<String>,
    /// How many more there were, which did not fit.
    #[serde(default)]
    pub more: u64,
    /// The others, by the KMS key that an event named for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<KeyArn, Named>,
}

/// Objects for which events named one and the same KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Named {
    /// How many events named it.
    pub events: u64,
    /// Some of the objects, by folder.
    pub examples: Vec<Example>,
}

/// An object for which an event named a KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The object's key.
    pub object: String,
    /// Whether its upload was only begun, so that what can be seen of it now proves nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub begun: bool,
}

impl Example {
    /// By folder, in each those first that are there already.
    fn place(&self) -> (&str, bool, &str) {
        (self.folder(), self.begun, &self.object)
    }

    fn folder(&self) -> &str {
        self.object.split_once('/').map_or("", |(folder, _)| folder)
    }
}

impl Named {
    /// Adds others. Which examples are kept depends on nothing but the objects, so that the order of adding does not
    /// show.
    pub fn add(&mut self, other: Self) {
        self.events = self.events.saturating_add(other.events);
        self.examples.extend(other.examples);
        self.examples
            .sort_by(|one, another| one.place().cmp(&another.place()));
        self.examples
            .dedup_by(|later, earlier| later.folder() == earlier.folder());
        self.examples.truncate(EXAMPLES);
    }

    /// How many events were about objects that are not among the examples, as far as that is known.
    #[must_use]
    pub fn unseen(&self) -> u64 {
        let examples = u64::try_from(self.examples.len()).unwrap_or(u64::MAX);
        self.events.saturating_sub(examples)
    }
}

impl Written {
    /// One object, for which an event named a KMS key.
    #[must_use]
    pub fn under(key: KeyArn, example: Example) -> Self {
        let named = Named {
            events: 1,
            examples: vec![example],
        };
        Self {
            named: BTreeMap::from([(key, named)]),
            ..Self::default()
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.more == 0 && self.named.is_empty()
    }

    /// Adds others, keeping to what fits into a message.
    ///
    /// Of the KMS keys that events named, those are kept that come first, whatever the order of adding.
    pub fn add(&mut self, other: Self) {
        self.more = self.more.saturating_add(other.more);
        for (key, named) in other.named {
            self.named.entry(key).or_default().add(named);
        }
        while self.named.len() > KEYS_IN_A_MESSAGE
            && let Some((_, named)) = self.named.pop_last()
        {
            self.more = self.more.saturating_add(named.events);
        }
        for key in other.keys {
            if self.keys.contains(&key) {
                continue;
            }
            if self.keys.len() < IN_A_MESSAGE {
                self.keys.push(key);
            } else {
                self.more = self.more.saturating_add(1);
            }
        }
        let examples = self.named.values().flat_map(|named| &named.examples);
        let settled: Vec<&Example> = examples.filter(|example| !example.begun).collect();
        self.keys
            .retain(|key| !settled.iter().any(|example| example.object == *key));
    }
}

/// What was looked at of a bucket's new objects, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// The minute since 1970 that `this_minute` counts.
    minute: i64,
    /// How many objects were written in it.
    this_minute: u64,
    /// How many objects were looked at, since `since`.
    pub looked_at: u64,
    /// How many were not.
    pub passed_over: u64,
    /// Since when both are counted.
    pub since: Option<Moment>,
}

impl Tally {
    /// Takes note of the objects and picks those to look at.
    pub fn pick(&mut self, written: Written, now: Moment) -> Vec<String> {
        let minute = now.unix().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.this_minute = 0;
        }
        self.since.get_or_insert(now);
        let mut picked = Vec::new();
        for key in written.keys {
            let place = self.this_minute;
            self.this_minute = self.this_minute.saturating_add(1);
            if place < A_MINUTE || place.is_multiple_of(ONE_IN) {
                picked.push(key);
            } else {
                self.passed_over = self.passed_over.saturating_add(1);
            }
        }
        self.this_minute = self.this_minute.saturating_add(written.more);
        self.passed_over = self.passed_over.saturating_add(written.more);
        self.looked_at = self
            .looked_at
            .saturating_add(u64::try_from(picked.len()).unwrap_or(u64::MAX));
        picked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(from: usize, count: usize) -> Written {
        Written {
            keys: (from..from + count)
                .map(|number| format!("photos/{number}.jpg"))
                .collect(),
            ..Written::default()
        }
    }

    fn at(seconds: i64) -> Moment {
        Moment::from_unix(1_795_428_900 + seconds)
    }

    #[test]
    fn a_few_objects_are_all_looked_at() {
        let mut tally = Tally::default();
        assert_eq!(tally.pick(objects(0, 20), at(0)).len(), 20);
        assert_eq!((tally.looked_at, tally.passed_over), (20, 0));
    }

    #[test]
    fn beyond_the_budget_of_a_minute_it_is_one_in_fifty() {
        let mut tally = Tally::default();
        let mut picked = 0;
        for batch in 0..10 {
            picked += tally.pick(objects(batch * 100, 100), at(5)).len();
        }
        // Twenty, and the places 50, 100, …, 950.
        assert_eq!(picked, 20 + 19);
        assert_eq!((tally.looked_at, tally.passed_over), (39, 961));
    }

    #[test]
    fn the_next_minute_has_a_budget_of_its_own_and_the_count_goes_on() {
        let mut tally = Tally::default();
        tally.pick(objects(0, 40), at(0));
        assert_eq!(tally.pick(objects(40, 40), at(60)).len(), 20);
        assert_eq!((tally.looked_at, tally.passed_over), (40, 40));
        assert_eq!(tally.since, Some(at(0)));
    }

    #[test]
    fn what_did_not_fit_into_a_message_is_counted_as_passed_over() {
        let mut written = objects(0, 90);
        written.add(objects(80, 30));
        assert_eq!((written.keys.len(), written.more), (100, 10));
        let mut tally = Tally::default();
        let picked = tally.pick(written, at(0));
        let looked_at = u64::try_from(picked.len()).unwrap();
        assert_eq!(tally.looked_at, looked_at);
        assert_eq!(tally.looked_at + tally.passed_over, 110);
    }

    fn key(number: usize) -> KeyArn {
        let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{number:08}-aaaa-bbbb-cccc-1234567890ab");
        arn.parse().unwrap()
    }

    fn under(number: usize, object: &str, begun: bool) -> Written {
        let object = object.to_owned();
        Written::under(key(number), Example { object, begun })
    }

    #[test]
    fn a_million_objects_under_one_key_are_one_example_and_a_number() {
        let mut written = Written::default();
        for number in (0..1000).rev() {
            written.add(under(1, &format!("img/{number:04}.jpg"), false));
        }
        let named = &written.named[&key(1)];
        assert_eq!(named.events, 1000);
        let objects: Vec<&str> = named
            .examples
            .iter()
            .map(|example| example.object.as_str())
            .collect();
        assert_eq!(objects, ["img/0000.jpg"]);
    }

    #[test]
    fn examples_come_from_different_folders_and_are_rather_there_than_only_begun() {
        let mut written = under(1, "img/a.jpg", true);
        for object in ["img/b.jpg", "logs/1", "zip/1", "logs/0", "video/1", "at-the-top"] {
            written.add(under(1, object, false));
        }
        let objects: Vec<&str> = written.named[&key(1)]
            .examples
            .iter()
            .map(|example| example.object.as_str())
            .collect();
        assert_eq!(objects, ["at-the-top", "img/b.jpg", "logs/0"]);
    }

    #[test]
    fn named_keys_add_up_to_the_same_in_any_order_and_grouping() {
        let parts: Vec<Written> = (0..60)
            .map(|number| {
                let folder = number % 7;
                under(
                    number * 37 % 30,
                    &format!("{folder}/{number}.jpg"),
                    number % 5 == 0,
                )
            })
            .collect();
        let sum = |parts: &mut dyn Iterator<Item = &Written>| {
            let mut sum = Written::default();
            parts.for_each(|part| sum.add(part.clone()));
            sum
        };
        let forwards = sum(&mut parts.iter());
        assert_eq!(forwards.named.len(), KEYS_IN_A_MESSAGE);
        let events: u64 = forwards.named.values().map(|named| named.events).sum();
        assert_eq!(events + forwards.more, 60);
        assert_eq!(sum(&mut parts.iter().rev()), forwards);
        for cut in [1, 20, 31, 59] {
            let (left, right) = parts.split_at(cut);
            let mut grouped = sum(&mut right.iter());
            grouped.add(sum(&mut left.iter()));
            assert_eq!(grouped, forwards, "cut at {cut}");
        }
    }

    #[test]
    fn an_object_whose_key_was_named_is_not_looked_at_besides_unless_it_was_only_begun() {
        let two = || Written {
            keys: vec!["img/a.jpg".to_owned(), "img/b.jpg".to_owned()],
            ..Written::default()
        };
        let mut written = two();
        written.add(under(1, "img/a.jpg", false));
        assert_eq!(written.keys, ["img/b.jpg"]);
        let mut written = under(1, "img/a.jpg", true);
        written.add(two());
        assert_eq!(written.keys, ["img/a.jpg", "img/b.jpg"]);
    }

    #[test]
    fn a_message_of_before_keys_were_named_reads_as_ever_and_reads_back_with_them() {
        let old: Written = serde_json::from_str(r#"{"keys": ["a"], "more": 2}"#).unwrap();
        assert_eq!((old.keys.len(), old.more, old.named.len()), (1, 2, 0));
        let mut new = old;
        new.add(under(1, "img/a.jpg", true));
        let text = serde_json::to_string(&new).unwrap();
        assert_eq!(serde_json::from_str::<Written>(&text).unwrap(), new);
    }

    #[test]
    fn the_fullest_message_fits_into_sqs() {
        let mut written = Written::default();
        for number in 0..IN_A_MESSAGE * 2 {
            let long = |folder: usize| format!("{folder}/{number:0>1021}");
            written.add(Written {
                keys: vec![long(9)],
                ..Written::default()
            });
            for folder in 0..EXAMPLES {
                written.add(under(number, &long(folder), true));
            }
        }
        let size = serde_json::to_string(&written).unwrap().len();
        assert!((160_000..200_000).contains(&size), "{size}");
    }
}
