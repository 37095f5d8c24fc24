//! Counts that fit into an item of the ledger.

use guardian_core::census::{Counts, Group};
use tracing::warn;

/// So many bytes of JSON for the keys. "The maximum item size in DynamoDB is 400 KB" (DynamoDB Developer Guide,
/// "Constraints"); the rest of the counts has four examples, each of at most 6 KB when every character is escaped.
const KEYS: usize = 256 * 1024;

/// The counts with no more keys than fit: those that most objects are under.
///
/// Objects under the others count as unknown, so that a census that had to leave keys out never passes as complete.
pub(super) fn bounded(mut counts: Counts) -> Counts {
    let mut keys: Vec<(String, Group)> = std::mem::take(&mut counts.keys).into_iter().collect();
    keys.sort_by(|(one, of_one), (other, of_other)| {
        of_other.objects.cmp(&of_one.objects).then_with(|| one.cmp(other))
    });
    let (mut room, mut left_out) = (KEYS, 0_usize);
    for (key, group) in keys {
        let size = size(&key, &group);
        if size <= room {
            room -= size;
            counts.keys.insert(key, group);
        } else {
            left_out += 1;
            counts.unknown.add(group);
        }
    }
    if left_out > 0 {
        warn!(
            left_out,
            "more keys than a census can name: their objects count as unknown"
        );
    }
    counts
}

fn size(key: &str, group: &Group) -> usize {
    let text = serde_json::to_string(&(key, group));
    text.map_or(usize::MAX, |text| text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(objects: u64, example: &str) -> Group {
        Group {
            objects,
            example: example.to_owned(),
        }
    }

    #[test]
    fn counts_that_fit_stay_as_they_are() {
        let counts = Counts {
            objects: 5,
            keys: [("K1".to_owned(), group(3, "a")), ("K2".to_owned(), group(2, "b"))].into(),
            ..Counts::default()
        };
        assert_eq!(bounded(counts.clone()), counts);
    }

    #[test]
    fn keys_that_do_not_fit_make_their_objects_unknown_and_lose_none() {
        let example = "\u{1}".repeat(1024);
        let keys = (0..1000_u64).map(|n| (format!("K{n:03}"), group(n + 1, &example)));
        let counts = Counts {
            objects: 500_500,
            keys: keys.collect(),
            ..Counts::default()
        };
        let bounded = bounded(counts);
        assert!(serde_json::to_string(&bounded).unwrap().len() < 390 * 1024);
        let named: u64 = bounded.keys.values().map(|group| group.objects).sum();
        assert_eq!(named + bounded.unknown.objects, 500_500);
        assert!(bounded.keys.contains_key("K999"), "the largest is kept");
        assert!(!bounded.keys.contains_key("K000"), "the smallest is not");
        assert_eq!(bounded.unknown.example, example);
    }
}
