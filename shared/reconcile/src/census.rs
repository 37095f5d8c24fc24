//! Counting objects: which keys they are under, and which of them cannot be read whatever the policies say.

use futures_util::{StreamExt, stream};
use guardian_core::call::CallError;
use guardian_core::census::Counts;
use guardian_core::name::BucketName;
use guardian_core::observation::{ListedObject, ObjectHead};
use guardian_core::right::{Role, refused};
use tracing::warn;

use crate::seam::Buckets;

mod bound;
mod checkpoint;
mod owners;
mod pages;
mod part;
mod record;
mod scope;
mod walk;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use pages::walk;
pub use record::{CENSUS, record};
pub use walk::{Walk, WalkError, begin, failed, finish, head_batch};

/// Looks at these objects, `at_once` of them at a time, and counts them. `owner` is the canonical user id of the
/// bucket's owner, where objects may belong to others; it is held against the owners of the listing. `role` is whose right
/// it is to look.
///
/// # Errors
///
/// A call that failed for the moment: nothing is counted then. An object that may not be looked at is counted as
/// unknown.
pub async fn count<A: Buckets>(
    aws: &A,
    bucket: &BucketName,
    objects: &[ListedObject],
    owner: Option<&str>,
    at_once: usize,
    role: Role,
) -> Result<Counts, CallError> {
    let heads =
        stream::iter(objects).map(async |object| (object, aws.head_object(bucket, &object.key).await));
    let mut heads = heads.buffer_unordered(at_once.max(1));
    let mut counts = Counts::default();
    let mut is_told = false;
    while let Some((object, head)) = heads.next().await {
        let head: Option<ObjectHead> = match head {
            Ok(head) => head,
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                // Of a thousand that are refused for want of a right one says it all.
                if !std::mem::replace(&mut is_told, true) {
                    let right = refused(role, &error);
                    warn!(%bucket, %error, right, "an object could not be looked at; others of the bucket may be the same");
                }
                counts.count_unknown(&object.key);
                count_owner(&mut counts, object, owner);
                continue;
            }
        };
        let Some(head) = head else {
            counts.count_gone();
            continue;
        };
        counts.count(&object.key, &head);
        count_owner(&mut counts, object, owner);
    }
    Ok(counts)
}

/// Whose an object is stands in the listing: it is known of one that may not be looked at, too, and most often is why.
fn count_owner(counts: &mut Counts, object: &ListedObject, owner: Option<&str>) {
    if let (Some(owner), Some(of_object)) = (owner, &object.owner)
        && owner != of_object
    {
        counts.count_foreign(&object.key);
    }
}
