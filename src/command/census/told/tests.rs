use guardian_core::census::Counts;
use guardian_core::moment::Moment;

use super::*;

fn group(objects: u64, example: &str) -> Group {
    Group {
        objects,
        example: example.to_owned(),
    }
}

fn census(source: Source, counts: Counts) -> Census {
    Census {
        scope: vec!["*".to_owned()],
        id: "c".to_owned(),
        source,
        began: Moment::from_unix(1_795_428_900),
        ended: Some(Moment::from_unix(1_795_428_960)),
        whole: true,
        counts,
    }
}

fn plain_objects(objects: u64) -> Counts {
    Counts {
        objects,
        sse_s3: objects,
        ..Counts::default()
    }
}

/// What is printed, what a machine gets, and whether somebody should look.
fn told(census: &Census) -> (String, Value, bool) {
    let bucket = "media".parse().unwrap();
    let told = Told {
        bucket: &bucket,
        census,
        looks: &[],
        perhaps_archived: &group(0, ""),
        recorded: None,
    };
    let mut out = Vec::new();
    told.print(&mut out).unwrap();
    (
        String::from_utf8(out).unwrap(),
        told.to_json(),
        told.needs_attention(),
    )
}

#[test]
fn a_share_is_never_rounded_to_nothing_or_to_all() {
    for (part, all, text) in [
        (0, 10, "0.0 %"),
        (1, 1_000_000, "<0.1 %"),
        (1, 3, "33.3 %"),
        (999_999, 1_000_000, "99.9 %"),
        (10, 10, "100.0 %"),
        (0, 0, "0.0 %"),
        (u64::MAX, u64::MAX, "100.0 %"),
    ] {
        assert_eq!(share(part, all), text);
    }
}

#[test]
fn a_complete_census_says_what_it_proves_and_as_of_when() {
    let (text, json, attention) = told(&census(Source::Walk, plain_objects(1_234)));
    assert_eq!(
        text,
        "media: 1,234 objects, walked over, 2026-11-23T10:15:00Z to 2026-11-23T10:16:00Z\n\
         complete: every current object was looked at; keys not listed are unused as of 2026-11-23T10:15:00Z\n\n\
         \x20        1,234  100.0 %  SSE-S3: no key is needed\n"
    );
    assert_eq!(json["complete"], true);
    assert!(!attention);
}

#[test]
fn a_census_that_is_not_complete_says_why_and_is_never_clean() {
    let unknown = Counts {
        objects: 1,
        unknown: group(1, "a.jpg"),
        ..Counts::default()
    };
    let part = |source| Census {
        whole: false,
        ..census(source, plain_objects(1))
    };
    for (census, why) in [
        (census(Source::Walk, unknown.clone()), "could not be looked at"),
        (
            census(Source::Metadata, unknown),
            "does not name the key of 1 objects",
        ),
        (part(Source::Metadata), "--backfilled"),
        (part(Source::Walk), "objects that were not looked at"),
    ] {
        let (text, json, attention) = told(&census);
        assert!(text.contains("\nnot complete: ") && text.contains(why), "{text}");
        assert_eq!(json["complete"], false);
        assert!(attention, "{why}");
    }
}

#[test]
fn what_cannot_be_read_whatever_the_keys_say_needs_attention() {
    let with = |edit: fn(&mut Counts)| {
        let mut counts = plain_objects(3);
        edit(&mut counts);
        told(&census(Source::Walk, counts))
    };
    for (edit, word) in [
        (
            (|counts| counts.archived = group(1, "old.jpg")) as fn(&mut Counts),
            "archived",
        ),
        (
            |counts| counts.foreign = group(1, "theirs.jpg"),
            "owned by another account",
        ),
        (|counts| counts.customer_keys = group(1, "c.jpg"), "SSE-C"),
    ] {
        let (text, json, attention) = with(edit);
        assert!(
            attention && text.contains(word) && text.contains("for example `"),
            "{text}"
        );
        assert_eq!(
            json["complete"], true,
            "it proves which keys are in use all the same"
        );
    }
    assert!(!with(|counts| counts.gone = 1).2, "nobody misses what is deleted");
}

#[test]
fn the_table_does_not_know_the_owners_and_nobody_says_that_there_are_none() {
    let (text, json, _) = told(&census(Source::Metadata, plain_objects(3)));
    assert!(text.contains("Not in the table: who owns the objects"), "{text}");
    assert_eq!(json["foreign"], Value::Null);
    let (_, json, _) = told(&census(Source::Walk, plain_objects(3)));
    assert_eq!(json["foreign"]["objects"], 0);
}

#[test]
fn the_key_of_an_object_cannot_write_to_the_terminal() {
    let mut counts = plain_objects(3);
    counts.archived = group(1, "a\u{1b}[2J\n\u{202e}gpj.exe");
    let (text, _, _) = told(&census(Source::Walk, counts));
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    assert_eq!(text.lines().count(), 6, "{text}");
}
