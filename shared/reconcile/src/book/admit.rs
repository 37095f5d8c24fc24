//! Which repairs are made now: within the budget, and not while the same one may only be invisible yet.

use std::time::Duration;

use guardian_core::alert::plain;
use guardian_core::budget::{self, Allowance};
use guardian_core::finding::{Code, Finding, Remedy, Subject};
use guardian_core::incident::{Circumstances, Incident, State};
use guardian_core::judge::Judgement;
use guardian_core::moment::Moment;
use guardian_core::plan::{Change, Plan};
use serde_json::json;

use super::{Book, Held, fingerprint};

/// How long a write that is not seen yet is waited for before it is made again.
const VISIBLE_AFTER: Duration = Duration::from_secs(60);

impl Book {
    /// Lets through what the repair budget allows and what is not already on its way. Answers with the plan
    /// that is left and whether something is waited for.
    pub(crate) fn admit(
        &mut self,
        plan: Plan,
        judgement: &mut Judgement,
        around: Circumstances<'_>,
    ) -> (Plan, bool) {
        let (mut admitted, mut waiting) = (Plan::default(), false);
        for change in plan.changes {
            let (code, subject) = change.ends();
            let incident = self.find(code, &subject);
            if incident.is_some_and(|incident| on_its_way(incident, &change, around.now)) {
                waiting = true;
                continue;
            }
            // It is counted already: who never came to the write would otherwise have used up the budget with it.
            if incident.is_some_and(|incident| incident.goes_on(&fingerprint(&change))) {
                admitted.changes.push(change);
                continue;
            }
            let repairs = incident
                .map(|incident| incident.repairs.clone())
                .unwrap_or_default();
            let is_about_sight = code == Code::NotificationsOff;
            let flapping = if is_about_sight {
                repairs.len() >= budget::REPAIRS
            } else {
                self.find(Code::Flapping, &subject).is_some_and(Incident::is_open)
            };
            match budget::allow(&repairs, flapping, around.now) {
                Allowance::Repair | Allowance::RepairFlapping => admitted.changes.push(change),
                // Nobody is shut out, and no repair that lets Cloudinary in again may become rarer for it.
                Allowance::Wait(until) if is_about_sight => {
                    undone(judgement, code, &subject, &repairs, until, around);
                }
                Allowance::Wait(until) => {
                    let undone = judgement.find_on(code, &subject);
                    let desired = undone.and_then(|finding| finding.desired.clone());
                    let finding = flapping_finding(code, subject, until, around);
                    judgement.findings.push(finding.with_desired(desired));
                }
            }
        }
        self.keep_flapping(judgement, around.now);
        (admitted, waiting)
    }

    /// Flapping is over only after a quiet day, even when the hourly repair holds for the moment.
    fn keep_flapping(&self, judgement: &mut Judgement, now: Moment) {
        for held in self.incidents.values() {
            let flapping = &held.incident;
            if flapping.finding.code != Code::Flapping || !flapping.is_open() {
                continue;
            }
            let same_subject = |other: &&Held| other.incident.finding.subject == flapping.finding.subject;
            let quiet = self
                .incidents
                .values()
                .filter(same_subject)
                .filter(|other| other.incident.finding.code != Code::NotificationsOff)
                .all(|other| budget::is_quiet(&other.incident.repairs, now));
            let listed = judgement
                .findings
                .iter()
                .any(|finding| finding.identity() == flapping.finding.identity());
            if !quiet && !listed {
                judgement.findings.push(flapping.finding.clone());
            }
        }
    }
}

/// Whether this very repair was begun a moment ago on the state that is still seen.
fn on_its_way(incident: &Incident, change: &Change, now: Moment) -> bool {
    incident.state == State::Repairing
        && incident
            .attempt
            .as_ref()
            .is_some_and(|attempt| attempt.on == fingerprint(change) && now.since(attempt.at) < VISIBLE_AFTER)
}

/// Says on a finding that somebody keeps undoing its repair, which is then a person's to settle.
fn undone(
    judgement: &mut Judgement,
    code: Code,
    subject: &Subject,
    repairs: &[Moment],
    until: Moment,
    around: Circumstances<'_>,
) {
    let who = guardian_core::attribution::describe(around.cause);
    for finding in &mut judgement.findings {
        if finding.identity() == (code, subject) {
            finding.remedy = Remedy::Human;
            finding.message.push_str(&plain(&format!(
                "; it was repaired {} times within a day and is back; the last event was {} by {who}; settle it with that writer, until then it is repaired once an hour (next at {until})",
                repairs.len(),
                around.cause.event
            )));
        }
    }
}

fn flapping_finding(code: Code, subject: Subject, until: Moment, around: Circumstances<'_>) -> Finding {
    let who = guardian_core::attribution::describe(around.cause);
    let message = plain(&format!(
        "`{code}` was repaired {} times within an hour and is back; the last event was {} by {who}; settle it with that writer, until then it is repaired once an hour (next at {until})",
        budget::REPAIRS,
        around.cause.event
    ));
    Finding::new(
        Code::Flapping,
        subject,
        message,
        json!({"undoes": code, "next_repair": until, "cause": around.cause}),
    )
}
