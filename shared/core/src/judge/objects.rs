//! Objects that cannot be read whatever the policies say, as far as they were counted.

use serde_json::json;

use super::Judgement;
use crate::alert::plain;
use crate::census::{Census, Counts, Group, Source};
use crate::finding::{Code, Finding, Subject, Verdict};
use crate::name::BucketName;

/// Judges what was counted of a bucket's objects: the last complete census, and a sample that is newer.
///
/// A census that saw none of a kind ends a finding; a sample that saw none does not, for there may be some that it
/// did not take.
#[must_use]
pub fn judge_objects(bucket: &BucketName, census: Option<&Census>, sample: Option<&Census>) -> Judgement {
    let mut judgement = Judgement::default();
    for (code, group, why) in KINDS {
        // Only a walk asks who owns the objects.
        let counts = [census, sample]
            .into_iter()
            .flatten()
            .filter(|count| code != Code::ObjectsForeign || count.source == Source::Walk);
        let complete = counts
            .clone()
            .filter(|count| count.is_complete())
            .max_by_key(|count| count.began);
        let newer = counts.filter(|count| complete.is_none_or(|complete| complete.began < count.began));
        let mut standing: Vec<&Census> = complete.into_iter().chain(newer).collect();
        standing.sort_by_key(|count| std::cmp::Reverse(count.began));
        let some = standing.iter().find(|count| group(&count.counts).objects > 0);
        if let Some(count) = some {
            judgement.add(
                Verdict::Depends,
                finding(code, bucket, count, group(&count.counts), why),
            );
        }
    }
    judgement
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
    use crate::moment::Moment;

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

    fn archived(census: Option<&Census>, sample: Option<&Census>) -> Option<String> {
        let judgement = judge_objects(&"media".parse().unwrap(), census, sample);
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
        let judgement = judge_objects(&"media".parse().unwrap(), Some(&walk), Some(&sample));
        assert!(judgement.find(Code::ObjectsForeign).is_some());
    }

    #[test]
    fn a_newer_sample_with_some_is_told() {
        let (census, sample) = (count(Source::Walk, 10, 0), count(Source::Sample, 20, 2));
        assert_eq!(archived(Some(&census), Some(&sample)).as_deref(), Some("sample"));
        assert_eq!(archived(None, None), None);
    }
}
