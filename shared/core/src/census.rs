//! What is known of the objects of a bucket: which keys they are under, and which of them cannot be read whatever
//! the policies say.
//!
//! Counting is a monoid: counts of parts are added up in any order and any grouping, and come to the same. So a walk
//! may be cut into pieces, and pieces may be counted side by side. Counting a piece twice is kept out by whoever
//! gathers the pieces, which have names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::observation::{ObjectEncryption, ObjectHead};

/// The event that has a bucket looked at with the result of a census.
pub const FINISHED: &str = "Census";
mod name;

pub use name::{execution_name, walk_name};

/// So many of something, and one of them to show.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Group {
    /// How many objects.
    pub objects: u64,
    /// The object key that comes first among them.
    #[serde(default)]
    pub example: String,
}

impl Group {
    /// One object.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self {
            objects: 1,
            example: key.to_owned(),
        }
    }

    /// Adds others. The example is the least of both, so that the order of adding does not show.
    pub fn add(&mut self, other: Self) {
        if other.objects == 0 {
            return;
        }
        if self.objects == 0 || other.example < self.example {
            self.example = other.example;
        }
        self.objects = self.objects.saturating_add(other.objects);
    }
}

/// Objects counted by what matters for a read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Objects that were asked about, whatever came of it.
    pub objects: u64,
    /// By KMS key, as S3 names it (an ARN).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, Group>,
    /// How many of those under KMS keys are under a Bucket Key.
    #[serde(default)]
    pub bucket_keys: u64,
    /// Encrypted by S3 itself, or not said to be encrypted.
    #[serde(default)]
    pub sse_s3: u64,
    /// Encrypted with a key that the reader must send: Cloudinary cannot.
    #[serde(default)]
    pub customer_keys: Group,
    /// In an archive, to be restored before they can be read.
    #[serde(default)]
    pub archived: Group,
    /// Owned by another account, so that the bucket policy does not apply to them.
    #[serde(default)]
    pub foreign: Group,
    /// Gone between the listing and the look.
    #[serde(default)]
    pub gone: u64,
    /// Refused to be looked at: nothing is known of their keys.
    #[serde(default)]
    pub unknown: Group,
}

impl Counts {
    /// Counts one object that was looked at.
    pub fn count(&mut self, key: &str, head: &ObjectHead) {
        self.objects += 1;
        match &head.encryption {
            ObjectEncryption::SseS3 => self.sse_s3 += 1,
            ObjectEncryption::SseC => self.customer_keys.add(Group::of(key)),
            ObjectEncryption::Kms(arn) => {
                self.keys.entry(arn.clone()).or_default().add(Group::of(key));
                self.bucket_keys += u64::from(head.bucket_key);
            }
        }
        if head.archived {
            self.archived.add(Group::of(key));
        }
    }

    /// Counts one object that was deleted since it was listed.
    pub fn count_gone(&mut self) {
        self.objects += 1;
        self.gone += 1;
    }

    /// Counts one object that could not be looked at.
    pub fn count_unknown(&mut self, key: &str) {
        self.objects += 1;
        self.unknown.add(Group::of(key));
    }

    /// Marks one object, counted elsewise, as owned by another account.
    pub fn count_foreign(&mut self, key: &str) {
        self.foreign.add(Group::of(key));
    }

    /// Adds the counts of other objects.
    pub fn add(&mut self, other: Self) {
        self.objects = self.objects.saturating_add(other.objects);
        for (key, group) in other.keys {
            self.keys.entry(key).or_default().add(group);
        }
        self.bucket_keys = self.bucket_keys.saturating_add(other.bucket_keys);
        self.sse_s3 = self.sse_s3.saturating_add(other.sse_s3);
        self.customer_keys.add(other.customer_keys);
        self.archived.add(other.archived);
        self.foreign.add(other.foreign);
        self.gone = self.gone.saturating_add(other.gone);
        self.unknown.add(other.unknown);
    }
}

/// Where counts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Some objects, spread over the bucket.
    Sample,
    /// Every object, each asked about.
    Walk,
    /// The bucket's S3 Metadata tables.
    Metadata,
}

