//! The cycle of a key: its policy, for every bucket that needs it, with one write.

use guardian_core::cause::{LaterLook, Work};
use guardian_core::incident::{Affected, Circumstances};
use guardian_core::judge::{Judgement, Reader, judge_key};
use guardian_core::name::{CloudName, KeyArn, Resource};
use guardian_core::plan::{Plan, plan_key};
use guardian_core::settings::{Mode, Settings};

use crate::apply::apply_to_key;
use crate::book::Book;
use crate::bucket::{look_again, refused_is_for_people, verdict_after, verified};
use crate::need::readers_of_key;
use crate::observe::observe_key;
use crate::seam::{Clock, Keys, Ledger, Queues, Topic};
use crate::{ReconcileError, Report};

/// Reconciles one key.
pub(crate) async fn reconcile_key<A>(
    aws: &A,
    settings: &Settings,
    key: &KeyArn,
    work: &Work,
) -> Result<Report, ReconcileError>
where
    A: Keys + Ledger + Queues + Topic + Clock,
{
    let resource = Resource::Key(key.clone());
    let mut book = Book::load(aws, &resource).await?;
    let readers = readers_of_key(&book);
    let affected = touched(&readers);
    let around = Circumstances {
        resource: &resource,
        now: aws.now(),
        cause: &work.cause,
        affected: &affected,
    };
    let mut report = Report::new(resource.clone(), &work.cause.event);
    if readers.is_empty() {
        book.settle(&Judgement::default(), &[], false, around);
        report.said = book.close(aws).await?;
        return Ok(report.noted("no declared bucket needs this key"));
    }
    let because = readers
        .iter()
        .map(|reader| format!("needed by `{}`", reader.bucket))
        .collect();
    let seen = observe_key(aws, settings, key.to_string(), because).await?;
    let mut judgement = judge_key(settings, &seen, &readers);
    let plan = plan_key(settings, &seen, &readers, &mut judgement);
    // One bucket in repair mode is enough: the statement serves them all and takes nothing from anybody.
    let repairing =
        settings.ceilings.mode == Mode::Repair && readers.iter().any(|reader| reader.mode == Mode::Repair);
    let (plan, waiting) = if repairing {
        book.admit(plan, &mut judgement, around)
    } else {
        (Plan::default(), false)
    };
    book.begin(aws, &plan, &judgement, around).await?;
    let applied = apply_to_key(aws, settings, &readers, &seen, plan).await?;
    refused_is_for_people(&mut judgement, &applied);
    let around = Circumstances {
        now: aws.now(),
        ..around
    };
    book.settle(&judgement, &applied, repairing, around);
    let said = book.close(aws).await?;
    let later = look_again(work, &judgement, &applied, waiting);
    if let Some(delay) = later {
        aws.send_later(
            &LaterLook::new(Work {
                look: work.look.saturating_add(1),
                ..work.clone()
            }),
            delay,
        )
        .await?;
    }
    report.verdict = Some(verdict_after(&judgement, &applied));
    report.findings = judgement.findings;
    report.repairs = verified(applied);
    report.said = said;
    report.later = later;
    Ok(report)
}

fn touched(readers: &[Reader]) -> Affected {
    let buckets = readers.iter().map(|reader| reader.bucket.clone()).collect();
    let mut clouds: Vec<CloudName> = readers
        .iter()
        .flat_map(|reader| reader.clouds.iter().cloned())
        .collect();
    clouds.sort();
    clouds.dedup();
    Affected { buckets, clouds }
}
