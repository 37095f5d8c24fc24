//! How much of a bucket a sample of 50 sees.

use std::collections::BTreeSet;

use super::bucket::Bucket;
use super::layout;

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
fn measure() {
    for (name, bucket) in layout::all() {
        println!("{name:20} {:6} {:?}", bucket.keys.len(), seen(&bucket));
    }
}
