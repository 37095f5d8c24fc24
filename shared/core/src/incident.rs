//! One incident for each (resource, finding, subject), and what people are told of it.
//!
//! Every change of state that people should hear of is a [`Transition`] in the incident's outbox: stored with
//! the new state, then published, then taken out. A crash in between can repeat a message, with the same
//! transition id, but never lose one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::alert::{Affected, Notice, Occasion, TransitionKind, render};
use crate::budget;
use crate::cause::Cause;
use crate::finding::{Code, Finding, Subject};
use crate::moment::Moment;
use crate::name::Resource;

/// How long after people were told they are reminded.
const FIRST_REMINDER: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after a reminder comes the next one.
const NEXT_REMINDER: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The guardian is on it: written and not seen yet, or waiting for its hourly repair. Nobody was told.
    Repairing,
    /// Only a person can end it, and was told.
    NeedsYou,
    /// The guardian ended it.
    Repaired,
    /// It ended without the guardian.
    Resolved,
}

/// A change of state that people hear of, with the message that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The same for every copy of this message: finding, subject (with the bucket, where it is a mere name) and a
    /// count.
    pub id: String,
    /// What changed.
    pub kind: TransitionKind,
    /// The message.
    pub notice: Notice,
}

/// A repair that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: Moment,
    /// The state it was begun on (the canonical hash of the policy, or `absent`): seeing that same state again
    /// shortly after may be a stale read, which is no reason to write again.
    pub on: String,
    /// What was planned, as text.
    pub plan: String,
    /// How often it was begun again on that state.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub again: u32,
}

/// So often a repair is begun again, because its answer was lost or it is not seen yet, and is still one repair. Whoever
/// sees the same state once more has somebody against him who undoes each repair before it can be seen.
const UNCOUNTED: u32 = 2;

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What was found, as last seen.
    pub finding: Finding,
    /// Where it stands.
    pub state: State,
    /// When this occurrence was first seen.
    pub opened: Moment,
    /// How many transitions there were.
    pub transitions: u64,
    /// Whom it touches.
    pub affected: Affected,
    /// What led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The repair that was begun last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// When repairs were made, for the budget.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<Moment>,
    /// When people were last told of this occurrence. Not known of an incident stored before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Moment>,
    /// How many reminders of this occurrence there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reminders: u32,
    /// What people have still to be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<Transition>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the moment and the look bring to a change of state.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The resource the incident belongs to.
    pub resource: &'a Resource,
    /// Now.
    pub now: Moment,
    /// What led to this look.
    pub cause: &'a Cause,
    /// Whom the resource's incidents touch.
    pub affected: &'a Affected,
}

impl Incident {
    /// An incident nobody has heard of yet.
    #[must_use]
    pub fn open(finding: Finding, around: Circumstances<'_>) -> Self {
        Self {
            finding,
            state: State::Repairing,
            opened: around.now,
            transitions: 0,
            affected: around.affected.clone(),
            cause: Some(around.cause.clone()),
            attempt: None,
            repairs: Vec::new(),
            told: None,
            reminders: 0,
            outbox: Vec::new(),
        }
    }

