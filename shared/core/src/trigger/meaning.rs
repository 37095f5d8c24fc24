//! What an event asks for, before it is said who did it and when.

use super::named::Named;
use super::{Action, Trigger, Under};
use crate::parts::Part;

/// What an event asks for.
#[derive(Debug)]
pub(super) struct Meaning {
    action: Action,
    reason: String,
    named: Named,
    objects: Vec<String>,
    under: Option<Under>,
    parts: Vec<Part>,
}

impl Meaning {
    /// Look at what is named. Where nothing is named there is nothing to look at.
    pub(super) fn check(named: Named, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        if named.is_empty() {
            return Self::ignore(format!("{reason}, but the event names no bucket or key"));
        }
        Self {
            action: Action::Check,
            reason,
            named,
            objects: Vec::new(),
            under: None,
            parts: Vec::new(),
        }
    }

    /// Look at an object that was written.
    pub(super) fn written(named: Named, object: &str, reason: impl Into<String>) -> Self {
        Self {
            objects: vec![object.to_owned()],
            ..Self::check(named, reason)
        }
    }

    /// Look whether the key of an object is known.
    pub(super) fn under(named: Named, under: Under, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        if named.buckets.is_empty() {
            return Self::ignore_named(named, format!("{reason}, but the event names no bucket"));
        }
        Self {
            under: Some(under),
            ..Self::check(named, reason)
        }
    }

    /// Look at everything.
    pub(super) fn sweep(reason: impl Into<String>) -> Self {
        Self {
            action: Action::Sweep,
            reason: reason.into(),
            named: Named::default(),
            objects: Vec::new(),
            under: None,
            parts: Vec::new(),
        }
    }

    /// Look at what the guardian itself sees and speaks with.
    pub(super) fn stack(part: Option<Part>, reason: impl Into<String>) -> Self {
        Self {
            action: Action::Stack,
            ..Self::sweep(reason).about(part)
        }
    }

    /// The same, brought about by what was done to this.
    pub(super) fn about(self, part: Option<Part>) -> Self {
        Self {
            parts: part.into_iter().collect(),
            ..self
        }
    }

    /// Do nothing.
    pub(super) fn ignore(reason: impl Into<String>) -> Self {
        Self {
            action: Action::Ignore,
            reason: reason.into(),
            named: Named::default(),
            objects: Vec::new(),
            under: None,
            parts: Vec::new(),
        }
    }

    /// Do nothing about what is named.
    pub(super) fn ignore_named(named: Named, reason: impl Into<String>) -> Self {
        Self {
            named,
            ..Self::ignore(reason)
        }
    }

    /// The trigger, so far by nobody and at no time.
    pub(super) fn into_trigger(self, event: impl Into<String>) -> Trigger {
        Trigger {
            id: None,
            event: event.into(),
            action: self.action,
            reason: self.reason,
            buckets: self.named.buckets,
            keys: self.named.keys,
            objects: self.objects,
            under: self.under,
            aliases: self.named.aliases,
            parts: self.parts,
            actor: None,
            time: None,
            is_foreign: false,
        }
    }
}
