//! The cycle of a bucket: grant and markers. Keys it needs are recorded and queued, never written from here.

use std::time::Duration;

use futures_util::join;
use guardian_core::cause::{Cause, LaterLook, Work};
use guardian_core::declaration::{Declaration, DeclarationError};
use guardian_core::finding::{Code, Finding, Remedy, Subject, Verdict};
use guardian_core::incident::{Affected, Circumstances};
use guardian_core::judge::{Judgement, Reader, judge_bucket};
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::plan::{Change, plan_bucket};
use guardian_core::settings::{Mode, Settings};
use serde_json::json;

use crate::apply::{Applied, apply_to_bucket};
use crate::batch::is_ourselves;
use crate::book::Book;
use crate::need::Needs;
use crate::observe::observe_bucket;
use crate::seam::{Buckets, Clock, Declarations, Keys, Ledger, Queues, Topic};
use crate::{ReconcileError, Report};

/// The first later look, for what eventual consistency hides for a moment.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// The second one, for what it hides longer.
pub(crate) const LATER: Duration = Duration::from_secs(5 * 60);

/// Reconciles one bucket.
pub(crate) async fn reconcile_bucket<A>(
    aws: &A,
    settings: &Settings,
    bucket: &BucketName,
    work: &Work,
) -> Result<Report, ReconcileError>
where
    A: Buckets + Keys + Declarations + Ledger + Queues + Topic + Clock,
{
    let resource = Resource::Bucket(bucket.clone());
    let (book, text) = join!(Book::load(aws, &resource), aws.get_declaration(bucket));
    let (mut book, text) = (book?, text?);
    let Some(text) = text else {
        return undeclared(aws, resource, book, work).await;
    };
    let declaration = match Declaration::parse(bucket, &text, &settings.partition, &settings.ceilings) {
        Ok(declaration) => declaration,
        Err(error) => return invalid(aws, resource, bucket, book, work, &error).await,
    };
    let mut needs = Needs::of_bucket(&book);
    let remembered: Vec<KeyArn> = needs.keys().cloned().collect();
    let seen = observe_bucket(aws, settings, &declaration, &remembered).await?;
    let mut judgement = judge_bucket(settings, &declaration, &seen);
    let plan = plan_bucket(settings, &declaration, &seen, &mut judgement);

    let affected = Affected {
        buckets: vec![bucket.clone()],
        clouds: declaration.clouds.clone(),
    };
    let around = Circumstances {
        resource: &resource,
        now: aws.now(),
        cause: &work.cause,
        affected: &affected,
    };

    // The keys have incidents of their own, told by the key's reconcile for all the buckets that need it.
    let (of_keys, own): (Vec<Finding>, Vec<Finding>) = judgement
        .findings
        .iter()
        .cloned()
        .partition(|finding| finding.subject.key().is_some());
    let unwell: Vec<&KeyArn> = of_keys
        .iter()
        .filter_map(|finding| finding.subject.key())
        .collect();
    let reader = Reader::of(&declaration, &seen);
    let queue = needs.keep(aws, &resource, &reader, &seen, &unwell).await?;
    queue_keys(aws, bucket, work, queue).await?;

    let mut mine = Judgement { findings: own };
    let repairing = declaration.mode == Mode::Repair;
    let (plan, waiting) = if repairing {
        book.admit(plan, &mut mine, around)
    } else {
        (guardian_core::plan::Plan::default(), false)
    };
    book.begin(aws, &plan, &mine, around).await?;
    let applied = apply_to_bucket(aws, settings, &declaration, &seen, plan).await?;
    refused_is_for_people(&mut mine, &applied);
    let around = Circumstances {
        now: aws.now(),
        ..around
    };
    book.settle(&mine, &applied, repairing, around);
    let said = book.close(aws).await?;

    let later = look_again(work, &mine, &applied, waiting);
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
    let mut report = Report::new(resource, &work.cause.event);
    report.verdict = Some(verdict_after(&judgement, &applied));
    report.findings = mine.findings.into_iter().chain(of_keys).collect();
    report.repairs = verified(applied);
    report.said = said;
    report.later = later;
    Ok(report)
}

/// A bucket that nobody declares (any more): its incidents are over, its keys no longer needed by it.
async fn undeclared<A: Ledger + Topic + Clock>(
    aws: &A,
    resource: Resource,
    mut book: Book,
    work: &Work,
) -> Result<Report, ReconcileError> {
    let report = Report::new(resource.clone(), &work.cause.event);
    if book.is_empty() {
        return Ok(report.noted("not declared"));
    }
    Needs::of_bucket(&book).drop_all(aws, &resource).await?;
    let affected = Affected::default();
    let around = Circumstances {
        resource: &resource,
        now: aws.now(),
        cause: &work.cause,
        affected: &affected,
    };
    book.settle(&Judgement::default(), &[], false, around);
    let mut report = report.noted("no longer declared; grant and markers are left as they are");
    report.said = book.close(aws).await?;
    Ok(report)
}

