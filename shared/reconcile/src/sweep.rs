//! The sweep: every declared bucket gets a look, whether or not an event asked for one, and so does the stack itself.

use std::collections::BTreeSet;

use guardian_core::cause::{Cause, Work};
use guardian_core::declaration::DECLARE;
use guardian_core::name::{BucketName, Resource};
use guardian_core::settings::Settings;
use tracing::warn;

use crate::route::queue;
use crate::seam::{Clock, Declarations, Ledger, Queues, Topic};
use crate::stack::note_sweep;
use crate::{ReconcileError, Report, digest, fleet};

/// Queues every declared bucket. The keys follow from the buckets that need them.
pub(crate) async fn sweep<A>(aws: &A, settings: &Settings, work: &Work) -> Result<Report, ReconcileError>
where
    A: Declarations + Ledger + Queues + Topic + Clock,
{
    let (mut next, mut refused) = (None, 0_usize);
    let mut declared = BTreeSet::new();
    loop {
        let page = aws.list_declarations(next.as_deref()).await?;
        let mut batch = Vec::new();
        for parameter in &page.parameters {
            match parameter.bucket.parse::<BucketName>() {
                Ok(bucket) => {
                    batch.push(look_at(&bucket, work));
                    declared.insert(bucket);
                }
                Err(error) => warn!(parameter = parameter.bucket, %error, "a declaration names no bucket"),
            }
        }
        refused += queue(aws, &batch).await?;
        match page.next {
            Some(token) => next = Some(token),
            None => break,
        }
    }
    // A bucket whose declaration went without an event; its look asks for the declaration again.
    let (fleet, book) = fleet::load(aws).await?;
    note_sweep(aws, settings, &book).await?;
    let left = fleet.keys().filter(|bucket| !declared.contains(bucket));
    let left: Vec<Work> = left.map(|bucket| look_at(bucket, work)).collect();
    // Last, so that it finds when this sweep ran.
    let stack = settings.parts.as_ref().map(|_| Work {
        swept: true,
        ..Work::new(Resource::Stack, work.cause.clone())
    });
    let rest: Vec<Work> = left.iter().cloned().chain(stack).collect();
    refused += queue(aws, &rest).await?;
    if refused > 0 {
        // The redelivered sweep queues everything again; what got through is dropped as a duplicate.
        return Err(ReconcileError::NotQueued(refused));
    }
    digest::send(aws, settings, &declared, &fleet, &book).await?;
    let mut note = format!(
        "{} declared buckets queued, {} no longer declared",
        declared.len(),
        left.len()
    );
    if declared.is_empty() {
        note = format!(
            "{note}; nothing is declared, so nothing is looked after: {DECLARE} --region {}",
            settings.region
        );
    }
    let report = Report {
        fleet: fleet::count(&declared, &fleet),
        ..Report::new(Resource::Sweep, &work.cause.event)
    };
    Ok(report.noted(note))
}

fn look_at(bucket: &BucketName, work: &Work) -> Work {
    let cause = Cause {
        actor: None,
        ..work.cause.clone()
    };
    Work {
        look: work.look,
        swept: true,
        ..Work::new(Resource::Bucket(bucket.clone()), cause)
    }
}
