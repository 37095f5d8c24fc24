//! Whose objects are, where they may be other accounts'.
//!
//! The listing of a Distributed Map names no owners, HeadObject does not either. For a batch of it one listing of the
//! same stretch of keys does.

use std::collections::BTreeMap;

use guardian_core::call::CallError;
use guardian_core::name::BucketName;
use guardian_core::observation::{ListedObject, ObjectOwnership};

use crate::seam::{Buckets, Listing};

/// At most so many pages for a batch that fits on one or two: whoever writes faster than this is left unknown.
const PAGES: usize = 10;

/// "Object key names … UTF-8 … at most 1,024 bytes long" (S3 User Guide, "Naming Amazon S3 objects").
const LONGEST_KEY: usize = 1024;

/// The keys of a batch, by what the listing says of them.
#[derive(Debug, Default)]
pub(super) struct Owned {
    /// There, with their owners.
    pub(super) objects: Vec<ListedObject>,
    /// No longer there: a listing shows what stands at the moment (S3 User Guide, "Amazon S3 data consistency model").
    pub(super) gone: u64,
    /// Not told: beyond what was listed, or listed without an owner.
    pub(super) unknown: Vec<String>,
}

/// The canonical user id of the bucket's owner, if objects may belong to others: only then are owners asked for.
pub(super) async fn foreign_to<A: Buckets>(
    aws: &A,
    bucket: &BucketName,
) -> Result<Option<String>, CallError> {
    match aws.get_object_ownership(bucket).await? {
        ObjectOwnership::BucketOwner => Ok(None),
        ObjectOwnership::MayBeOthers => aws.get_bucket_owner(bucket).await.map(Some),
    }
}

/// Asks whose these objects are.
pub(super) async fn owners<A: Buckets>(
    aws: &A,
    bucket: &BucketName,
    keys: &[&str],
) -> Result<Owned, CallError> {
    let (Some(&first), Some(&last)) = (keys.iter().min(), keys.iter().max()) else {
        return Ok(Owned::default());
    };
    let before = just_before(first);
    let mut seen: BTreeMap<String, Option<String>> = BTreeMap::new();
    let (mut next, mut is_whole) = (None, false);
    for _ in 0..PAGES {
        let listing = Listing {
            after: before.as_deref(),
            with_owner: true,
            next: next.as_deref(),
            ..Listing::default()
        };
        let page = aws.list_objects(bucket, &listing).await?;
        is_whole = page.next.is_none()
            || page
                .objects
                .last()
                .is_some_and(|object| object.key.as_str() >= last);
        seen.extend(page.objects.into_iter().map(|object| (object.key, object.owner)));
        if is_whole {
            break;
        }
        next = page.next;
    }
    let reached = seen.keys().next_back().cloned().unwrap_or_default();
    let mut owned = Owned::default();
    for &key in keys {
        match seen.remove(key) {
            Some(Some(owner)) => owned.objects.push(ListedObject {
                key: key.to_owned(),
                owner: Some(owner),
            }),
            None if is_whole || key < reached.as_str() => owned.gone += 1,
            Some(None) | None => owned.unknown.push(key.to_owned()),
        }
    }
    Ok(owned)
}

/// A text behind which a listing begins with this key, or with next to nothing before it; S3 lists in the order of
/// UTF-8 bytes. `None` where the listing is to begin at the beginning.
fn just_before(key: &str) -> Option<String> {
    let mut before = key.to_owned();
    let last = before.pop()?;
    let previous = ('\0'..last).next_back();
    if let Some(previous) = previous.filter(|&character| character != '\0') {
        before.push(previous);
        // The greatest character of all: few keys go on like this.
        if before.len() + char::MAX.len_utf8() <= LONGEST_KEY {
            before.push(char::MAX);
        }
    }
    Some(before).filter(|before| !before.is_empty())
}

#[cfg(test)]
mod tests {
    use super::just_before;

    #[test]
    fn a_listing_begins_just_before_the_key() {
        assert_eq!(just_before("photos/b").as_deref(), Some("photos/a\u{10ffff}"));
        assert_eq!(just_before("\u{1}"), None);
        assert_eq!(just_before("a\u{1}").as_deref(), Some("a"));
        assert_eq!(just_before("\u{e000}").as_deref(), Some("\u{d7ff}\u{10ffff}"));
        let longest = "x".repeat(1024);
        let before = just_before(&longest).unwrap();
        assert!(before < longest && before.len() <= 1024);
    }
}
