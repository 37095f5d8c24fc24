//! The sweep: every declared bucket gets a look, whether or not an event asked for one.

use guardian_core::cause::{Cause, Work};
use guardian_core::name::{BucketName, Resource};
use tracing::warn;

use crate::route::SEND_BATCH;
use crate::seam::{Declarations, Queues};
use crate::{ReconcileError, Report};

/// Queues every declared bucket. The keys follow from the buckets that need them.
pub(crate) async fn sweep<A: Declarations + Queues>(aws: &A, work: &Work) -> Result<Report, ReconcileError> {
    let (mut next, mut declared, mut refused) = (None, 0_usize, 0_usize);
    loop {
        let page = aws.list_declarations(next.as_deref()).await?;
        let mut batch = Vec::new();
        for parameter in &page.parameters {
            match parameter.bucket.parse::<BucketName>() {
                Ok(bucket) => batch.push(Work {
                    resource: Resource::Bucket(bucket),
                    cause: Cause {
                        actor: None,
                        ..work.cause.clone()
                    },
                    look: work.look,
                    swept: true,
                }),
                Err(error) => warn!(parameter = parameter.bucket, %error, "a declaration names no bucket"),
            }
        }
        declared += batch.len();
        for chunk in batch.chunks(SEND_BATCH) {
            refused += aws.send_work(chunk).await?.len();
        }
        match page.next {
            Some(token) => next = Some(token),
            None => break,
        }
    }
    if refused > 0 {
        // The redelivered sweep queues everything again; what got through is dropped as a duplicate.
        return Err(ReconcileError::NotQueued(refused));
    }
    Ok(Report::new(Resource::Sweep, &work.cause.event).noted(format!("{declared} declared buckets queued")))
}
