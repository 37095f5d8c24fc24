//! May some principal of an account perform an action on every resource of a set?
//!
//! Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic": an explicit Deny
//! wins, and what nothing allows is denied.

use std::collections::HashMap;

use crate::action;
use crate::condition::{self, Reading};
use crate::context::Context;
use crate::decision::{Access, Cause, Decision, Reason};
use crate::document::{PolicyDocument, PolicyKind};
use crate::pattern::Pattern;
use crate::pattern::search::Found;
use crate::pattern::work::{BUDGET, Work};
use crate::principal::{self, Reach};
use crate::resource::{self, Area, Extent};
use crate::statement::{Effect, Statement, StatementRef, texts};
use crate::truth::Truth;

mod set;
#[cfg(test)]
mod tests;

use set::exists;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The caller's account, twelve digits.
    pub account: &'a str,
    /// One action, as in `s3:GetObject`.
    pub action: &'a str,
    /// ARN patterns with `*` and `?`; the set is their union. For a key policy the key's ARN.
    ///
    /// `arn:aws:s3:::bucket/*` stands for the bucket's objects, whose keys have at least one character.
    pub resources: &'a [String],
    /// What is known of the request.
    pub context: &'a Context,
    /// The kind of document the question is put to.
    pub kind: PolicyKind,
}

/// A statement that has something to say about the question.
struct Voice<'a> {
    statement: Statement<'a>,
    effect: Effect,
    /// Whether it applies to the request, its resources aside.
    applies: Truth,
    /// Why that is unknown, or why it is no.
    doubt: Option<Cause>,
    extent: Extent,
}

/// The budgets are apart, so that a document cannot hide a Deny behind complicated Allows.
struct Budgets {
    conditions: Work,
    covers: Work,
    denies: Work,
    explanations: Work,
}

/// Answers the question from one document; `None` is no document.
///
/// *Existence reading*: the caller is some principal of the account whose own identity policies allow the action.
/// Naming the account, by id or root ARN, delegates to it; an Allow that names only particular roles or users of the
/// account is not an Allow for the account (IAM User Guide, "AWS account principals").
///
/// A resource control policy is read beside the `RCPFullAWSAccess` that is always attached.
pub fn evaluate(document: Option<&PolicyDocument>, question: &Question<'_>) -> Decision {
    let mut decision = Decision {
        access: Access::Allowed,
        action: question.action.to_owned(),
        resources: question.resources.to_vec(),
        reasons: Vec::new(),
        some_allowed: false,
    };
    let everything = Voices {
        control: question.kind == PolicyKind::ResourceControl,
        ..Voices::default()
    };
    let mut budgets = Budgets::new();
    let voices = match document {
        Some(document) => gather(document, question, &mut budgets, everything),
        None if question.kind == PolicyKind::ResourceControl => everything,
        None => {
            decision.access = Access::Denied;
            decision.reasons.push(Reason::new(Cause::NoPolicy));
            return decision;
        }
    };
    if question.resources.is_empty() {
        decision.access = Access::Depends;
        decision.reasons.push(Reason::new(Cause::NothingAsked));
        return decision;
    }
    let mut reasons: Vec<(Access, Reason)> = Vec::new();
    for text in question.resources {
        let set = set::asked(text, question.kind);
        let part = voices.answer(text, &set, question.kind, &mut budgets);
        decision.access = decision.access.min(part.access);
        decision.some_allowed |= part.some_allowed;
        reasons.extend(part.reasons.into_iter().map(|reason| (part.access, reason)));
    }
    let deciding = reasons
        .into_iter()
        .filter(|(access, _)| *access == decision.access);
    decision.reasons = joined(deciding.map(|(_, reason)| reason));
    decision
}

/// Joins reasons that differ only in their part.
fn joined(reasons: impl Iterator<Item = Reason>) -> Vec<Reason> {
    let mut known: Vec<Reason> = Vec::new();
    let mut places: HashMap<(Option<usize>, &'static str, Vec<String>), usize> = HashMap::new();
    for reason in reasons {
        let statement = reason.statement.as_ref().map(|statement| statement.index);
        let place = *places
            .entry((statement, reason.code(), reason.except.clone()))
            .or_insert(known.len());
        match known.get_mut(place) {
            Some(same) => {
                let new: Vec<String> = reason
                    .resources
                    .into_iter()
                    .filter(|resource| !same.resources.contains(resource))
                    .collect();
                same.resources.extend(new);
            }
            None => known.push(reason),
        }
    }
    known
}

#[derive(Default)]
struct Voices<'a> {
    voices: Vec<Voice<'a>>,
    /// Read beside `RCPFullAWSAccess`.
    control: bool,
}

struct Part {
    access: Access,
    reasons: Vec<Reason>,
    some_allowed: bool,
}

