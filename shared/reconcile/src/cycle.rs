//! What the cycles of a bucket and of a key have in common, once it is known what was found and what is planned:
//! admit, store the intent, apply, settle the incidents, tell people, look again.

use std::time::Duration;

use futures_util::join;
use guardian_core::alert::{Affected, plain};
use guardian_core::call::CallError;
use guardian_core::cause::{LaterLook, OWN_SOURCE, Work};
use guardian_core::finding::{Code, Finding, Remedy, Subject};
use guardian_core::incident::Circumstances;
use guardian_core::judge::Judgement;
use guardian_core::name::Resource;
use guardian_core::plan::{Change, Plan};
use guardian_core::right;
use guardian_core::written::Written;
use serde_json::{Value, json};

use crate::apply::Applied;
use crate::author::authors;
use crate::book::Book;
use crate::seam::{Clock, Ledger, Queues, Topic, Trail};
use crate::{ReconcileError, Report};

/// The first later look, for what eventual consistency hides for a moment.
const SOON: Duration = Duration::from_secs(30);
/// The second one, for what it hides longer.
const LATER: Duration = Duration::from_secs(5 * 60);

/// What a look at one resource came to.
pub(crate) struct Cycle<'a> {
    pub(crate) resource: Resource,
    pub(crate) work: &'a Work,
    /// Whom the resource's incidents touch.
    pub(crate) affected: Affected,
    /// Whether repairs may be made.
    pub(crate) repairing: bool,
    /// What was found, as far as this resource's incidents tell it.
    pub(crate) judgement: Judgement,
    /// What was found besides, told by the incidents of another resource.
    pub(crate) elsewhere: Vec<Finding>,
    /// Whether something that nothing waited for has still to be looked at.
    pub(crate) unfinished: bool,
}

impl Cycle<'_> {
    fn around<C: Clock>(&self, clock: &C) -> Circumstances<'_> {
        Circumstances {
            resource: &self.resource,
            now: clock.now(),
            cause: &self.work.cause,
            affected: &self.affected,
        }
    }

    /// Carries the plan out, as far as it is admitted, and brings the books up to date.
    pub(crate) async fn close<A, F>(
        mut self,
        aws: &A,
        book: &mut Book,
        plan: Plan,
        apply: F,
    ) -> Result<Report, ReconcileError>
    where
        A: Ledger + Queues + Topic + Trail + Clock,
        F: AsyncFnOnce(Plan) -> Result<Vec<(Change, Applied)>, CallError>,
    {
        let mut judgement = std::mem::take(&mut self.judgement);
        let around = self.around(aws);
        let (plan, waiting) = if self.repairing {
            book.admit(plan, &mut judgement, around)
        } else {
            propose(&plan, &mut judgement);
            (Plan::default(), false)
        };
        let news = book.news(&judgement);
        book.begin(aws, &plan, &judgement, around).await?;
        // Nobody waits to be healed for a name.
        let (applied, authors) = join!(apply(plan), authors(aws, &self.resource, self.work, news));
        let applied = applied?;
        for (finding, cause) in authors {
            book.attribute(&finding, &cause, around);
        }
        leave_to_people(&mut judgement, &applied);
        book.settle(&judgement, &applied, self.repairing, self.around(aws));
        let said = book.close(aws).await?;
        let is_mended = |finding: &Finding| finding.remedy == Remedy::Repair;
        let beside = self.repairing && self.elsewhere.iter().any(is_mended);
        let later = look_again(self.work, &judgement, &applied, waiting || self.unfinished).or_else(|| {
            // A key is being repaired meanwhile: how the bucket stands after that is to be known before the next sweep.
            (beside && self.work.look == 0).then_some(SOON)
        });
        if let Some(delay) = later {
            let look = Work {
                look: self.work.look.saturating_add(1),
                written: Written::default(),
                narrow: false,
                swept: self.work.is_of_the_sweep_alone(),
                heard: false,
                ..self.work.clone()
            };
            aws.send_later(&LaterLook::new(look), delay).await?;
        }
        let mut report = Report::new(self.resource, &self.work.cause.event);
        let mut whole = judgement;
        whole.findings.extend(self.elsewhere);
        report.verdict = Some(whole.clone().without(&ended(&applied)).verdict());
        report.findings = whole.findings;
        report.refused = applied.iter().filter(|(_, outcome)| is_refused(outcome)).count();
        report.repairs = verified(applied);
        report.said = said;
        report.later = later;
        Ok(report)
    }
}

/// Whether the event is the echo of our own write.
pub(crate) fn is_ourselves(work: &Work) -> bool {
    let tool = work.cause.actor.as_ref().and_then(|actor| actor.tool.as_deref());
    tool == Some(OWN_SOURCE)
}