    /// Whether it still stands.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Repairing | State::NeedsYou)
    }

    /// Seen (again): a closed incident opens anew, with what led to it this time.
    pub fn seen(&mut self, finding: &Finding, around: Circumstances<'_>) {
        if !self.is_open() {
            self.state = State::Repairing;
            self.opened = around.now;
            self.cause = Some(around.cause.clone());
            self.attempt = None;
            self.told = None;
            self.reminders = 0;
        }
        self.finding = finding.clone();
        self.affected = around.affected.clone();
    }

    /// A repair begins. Stored before the write, so that a crash after it still gets announced.
    pub fn begin(&mut self, on: String, plan: String, around: Circumstances<'_>) {
        budget::forget_old(&mut self.repairs, around.now);
        if !self.goes_on(&on) {
            self.repairs.push(around.now);
        }
        let last = self
            .attempt
            .as_ref()
            .filter(|last| self.is_open() && last.on == on);
        let again = last.map_or(0, |last| last.again.saturating_add(1));
        self.attempt = Some(Attempt {
            at: around.now,
            on,
            plan,
            again,
        });
    }

    /// Whether a repair begun on this state is the one that was begun last, which is counted already.
    #[must_use]
    pub fn goes_on(&self, on: &str) -> bool {
        let last = self.attempt.as_ref().filter(|_| self.is_open());
        last.is_some_and(|last| last.on == on && last.again < UNCOUNTED)
    }

    /// Only a person can end it. Told once.
    pub fn needs_you(&mut self, around: Circumstances<'_>) {
        if self.state != State::NeedsYou {
            self.state = State::NeedsYou;
            // What was tried before did not end it; only what is begun from now on may be told as the repair.
            self.attempt = None;
            self.announce(TransitionKind::NeedsYou, around);
        }
    }

    /// Still seen, and still only a person can end it: told again a day after people were told, then every week.
    /// What was never published is not repeated on top.
    pub fn remind(&mut self, around: Circumstances<'_>) {
        if self.state != State::NeedsYou || !self.outbox.is_empty() {
            return;
        }
        let told = self.told.unwrap_or(self.opened);
        let wait = if self.reminders == 0 {
            FIRST_REMINDER
        } else {
            NEXT_REMINDER
        };
        if around.now.since(told) >= wait {
            self.reminders = self.reminders.saturating_add(1);
            self.announce(TransitionKind::Reminder, around);
        }
    }

    /// AWS would not have it: nothing was written, so nothing is on its way and nothing counts as a repair.
    pub fn refused(&mut self) {
        self.attempt = None;
        self.repairs.pop();
    }

    /// Somebody else did what was about to be done: nothing of it is ours to tell.
    pub fn done_by_others(&mut self) {
        self.attempt = None;
    }

    /// It is no longer seen.
    pub fn gone(&mut self, around: Circumstances<'_>) {
        let kind = match (self.state, &self.attempt) {
            (State::Repaired | State::Resolved, _) => return,
            (State::Repairing, None) => {
                // Nobody was told that it was there, so nobody is told that it went.
                self.state = State::Resolved;
                return;
            }
            (State::Repairing | State::NeedsYou, Some(_)) => TransitionKind::Repaired,
            (State::NeedsYou, None) => TransitionKind::Resolved,
        };
        self.state = if kind == TransitionKind::Repaired {
            State::Repaired
        } else {
            State::Resolved
        };
        self.announce(kind, around);
    }

    fn announce(&mut self, kind: TransitionKind, around: Circumstances<'_>) {
        self.transitions += 1;
        let (code, subject) = self.finding.identity();
        let id = match subject {
            // Several buckets can name the same key that leads nowhere, each with an incident of its own.
            Subject::NamedKey(_) => format!("{code}/{}/{subject}/{}", around.resource, self.transitions),
            Subject::Bucket(_) | Subject::Marker(..) | Subject::Key(_) | Subject::Part(_) => {
                format!("{code}/{subject}/{}", self.transitions)
            }
        };
        let plan = match kind {
            TransitionKind::Repaired => self.attempt.as_ref().map(|attempt| attempt.plan.as_str()),
            TransitionKind::NeedsYou | TransitionKind::Reminder | TransitionKind::Resolved => None,
        };
        self.told = Some(around.now);
        let notice = render(&Occasion {
            id: &id,
            kind,
            resource: around.resource,
            finding: &self.finding,
            opened: self.opened,
            now: around.now,
            cause: if kind == TransitionKind::Resolved {
                Some(around.cause)
            } else {
                self.cause.as_ref()
            },
            affected: &self.affected,
            plan,
            reminders: self.reminders,
        });
        self.outbox.push(Transition { id, kind, notice });
    }

    /// The name of the incident's item in the ledger.
    #[must_use]
    pub fn entry_name(finding: &Finding) -> String {
        Self::name_of(finding.code, &finding.subject)
    }

    /// The name of the item of an incident of this code on this subject.
    ///
    /// A subject that somebody gave an endless name (a default key that is none) is told apart by a hash.
    #[must_use]
    pub fn name_of(code: Code, subject: &Subject) -> String {
        let subject = subject.to_string();
        let name = format!("{INCIDENT}{code}#{subject}");
        if name.len() <= LONGEST_NAME {
            return name;
        }
        let hash: String = Sha256::digest(&subject)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{INCIDENT}{code}#hashed:{hash}")
    }
}

/// "The maximum length of a sort key value is 1024 bytes" (DynamoDB Developer Guide, "Quotas").
const LONGEST_NAME: usize = 1024;

/// What the names of incidents begin with in the ledger.
pub const INCIDENT: &str = "incident#";

#[cfg(test)]
mod tests;
