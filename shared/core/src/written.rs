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
mod tests;