/// The findings that are over: repaired and seen to be, or repaired by somebody else.
pub(crate) fn ended(applied: &[(Change, Applied)]) -> Vec<(Code, Subject)> {
    applied
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Applied::Verified(_) | Applied::AlreadyThere))
        .map(|(change, _)| change.ends())
        .collect()
}

fn verified(applied: Vec<(Change, Applied)>) -> Vec<Change> {
    applied
        .into_iter()
        .filter_map(|(_, outcome)| match outcome {
            Applied::Verified(change) => Some(change),
            Applied::NotVisible(_)
            | Applied::AlreadyThere
            | Applied::Stuck
            | Applied::Refused(_)
            | Applied::Lost(..)
            | Applied::Late(_) => None,
        })
        .collect()
}

const fn is_refused(outcome: &Applied) -> bool {
    matches!(outcome, Applied::Refused(_))
}

/// Where nothing may be written, people are told what would have been.
fn propose(plan: &Plan, judgement: &mut Judgement) {
    for change in &plan.changes {
        let (code, subject) = change.ends();
        for finding in findings_on(judgement, code, &subject) {
            if let Value::Object(evidence) = &mut finding.evidence {
                evidence.insert("plan".to_owned(), change.to_string().into());
            }
        }
    }
}

/// A repair that AWS refused for good is a person's to make possible, and what a repair lost is a person's to put back.
fn leave_to_people(judgement: &mut Judgement, applied: &[(Change, Applied)]) {
    for (change, outcome) in applied {
        match outcome {
            Applied::Refused(error) => refused(judgement, change, error),
            Applied::Lost(_, entries) => lost(judgement, change, entries),
            Applied::Verified(_)
            | Applied::NotVisible(_)
            | Applied::AlreadyThere
            | Applied::Stuck
            | Applied::Late(_) => {}
        }
    }
}

fn lost(judgement: &mut Judgement, change: &Change, entries: &[String]) {
    let (code, subject) = change.ends();
    for finding in findings_on(judgement, code, &subject) {
        finding.remedy = Remedy::Human;
        finding.message.push_str(&plain(&format!(
            "; it was repaired, and what was there before and sent back is there no more: {}; ask whether somebody took it out just then, and put it back if not",
            entries.join("; ")
        )));
    }
}

fn refused(judgement: &mut Judgement, change: &Change, error: &CallError) {
    let (code, subject) = change.ends();
    let right = right::refused_on(&subject, error);
    let mut desired = None;
    for finding in findings_on(judgement, code, &subject) {
        finding.remedy = Remedy::Human;
        finding
            .message
            .push_str(&format!("; AWS refused the repair: {error}"));
        if let Some(right) = &right {
            finding.message.push_str(&format!("; allow the guardian {right}"));
        }
        right::into_evidence(&mut finding.evidence, error);
        desired.clone_from(&finding.desired);
    }
    if matches!(change, Change::Marker { .. } | Change::Notifications(_)) {
        return;
    }
    let right = right.unwrap_or_else(|| format!("`{}`", error.operation));
    let message = format!(
        "AWS refused to store the repaired policy: {error}; allow {right} or correct the policy, and the guardian tries again"
    );
    let mut evidence = json!({"call": error.operation, "answer": error.message});
    right::into_evidence(&mut evidence, error);
    let finding = Finding::new(Code::PolicyUnwritable, subject, message, evidence);
    judgement.findings.push(finding.with_desired(desired));
}

fn findings_on<'a>(
    judgement: &'a mut Judgement,
    code: Code,
    subject: &'a Subject,
) -> impl Iterator<Item = &'a mut Finding> {
    let all = judgement.findings.iter_mut();
    all.filter(move |finding| finding.identity() == (code, subject))
}

/// Whether it says how the guardian hears of the bucket, not how the bucket is. It may well stand for months.
fn is_about_our_sight(code: Code) -> bool {
    matches!(code, Code::NotificationsOff | Code::NotificationsUnknown)
}

/// Whether and when to look again.
fn look_again(
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
    let open = |outcome: &Applied| {
        matches!(
            outcome,
            Applied::NotVisible(_) | Applied::Stuck | Applied::Lost(..) | Applied::Late(_)
        )
    };
    let unseen = waiting || applied.iter().any(|(_, outcome)| open(outcome));
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
    let drift = |finding: &Finding| finding.code != Code::RepairsPaused && !is_about_our_sight(finding.code);
    let quiet = !judgement.findings.iter().any(drift) && !work.is_of_the_sweep_alone() && !is_ourselves(work);
    if quiet { by_turn } else { None }
}
