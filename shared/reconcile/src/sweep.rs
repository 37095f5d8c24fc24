//! The sweep: every declared bucket gets a look, whether or not an event asked for one, and so does the stack itself.
//!
//! Where the quotas set a pace (`guardian_core::quota`), and where there is more than a function has the time for, a sweep
//! goes on in legs: each lists some pages of declarations, queues a look for each, notes how far it came, and asks for the
//! next leg a little later. So the work queue holds seconds of the sweep and not all of it, and an event's look is never
//! behind ten thousand others. What is to be said of all declarations is said after the last page.

mod progress;

use std::collections::BTreeSet;
use std::time::Duration;

use guardian_core::call::CallError;
use guardian_core::cause::{Cause, LaterLook, Work};
use guardian_core::declaration::DECLARE;
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, Resource};
use guardian_core::settings::Settings;
use tracing::warn;

use crate::route::queue;
use crate::seam::{Clock, Declarations, Ledger, Queues, Topic};
use crate::stack::note_sweep;
use crate::{ReconcileError, Report, digest, fleet};
use progress::{Place, Progress};

/// From one leg to the next, and so the longest time an event's look stands behind those of a sweep.
const LEG: Duration = Duration::from_secs(10);

/// No page is begun later than this in a leg: behind it there is time for the slowest call, and for the leg's own end, in
/// the minute that the function has.
const LISTING: Duration = Duration::from_secs(20);

/// At most so many buckets in one leg: their names, of up to 63 characters, are one item of the ledger, of up to 400 KB
/// (DynamoDB Developer Guide, "Quotas").
const MOST: usize = 5000;

/// A page token is good for the next call; nothing says for how long. A sweep whose tokens are refused this often is not
/// begun anew again.
const BEGINNINGS: u8 = 3;

/// Queues every declared bucket. The keys follow from the buckets that need them.
pub(crate) async fn sweep<A>(aws: &A, settings: &Settings, work: &Work) -> Result<Report, ReconcileError>
where
    A: Declarations + Ledger + Queues + Topic + Clock,
{
    let began = aws.now();
    let mut progress = match Progress::of(aws, work).await? {
        Place::Here(progress) => progress,
        // Perhaps told by nobody: the answer to the very last call may have been lost.
        Place::Over => {
            return Ok(Report {
                ends_sweep: true,
                ..said(work, "this sweep is over")
            });
        }
        Place::Passed(word) => return Ok(said(work, word)),
        Place::AtItsEnd(word) => {
            send_on(aws, work, Duration::ZERO).await?;
            return Ok(said(work, word));
        }
    };
    let listed = list(aws, settings, &mut progress, began).await?;
    if listed.next.is_some()
        && work.leg == 0
        && let Some(word) = progress.give_way(aws, work).await?
    {
        if progress.is_ours() {
            send_on(aws, work, Duration::ZERO).await?;
        }
        return Ok(said(work, word));
    }
    let looks: Vec<Work> = listed
        .buckets
        .iter()
        .map(|bucket| look_at(bucket, work))
        .collect();
    let refused = queue(aws, &looks).await?;
    if refused > 0 {
        // The redelivered sweep queues everything again; what got through is dropped as a duplicate.
        return Err(ReconcileError::NotQueued(refused));
    }
    if let Some(next) = listed.next {
        progress.note(aws, work, &listed.buckets, next).await?;
        let delay = LEG.saturating_sub(aws.now().since(began));
        send_on(aws, work, delay).await?;
        let word = format!("{} declared buckets queued, to be continued", looks.len());
        return Ok(Report {
            later: Some(delay),
            ..said(work, word)
        });
    }
    finish(aws, settings, work, progress, listed.buckets).await
}

/// A part of the declarations.
struct Listed {
    buckets: BTreeSet<BucketName>,
    /// What the rest is asked with; none where there is no rest.
    next: Option<String>,
}

/// Lists as many pages as this leg has room and time for.
async fn list<A: Declarations + Clock>(
    aws: &A,
    settings: &Settings,
    progress: &mut Progress,
    began: Moment,
) -> Result<Listed, ReconcileError> {
    let room = settings.quotas.map_or(MOST, |quotas| quotas.looks_in(LEG));
    let (mut next, mut buckets) = (progress.next.clone(), BTreeSet::new());
    loop {
        let page = match aws.list_declarations(next.as_deref()).await {
            Ok(page) => page,
            Err(error) if is_expired(&error) && progress.begin_anew(BEGINNINGS) => {
                warn!(%error, "the place in the list of declarations is lost, the sweep begins it anew");
                next = None;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        for parameter in page.parameters {
            match parameter.bucket.parse::<BucketName>() {
                Ok(bucket) => drop(buckets.insert(bucket)),
                Err(error) => warn!(parameter = parameter.bucket, %error, "a declaration names no bucket"),
            }
        }
        next = page.next;
        if next.is_none() || buckets.len() >= room || aws.now().since(began) >= LISTING {
            return Ok(Listed { buckets, next });
        }
    }
}

/// "The specified token isn't valid" (Systems Manager API Reference, GetParametersByPath, InvalidNextToken).
fn is_expired(error: &CallError) -> bool {
    error.message.contains("InvalidNextToken")
}

/// What there is to do once every declaration was seen.
async fn finish<A>(
    aws: &A,
    settings: &Settings,
    work: &Work,
    progress: Box<Progress>,
    last: BTreeSet<BucketName>,
) -> Result<Report, ReconcileError>
where
    A: Ledger + Queues + Topic + Clock,
{
    // A bucket whose declaration went without an event; its look asks for the declaration again.
    let (fleet, book) = fleet::load(aws).await?;
    let mut declared = progress.seen_before(&book);
    declared.extend(last);
    note_sweep(aws, settings, &book).await?;
    let left = fleet.keys().filter(|bucket| !declared.contains(bucket));
    let left: Vec<Work> = left.map(|bucket| look_at(bucket, work)).collect();
    // Last, so that it finds when this sweep ran.
    let stack = settings.parts.as_ref().map(|_| Work {
        swept: true,
        ..Work::new(Resource::Stack, work.cause.clone())
    });
    // What came to pass while this one was under way and wants all of them looked at again.
    let again = progress.wanted_again().map(|cause| Work {
        // Its first message was taken long ago, so that this one must not look like it.
        look: work.look.saturating_add(1),
        ..Work::new(Resource::Sweep, cause.clone())
    });
    let rest: Vec<Work> = left.iter().cloned().chain(stack).chain(again).collect();
    let refused = queue(aws, &rest).await?;
    if refused > 0 {
        return Err(ReconcileError::NotQueued(refused));
    }
    digest::send(aws, settings, &declared, &fleet, &book).await?;
    progress.end(aws).await?;
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
    Ok(Report {
        fleet: fleet::count(&declared, &fleet),
        ends_sweep: true,
        ..said(work, note)
    })
}

fn said(work: &Work, word: impl Into<String>) -> Report {
    Report::new(Resource::Sweep, &work.cause.event).noted(word)
}

/// Asks for the next leg, through the ingest queue: a FIFO queue delays no single message.
async fn send_on<A: Queues>(aws: &A, work: &Work, delay: Duration) -> Result<(), CallError> {
    let next = Work {
        leg: work.leg.saturating_add(1),
        look: work.look,
        ..Work::new(Resource::Sweep, work.cause.clone())
    };
    aws.send_later(&LaterLook::new(next), delay).await
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
