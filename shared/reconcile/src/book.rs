//! A resource's page of the ledger, held while it is reconciled: its incidents and its key needs.

mod admit;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use guardian_core::call::CallError;
use guardian_core::cause::Cause;
use guardian_core::finding::{Code, Finding, Remedy, Subject};
use guardian_core::incident::{Circumstances, INCIDENT, Incident, State};
use guardian_core::judge::Judgement;
use guardian_core::moment::Moment;
use guardian_core::name::Resource;
use guardian_core::plan::{Change, Plan};
use tracing::{error, info};

use crate::ReconcileError;
use crate::apply::Applied;
use crate::cycle::ended;
use crate::report::Said;
use crate::seam::{Clock, Entry, Ledger, Stored, Topic};

/// How long the ledger remembers an incident that is over.
const REMEMBER: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// One page of the ledger.
pub(crate) struct Book {
    resource: Resource,
    incidents: BTreeMap<String, Held>,
    /// Every other item, as it was read.
    pub(crate) others: BTreeMap<String, Entry>,
    /// Versions of items that could not be read back; they are written over.
    unreadable: BTreeMap<String, u64>,
}

struct Held {
    version: u64,
    incident: Incident,
    dirty: bool,
}

impl Book {
    /// Reads the page.
    pub(crate) async fn load<L: Ledger>(ledger: &L, resource: &Resource) -> Result<Self, CallError> {
        let mut book = Self {
            resource: resource.clone(),
            incidents: BTreeMap::new(),
            others: BTreeMap::new(),
            unreadable: BTreeMap::new(),
        };
        let mut next = None;
        loop {
            let page = ledger.read_entries(resource, "", next.as_deref()).await?;
            for entry in page.entries {
                book.take_in(entry);
            }
            match page.next {
                Some(token) => next = Some(token),
                None => return Ok(book),
            }
        }
    }

    fn take_in(&mut self, entry: Entry) {
        if !entry.name.starts_with(INCIDENT) {
            self.others.insert(entry.name.clone(), entry);
            return;
        }
        match serde_json::from_value(entry.body) {
            Ok(incident) => {
                self.incidents.insert(
                    entry.name,
                    Held {
                        version: entry.version,
                        incident,
                        dirty: false,
                    },
                );
            }
            Err(reason) => {
                error!(resource = %entry.resource, item = entry.name, %reason, "a ledger item cannot be read");
                self.unreadable.insert(entry.name, entry.version);
            }
        }
    }

