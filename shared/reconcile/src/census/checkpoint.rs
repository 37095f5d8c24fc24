//! How far a walk has come: what was counted, and behind which key it goes on.
//!
//! Both are one value and are stored as one: a page is either counted and behind the position, or neither, so that no
//! page is counted twice and none is left out, wherever a walk is broken off.

use guardian_core::census::{Census, Counts, Source};
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use serde::{Deserialize, Serialize};

/// Where a walk stands after a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The bucket.
    pub bucket: BucketName,
    /// Only keys that begin with one of these; in order, none of them the beginning of another.
    pub prefixes: Vec<String>,
    /// The name of the walk.
    pub id: String,
    /// When it began.
    pub began: Moment,
    /// The last key that was counted.
    pub after: Option<String>,
    /// What was counted.
    pub counts: Counts,
}

/// Why a stored checkpoint is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It is JSON of the right shape, but its numbers contradict each other.
    #[error("it is damaged: {0} objects were counted, but their kinds add up to {1}")]
    DoesNotAddUp(u64, u64),
    /// Objects were counted, but no position was kept, or the other way round.
    #[error("it is damaged: {0} objects were counted, but the position does not fit that")]
    NoPosition(u64),
    /// It is a walk over something else.
    #[error("it is of a walk over {found}, not over {asked}")]
    OfAnother {
        /// What it is of.
        found: String,
        /// What was asked for.
        asked: String,
    },
}

impl Checkpoint {
    /// The beginning of a walk over the keys that begin with one of `prefixes`; over every key where there are none.
    #[must_use]
    pub fn start(bucket: BucketName, prefixes: &[String], id: String, began: Moment) -> Self {
        Self {
            bucket,
            prefixes: in_order(prefixes),
            id,
            began,
            after: None,
            counts: Counts::default(),
        }
    }

    /// Reads what [`Checkpoint::to_text`] wrote, for a walk over the same objects.
    ///
    /// # Errors
    ///
    /// A text that is damaged, as far as that can be seen, or of a walk over something else.
    pub fn parse(text: &str, bucket: &BucketName, prefixes: &[String]) -> Result<Self, CheckpointError> {
        let read: Self =
            serde_json::from_str(text).map_err(|error| CheckpointError::Damaged(error.to_string()))?;
        let prefixes = in_order(prefixes);
        if (&read.bucket, &read.prefixes) != (bucket, &prefixes) {
            return Err(CheckpointError::OfAnother {
                found: scope(&read.bucket, &read.prefixes),
                asked: scope(bucket, &prefixes),
            });
        }
        let counts = &read.counts;
        let under_keys = counts.keys.values().map(|group| group.objects);
        let others = [
            counts.sse_s3,
            counts.customer_keys.objects,
            counts.gone,
            counts.unknown.objects,
        ];
        let kinds = under_keys.chain(others).fold(0, u64::saturating_add);
        if kinds != counts.objects {
            return Err(CheckpointError::DoesNotAddUp(counts.objects, kinds));
        }
        let in_scope = |key: &String| prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()));
        if read.after.as_ref().is_some_and(in_scope) != (counts.objects > 0) {
            return Err(CheckpointError::NoPosition(counts.objects));
        }
        Ok(read)
    }

    /// The checkpoint as one line of JSON.
    ///
    /// # Errors
    ///
    /// What serde has to say; nothing in a checkpoint is known to make it say anything.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The prefixes with keys that may not have been counted yet, in order.
    pub(super) fn left(&self) -> Vec<String> {
        let is_left = |prefix: &&String| {
            self.after
                .as_ref()
                .is_none_or(|after| after.starts_with(prefix.as_str()) || *prefix > after)
        };
        self.prefixes.iter().filter(is_left).cloned().collect()
    }

    /// Whether every key of the bucket is in the scope.
    fn is_of_everything(&self) -> bool {
        self.prefixes.iter().any(String::is_empty)
    }

    /// The census that the walk has become by its end.
    pub(super) fn finished(self, ended: Moment) -> Census {
        Census {
            scope: self.prefixes.iter().map(|prefix| format!("{prefix}*")).collect(),
            whole: self.is_of_everything(),
            id: self.id,
            source: Source::Walk,
            began: self.began,
            ended: Some(ended),
            counts: self.counts,
        }
    }
}