async fn invalid<A: Ledger + Topic + Clock>(
    aws: &A,
    resource: Resource,
    bucket: &BucketName,
    mut book: Book,
    work: &Work,
    error: &DeclarationError,
) -> Result<Report, ReconcileError> {
    let subject = Subject::Bucket(bucket.clone());
    let evidence = json!({"declaration": error.to_string()});
    let finding = Finding::new(Code::DeclarationInvalid, subject, error.to_string(), evidence);
    // What stood before stands still: with no declaration to follow, nothing is known to have ended.
    let mut judgement = Judgement::of(Verdict::Unknown, finding);
    judgement.findings.extend(
        book.open_findings()
            .filter(|known| known.code != Code::DeclarationInvalid),
    );
    let affected = Affected {
        buckets: vec![bucket.clone()],
        clouds: Vec::new(),
    };
    let around = Circumstances {
        resource: &resource,
        now: aws.now(),
        cause: &work.cause,
        affected: &affected,
    };
    book.settle(&judgement, &[], true, around);
    let mut report = Report::new(resource.clone(), &work.cause.event);
    report.verdict = Some(Verdict::Unknown);
    report.said = book.close(aws).await?;
    report.findings = judgement.findings;
    Ok(report)
}

/// Queues the keys; the bucket is part of the de-duplication, because each bucket may bring a new need.
async fn queue_keys<Q: Queues>(
    queues: &Q,
    bucket: &BucketName,
    work: &Work,
    keys: Vec<KeyArn>,
) -> Result<(), ReconcileError> {
    let batch: Vec<Work> = keys
        .into_iter()
        .map(|key| Work {
            resource: Resource::Key(key),
            cause: Cause {
                id: format!("{}/{bucket}", work.cause.id),
                ..work.cause.clone()
            },
            look: work.look,
            swept: work.swept,
        })
        .collect();
    let mut refused = 0;
    for chunk in batch.chunks(crate::route::SEND_BATCH) {
        refused += queues.send_work(chunk).await?.len();
    }
    if refused > 0 {
        Err(ReconcileError::NotQueued(refused))
    } else {
        Ok(())
    }
}

/// A repair that AWS refused for good is a person's to make possible.
pub(crate) fn refused_is_for_people(judgement: &mut Judgement, applied: &[(Change, Applied)]) {
    for (change, outcome) in applied {
        let Applied::Refused(error) = outcome else {
            continue;
        };
        let (code, subject) = change.ends();
        for finding in &mut judgement.findings {
            if finding.identity() == (code, &subject) {
                finding.remedy = Remedy::Human;
                finding
                    .message
                    .push_str(&format!("; AWS refused the repair: {error}"));
            }
        }
        if !matches!(change, Change::Marker { .. }) {
            let message = format!(
                "AWS refused to store the repaired policy: {error}; allow `{}` or correct the policy, and the guardian tries again",
                error.operation
            );
            let evidence = json!({"call": error.operation, "answer": error.message});
            judgement
                .findings
                .push(Finding::new(Code::PolicyUnwritable, subject, message, evidence));
        }
    }
}

/// The verdict once the verified repairs count.
pub(crate) fn verdict_after(judgement: &Judgement, applied: &[(Change, Applied)]) -> Verdict {
    let ended: Vec<(Code, Subject)> = applied
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Applied::Verified(_) | Applied::AlreadyThere))
        .map(|(change, _)| change.ends())
        .collect();
    judgement.clone().without(&ended).verdict()
}

pub(crate) fn verified(applied: Vec<(Change, Applied)>) -> Vec<Change> {
    applied
        .into_iter()
        .filter_map(|(_, outcome)| match outcome {
            Applied::Verified(change) => Some(change),
            _ => None,
        })
        .collect()
}

/// Whether and when to look again.
pub(crate) fn look_again(
    work: &Work,
    judgement: &Judgement,
    applied: &[(Change, Applied)],
    waiting: bool,
) -> Option<Duration> {
    let by_turn = match work.look {
        0 => Some(SOON),
        1 => Some(LATER),
        _ => None,
    };
    let unseen = waiting
        || applied
            .iter()
            .any(|(_, outcome)| matches!(outcome, Applied::NotVisible(_)));
    if unseen {
        // Somebody must come back for this one, however often it took already.
        return by_turn.or(Some(LATER));
    }
    if applied
        .iter()
        .any(|(_, outcome)| matches!(outcome, Applied::Verified(_)))
    {
        // A write right after a delete may look applied and have no effect: look once more.
        return if work.look == 0 { Some(SOON) } else { None };
    }
    // An event named a change and nothing was found: the change may not be visible yet.
    let quiet = judgement.findings.is_empty() && !work.swept && !is_ourselves(work);
    if quiet { by_turn } else { None }
}
