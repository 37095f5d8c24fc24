//! The cycle of a key: its policy, for every bucket that needs it, with one write.

use futures_util::join;
use guardian_core::alert::Affected;
use guardian_core::call::CallError;
use guardian_core::cause::Work;
use guardian_core::incident::Circumstances;
use guardian_core::judge::{Former, Hold, Judgement, Reader, judge_key, judge_unneeded_key};
use guardian_core::name::{CloudName, KeyArn, Resource};
use guardian_core::observation::{KeyDescription, KeyObservation};
use guardian_core::plan::{plan_key, plan_removal};
use guardian_core::settings::{Mode, Settings};

use crate::apply::{apply_removal, apply_to_key};
use crate::book::Book;
use crate::cycle::Cycle;
use crate::need::{formers_of_key, readers_of_key};
use crate::observe::observe_described;
use crate::seam::{Clock, Keys, Ledger, Queues, Topic, Trail};
use crate::{ReconcileError, Report};

/// Reconciles one key.
pub(crate) async fn reconcile_key<A>(
    aws: &A,
    settings: &Settings,
    key: &KeyArn,
    work: &Work,
) -> Result<Report, ReconcileError>
where
    A: Keys + Ledger + Queues + Topic + Trail + Clock,
{
    let resource = Resource::Key(key.clone());
    // The router asks before it queues a key: that nobody needs it is the exception, and then one question was asked in vain.
    let name = key.to_string();
    let (book, description) = join!(Book::load(aws, &resource), aws.describe_key(&name));
    let mut book = book?;
    let readers = readers_of_key(&book);
    let affected = touched(&readers);
    let formers = formers_of_key(&book, aws.now());
    if readers.is_empty() && !formers.is_empty() {
        return unneeded(aws, settings, key, work, book, &formers, description).await;
    }
    if readers.is_empty() {
        let around = Circumstances {
            resource: &resource,
            now: aws.now(),
            cause: &work.cause,
            affected: &affected,
        };
        book.settle(&Judgement::default(), &[], false, around);
        let mut report = Report::new(resource.clone(), &work.cause.event);
        report.said = book.close(aws).await?;
        return Ok(report.noted("no declared bucket needs this key"));
    }
    let because = readers
        .iter()
        .map(|reader| format!("needed by `{}`", reader.bucket))
        .collect();
    let seen = KeyObservation {
        certain: readers.iter().any(|reader| reader.hold != Hold::Perhaps),
        ..observe_described(aws, settings, name, because, description).await?
    };
    let mut judgement = judge_key(settings, &seen, &readers, aws.now());
    let plan = plan_key(settings, &seen, &readers, &mut judgement);
    let cycle = Cycle {
        resource,
        work,
        affected,
        // One bucket in repair mode is enough: the statement serves them all and takes nothing from anybody.
        repairing: settings.ceilings.mode == Mode::Repair
            && readers.iter().any(|reader| reader.mode == Mode::Repair),
        judgement,
        elsewhere: Vec::new(),
        unfinished: false,
    };
    let apply = async |plan| apply_to_key(aws, settings, &readers, &seen, plan).await;
    let report = cycle.close(aws, &mut book, plan, apply).await?;
    Ok(after_rotation(report, work, &readers))
}

/// Says of a rotation that it was looked into and why there was nothing to do. Where something was found, that is said
/// instead: it was not the rotation.
fn after_rotation(report: Report, work: &Work, readers: &[Reader]) -> Report {
    if !work.cause.is_rotation() || !report.findings.is_empty() {
        return report;
    }
    let buckets: Vec<String> = readers
        .iter()
        .map(|reader| format!("`{}`", reader.bucket))
        .collect();
    report.noted(format!(
        "rotation keeps the key's ARN and policy; verified: Cloudinary may still decrypt what is under it in {}",
        buckets.join(", ")
    ))
}

/// Reconciles a key that buckets needed once and none needs now: its grant is told and, if they all ask for that, taken
/// away.
async fn unneeded<A>(
    aws: &A,
    settings: &Settings,
    key: &KeyArn,
    work: &Work,
    mut book: Book,
    formers: &[Former],
    description: Result<KeyDescription, CallError>,
) -> Result<Report, ReconcileError>
where
    A: Keys + Ledger + Queues + Topic + Trail + Clock,
{
    let because = formers
        .iter()
        .map(|former| format!("once needed by `{}`", former.bucket))
        .collect();
    let seen = observe_described(aws, settings, key.to_string(), because, description).await?;
    let mut judgement = judge_unneeded_key(settings, &seen, formers);
    let plan = plan_removal(settings, &seen, formers, &mut judgement);
    let cycle = Cycle {
        resource: Resource::Key(key.clone()),
        work,
        affected: Affected {
            buckets: formers.iter().map(|former| former.bucket.clone()).collect(),
            clouds: Vec::new(),
        },
        repairing: settings.ceilings.mode == Mode::Repair,
        judgement,
        elsewhere: Vec::new(),
        unfinished: false,
    };
    let apply = async |plan| apply_removal(aws, settings, formers, &seen, plan).await;
    let report = cycle.close(aws, &mut book, plan, apply).await?;
    Ok(report.noted("no declared bucket needs this key any more"))
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