/// The prefixes in order, without those that another one takes in; the empty one where there are none.
fn in_order(prefixes: &[String]) -> Vec<String> {
    let mut sorted: Vec<&String> = prefixes.iter().collect();
    sorted.sort();
    let mut kept: Vec<String> = Vec::new();
    for prefix in sorted {
        // What a prefix takes in comes right behind it.
        if kept.last().is_none_or(|last| !prefix.starts_with(last.as_str())) {
            kept.push(prefix.clone());
        }
    }
    if kept.is_empty() {
        kept.push(String::new());
    }
    kept
}

fn scope(bucket: &BucketName, prefixes: &[String]) -> String {
    if prefixes.iter().any(String::is_empty) {
        format!("the bucket `{bucket}`")
    } else {
        format!("`{}` of the bucket `{bucket}`", prefixes.join("`, `"))
    }
}

#[cfg(test)]
mod tests {
    use guardian_core::observation::ObjectHead;

    use super::*;

    fn bucket(name: &str) -> BucketName {
        name.parse().unwrap()
    }

    fn prefixes(of: &[&str]) -> Vec<String> {
        of.iter().map(|prefix| (*prefix).to_owned()).collect()
    }

    fn halfway() -> Checkpoint {
        let mut checkpoint = Checkpoint::start(bucket("media"), &[], "w".to_owned(), Moment::from_unix(7));
        checkpoint.counts.count("a \u{202e}.jpg", &ObjectHead::default());
        checkpoint.after = Some("a \u{202e}.jpg".to_owned());
        checkpoint
    }

    #[test]
    fn a_checkpoint_reads_back_as_it_was_written() {
        let text = halfway().to_text().unwrap();
        assert_eq!(Checkpoint::parse(&text, &bucket("media"), &[]), Ok(halfway()));
    }

    #[test]
    fn a_checkpoint_that_was_cut_off_anywhere_is_refused() {
        let text = halfway().to_text().unwrap();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let (cut, _) = text.split_at(end);
            assert!(
                matches!(
                    Checkpoint::parse(cut, &bucket("media"), &[]),
                    Err(CheckpointError::Damaged(_))
                ),
                "{cut}"
            );
        }
    }

    #[test]
    fn a_checkpoint_whose_numbers_contradict_each_other_is_refused() {
        let read = |checkpoint: &Checkpoint| {
            Checkpoint::parse(&checkpoint.to_text().unwrap(), &bucket("media"), &[])
        };
        let mut more = halfway();
        more.counts.objects = 9;
        assert_eq!(read(&more), Err(CheckpointError::DoesNotAddUp(9, 1)));
        let mut lost = halfway();
        lost.after = None;
        assert_eq!(read(&lost), Err(CheckpointError::NoPosition(1)));
        let mut uncounted = halfway();
        uncounted.counts = Counts::default();
        assert_eq!(read(&uncounted), Err(CheckpointError::NoPosition(0)));
    }

    #[test]
    fn a_checkpoint_of_another_bucket_or_of_other_prefixes_is_refused_and_says_which() {
        let text = halfway().to_text().unwrap();
        let said = |name: &str, of: &[&str]| {
            Checkpoint::parse(&text, &bucket(name), &prefixes(of))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said("vault", &[]),
            "it is of a walk over the bucket `media`, not over the bucket `vault`"
        );
        assert_eq!(
            said("media", &["img/", "doc/"]),
            "it is of a walk over the bucket `media`, not over `doc/`, `img/` of the bucket `media`"
        );
    }

    #[test]
    fn what_another_prefix_takes_in_is_not_walked_twice() {
        let of = |given: &[&str]| {
            Checkpoint::start(
                bucket("media"),
                &prefixes(given),
                String::new(),
                Moment::from_unix(0),
            )
            .prefixes
        };
        assert_eq!(of(&[]), [""]);
        assert_eq!(of(&["img/", "img/a", "doc/", "img/", "img"]), ["doc/", "img"]);
        assert_eq!(of(&["img/", ""]), [""]);
    }

    #[test]
    fn only_prefixes_that_may_hold_something_are_left() {
        let mut checkpoint = Checkpoint::start(
            bucket("media"),
            &prefixes(&["a/", "b/", "c/"]),
            String::new(),
            Moment::from_unix(0),
        );
        assert_eq!(checkpoint.left(), ["a/", "b/", "c/"]);
        checkpoint.after = Some("b/1".to_owned());
        assert_eq!(checkpoint.left(), ["b/", "c/"]);
        checkpoint.after = Some("c/9".to_owned());
        assert_eq!(checkpoint.left(), ["c/"]);
    }
}
