//! How much of a bucket a sample of 50 sees.

use std::collections::BTreeSet;

use super::bucket::{Bucket, PAGE};
use super::layout;
use crate::sample::{CALLS, ROUNDS};

const SEEDS: u64 = 20;
const PARTS: usize = 20;

/// Seen in samples of 50, over all seeds.
#[derive(Debug)]
struct Seen {
    /// Of twenty parts of the key space, all seeds added up.
    parts: usize,
    /// The least of one seed.
    least: usize,
    /// Seen with any seed.
    union: usize,
    /// Seeds with which the last tenth was seen.
    last_tenth: usize,
    calls: usize,
    empty: usize,
}

fn seen(bucket: &Bucket) -> Seen {
    let mut union = BTreeSet::new();
    let mut seen = Seen {
        parts: 0,
        least: PARTS,
        union: 0,
        last_tenth: 0,
        calls: 0,
        empty: 0,
    };
    for seed in 0..SEEDS {
        let taken = bucket.sample(50, seed);
        let keys = taken.sample.objects.iter();
        let parts: BTreeSet<usize> = keys.map(|key| bucket.part(key, PARTS)).collect();
        seen.parts += parts.len();
        seen.least = seen.least.min(parts.len());
        seen.last_tenth += usize::from(parts.last().is_some_and(|last| *last >= PARTS * 9 / 10));
        seen.calls += taken.calls();
        seen.empty += taken.empty;
        union.extend(parts);
    }
    seen.union = union.len();
    seen
}

#[test]
fn a_sample_sees_much_of_the_key_space_however_objects_are_named() {
    // Parts of twenty: on average, the least with one seed, and with any of the seeds; and how many seeds of twenty
    // find what only the last tenth has.
    for (name, bucket, average, least, union, last_tenth) in [
        ("dates", layout::dates(), 8, 6, 20, 8),
        ("flat dates", layout::flat_dates(), 6, 3, 13, 0),
        ("hashes", layout::hashes(), 11, 9, 20, 16),
        ("uuids in a folder", layout::uuids_in_a_folder(), 10, 8, 20, 12),
        ("sequential", layout::sequential(), 6, 4, 19, 8),
        ("plain numbers", layout::plain_numbers(), 9, 6, 19, 18),
        ("words", layout::words(), 12, 9, 20, 18),
        ("flat words", layout::flat_words(), 10, 8, 20, 16),
        ("deep", layout::deep(), 6, 4, 19, 9),
        ("few then many", layout::few_then_many(), 9, 6, 20, 10),
        ("unicode", layout::unicode(), 13, 11, 20, 17),
        ("spaces", layout::spaces(), 9, 7, 20, 9),
        ("one huge folder", layout::one_huge_folder(), 4, 2, 12, 18),
    ] {
        let seen = seen(&bucket);
        println!("{name}, {} objects: {seen:?}", bucket.keys.len());
        assert!(
            seen.parts >= average * usize::try_from(SEEDS).unwrap(),
            "{name}: {seen:?}"
        );
        assert!(seen.least >= least, "{name}: {seen:?}");
        assert!(seen.union >= union, "{name}: {seen:?}");
        assert!(seen.last_tenth >= last_tenth, "{name}: {seen:?}");
    }
}

#[test]
fn of_many_folders_no_two_seeds_see_the_same_and_together_they_see_most() {
    let bucket = layout::few_then_many();
    let folders = |keys: &[String]| -> BTreeSet<String> {
        let folder = |key: &String| key.rsplit_once('/').unwrap().0.to_owned();
        keys.iter().map(folder).collect()
    };
    let mut union = BTreeSet::new();
    let mut most = 0;
    for seed in 0..SEEDS {
        let seen = folders(&bucket.sample(50, seed).sample.objects);
        most = most.max(seen.len());
        union.extend(seen);
    }
    assert!(most >= 40, "{most}");
    assert!(
        union.len() >= 8 * most,
        "{} of {}",
        union.len(),
        folders(&bucket.keys).len()
    );
}

#[test]
fn no_more_is_listed_than_is_allowed_and_little_of_it_in_vain() {
    for (name, bucket) in [
        ("hashes", layout::hashes()),
        ("sequential", layout::sequential()),
        ("dates", layout::dates()),
    ] {
        for seed in 0..SEEDS {
            let taken = bucket.sample(50, seed);
            assert!(
                taken.calls() <= CALLS && taken.rounds.len() <= ROUNDS,
                "{name}: {:?}",
                taken.rounds
            );
            assert!(taken.empty <= 4, "{name}, seed {seed}: {} in vain", taken.empty);
            assert_eq!(taken.sample.objects.len(), 50);
            assert!(!taken.sample.whole && taken.sample.listed >= PAGE);
        }
    }
}