/// What was counted of a bucket, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// Its name: the walk's execution, or what the counter calls it.
    pub id: String,
    /// Where the counts come from.
    pub source: Source,
    /// When it began. Of what was written later it says nothing.
    pub began: Moment,
    /// When it ended; none where it was broken off.
    pub ended: Option<Moment>,
    /// Patterns of the object keys that it is about; empty where that is not known.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Whether it was to take in every object of its scope, and did.
    pub whole: bool,
    /// What was counted.
    pub counts: Counts,
}

impl Census {
    /// Whether every object that these patterns take in was in its scope. Patterns are compared as they are written: where
    /// that finds less than there is, the next census tells.
    #[must_use]
    pub fn covers(&self, patterns: &[String]) -> bool {
        let is_in_scope = |pattern: &String| self.scope.iter().any(|known| known == "*" || known == pattern);
        patterns.iter().all(is_in_scope)
    }

    /// Whether it proves which keys the objects were under when it began: it took in every object, and learned the
    /// encryption of each.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.whole && self.ended.is_some() && self.counts.unknown.objects == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(key: &str) -> ObjectHead {
        ObjectHead {
            encryption: ObjectEncryption::Kms(key.to_owned()),
            bucket_key: true,
            ..ObjectHead::default()
        }
    }

    fn pieces() -> [Counts; 3] {
        let mut first = Counts::default();
        first.count("b.jpg", &under("K1"));
        first.count("c.jpg", &ObjectHead::default());
        first.count_unknown("d.jpg");
        let mut second = Counts::default();
        second.count("a.jpg", &under("K1"));
        second.count_gone();
        second.count(
            "z.jpg",
            &ObjectHead {
                encryption: ObjectEncryption::SseC,
                archived: true,
                ..ObjectHead::default()
            },
        );
        let mut third = Counts::default();
        third.count("x.jpg", &under("K2"));
        third.count_foreign("x.jpg");
        [first, second, third]
    }

    #[test]
    fn counts_add_up_to_the_same_in_every_order_and_grouping() {
        let [a, b, c] = pieces();
        let sum = |parts: &[&Counts]| {
            let mut sum = Counts::default();
            for part in parts {
                sum.add((*part).clone());
            }
            sum
        };
        let expected = sum(&[&a, &b, &c]);
        for order in [[&a, &c, &b], [&b, &a, &c], [&c, &b, &a]] {
            assert_eq!(sum(&order), expected);
        }
        assert_eq!(sum(&[&a, &sum(&[&b, &c])]), expected);
        assert_eq!(sum(&[&expected, &Counts::default()]), expected);
        assert_eq!(expected.objects, 7);
        assert_eq!(
            expected.keys["K1"],
            Group {
                objects: 2,
                example: "a.jpg".to_owned()
            }
        );
    }

    #[test]
    fn what_could_not_be_looked_at_keeps_a_census_from_proving_anything() {
        let [with_unknown, whole, _] = pieces();
        let census = |counts| Census {
            scope: vec!["*".to_owned()],
            id: "c".to_owned(),
            source: Source::Walk,
            began: Moment::from_unix(0),
            ended: Some(Moment::from_unix(9)),
            whole: true,
            counts,
        };
        assert!(census(whole.clone()).is_complete());
        assert!(!census(with_unknown).is_complete());
        assert!(
            !Census {
                ended: None,
                ..census(whole.clone())
            }
            .is_complete()
        );
        assert!(
            !Census {
                whole: false,
                ..census(whole)
            }
            .is_complete()
        );
    }

    #[test]
    fn a_census_covers_what_its_scope_names_and_one_that_names_none_covers_nothing() {
        let of = |scope: &[&str], patterns: &[&str]| {
            let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            let census = Census {
                id: String::new(),
                source: Source::Walk,
                began: Moment::from_unix(0),
                ended: None,
                scope: texts(scope),
                whole: true,
                counts: Counts::default(),
            };
            census.covers(&texts(patterns))
        };
        assert!(of(&["*"], &["img/*", "*"]));
        assert!(of(&["img/*", "doc/*"], &["doc/*"]));
        assert!(!of(&["img/*"], &["img/*", "doc/*"]));
        assert!(!of(&["img/*"], &["*"]) && !of(&[], &["img/*"]));
    }
}
