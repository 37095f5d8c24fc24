//! The cycle of a bucket: grant and markers. The keys it needs and the alias it names are recorded, the keys are
//! queued; they are never written from here.

use futures_util::join;
use guardian_core::alert::Affected;
use guardian_core::cause::Work;
use guardian_core::census::Census;
use guardian_core::declaration::{Declaration, DeclarationError};
use guardian_core::finding::{Code, Finding, Subject, Verdict};
use guardian_core::incident::Circumstances;
use guardian_core::judge::{Judgement, Reader, judge_bucket, judge_objects, standing_notifications};
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::observation::Presence;
use guardian_core::plan::plan_bucket;
use guardian_core::right::{Role, refused};
use guardian_core::settings::{Mode, Settings};
use serde_json::json;
use tracing::warn;

use crate::alias::Aliases;
use crate::apply::apply_to_bucket;
use crate::book::Book;
use crate::cycle::Cycle;
use crate::evidence::Kept;
use crate::index::{self, Found};
use crate::need::{Look, Needs};
use crate::observe::{KnownKey, look_ahead, look_at_bucket, look_at_keys};
use crate::route::queue;
use crate::sample::Draw;
use crate::seam::{Buckets, Censuses, Clock, Declarations, Keys, Ledger, Queues, Topic, Trail};
use crate::{ReconcileError, Report, due, evidence, fleet, sample, written};

/// So many objects are looked at in a sample.
const SAMPLE: usize = 50;

/// Reconciles one bucket.
pub(crate) async fn reconcile_bucket<A>(
    aws: &A,
    settings: &Settings,
    bucket: &BucketName,
    work: &Work,
) -> Result<Report, ReconcileError>
where
    A: Buckets + Keys + Declarations + Ledger + Queues + Censuses + Topic + Trail + Clock,
{
    let resource = Resource::Bucket(bucket.clone());
    let (book, text) = join!(Book::load(aws, &resource), aws.get_declaration(bucket));
    let (mut book, text) = (book?, text?);
    let Some(text) = text else {
        return undeclared(aws, resource, bucket, book, work).await;
    };
    let (partition, ceilings) = (&settings.partition, &settings.ceilings);
    let declaration = match Declaration::parse(bucket, &text, partition, ceilings, aws.now()) {
        Ok(declaration) => declaration,
        Err(error) => {
            let report = invalid(aws, resource, bucket, &mut book, work, &error).await?;
            fleet::keep(aws, settings, bucket, &book, &report).await?;
            return Ok(report);
        }
    };
    let (mut needs, mut aliases) = (Needs::of_bucket(&book), Aliases::of_bucket(&book));
    let mut kept = Kept::of_bucket(settings, &declaration, &book);
    if !work.written.is_empty() {
        let objects = work.written.clone();
        // What the settings name needs no witness. Every other key may be one that a census is about to refute.
        let known: Vec<&KeyArn> = needs.keys().filter(|key| kept.is_named(key)).collect();
        let found = written::look_at(aws, settings, &declaration, &mut book, &known, objects).await?;
        let is_new = found.keys().any(|key| needs.keys().all(|known| known != key));
        kept.saw(&found, aws.now());
        if work.narrow && !is_new {
            kept.keep(aws, bucket).await?;
            let report = Report::new(resource, &work.cause.event);
            return Ok(report.noted(format!("{}; none is under a new key", found.said)));
        }
    }
    // The sweep also makes sure of the items in other pages; an event is no reason to doubt them, only an end that was cut off.
    let pages = if work.swept {
        needs.pages().chain(aliases.pages()).collect()
    } else {
        needs.doubted().chain(aliases.doubted()).collect()
    };
    let (likely, _) = kept.keys(&needs);
    let (outside, found, sample, ahead) = join!(
        look_at_bucket(aws, settings, &declaration),
        Found::in_pages(aws, bucket, pages),
        take_sample(aws, settings, &declaration, &kept, work),
        look_ahead(aws, settings, known_before(&needs, &aliases, &likely)),
    );
    let (outside, found) = (outside?, found?);
    if let Some(sample) = sample {
        kept.sampled(settings, sample);
    }
    aliases.keep(aws, settings, bucket, &outside, &found).await?;
    let (known, refuted) = kept.keys(&needs);
    let seen = look_at_keys(aws, settings, &declaration, &known, outside, ahead).await?;
    let moved = kept.settle(&declaration, &needs, &seen, refuted, aws.now());
    let mut judgement = judge_bucket(settings, &declaration, &seen, aws.now());
    if seen.presence == Presence::Here {
        judgement.absorb(judge_objects(
            bucket,
            &kept.counts(),
            book.open_findings(),
            aws.now(),
        ));
    }
    judgement.absorb(standing_notifications(&seen, book.open_findings()));
    let plan = plan_bucket(settings, &declaration, &seen, &mut judgement);

    // The keys have incidents of their own, told by the key's reconcile for all the buckets that need it.
    let (of_keys, own): (Vec<Finding>, Vec<Finding>) = judgement
        .findings
        .into_iter()
        .partition(|finding| finding.subject.key().is_some());
    let unwell: Vec<&KeyArn> = of_keys
        .iter()
        .filter_map(|finding| finding.subject.key())
        .collect();
    let reader = Reader::of(&declaration);
    let holds = kept.holds(&seen, aws.now());
    let mut queue = needs.keep(aws, &reader, &holds, &seen, &unwell, &found).await?;
    queue.extend(needs.turn(aws, bucket, &moved).await?);
    if work.swept {
        // Nothing else leads a sweep to a key that nobody needs.
        let left = kept.left().filter(|key| !moved.left.contains_key(*key)).cloned();
        queue.extend(left.map(Look::of_need));
    }
    kept.want_walks(settings, aws.now());
    kept.keep(aws, bucket).await?;
    queue_keys(aws, bucket, work, queue).await?;
    needs.note_recovered(aws).await?;

    let cycle = Cycle {
        resource,
        work,
        affected: Affected {
            buckets: vec![bucket.clone()],
            clouds: declaration.clouds.clone(),
        },
        repairing: declaration.mode == Mode::Repair,
        judgement: Judgement { findings: own },
        elsewhere: of_keys,
        unfinished: seen.notifications_are_late(),
    };
    let apply = async |plan| apply_to_bucket(aws, settings, &declaration, &seen, plan).await;
    let mut report = cycle.close(aws, &mut book, plan, apply).await?;
    fleet::keep(aws, settings, bucket, &book, &report).await?;
    // A walk lists nothing in another Region.
    if seen.presence == Presence::Here
        && let Some(wanted) = kept.wanted_walk(settings, bucket, work, aws.now())
    {
        report.note = due::start(aws, bucket, &wanted).await;
    }
    Ok(report)
}

