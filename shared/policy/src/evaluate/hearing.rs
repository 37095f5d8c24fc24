//! What the statements make of one set of resources.

use super::set::exists;
use super::voice::Voice;
use super::voices::Budgets;
use crate::decision::{Access, Cause, Reason};
use crate::document::PolicyKind;
use crate::pattern::Pattern;
use crate::pattern::search::Found;
use crate::pattern::work::Work;
use crate::resource::Area;
use crate::statement::Effect;
use crate::truth::Truth;

/// One pattern of the question and the voices that may say something about it.
pub(super) struct Hearing<'h, 'a> {
    pub(super) voices: Vec<&'h Voice<'a>>,
    pub(super) set: &'h Pattern,
    pub(super) text: &'h str,
    pub(super) kind: PolicyKind,
}

/// What came of it.
pub(super) struct Part {
    pub(super) access: Access,
    pub(super) reasons: Vec<Reason>,
    /// Some resource of the set is certainly allowed.
    pub(super) some_allowed: bool,
}

impl Part {
    pub(super) fn too_complex(text: &str) -> Self {
        let reason = Reason::new(Cause::TooComplex).on([text.to_owned()]);
        Self {
            access: Access::Depends,
            reasons: vec![reason],
            some_allowed: false,
        }
    }
}

static EVERYTHING: Area = Area::Out(Vec::new());

impl<'h, 'a> Hearing<'h, 'a> {
    /// A resource is certainly denied if a certain Deny holds it or no possible Allow does, and certainly
    /// allowed if a certain Allow holds it and no possible Deny does.
    pub(super) fn answer(&self, budgets: &mut Budgets) -> Part {
        let mut denied = self.certain_denials(budgets);
        let mut is_complex = denied.is_complex;
        match exists(self.set, &[], &self.allowed(false), &mut budgets.covers) {
            Found::Yes(example) => {
                denied
                    .reasons
                    .extend(self.nothing_allows(example, &mut budgets.explanations));
            }
            Found::TooComplex => is_complex = true,
            Found::No => {}
        }
        if !denied.reasons.is_empty() {
            let some_allowed = self.some_allowed(&mut budgets.explanations);
            return Part {
                access: Access::Denied,
                reasons: denied.reasons,
                some_allowed,
            };
        }
        let open = self.open_questions(budgets);
        is_complex |= open.is_complex;
        let mut reasons = open.reasons;
        if is_complex {
            reasons.push(Reason::new(Cause::TooComplex).on([self.text.to_owned()]));
        }
        if open.is_open || is_complex {
            return Part {
                access: Access::Depends,
                reasons,
                some_allowed: false,
            };
        }
        let work = &mut budgets.explanations;
        let reasons = self
            .of(Effect::Allow)
            .filter(|voice| voice.applies == Truth::True && voice.touches(self.set, work))
            .collect::<Vec<_>>();
        let reasons = reasons
            .iter()
            .map(|voice| voice.reason(Cause::Allow, self.text, self.set, work))
            .collect();
        Part {
            access: Access::Allowed,
            reasons,
            some_allowed: true,
        }
    }

    fn of(&self, effect: Effect) -> impl Iterator<Item = &'h Voice<'a>> {
        self.voices
            .iter()
            .copied()
            .filter(move |voice| voice.effect == effect)
    }

    /// The areas of the Allows that apply for certain, or that might.
    fn allowed(&self, certain: bool) -> Vec<&'h Area> {
        // A resource control policy stands beside `RCPFullAWSAccess`.
        let full: Option<&'h Area> = (self.kind == PolicyKind::ResourceControl).then_some(&EVERYTHING);
        full.into_iter()
            .chain(self.of(Effect::Allow).filter_map(|voice| voice.area(certain)))
            .collect()
    }

    fn certain_denials(&self, budgets: &mut Budgets) -> Findings {
        let mut findings = Findings::default();
        for voice in self.of(Effect::Deny) {
            let Some(area) = voice.area(true) else { continue };
            match exists(self.set, &[area], &[], &mut budgets.denies) {
                Found::Yes(_) => {
                    let work = &mut budgets.explanations;
                    findings
                        .reasons
                        .push(voice.reason(Cause::ExplicitDeny, self.text, self.set, work));
                }
                Found::TooComplex => findings.is_complex = true,
                Found::No => {}
            }
        }
        findings
    }

    /// What keeps the set, of which nothing is certainly denied, from being certainly allowed.
    fn open_questions(&self, budgets: &mut Budgets) -> Findings {
        let mut findings = Findings::default();
        match exists(self.set, &[], &self.allowed(true), &mut budgets.covers) {
            Found::Yes(_) => {
                findings.is_open = true;
                let work = &mut budgets.explanations;
                for voice in self.of(Effect::Allow).filter(|voice| voice.is_open()) {
                    if voice.touches(self.set, work) {
                        findings
                            .reasons
                            .push(voice.open_reason(self.text, self.set, work));
                    }
                }
            }
            Found::TooComplex => findings.is_complex = true,
            Found::No => {}
        }
        for voice in self.of(Effect::Deny) {
            let Some(area) = voice.area(false) else { continue };
            match exists(self.set, &[area], &[], &mut budgets.denies) {
                Found::Yes(_) => {
                    findings.is_open = true;
                    let work = &mut budgets.explanations;
                    findings
                        .reasons
                        .push(voice.open_reason(self.text, self.set, work));
                }
                Found::TooComplex => findings.is_complex = true,
                Found::No => {}
            }
        }
        findings
    }

    fn some_allowed(&self, work: &mut Work) -> bool {
        let denies: Vec<&Area> = self
            .of(Effect::Deny)
            .filter_map(|voice| voice.area(false))
            .collect();
        let allowed = self.allowed(true);
        allowed
            .iter()
            .any(|area| matches!(exists(self.set, &[area], &denies, work), Found::Yes(_)))
    }

    /// That nothing allows the example, what is allowed around it, and which statements only seem to allow
    /// it.
    fn nothing_allows(&self, example: String, work: &mut Work) -> Vec<Reason> {
        let mut except = Vec::new();
        let mut seeming = Vec::new();
        for voice in self.of(Effect::Allow) {
            if !voice.touches(self.set, work) {
                continue;
            }
            match &voice.doubt {
                Some(cause) if voice.applies == Truth::False => {
                    seeming.push(voice.reason(cause.clone(), self.text, self.set, work));
                }
                _ => except.extend(voice.part_of(self.text, self.set, work).0),
            }
        }
        except.dedup();
        let nothing = Reason::new(Cause::NoAllow)
            .on([self.text.to_owned()])
            .except(except)
            .example(Some(example));
        std::iter::once(nothing).chain(seeming).collect()
    }
}

#[derive(Default)]
struct Findings {
    reasons: Vec<Reason>,
    is_open: bool,
    /// Something could not be decided within the budget.
    is_complex: bool,
}
