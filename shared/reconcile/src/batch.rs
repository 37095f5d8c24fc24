//! A batch of the work queue: each group once, and a group that failed is delivered again as a whole.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use guardian_core::cause::Work;
use guardian_core::moment::Moment;
use guardian_core::name::Resource;
use guardian_core::right::Role;
use guardian_core::settings::Settings;
use tracing::{Instrument, error, error_span, info, warn};

use crate::bucket::reconcile_bucket;
use crate::cycle::is_ourselves;
use crate::key::reconcile_key;
use crate::seam::{Buckets, Censuses, Clock, Declarations, Eyes, Keys, Ledger, Queues, Topic, Trail};
use crate::stack::reconcile_stack;
use crate::sweep::sweep;
use crate::{Message, ReconcileError, Report};

/// Reconciles a batch of the work queue, the groups side by side.
///
/// Several messages for one resource are one look: the state decides, not the number of events. Answers with
/// the reports and with the ids to be delivered again. Of a FIFO group that is every message from the first
/// failure on (Lambda Developer Guide, services-sqs-errorhandling), here therefore the whole group.
pub async fn reconcile_batch<A>(
    aws: &A,
    settings: &Settings,
    messages: &[Message],
) -> (Vec<Report>, Vec<String>)
where
    A: Buckets + Keys + Declarations + Ledger + Queues + Censuses + Topic + Trail + Eyes + Clock,
{
    let mut groups: BTreeMap<Resource, Vec<(Vec<&str>, Work)>> = BTreeMap::new();
    for message in messages {
        let work: Work = match serde_json::from_str(&message.body) {
            Ok(work) => work,
            Err(error) => {
                warn!(message_id = message.id, %error, "ignored: the message is no work of ours");
                continue;
            }
        };
        let looks = groups.entry(work.resource.clone()).or_default();
        match looks.last_mut().filter(|(_, last)| is_one_look(last, &work)) {
            Some((ids, merged)) => {
                ids.push(&message.id);
                merge(merged, &work);
            }
            None => looks.push((vec![&message.id], work)),
        }
    }
    let done = join_all(groups.into_values().map(async |looks| {
        let (mut reports, mut failed) = (Vec::new(), Vec::new());
        for (ids, work) in looks {
            if !failed.is_empty() {
                failed.extend(ids);
                continue;
            }
            aws.turn(&work).await;
            match in_its_span(aws, settings, &work).await {
                Some(report) => reports.push(report),
                None => failed.extend(ids),
            }
        }
        (reports, failed)
    }))
    .await;
    let (mut reports, mut failed) = (Vec::new(), Vec::new());
    for (of_group, to_repeat) in done {
        reports.extend(of_group);
        failed.extend(to_repeat.into_iter().map(str::to_owned));
    }
    (reports, failed)
}

/// Whether two messages of one resource are one look. The legs of a sweep are not: each has its own part of the
/// declarations.
fn is_one_look(one: &Work, other: &Work) -> bool {
    let is_sweep = one.resource == Resource::Sweep;
    !is_sweep || (one.leg == 0 && other.leg == 0 && one.cause.event == other.cause.event)
}

/// Reconciles one resource, so that every line of the log names it.
async fn in_its_span<A>(aws: &A, settings: &Settings, work: &Work) -> Option<Report>
where
    A: Buckets + Keys + Declarations + Ledger + Queues + Censuses + Topic + Trail + Eyes + Clock,
{
    // Of the highest level, so that no filter takes it from a line that passes.
    let span = error_span!(
        "reconcile",
        resource = %work.resource,
        event = work.cause.event,
        event_id = work.cause.id,
        look = work.look,
    );
    reconcile_and_log(aws, settings, work).instrument(span).await
}

/// Reconciles one resource; `None` where it failed.
async fn reconcile_and_log<A>(aws: &A, settings: &Settings, work: &Work) -> Option<Report>
where
    A: Buckets + Keys + Declarations + Ledger + Queues + Censuses + Topic + Trail + Eyes + Clock,
{
    let mut report = match reconcile(aws, settings, work).await {
        Ok(report) => report,
        Err(error) => {
            let right = error.refused(Role::Reconciler);
            error!(resource = %work.resource, event = work.cause.event, %error, right, "not reconciled, to be delivered again");
            return None;
        }
    };
    report.healed_after = healed_after(&report, work, aws.now());
    info!(
        resource = %report.resource,
        event = report.event,
        look = work.look,
        verdict = report.verdict.map(|verdict| verdict.as_str()),
        findings = ?report.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(),
        repairs = report.repairs.len(),
        refused = report.refused,
        said = report.said.len(),
        healed_after = report.healed_after.map(|time| time.as_secs()),
        note = report.note,
        "reconciled"
    );
    Some(report)
}

/// How long after the event that led to it a repair was done and seen to be there.
fn healed_after(report: &Report, work: &Work, now: Moment) -> Option<Duration> {
    let is_told = !report.repairs.is_empty() && !work.swept;
    let since: Moment = work.cause.time.as_ref().filter(|_| is_told)?.parse().ok()?;
    Some(now.since(since))
}

async fn reconcile<A>(aws: &A, settings: &Settings, work: &Work) -> Result<Report, ReconcileError>
where
    A: Buckets + Keys + Declarations + Ledger + Queues + Censuses + Topic + Trail + Eyes + Clock,
{
    match &work.resource {
        Resource::Bucket(bucket) => reconcile_bucket(aws, settings, bucket, work).await,
        Resource::Key(key) => reconcile_key(aws, settings, key, work).await,
        Resource::Sweep => sweep(aws, settings, work).await,
        Resource::Stack => reconcile_stack(aws, settings, work).await,
        Resource::Alias(_) | Resource::Census(_) => {
            let report = Report::new(work.resource.clone(), &work.cause.event);
            Ok(report.noted("a page of the ledger, nothing to look at"))
        }
    }
}

/// The cause that says most about who did it, and the earliest look, stand for all.
///
/// New objects add themselves and nothing else to a whole look: an upload neither did what that finds, nor is it a
/// reason to take a sweep for less than one.
fn merge(merged: &mut Work, other: &Work) {
    if merged.narrow && !other.narrow {
        let objects = std::mem::replace(merged, other.clone());
        merged.written.add(objects.written);
        return;
    }
    merged.written.add(other.written.clone());
    if other.narrow && !merged.narrow {
        return;
    }
    merged.look = merged.look.min(other.look);
    // What only a sweep does is done, also where an event comes beside it: the next one may be an hour away.
    merged.heard = !(merged.is_of_the_sweep_alone() && other.is_of_the_sweep_alone());
    merged.swept |= other.swept;
    merged.first_need |= other.first_need;
    let tells = |work: &Work| {
        let actor = work.cause.actor.as_ref();
        actor.is_some_and(|actor| actor.principal.is_some() && !is_ourselves(work))
    };
    if !tells(merged) && tells(other) {
        merged.cause = other.cause.clone();
    }
}
