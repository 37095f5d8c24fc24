//! The statements that say something about a question.

use super::Question;
use super::hearing::{Hearing, Part};
use super::set;
use super::voice::Voice;
use crate::action;
use crate::condition::Reading;
use crate::decision::{Cause, Reason};
use crate::document::{PolicyDocument, PolicyKind};
use crate::pattern::work::{BUDGET, Work};
use crate::resource::Area;
use crate::statement::Effect;
use crate::truth::Truth;

/// The work allowed for one question. The shares are apart, so that a document cannot hide a Deny behind
/// complicated Allows.
pub(super) struct Budgets {
    pub(super) scan: Work,
    pub(super) conditions: Work,
    pub(super) covers: Work,
    pub(super) denies: Work,
    pub(super) explanations: Work,
}

impl Budgets {
    pub(super) fn new() -> Self {
        Self {
            scan: Work::new(BUDGET / 2),
            conditions: Work::new(BUDGET / 5),
            covers: Work::new(BUDGET / 5),
            denies: Work::new(BUDGET / 5),
            explanations: Work::new(BUDGET / 5),
        }
    }
}

pub(super) struct Voices<'a> {
    voices: Vec<Voice<'a>>,
    kind: PolicyKind,
}

impl<'a> Voices<'a> {
    pub(super) fn gather(
        document: Option<&'a PolicyDocument>,
        question: &Question<'_>,
        budgets: &mut Budgets,
    ) -> Self {
        let mut voices = Vec::new();
        if let Some(document) = document {
            let reading = Reading {
                context: question.context,
                variables: document.has_variables(),
            };
            let speaking = document
                .statements()
                .filter(|statement| action::applies(statement, question.action));
            voices.extend(speaking.filter_map(|statement| {
                Voice::of(
                    statement,
                    question.account,
                    question.kind,
                    reading,
                    &mut budgets.conditions,
                )
            }));
        }
        Self {
            voices,
            kind: question.kind,
        }
    }

    /// The Denies that apply for certain, with where they do.
    pub(super) fn certain_denies(&self) -> impl Iterator<Item = (&Voice<'a>, &Area)> {
        let denies = self.voices.iter().filter(|voice| voice.effect == Effect::Deny);
        denies.filter_map(|voice| voice.area(true).map(|area| (voice, area)))
    }

    /// The answer for one pattern of the question.
    pub(super) fn answer(&self, text: &str, budgets: &mut Budgets) -> Part {
        let set = set::asked(text, self.kind);
        let voices = self
            .voices
            .iter()
            .filter(|voice| voice.may_touch(&set, &mut budgets.scan))
            .collect();
        if budgets.scan.is_spent() {
            return Part::too_complex(text);
        }
        let mut part = Hearing {
            voices,
            set: &set,
            text,
            kind: self.kind,
        }
        .answer(budgets);
        let nothing_allows = part.reasons.iter().any(|reason| reason.cause == Cause::NoAllow);
        if self.kind == PolicyKind::Key && nothing_allows {
            let inert = self.voices.iter().filter(|voice| {
                voice.effect == Effect::Allow
                    && voice.applies != Truth::False
                    && !voice.touches(&set, &mut budgets.explanations)
            });
            let inert = inert.map(|voice| Reason::new(Cause::Inert).of(voice.statement.reference()));
            part.reasons.extend(inert);
        }
        part
    }
}
