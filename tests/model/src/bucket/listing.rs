//! ListObjectsV2.

use std::collections::BTreeSet;
use std::ops::Bound;

use guardian_core::observation::{ListedObject, ObjectPage};
use guardian_reconcile::seam::Listing;

use super::Bucket;

impl Bucket {
    /// A page of at most `size` objects and folders.
    ///
    /// Folders count against the page like objects; `StartAfter` "can be any key in the bucket", and need not
    /// exist (S3 API Reference, ListObjectsV2). The continuation token is the last key or folder that was shown.
    pub(crate) fn list(&self, listing: &Listing<'_>, size: usize) -> ObjectPage {
        let size = listing.at_most.map_or(size, |most| size.min(usize::from(most)));
        let behind = listing
            .next
            .or(listing.after)
            .unwrap_or_default()
            .max(listing.prefix);
        let from = if behind == listing.prefix && listing.next.is_none() && listing.after != Some(behind) {
            Bound::Included(behind)
        } else {
            Bound::Excluded(behind)
        };
        let mut page = ObjectPage::default();
        let mut folders = BTreeSet::new();
        let mut last: Option<String> = None;
        for (key, object) in self.objects.range::<str, _>((from, Bound::Unbounded)) {
            let Some(rest) = key.strip_prefix(listing.prefix) else {
                break;
            };
            let folder = listing
                .by_folder
                .then(|| rest.split_once('/'))
                .flatten()
                .map(|(name, _)| format!("{}{name}/", listing.prefix));
            // A page that ended with a folder goes on behind everything in it.
            if folder
                .as_deref()
                .is_some_and(|folder| listing.next == Some(folder) || folders.contains(folder))
            {
                continue;
            }
            if page.objects.len() + folders.len() >= size {
                page.next = last;
                break;
            }
            last = Some(folder.clone().unwrap_or_else(|| key.clone()));
            if let Some(folder) = folder {
                folders.insert(folder);
                continue;
            }
            page.objects.push(ListedObject {
                key: key.clone(),
                owner: listing
                    .with_owner
                    .then(|| object.owner.clone().unwrap_or_else(|| self.owner.clone())),
            });
        }
        page.folders = folders.into_iter().collect();
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::Object;

    fn bucket(keys: &[&str]) -> Bucket {
        let mut bucket = Bucket::new("111122223333", "us-east-1");
        for key in keys {
            bucket.objects.insert((*key).to_owned(), Object::default());
        }
        bucket
    }

    fn keys(page: &ObjectPage) -> Vec<&str> {
        page.objects.iter().map(|object| object.key.as_str()).collect()
    }

    #[test]
    fn a_listing_by_folder_goes_on_behind_the_folder_it_ended_with() {
        let bucket = bucket(&["a", "b/1", "b/2", "c/1", "d"]);
        let by_folder = Listing {
            by_folder: true,
            ..Listing::default()
        };
        let first = bucket.list(&by_folder, 2);
        assert_eq!(
            (keys(&first), first.folders.as_slice()),
            (vec!["a"], &["b/".to_owned()][..])
        );
        let next = Listing {
            next: first.next.as_deref(),
            ..by_folder
        };
        let last = bucket.list(&next, 2);
        assert_eq!(
            (keys(&last), last.folders.as_slice()),
            (vec!["d"], &["c/".to_owned()][..])
        );
        assert_eq!(last.next, None);
    }

    #[test]
    fn a_start_need_not_exist_and_is_not_among_what_is_listed() {
        let bucket = bucket(&["a", "b", "c"]);
        let after = |key| Listing {
            after: Some(key),
            ..Listing::default()
        };
        assert_eq!(keys(&bucket.list(&after("a"), 9)), ["b", "c"]);
        assert_eq!(keys(&bucket.list(&after("aa"), 9)), ["b", "c"]);
        assert_eq!(keys(&bucket.list(&after("c"), 9)), Vec::<&str>::new());
    }

    #[test]
    fn a_page_is_as_long_as_it_was_asked_to_be_and_no_longer_than_a_page() {
        let bucket = bucket(&["a", "b", "c"]);
        let at_most = |most| Listing {
            at_most: Some(most),
            ..Listing::default()
        };
        assert_eq!(bucket.list(&at_most(1), 9).next.as_deref(), Some("a"));
        assert_eq!(keys(&bucket.list(&at_most(3), 2)), ["a", "b"]);
        assert_eq!(bucket.list(&at_most(3), 3).next, None);
    }
}
