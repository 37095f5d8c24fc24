//! Objects that cannot be read whatever the policies say, as far as they were counted.

use std::time::Duration;

use serde_json::json;

use super::Judgement;
use crate::alert::plain;
use crate::census::{Census, Counts, Group, Source};
use crate::finding::{Code, Finding, Subject, Verdict};
use crate::moment::Moment;
use crate::name::BucketName;

/// So long after such objects were last met they are taken to be there still, where no complete count is made.
const STANDS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// As long as nothing but the time of the look is new, a finding keeps the words that are on record for a day.
const SAME: Duration = Duration::from_secs(24 * 60 * 60);

/// Judges what was counted of a bucket's objects, beside what is `open` of it.
///
/// A complete count that met none of a kind ends a finding, if it began after they were last met. One that is not
/// complete does not: there may be some that it did not take. Then what is open stands for a while.
#[must_use]
pub fn judge_objects(
    bucket: &BucketName,
    counts: &[&Census],
    open: impl Iterator<Item = Finding>,
    now: Moment,
) -> Judgement {
    let open: Vec<Finding> = open.collect();
    let mut newest_first = counts.to_vec();
    newest_first.sort_by_key(|count| std::cmp::Reverse(count.began));
    let mut judgement = Judgement::default();
    for kind in &KINDS {
        let (code, group, why) = kind;
        let speaking: Vec<&Census> = newest_first
            .iter()
            .copied()
            .filter(|count| speaks(*code, count))
            .collect();
        let judged =
            met(&speaking, *group).map(|count| finding(*code, bucket, count, group(&count.counts), why));
        let known = open.iter().find(|known| known.code == *code);
        let stands = match (judged, known.and_then(|known| Some((known, last_met(known)?)))) {
            (Some(judged), Some((known, at))) if is_same(&judged, known) && now.since(at) < SAME => {
                known.clone()
            }
            (Some(judged), _) => judged,
            (None, Some((known, at))) if !is_over(&speaking, at) && now.since(at) < STANDS => known.clone(),
            (None, _) => continue,
        };
        judgement.add(Verdict::Depends, stands);
    }
    judgement
}

/// Only a walk asks who owns the objects.
fn speaks(code: Code, count: &Census) -> bool {
    code != Code::ObjectsForeign || count.source == Source::Walk
}

/// The newest count that met such objects, unless a complete one since met none.
fn met<'a>(newest_first: &[&'a Census], group: fn(&Counts) -> &Group) -> Option<&'a Census> {
    let mut counts = newest_first.iter().copied();
    counts
        .find(|count| group(&count.counts).objects > 0 || count.is_complete())
        .filter(|count| group(&count.counts).objects > 0)
}

/// When the objects of a finding were last met.
fn last_met(finding: &Finding) -> Option<Moment> {
    serde_json::from_value(finding.evidence.get("at")?.clone()).ok()
}

fn is_over(counts: &[&Census], at: Moment) -> bool {
    counts.iter().any(|count| count.is_complete() && count.began > at)
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    let fields = ["objects", "example", "of", "counted_by"];
    fields
        .iter()
        .all(|field| one.evidence.get(field) == other.evidence.get(field))
}