fn gather<'a>(
    document: &'a PolicyDocument,
    question: &Question<'_>,
    budgets: &mut Budgets,
    mut voices: Voices<'a>,
) -> Voices<'a> {
    let reading = Reading {
        context: question.context,
        variables: document.has_variables(),
    };
    let arn = question.context.single("aws:PrincipalArn");
    for statement in document.statements() {
        let Some(effect) = statement.effect() else {
            continue;
        };
        if !action::applies(&statement, question.action) {
            continue;
        }
        let reach = principal::reach(&statement, question.account, arn);
        if reach == Reach::Nobody {
            continue;
        }
        let outcome = condition::evaluate(&statement, reading, &mut budgets.conditions);
        let mut applies = reach.applies(effect).and(outcome.truth);
        let mut doubt = match (reach.applies(effect), outcome.truth) {
            (Truth::False, _) => Some(Cause::NarrowPrincipal),
            (_, Truth::False) => Some(Cause::ConditionFails { keys: outcome.keys }),
            (_, Truth::Unknown) if effect == Effect::Allow => Some(Cause::AllowIf { keys: outcome.keys }),
            (_, Truth::Unknown) => Some(Cause::DenyIf { keys: outcome.keys }),
            (Truth::Unknown, Truth::True) => Some(Cause::SomePrincipals),
            (Truth::True, Truth::True) => None,
        };
        if applies == Truth::False && effect == Effect::Deny {
            continue;
        }
        if let (Some(name), Truth::True) = (statement.unknown_element(), applies) {
            applies = Truth::Unknown;
            doubt = Some(Cause::UnknownElement {
                name: name.to_owned(),
            });
        }
        let extent = resource::extent(&statement, question.kind, reading);
        voices.voices.push(Voice {
            statement,
            effect,
            applies,
            doubt,
            extent,
        });
    }
    voices
}

/// Whether a statement applies to some caller of the account, its actions and resources aside.
pub(crate) fn applies(statement: &Statement<'_>, account: &str, context: &Context, variables: bool) -> Truth {
    let Some(effect) = statement.effect() else {
        return Truth::Unknown;
    };
    let reach = principal::reach(statement, account, context.single("aws:PrincipalArn"));
    let reading = Reading { context, variables };
    reach
        .applies(effect)
        .and(condition::evaluate(statement, reading, &mut Work::new(BUDGET / 4)).truth)
}

