//! What holds for every bucket and every declaration.

use std::collections::BTreeSet;

use guardian_policy::matches;
use proptest::prelude::*;

use super::bucket::{Bucket, PAGE};
use crate::cloudinary::MARKER_PREFIX;
use crate::sample::{CALLS, ROUNDS, Sampler};

fn numbered(count: usize) -> Bucket {
    Bucket::of((0..count).map(|n| format!("photos/{n:05}.jpg")))
}

#[test]
fn a_bucket_of_one_page_is_listed_once_in_each_way_and_taken_whole_where_it_fits() {
    for (count, whole) in [(0, true), (1, true), (50, true), (51, false), (PAGE, false)] {
        let taken = numbered(count).sample(50, 1);
        assert_eq!(taken.rounds, [2], "{count}");
        assert_eq!(taken.sample.objects.len(), count.min(50));
        assert_eq!(taken.sample.listed, count);
        assert_eq!(taken.sample.whole, whole, "{count}");
    }
    let taken = numbered(PAGE).sample(PAGE, 1);
    assert!(taken.sample.whole);
    assert_eq!(taken.sample.objects.len(), PAGE);
}

#[test]
fn only_what_is_in_scope_is_listed_from_where_the_pattern_begins() {
    let mut keys = numbered(5_000).keys;
    keys.extend((0..9).map(|n| format!("zebra/{n}.png")));
    let bucket = Bucket::of(keys);
    let mut sampler = Sampler::new(&["zebra/*.png".to_owned()], 50, Vec::new(), 1);
    let first = sampler.next_round();
    assert!(
        first.iter().all(|listing| listing.prefix == "zebra/"),
        "{first:?}"
    );
    let taken = bucket.run(Sampler::new(&["zebra/*.png".to_owned()], 50, Vec::new(), 1));
    assert_eq!((taken.calls(), taken.sample.objects.len()), (2, 9));
    assert!(taken.sample.whole);
}

#[test]
fn an_object_that_is_spelled_out_is_looked_at_without_being_listed() {
    let prefixes = ["logo.png".to_owned(), "icon.png".to_owned()];
    let taken = numbered(9).run(Sampler::new(&prefixes, 50, Vec::new(), 1));
    assert_eq!(taken.sample.objects, ["icon.png", "logo.png"]);
    assert_eq!((taken.calls(), taken.sample.whole), (0, true));
}

#[test]
fn what_was_named_comes_first_and_only_once() {
    let named: Vec<String> = [
        "photos/00042.jpg",
        "elsewhere.txt",
        "photos/00007.jpg",
        "photos/00042.jpg",
    ]
    .map(str::to_owned)
    .to_vec();
    let scope = ["photos/*".to_owned()];
    let taken = numbered(3_000).run(Sampler::new(&scope, 10, named.clone(), 1));
    assert_eq!(
        taken.sample.objects[..2],
        ["photos/00042.jpg", "photos/00007.jpg"]
    );
    assert_eq!(taken.sample.objects.iter().collect::<BTreeSet<_>>().len(), 10);
    let full = numbered(3_000).run(Sampler::new(&scope, 2, named, 1));
    assert_eq!(
        (full.calls(), full.sample.objects.len(), full.sample.whole),
        (0, 2, false)
    );
}

#[test]
fn markers_are_no_objects_unless_nothing_else_is_there() {
    let marker = format!("{MARKER_PREFIX}demo");
    let alone = Bucket::of([marker.clone()]);
    assert_eq!(alone.sample(50, 1).sample.objects, [marker.clone()]);
    let taken = Bucket::of([marker, "a.jpg".to_owned()]).sample(50, 1);
    assert_eq!(taken.sample.objects, ["a.jpg"]);
    assert!(taken.sample.whole && taken.sample.listed == 1);
}

#[test]
fn a_listing_that_was_not_answered_leaves_the_sample_incomplete() {
    let mut sampler = Sampler::new(&["*".to_owned()], 50, Vec::new(), 1);
    assert_eq!(sampler.next_round().len(), 2);
    sampler.take(Vec::new());
    assert!(!sampler.finish().whole);
    assert!(!Sampler::new(&["*".to_owned()], 50, Vec::new(), 1).finish().whole);
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}/[0-9]{1,3}",
        "[a-b]/[a-b]/[a-z0-9]{1,4}",
        "[A-Z]{1,2}_[0-9]{4}\\.jpg",
        "[0-9a-f]{8}",
        "[ -~]{1,6}",
        "\\PC{1,4}",
        "(a|é|写|😀|/|\u{0}){1,5}",
        "[.]wellknown/cloudinary/[a-c]",
    ]
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    let pattern = prop_oneof![
        4 => Just("*".to_owned()),
        1 => "[a-c]/\\*",
        1 => "[a-cA-C0-9]\\*",
        1 => Just("*/?".to_owned()),
        1 => key(),
    ];
    prop::collection::vec(pattern, 1..12)
}

proptest! {
    #[test]
    fn samples_keep_to_scope_size_and_calls_and_say_truly_whether_they_are_whole(
        keys in prop::collection::vec(key(), 0..200),
        patterns in patterns(),
        size in 0_usize..60,
        page in 1_usize..40,
        named in prop::collection::vec(key(), 0..4),
        seed: u64,
    ) {
        let bucket = Bucket::paged(keys, page);
        let run = || bucket.run(Sampler::new(&patterns, size, named.clone(), seed));
        let taken = run();
        prop_assert_eq!(&taken.sample, &run().sample);
        prop_assert!(taken.calls() <= CALLS && taken.rounds.len() <= ROUNDS);
        let objects: BTreeSet<&String> = taken.sample.objects.iter().collect();
        prop_assert_eq!(objects.len(), taken.sample.objects.len());
        prop_assert!(objects.len() <= size);
        let in_scope = |key: &str| patterns.iter().any(|pattern| matches(pattern, key));
        prop_assert!(objects.iter().all(|key| in_scope(key)));
        let there: Vec<&String> = bucket
            .keys
            .iter()
            .filter(|key| in_scope(key) && !key.starts_with(MARKER_PREFIX))
            .collect();
        prop_assert!(taken.sample.listed <= there.len());
        if taken.sample.whole {
            prop_assert!(there.iter().all(|key| objects.contains(key)));
        }
        // Everything fits on a page and into the sample: then it is taken whole.
        let few = patterns.len() <= 3 && bucket.keys.len() <= page;
        if few && there.len() + named.len() + patterns.len() < size {
            prop_assert!(taken.sample.whole, "{:?}", taken.sample);
        }
    }
}
