//! May some principal of an account perform an action on every resource of a set?
//!
//! Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic": an explicit
//! Deny wins, and what nothing allows is denied.

use std::collections::HashMap;

use crate::condition::{self, Reading};
use crate::context::Context;
use crate::decision::{Access, Cause, Decision, Reason};
use crate::document::{PolicyDocument, PolicyKind};
use crate::pattern::search::Found;
use crate::pattern::work::{BUDGET, Work};
use crate::principal;
use crate::resource::Area;
use crate::statement::{Statement, StatementRef};
use crate::truth::Truth;

mod hearing;
mod set;
#[cfg(test)]
mod tests;
mod voice;
mod voices;

use set::exists;
use voices::{Budgets, Voices};

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

/// Answers the question from one document; `None` is no document.
///
/// *Existence reading*: the caller is some principal of the account whose own identity policies allow the
/// action. Naming the account, by id or root ARN, delegates to it; an Allow that names only particular roles
/// or users of the account is not an Allow for the account (IAM User Guide, "AWS account principals").
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
    if document.is_none() && question.kind != PolicyKind::ResourceControl {
        decision.access = Access::Denied;
        decision.reasons.push(Reason::new(Cause::NoPolicy));
        return decision;
    }
    if question.resources.is_empty() {
        decision.access = Access::Depends;
        decision.reasons.push(Reason::new(Cause::NothingAsked));
        return decision;
    }
    let mut budgets = Budgets::new();
    let voices = Voices::gather(document, question, &mut budgets);
    let mut reasons: Vec<(Access, Reason)> = Vec::new();
    for text in question.resources {
        let part = voices.answer(text, &mut budgets);
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
        let voices = Voices::gather(Some(document), question, &mut budgets);
        let (denies, areas): (Vec<_>, Vec<&Area>) = voices.certain_denies().unzip();
        let is_denied = |text: &String| {
            exists(&set::asked(text, question.kind), &[], &areas, &mut budgets.covers) == Found::No
        };
        if !question.resources.iter().all(is_denied) {
            return None;
        }
        first = first.or_else(|| denies.first().map(|voice| voice.statement.reference()));
    }
    first
}
