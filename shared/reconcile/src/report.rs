//! What one reconcile did, for the log and for people.

use std::collections::BTreeMap;
use std::time::Duration;

use guardian_core::alert::TransitionKind;
use guardian_core::finding::{Code, Finding, Severity, Verdict};
use guardian_core::name::Resource;
use guardian_core::plan::Change;

/// Something people were told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The transition's id.
    pub id: String,
    /// What it is about.
    pub code: Code,
    /// What changed.
    pub kind: TransitionKind,
    /// The subject line.
    pub subject: String,
    /// The plain text body.
    pub text: String,
}

/// What one reconcile saw and did.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Which resource.
    pub resource: Resource,
    /// The event that led to it.
    pub event: String,
    /// The verdict, where there was something to judge; as it stands after the repairs.
    pub verdict: Option<Verdict>,
    /// What was found, before the repairs.
    pub findings: Vec<Finding>,
    /// What was written and seen to be there.
    pub repairs: Vec<Change>,
    /// How many repairs AWS refused for good; nothing was written.
    pub refused: usize,
    /// From the event's own time to the end of this look, to the second, where the look repaired something and the event
    /// brought it here: a sweep does not know since when something was broken.
    pub healed_after: Option<Duration>,
    /// What people were told.
    pub said: Vec<Said>,
    /// When it will be looked at again, if that was asked for.
    pub later: Option<Duration>,
    /// A word on why there was nothing to do, or what was left undone.
    pub note: Option<String>,
    /// How all that is declared stands, where a sweep counted it.
    pub fleet: Option<FleetCounts>,
    /// Whether a sweep came to its end with this.
    pub ends_sweep: bool,
}

/// How all that is declared stood when each bucket was last looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FleetCounts {
    /// The declared buckets by verdict; one that no look has come to an end on is unknown.
    pub buckets: BTreeMap<Verdict, usize>,
    /// The open incidents by severity; one of a key that several buckets need is one.
    pub incidents: BTreeMap<Severity, usize>,
}

impl Report {
    /// Of a resource at which nothing was seen and nothing done yet.
    #[must_use]
    pub fn new(resource: Resource, event: &str) -> Self {
        Self {
            resource,
            event: event.to_owned(),
            verdict: None,
            findings: Vec::new(),
            repairs: Vec::new(),
            refused: 0,
            healed_after: None,
            said: Vec::new(),
            later: None,
            note: None,
            fleet: None,
            ends_sweep: false,
        }
    }

    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
