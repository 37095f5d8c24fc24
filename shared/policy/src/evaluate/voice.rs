//! A statement that has something to say about the question.

use super::set::exists;
use crate::condition::{self, Reading};
use crate::decision::{Cause, Reason};
use crate::document::PolicyKind;
use crate::pattern::Pattern;
use crate::pattern::search::Found;
use crate::pattern::work::Work;
use crate::principal::{self, Reach};
use crate::resource::{self, Area, Extent};
use crate::statement::{Effect, Statement, texts};
use crate::truth::Truth;

/// A statement about the action, for somebody of the account.
pub(super) struct Voice<'a> {
    pub(super) statement: Statement<'a>,
    pub(super) effect: Effect,
    /// Whether it applies to the request, its resources aside.
    pub(super) applies: Truth,
    /// Why that is unknown, or why it is no.
    pub(super) doubt: Option<Cause>,
    extent: Extent,
}

impl<'a> Voice<'a> {
    /// The statement's voice; `None` if it certainly says nothing about a request of the account.
    pub(super) fn of(
        statement: Statement<'a>,
        account: &str,
        kind: PolicyKind,
        reading: Reading<'_>,
        work: &mut Work,
    ) -> Option<Self> {
        let effect = statement.effect()?;
        let reach = principal::reach(&statement, account, reading.context.single("aws:PrincipalArn"));
        if reach == Reach::Nobody {
            return None;
        }
        let outcome = condition::evaluate(&statement, reading, work);
        let reaches = reach.applies(effect);
        let mut applies = reaches.and(outcome.truth);
        if applies == Truth::False && effect == Effect::Deny {
            return None;
        }
        let mut doubt = match (reaches, outcome.truth) {
            (Truth::False, _) => Some(Cause::NarrowPrincipal),
            (_, Truth::False) => Some(Cause::ConditionFails { keys: outcome.keys }),
            (_, Truth::Unknown) if effect == Effect::Allow => Some(Cause::AllowIf { keys: outcome.keys }),
            (_, Truth::Unknown) => Some(Cause::DenyIf { keys: outcome.keys }),
            (Truth::Unknown, Truth::True) => Some(Cause::SomePrincipals),
            (Truth::True, Truth::True) => None,
        };
        if let (Some(name), Truth::True) = (statement.unknown_element(), applies) {
            applies = Truth::Unknown;
            doubt = Some(Cause::UnknownElement {
                name: name.to_owned(),
            });
        }
        Some(Self {
            statement,
            effect,
            applies,
            doubt,
            extent: resource::extent(&statement, kind, reading),
        })
    }

    /// Where it applies: for certain, or possibly. `None` for nowhere.
    pub(super) fn area(&self, certain: bool) -> Option<&Area> {
        match (self.applies, certain) {
            (Truth::False, _) | (Truth::Unknown, true) => None,
            (Truth::True, true) => Some(&self.extent.certain),
            (Truth::True | Truth::Unknown, false) => Some(&self.extent.possible),
        }
    }

    /// Something about it is not known.
    pub(super) fn is_open(&self) -> bool {
        self.applies == Truth::Unknown
            || (self.applies == Truth::True && self.extent.certain != self.extent.possible)
    }

    /// False if it plainly speaks of none of the set. Charged by the pattern.
    pub(super) fn may_touch(&self, set: &Pattern, work: &mut Work) -> bool {
        match &self.extent.possible {
            Area::In(patterns) => {
                !work.charge(patterns.len().max(1)) || patterns.iter().any(|pattern| !pattern.is_apart(set))
            }
            Area::Out(patterns) => {
                !work.charge(patterns.len().max(1))
                    || !patterns.iter().any(|pattern| pattern.plainly_holds(set))
            }
        }
    }

    pub(super) fn touches(&self, set: &Pattern, work: &mut Work) -> bool {
        !matches!(exists(set, &[&self.extent.possible], &[], work), Found::No)
    }

    pub(super) fn open_reason(&self, text: &str, set: &Pattern, work: &mut Work) -> Reason {
        let cause = self.doubt.clone().unwrap_or(Cause::DoubtfulResource);
        self.reason(cause, text, set, work)
    }

    pub(super) fn reason(&self, cause: Cause, text: &str, set: &Pattern, work: &mut Work) -> Reason {
        let (resources, except) = self.part_of(text, set, work);
        Reason::new(cause)
            .of(self.statement.reference())
            .on(resources)
            .except(except)
    }

    /// The part of the set that it speaks of: patterns, and what to take out of them.
    pub(super) fn part_of(&self, text: &str, set: &Pattern, work: &mut Work) -> (Vec<String>, Vec<String>) {
        if exists(set, &[], &[&self.extent.possible], work) == Found::No {
            return (vec![text.to_owned()], Vec::new());
        }
        let mut touching = |name: &str| -> Vec<String> {
            texts(self.statement.element(name))
                .filter(|own| {
                    let area = Area::In(vec![Pattern::glob(own)]);
                    own.contains("${") || !matches!(exists(set, &[&area], &[], work), Found::No)
                })
                .map(str::to_owned)
                .collect()
        };
        match &self.extent.possible {
            Area::In(_) => (touching("Resource"), Vec::new()),
            Area::Out(_) => (vec![text.to_owned()], touching("NotResource")),
        }
    }
}
