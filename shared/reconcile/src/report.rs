//! What one reconcile did, for the log and for people.

use std::time::Duration;

use guardian_core::alert::TransitionKind;
use guardian_core::finding::{Finding, Verdict};
use guardian_core::name::Resource;
use guardian_core::plan::Change;

/// Something people were told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The transition's id.
    pub id: String,
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
    /// What people were told.
    pub said: Vec<Said>,
    /// When it will be looked at again, if that was asked for.
    pub later: Option<Duration>,
    /// A word on why there was nothing to do, or what was left undone.
    pub note: Option<String>,
}

impl Report {
    pub(crate) fn new(resource: Resource, event: &str) -> Self {
        Self {
            resource,
            event: event.to_owned(),
            verdict: None,
            findings: Vec::new(),
            repairs: Vec::new(),
            said: Vec::new(),
            later: None,
            note: None,
        }
    }

    pub(crate) fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
