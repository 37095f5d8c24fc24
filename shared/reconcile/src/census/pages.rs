//! A walk over every object of a bucket, page by page.

use futures_util::join;
use guardian_core::call::CallError;
use guardian_core::census::Census;
use guardian_core::name::BucketName;
use guardian_core::observation::ObjectPage;
use guardian_core::right::Role;

use super::checkpoint::Checkpoint;
use super::count;
use super::owners::foreign_to;
use crate::seam::{Buckets, Clock, Listing};

/// Walks over the objects from `start` on, and looks at `at_once` of them at a time. While the objects of one page
/// are looked at the next page is listed, and no more than these two pages are held.
///
/// After each page `on_progress` is told how far the walk has come. From what it was told last a walk that was broken
/// off goes on, and comes to the same counts: S3 lists general purpose buckets in the order of their keys (S3 API
/// Reference, ListObjectsV2), so that a key behind the position was not counted yet.
///
/// # Errors
///
/// A call that failed, or what `on_progress` says. An object that may not be looked at is counted as unknown.
pub async fn walk<A, E>(
    aws: &A,
    start: Checkpoint,
    at_once: usize,
    mut on_progress: impl FnMut(&Checkpoint) -> Result<(), E>,
) -> Result<Census, E>
where
    A: Buckets + Clock,
    E: From<CallError>,
{
    let mut at = start;
    let bucket = at.bucket.clone();
    let owner = foreign_to(aws, &bucket).await?;
    for prefix in at.left() {
        let from = Listing {
            prefix: &prefix,
            with_owner: owner.is_some(),
            ..Listing::default()
        };
        let behind = at.after.clone().filter(|after| after.starts_with(&prefix));
        let first = Listing {
            after: behind.as_deref(),
            ..from
        };
        let mut page = aws.list_objects(&bucket, &first).await?;
        loop {
            let (next, counts) = join!(
                following(aws, &bucket, from, page.next.as_deref()),
                count(
                    aws,
                    &bucket,
                    &page.objects,
                    owner.as_deref(),
                    at_once,
                    Role::Reconciler
                ),
            );
            let counts = counts?;
            if counts.unknown.objects > 0 {
                still_let_in(aws, &bucket).await?;
            }
            at.counts.add(counts);
            if let Some(last) = page.objects.pop() {
                at.after = Some(last.key);
                on_progress(&at)?;
            }
            match next? {
                Some(next) => page = next,
                None => break,
            }
        }
    }
    Ok(at.finished(aws.now()))
}

/// To HEAD, S3 answers without a reason: credentials that have expired since the page was listed look like objects
/// that may not be looked at. A call that succeeds after all of them proves that it was the objects.
async fn still_let_in<A: Buckets>(aws: &A, bucket: &BucketName) -> Result<(), CallError> {
    let one = Listing {
        at_most: Some(1),
        ..Listing::default()
    };
    aws.list_objects(bucket, &one).await.map(drop)
}

async fn following<A: Buckets>(
    aws: &A,
    bucket: &BucketName,
    from: Listing<'_>,
    next: Option<&str>,
) -> Result<Option<ObjectPage>, CallError> {
    match next {
        Some(_) => aws
            .list_objects(bucket, &Listing { next, ..from })
            .await
            .map(Some),
        None => Ok(None),
    }
}