    /// Whether the page is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.incidents.is_empty() && self.others.is_empty()
    }

    /// What the open incidents were last seen as.
    pub(crate) fn open_findings(&self) -> impl Iterator<Item = Finding> {
        self.incidents
            .values()
            .map(|held| &held.incident)
            .filter(|incident| incident.is_open())
            .map(|incident| incident.finding.clone())
    }

    /// The findings that no open incident stands for yet.
    pub(crate) fn news(&self, judgement: &Judgement) -> Vec<Finding> {
        let findings = judgement.findings.iter();
        findings
            .filter(|finding| self.opened(finding).is_none())
            .cloned()
            .collect()
    }

    /// Since when the incident of a finding is open, if it is.
    pub(crate) fn opened(&self, finding: &Finding) -> Option<Moment> {
        let incident = self.find(finding.code, &finding.subject);
        incident
            .filter(|incident| incident.is_open())
            .map(|incident| incident.opened)
    }

    /// Gives the incident of a finding a cause of its own.
    pub(crate) fn attribute(&mut self, finding: &Finding, author: &Cause, around: Circumstances<'_>) {
        self.edit(finding, around, |incident| incident.cause = Some(author.clone()));
    }

    fn find(&self, code: Code, subject: &Subject) -> Option<&Incident> {
        let found = |held: &&Held| held.incident.finding.identity() == (code, subject);
        self.incidents.values().find(found).map(|held| &held.incident)
    }

    fn entry(&mut self, finding: &Finding, around: Circumstances<'_>) -> &mut Held {
        let name = Incident::entry_name(finding);
        let version = self.unreadable.remove(&name).unwrap_or(0);
        self.incidents.entry(name).or_insert_with(|| Held {
            version,
            incident: Incident::open(finding.clone(), around),
            dirty: true,
        })
    }

    fn edit(&mut self, finding: &Finding, around: Circumstances<'_>, edit: impl FnOnce(&mut Incident)) {
        let held = self.entry(finding, around);
        let before = held.incident.clone();
        held.incident.seen(finding, around);
        edit(&mut held.incident);
        held.dirty |= held.incident != before;
    }

    /// Stores that these repairs begin, before they do.
    pub(crate) async fn begin<L: Ledger>(
        &mut self,
        ledger: &L,
        plan: &Plan,
        judgement: &Judgement,
        around: Circumstances<'_>,
    ) -> Result<(), ReconcileError> {
        for change in &plan.changes {
            let (code, subject) = change.ends();
            if let Some(finding) = judgement
                .findings
                .iter()
                .find(|known| known.identity() == (code, &subject))
            {
                self.edit(finding, around, |incident| {
                    incident.begin(fingerprint(change), change.to_string(), around);
                });
            }
        }
        self.save(ledger, around.now).await
    }

    /// Brings the incidents up to date with what was found and what came of the repairs.
    pub(crate) fn settle(
        &mut self,
        judgement: &Judgement,
        applied: &[(Change, Applied)],
        repairing: bool,
        around: Circumstances<'_>,
    ) {
        let ended = ended(applied);
        let is_ended = |code: Code, subject: &Subject| ended.iter().any(|(c, s)| (*c, s) == (code, subject));
        for finding in &judgement.findings {
            let (code, subject) = finding.identity();
            if is_ended(code, subject) {
                continue;
            }
            // What is told as unwritable, or as flapping, is not told a second time under its own name.
            let told_otherwise = matches!(
                code,
                Code::GrantMissing | Code::GrantPartial | Code::KeyGrantMissing | Code::MarkerMissing
            ) && judgement.findings.iter().any(|other| {
                matches!(other.code, Code::PolicyUnwritable | Code::Flapping) && other.subject == *subject
            });
            let for_people = finding.remedy == Remedy::Human || !repairing;
            self.edit(finding, around, |incident| {
                if for_people && !told_otherwise {
                    incident.needs_you(around);
                    incident.remind(around);
                }
            });
        }
        for (change, outcome) in applied {
            let (code, subject) = change.ends();
            let held = self
                .incidents
                .values_mut()
                .find(|held| held.incident.finding.identity() == (code, &subject));
            let Some(held) = held else { continue };
            match (outcome, change) {
                // A marker that is there already may well be our own, written by an attempt whose answer was
                // lost.
                (Applied::AlreadyThere, Change::Marker { .. }) => {}
                (Applied::AlreadyThere, _) => held.incident.done_by_others(),
                (Applied::Refused(_), _) => {
                    held.incident.refused();
                    held.dirty = true;
                }
                (
                    Applied::Verified(_)
                    | Applied::NotVisible(_)
                    | Applied::Stuck
                    | Applied::Lost(..)
                    | Applied::Late(_),
                    _,
                ) => {}
            }
        }
        for held in self.incidents.values_mut() {
            let (code, subject) = held.incident.finding.identity();
            let seen = judgement
                .findings
                .iter()
                .any(|finding| finding.identity() == (code, subject));
            let over = is_ended(code, subject) || !(seen || is_hidden(judgement, subject));
            if held.incident.is_open() && over {
                held.incident.gone(around);
                held.dirty = true;
            }
        }
    }

    /// Stores what changed, tells people, and stores that they were told.
    pub(crate) async fn close<A: Ledger + Topic + Clock>(
        &mut self,
        aws: &A,
    ) -> Result<Vec<Said>, ReconcileError> {
        self.save(aws, aws.now()).await?;
        let mut said = Vec::new();
        for (incident, held) in &mut self.incidents {
            for transition in std::mem::take(&mut held.incident.outbox) {
                held.dirty = true;
                aws.publish(&transition.notice).await?;
                let code = held.incident.finding.code;
                info!(
                    transition = transition.id,
                    incident,
                    finding = code.as_str(),
                    kind = transition.kind.as_str(),
                    "told"
                );
                said.push(Said {
                    id: transition.id,
                    code,
                    kind: transition.kind,
                    subject: transition.notice.subject,
                    text: transition.notice.text,
                });
            }
        }
        self.save(aws, aws.now()).await?;
        Ok(said)
    }

    async fn save<L: Ledger>(&mut self, ledger: &L, now: Moment) -> Result<(), ReconcileError> {
        let mut writes = Vec::new();
        for (name, held) in self.incidents.iter_mut().filter(|(_, held)| held.dirty) {
            let body =
                serde_json::to_value(&held.incident).map_err(|_| ReconcileError::Ledger(name.clone()))?;
            let over = matches!(held.incident.state, State::Repaired | State::Resolved);
            let expires = (over && held.incident.outbox.is_empty()).then(|| now.plus(REMEMBER));
            let version = held.version;
            writes.push((
                held,
                Entry {
                    resource: self.resource.clone(),
                    name: name.clone(),
                    version,
                    body,
                    expires,
                },
            ));
        }
        let stored = join_all(writes.iter().map(|(_, entry)| ledger.put_entry(entry))).await;
        for ((held, entry), stored) in writes.into_iter().zip(stored) {
            match stored? {
                Stored::Done(version) => {
                    held.version = version;
                    held.dirty = false;
                }
                Stored::Conflict => return Err(ReconcileError::Contended(entry.name)),
            }
        }
        Ok(())
    }
}

/// Whether something could not be read that an incident on `subject` may hang on: what is not seen then is not
/// known to be over.
fn is_hidden(judgement: &Judgement, subject: &Subject) -> bool {
    judgement.findings.iter().any(|finding| match finding.code {
        Code::ObservationFailed => {
            finding.subject == *subject || matches!(finding.subject, Subject::Bucket(_))
        }
        Code::StackUnread => match (finding.subject.part(), subject.part()) {
            (Some(unread), Some(part)) => unread.means(part),
            _ => false,
        },
        _ => false,
    })
}

/// The state a change starts from.
fn fingerprint(change: &Change) -> String {
    let before = match change {
        Change::BucketPolicy(change) => change.before.as_ref(),
        Change::KeyPolicy(change) => change.before.as_ref(),
        Change::Marker { .. } => None,
        Change::Notifications(change) => return change.before.canonical_hash(),
    };
    before.map_or_else(
        || "absent".to_owned(),
        guardian_policy::PolicyDocument::canonical_hash,
    )
}
