//! Objects that were written: which of them are looked at.
//!
//! An event about a new object does not say which key it is under; HeadObject does. Every upload is one, so there
//! is a budget for each bucket and minute, and beyond it one in a number; the rest is counted and said.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// As many objects of a bucket are looked at in a minute, come what may.
pub const A_MINUTE: u64 = 20;
/// Beyond that, one in this many.
pub const ONE_IN: u64 = 50;
/// The most object keys that one message of the work queue carries: with keys of 1,024 bytes, S3's longest, well
/// below the 256 KiB that SQS takes.
pub const IN_A_MESSAGE: usize = 100;

/// Objects of one bucket that were written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Written {
    /// Their keys.
    #[serde(default)]
    pub keys: Vec<String>,
    /// How many more there were, whose keys did not fit.
    #[serde(default)]
    pub more: u64,
}

impl Written {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.more == 0
    }

    /// Adds others, keeping to what fits into a message.
    pub fn add(&mut self, other: Self) {
        self.more = self.more.saturating_add(other.more);
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
            more: 0,
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
}