/// The keys to look at beside the bucket itself, which saves two round trips of the four that a look at a bucket under a key
/// takes, and whether each was well. None where an alias stands for one of them: the answer to the alias is the look at
/// that key, and it would be asked twice.
fn known_before<'a>(
    needs: &'a Needs,
    aliases: &Aliases,
    likely: &'a [KnownKey],
) -> impl Iterator<Item = (&'a KeyArn, bool)> {
    let is_by_alias = aliases.pages().next().is_some();
    let likely = likely.iter().filter(move |known| !is_by_alias && !known.is_hint);
    likely.map(|known| (&known.key, needs.was_well(&known.key)))
}

/// A sample of the bucket's objects, where one is wanted. It never stands in the way of a repair: one that fails is
/// taken with the next sweep.
async fn take_sample<A: Buckets + Clock>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    kept: &Kept,
    work: &Work,
) -> Option<Census> {
    if !kept.wants_sample(settings, work) {
        return None;
    }
    let id = work.deduplication_id();
    let seed = id
        .get(..16)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let draw = Draw {
        size: SAMPLE,
        named: kept.examples(),
        // Other places in each sweep, the same ones when a message is delivered again.
        seed: seed.unwrap_or_default(),
        began: aws.now(),
        id,
    };
    match sample::draw(aws, declaration, draw).await {
        Ok(drawn) => Some(drawn.census),
        Err(error) => {
            let right = refused(Role::Reconciler, &error);
            warn!(bucket = %declaration.bucket, %error, right, "no sample of the objects was taken");
            None
        }
    }
}

/// A bucket that nobody declares (any more): its incidents are over, its keys no longer needed by it.
async fn undeclared<A: Ledger + Queues + Topic + Clock>(
    aws: &A,
    resource: Resource,
    bucket: &BucketName,
    mut book: Book,
    work: &Work,
) -> Result<Report, ReconcileError> {
    let report = Report::new(resource.clone(), &work.cause.event);
    if book.is_empty() {
        return Ok(report.noted("not declared"));
    }
    // No sweep leads to a key that nobody needs: its incidents are closed now. It is forgotten last, so that
    // whatever fails here is done again.
    let mut needs = Needs::of_bucket(&book);
    let left: Vec<KeyArn> = evidence::of_book(&book).left.into_keys().collect();
    needs.release(aws, bucket).await?;
    for key in &left {
        index::remove_former(aws, &Resource::Key(key.clone()), bucket).await?;
    }
    let keys = needs.keys().chain(&left).cloned();
    let keys = keys.map(Look::of_need);
    queue_keys(aws, bucket, work, keys.collect()).await?;
    Aliases::of_bucket(&book).forget(aws, bucket).await?;
    Kept::forget(aws, &book).await?;
    needs.forget(aws, bucket).await?;
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
    fleet::leave(aws, &book, bucket).await?;
    Ok(report)
}

async fn invalid<A: Ledger + Topic + Clock>(
    aws: &A,
    resource: Resource,
    bucket: &BucketName,
    book: &mut Book,
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

/// Queues the keys. The bucket is part of the de-duplication where it may bring a new need; where a sweep only wants to know how
/// a key is, one look does for all the buckets that need it.
async fn queue_keys<Q: Queues>(
    queues: &Q,
    bucket: &BucketName,
    work: &Work,
    keys: Vec<Look>,
) -> Result<(), ReconcileError> {
    let batch: Vec<Work> = keys
        .into_iter()
        .map(
            |Look {
                 key,
                 is_new,
                 brings_need,
             }| {
                let mut cause = work.cause.clone();
                if brings_need {
                    cause.id = format!("{}/{bucket}", cause.id);
                }
                Work {
                    look: work.look,
                    swept: work.is_of_the_sweep_alone(),
                    first_need: is_new,
                    ..Work::new(Resource::Key(key), cause)
                }
            },
        )
        .collect();
    match queue(queues, &batch).await? {
        0 => Ok(()),
        refused => Err(ReconcileError::NotQueued(refused)),
    }
}