/// The Deny that leaves nothing of any of the questions, if there is one.
pub(crate) fn denied_throughout(
    document: &PolicyDocument,
    questions: &[Question<'_>],
) -> Option<StatementRef> {
    let mut first = None;
    for question in questions {
        let mut budgets = Budgets::new();
        let voices = gather(document, question, &mut budgets, Voices::default());
        let denies: Vec<&Voice<'_>> = voices
            .of(Effect::Deny)
            .filter(|voice| voice.area(true).is_some())
            .collect();
        let areas: Vec<&Area> = denies.iter().filter_map(|voice| voice.area(true)).collect();
        let set = |text: &String| set::asked(text, question.kind);
        if !question
            .resources
            .iter()
            .all(|text| exists(&set(text), &[], &areas, &mut budgets.covers) == Found::No)
        {
            return None;
        }
        first = first.or_else(|| denies.first().map(|voice| voice.statement.reference()));
    }
    first
}

static EVERYTHING: Area = Area::Out(Vec::new());

impl Budgets {
    fn new() -> Self {
        Self {
            conditions: Work::new(BUDGET / 4),
            covers: Work::new(BUDGET / 2),
            denies: Work::new(BUDGET / 4),
            explanations: Work::new(BUDGET / 8),
        }
    }
}

impl<'a> Voices<'a> {
    fn of(&self, effect: Effect) -> impl Iterator<Item = &Voice<'a>> {
        self.voices.iter().filter(move |voice| voice.effect == effect)
    }

    /// The areas of the Allows that apply for certain, or that might.
    fn allowed(&self, certain: bool) -> Vec<&Area> {
        let full = self.control.then_some(&EVERYTHING);
        let voices = self.of(Effect::Allow);
        full.into_iter()
            .chain(voices.filter_map(move |voice| voice.area(certain)))
            .collect()
    }

    fn answer(&self, text: &str, set: &Pattern, kind: PolicyKind, budgets: &mut Budgets) -> Part {
        let mut part = Part {
            access: Access::Allowed,
            reasons: Vec::new(),
            some_allowed: false,
        };
        let mut too_complex = false;
        let mut possible_denies = Vec::new();
        for voice in self.of(Effect::Deny) {
            if let Some(area) = voice.area(true) {
                match exists(set, &[area], &[], &mut budgets.denies) {
                    Found::Yes(_) => {
                        part.access = Access::Denied;
                        part.reasons.push(voice.reason(
                            Cause::ExplicitDeny,
                            text,
                            set,
                            &mut budgets.explanations,
                        ));
                        continue;
                    }
                    Found::TooComplex => too_complex = true,
                    Found::No => {}
                }
            }
            if voice.area(false).is_some() {
                possible_denies.push(voice);
            }
        }
        let maybe = self.allowed(false);
        match exists(set, &[], &maybe, &mut budgets.covers) {
            Found::Yes(example) => {
                part.access = Access::Denied;
                self.explain_no_allow(&mut part, text, set, kind, example, &mut budgets.explanations);
            }
            Found::TooComplex => too_complex = true,
            Found::No => {}
        }
        let certain = self.allowed(true);
        if part.access == Access::Denied {
            let denies: Vec<&Area> = self
                .of(Effect::Deny)
                .filter_map(|voice| voice.area(false))
                .collect();
            part.some_allowed = certain.iter().any(|area| {
                matches!(
                    exists(set, &[area], &denies, &mut budgets.explanations),
                    Found::Yes(_)
                )
            });
            return part;
        }
        match exists(set, &[], &certain, &mut budgets.covers) {
            Found::Yes(_) => {
                part.access = Access::Depends;
                for voice in self.of(Effect::Allow).filter(|voice| voice.is_open()) {
                    if voice.touches(set, &mut budgets.explanations) {
                        part.reasons
                            .push(voice.open_reason(text, set, &mut budgets.explanations));
                    }
                }
            }
            Found::TooComplex => too_complex = true,
            Found::No => {}
        }
        for voice in possible_denies {
            let Some(area) = voice.area(false) else { continue };
            match exists(set, &[area], &[], &mut budgets.denies) {
                Found::Yes(_) => {
                    part.access = Access::Depends;
                    part.reasons
                        .push(voice.open_reason(text, set, &mut budgets.explanations));
                }
                Found::TooComplex => too_complex = true,
                Found::No => {}
            }
        }
        if too_complex {
            part.access = Access::Depends;
            part.reasons
                .push(Reason::new(Cause::TooComplex).on([text.to_owned()]));
        }
        if part.access == Access::Allowed {
            part.some_allowed = true;
            for voice in self
                .of(Effect::Allow)
                .filter(|voice| voice.applies == Truth::True)
            {
                if voice.touches(set, &mut budgets.explanations) {
                    part.reasons
                        .push(voice.reason(Cause::Allow, text, set, &mut budgets.explanations));
                }
            }
        }
        part
    }

    fn explain_no_allow(
        &self,
        part: &mut Part,
        text: &str,
        set: &Pattern,
        kind: PolicyKind,
        example: String,
        work: &mut Work,
    ) {
        let mut except = Vec::new();
        let mut near_misses = Vec::new();
        for voice in self.of(Effect::Allow) {
            let touches = voice.touches(set, work);
            if touches && voice.applies != Truth::False {
                except.extend(voice.part_of(text, set, work).0);
            } else if touches && let Some(cause) = &voice.doubt {
                near_misses.push(voice.reason(cause.clone(), text, set, work));
            } else if kind == PolicyKind::Key && voice.applies != Truth::False && !touches {
                near_misses.push(Reason::new(Cause::Inert).of(voice.statement.reference()));
            }
        }
        let reason = Reason::new(Cause::NoAllow)
            .on([text.to_owned()])
            .except(except)
            .example(Some(example));
        part.reasons.push(reason);
        part.reasons.append(&mut near_misses);
    }
}

impl Voice<'_> {
    /// Where it applies: for certain, or possibly. `None` for nowhere.
    fn area(&self, certain: bool) -> Option<&Area> {
        match (self.applies, certain) {
            (Truth::False, _) | (Truth::Unknown, true) => None,
            (Truth::True, true) => Some(&self.extent.certain),
            (Truth::True | Truth::Unknown, false) => Some(&self.extent.possible),
        }
    }

    /// Something about it is not known.
    fn is_open(&self) -> bool {
        self.applies == Truth::Unknown
            || (self.applies == Truth::True && self.extent.certain != self.extent.possible)
    }

    fn touches(&self, set: &Pattern, work: &mut Work) -> bool {
        !matches!(exists(set, &[&self.extent.possible], &[], work), Found::No)
    }

    fn open_reason(&self, text: &str, set: &Pattern, work: &mut Work) -> Reason {
        let cause = self.doubt.clone().unwrap_or(Cause::DoubtfulResource);
        self.reason(cause, text, set, work)
    }

    fn reason(&self, cause: Cause, text: &str, set: &Pattern, work: &mut Work) -> Reason {
        let (resources, except) = self.part_of(text, set, work);
        Reason::new(cause)
            .of(self.statement.reference())
            .on(resources)
            .except(except)
    }

    /// The part of the set that it speaks of: patterns, and what to take out of them.
    fn part_of(&self, text: &str, set: &Pattern, work: &mut Work) -> (Vec<String>, Vec<String>) {
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
