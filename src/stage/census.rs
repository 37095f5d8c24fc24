//! A census as the operator takes it: `guardian census --record`, and the look that follows.

use guardian_core::call::CallError;
use guardian_core::cause::{Cause, Work};
use guardian_core::census::{Census, FINISHED};
use guardian_core::name::{BucketName, Resource};
use guardian_reconcile::census::{Checkpoint, record, walk};
use guardian_reconcile::sample::Draw;
use guardian_reconcile::seam::{Buckets, Clock, Ledger, Queues};

use super::StageError;

/// A sample that takes in every object of a bucket as small as those of the incidents.
pub(super) fn everything<C: Clock>(clock: &C) -> Draw {
    Draw {
        size: 100,
        named: Vec::new(),
        seed: 1,
        began: clock.now(),
        id: "look".to_owned(),
    }
}

/// Counts every object of the bucket, records the result and has the bucket looked at with it.
pub(super) async fn take_census<A>(aws: &A, bucket: &BucketName) -> Result<(), StageError>
where
    A: Buckets + Ledger + Queues + Clock,
{
    let began = aws.now();
    let id = format!("census-{}", began.unix());
    let start = Checkpoint::start(bucket.clone(), &[], id.clone(), began);
    let census: Result<Census, CallError> = walk(aws, start, 16, |_| Ok(())).await;
    let census = census.map_err(|error| StageError::new("take a census", error))?;
    record(aws, bucket, &census)
        .await
        .map_err(|error| StageError::new("record a census", error))?;
    let work = Work::new(Resource::Bucket(bucket.clone()), Cause::of_event(id, FINISHED));
    match aws.send_work(&[work]).await {
        Ok(refused) if refused.is_empty() => Ok(()),
        Ok(_) => Err(StageError::new("queue the bucket", "the queue did not take it")),
        Err(error) => Err(StageError::new("queue the bucket", error)),
    }
}