type Kind = (Code, fn(&Counts) -> &Group, &'static str);

const KINDS: [Kind; 3] = [
    (
        Code::ObjectsCustomerKey,
        |counts| &counts.customer_keys,
        "encrypted with a key that the reader must send along (SSE-C), which Cloudinary cannot; copy them in place with the bucket's default encryption",
    ),
    (
        Code::ObjectsArchived,
        |counts| &counts.archived,
        "in an archive and must be restored before they can be read; restore them, or take them out of what Cloudinary is asked for",
    ),
    (
        Code::ObjectsForeign,
        |counts| &counts.foreign,
        "owned by another account, so that the bucket policy does not apply to them; let the bucket own its objects (Object Ownership, `BucketOwnerEnforced`)",
    ),
];

fn finding(code: Code, bucket: &BucketName, count: &Census, group: &Group, why: &str) -> Finding {
    let (of, how) = match count.source {
        Source::Sample if !count.whole => (
            format!(
                "{} of the {} objects of a sample",
                group.objects, count.counts.objects
            ),
            "sample",
        ),
        Source::Sample | Source::Walk => (
            format!("{} of {} objects", group.objects, count.counts.objects),
            "census",
        ),
        Source::Metadata => (
            format!("{} of {} objects", group.objects, count.counts.objects),
            "metadata",
        ),
    };
    let message = format!(
        "{of} (looked at on {}) are {why}; the first of them is `{}`",
        count.began,
        plain(&group.example)
    );
    let evidence = json!({
        "objects": group.objects,
        "example": group.example,
        "of": count.counts.objects,
        "counted_by": how,
        "at": count.began,
    });
    Finding::new(code, Subject::Bucket(bucket.clone()), message, evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(source: Source, began: i64, archived: u64) -> Census {
        let counts = Counts {
            objects: 50,
            archived: Group {
                objects: archived,
                example: "old/scan.tif".to_owned(),
            },
            ..Counts::default()
        };
        Census {
            scope: vec!["*".to_owned()],
            id: "c".to_owned(),
            source,
            began: Moment::from_unix(began),
            ended: Some(Moment::from_unix(began)),
            whole: source != Source::Sample,
            counts,
        }
    }

    fn judged(counts: &[&Census], open: Option<&Finding>, now: i64) -> Judgement {
        let open = open.cloned().into_iter();
        judge_objects(&"media".parse().unwrap(), counts, open, Moment::from_unix(now))
    }

    fn archived(census: Option<&Census>, sample: Option<&Census>) -> Option<String> {
        let counts: Vec<&Census> = census.into_iter().chain(sample).collect();
        let judgement = judged(&counts, None, 50);
        let found = judgement.find(Code::ObjectsArchived)?;
        assert_eq!(judgement.verdict(), Verdict::Depends);
        Some(found.evidence["counted_by"].as_str().unwrap().to_owned())
    }

    #[test]
    fn a_newer_sample_without_any_does_not_end_what_a_census_found() {
        let (census, sample) = (count(Source::Walk, 10, 3), count(Source::Sample, 20, 0));
        assert_eq!(archived(Some(&census), Some(&sample)).as_deref(), Some("census"));
    }

    #[test]
    fn a_newer_census_without_any_ends_what_a_sample_found() {
        let (census, sample) = (count(Source::Walk, 30, 0), count(Source::Sample, 20, 2));
        assert_eq!(archived(Some(&census), Some(&sample)), None);
        let whole = Census {
            whole: true,
            ..count(Source::Sample, 40, 0)
        };
        assert_eq!(archived(Some(&count(Source::Walk, 30, 5)), Some(&whole)), None);
    }

    #[test]
    fn who_owns_the_objects_only_a_walk_knows() {
        let foreign = |source, objects| {
            let mut count = count(source, if source == Source::Walk { 10 } else { 20 }, 0);
            count.counts.foreign.objects = objects;
            Census { whole: true, ..count }
        };
        let (walk, sample) = (foreign(Source::Walk, 3), foreign(Source::Sample, 0));
        let judgement = judged(&[&walk, &sample], None, 50);
        assert!(judgement.find(Code::ObjectsForeign).is_some());
    }

    #[test]
    fn a_newer_sample_with_some_is_told() {
        let (census, sample) = (count(Source::Walk, 10, 0), count(Source::Sample, 20, 2));
        assert_eq!(archived(Some(&census), Some(&sample)).as_deref(), Some("sample"));
        assert_eq!(archived(None, None), None);
    }

    #[test]
    fn what_is_open_stands_without_a_complete_count_for_a_week_and_keeps_its_words_for_a_day() {
        let (day, first) = (24 * 60 * 60, count(Source::Sample, 10, 2));
        let open = judged(&[&first], None, 10).findings.remove(0);
        let again = |began, archived, now| {
            let sample = count(Source::Sample, began, archived);
            let found = judged(&[&sample], Some(&open), now).findings;
            found.first().map(|finding| *finding == open)
        };
        assert_eq!(again(100, 0, 100), Some(true));
        assert_eq!(again(8 * day, 0, 8 * day), None);
        assert_eq!(again(100, 2, 100), Some(true));
        assert_eq!(again(2 * day, 2, 2 * day), Some(false));
        assert_eq!(again(100, 3, 100), Some(false));
        let complete = count(Source::Walk, 100, 0);
        assert!(judged(&[&complete], Some(&open), 100).findings.is_empty());
    }
}
