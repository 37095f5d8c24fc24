//! EventBridge is turned on in a bucket's notifications, and nobody else's entry is lost on the way.

use guardian_core::call::CallError;
use guardian_core::plan::{Change, NotificationsChange};

use super::{Applied, ROUNDS};
use crate::seam::Buckets;

/// Re-reads, adds to what is there now, writes, and holds what is read then against what was sent.
///
/// S3 has no compare-and-swap: an entry that somebody adds between the re-read and the write, one round trip, is written
/// over. What was sent is in the plan, so that whoever misses an entry sees it.
///
/// A failure for the moment holds up nothing: what was repaired before it is told, and a later look tries again.
pub(super) async fn turn_on<A: Buckets>(aws: &A, planned: NotificationsChange) -> Applied {
    match try_to(aws, planned).await {
        Ok(applied) => applied,
        Err(error) if error.is_transient() => Applied::Late(error),
        Err(error) => Applied::Refused(error),
    }
}

async fn try_to<A: Buckets>(aws: &A, planned: NotificationsChange) -> Result<Applied, CallError> {
    let mut change = planned;
    let mut current = aws.get_bucket_notifications(&change.of).await?;
    if current.tells_event_bridge() {
        return Ok(Applied::AlreadyThere);
    }
    for _ in 0..ROUNDS {
        if current.as_xml() != change.before.as_xml() {
            let Ok(after) = current.with_event_bridge() else {
                return Ok(Applied::Stuck);
            };
            change = NotificationsChange {
                before: current,
                after,
                ..change
            };
        }
        aws.put_bucket_notifications(&change.of, &change.after).await?;
        current = aws.get_bucket_notifications(&change.of).await?;
        if current.tells_event_bridge() {
            let lost = current.lost_of(&change.before);
            let change = Change::Notifications(change);
            return Ok(if lost.is_empty() {
                Applied::Verified(change)
            } else {
                Applied::Lost(change, lost)
            });
        }
        if current == change.before {
            return Ok(Applied::NotVisible(Change::Notifications(change)));
        }
        // Somebody wrote between our write and the verification: add to what they left.
    }
    Ok(Applied::NotVisible(Change::Notifications(change)))
}
