//! Taking our own statement out of somebody's document.

use serde_json::Value;
use thiserror::Error;

use super::{Grant, StatementChange, caller, check, elements, foreign_statements_kept, own, questions};
use crate::action;
use crate::condition::{self, Reading};
use crate::context::Context;
use crate::decision::{Access, Decision};
use crate::document::{PolicyDocument, PolicyKind};
use crate::evaluate::evaluate;
use crate::pattern::work::{BUDGET, Work};
use crate::principal::{Reach, reach};
use crate::statement::{Effect, Statement, StatementRef};
use crate::truth::Truth;

/// A statement that was taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct RemovedStatement {
    /// Where it stood, counted from 0.
    pub index: usize,
    /// As it stood there.
    pub statement: Value,
}

/// What it takes for a document to hold the grant no longer, as far as that is ours to do.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one exists at a time, and it is matched at once"
)]
pub enum Removal {
    /// Nothing: no statement does nothing but grant it.
    Unchanged {
        /// Statements that say more and grant some of it as well; they are somebody else's.
        kept: Vec<StatementRef>,
    },
    /// A new document.
    Changed {
        /// The whole of it. A bucket policy without statements is one that S3 does not take: delete it instead.
        document: PolicyDocument,
        /// The statements in which it differs; always [`StatementChange::Removed`].
        change: StatementChange,
        /// Statements that say more and grant some of it as well, by their place in the old document; they are
        /// somebody else's and stay.
        kept: Vec<StatementRef>,
        /// For each action that the account may still do, or may still do under some condition, why. Empty: the
        /// account may do nothing of the grant any more.
        remaining: Vec<Decision>,
    },
}

/// Why a grant cannot be removed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RemovalError {
    /// The grant itself makes no sense.
    #[error("the grant is invalid: {reason}")]
    InvalidGrant {
        /// In which way.
        reason: String,
    },
    /// Nobody could use or manage the key any more, nor give it another policy.
    #[error("a key policy cannot be left without statements")]
    NothingLeft,
    /// The document without it does not prove to be the same otherwise.
    #[error("the policy without it does not prove to be the same otherwise: {explanation}")]
    NotProven {
        /// What differs.
        explanation: String,
    },
}

/// Takes out the statements that do nothing but grant the account some of the grant, and touches nothing else.
///
/// They are recognised by meaning: an Allow, with a Condition or without, for exactly the account in any
/// spelling, for actions of the grant and no other, on resources such as the grant has. A statement that names
/// another principal, a user or role of the account, another action, or actions by a wildcard is somebody else's:
/// it stays and is named in the result.
///
/// The result has been compared and evaluated: every other statement is equivalent and in its order, and what the
/// account may still do is said.
pub fn remove_grant(
    document: &PolicyDocument,
    grant: &Grant<'_>,
    kind: PolicyKind,
) -> Result<Removal, RemovalError> {
    check(grant, kind).map_err(|reason| RemovalError::InvalidGrant { reason })?;
    let context = requests(grant, kind);
    let reading = Reading {
        context: &context,
        variables: document.has_variables(),
    };
    let (ours, others): (Vec<_>, Vec<_>) = document
        .statements()
        .partition(|statement| own::only_grants(statement, grant, kind));
    let kept = others
        .iter()
        .filter(|statement| grants_some(statement, grant, reading))
        .map(Statement::reference)
        .collect();
    if ours.is_empty() {
        return Ok(Removal::Unchanged { kept });
    }
    if others.is_empty() && kind == PolicyKind::Key {
        return Err(RemovalError::NothingLeft);
    }
    let mut after = document.clone();
    if let Some(elements) = elements(&mut after) {
        let others = others.iter().map(|statement| statement.value().clone());
        elements.insert("Statement".into(), Value::Array(others.collect()));
    }
    let removed = ours.iter().map(|statement| RemovedStatement {
        index: statement.index(),
        statement: statement.value().clone(),
    });
    let change = StatementChange::Removed {
        statements: removed.collect(),
    };
    if !foreign_statements_kept(Some(document), &after, &change) {
        return Err(RemovalError::NotProven {
            explanation: "another statement would change".into(),
        });
    }
    let remaining = questions(grant, kind, &context)
        .iter()
        .map(|question| evaluate(Some(&after), question))
        .filter(|decision| decision.access() != Access::Denied || decision.partially_allowed())
        .collect();
    Ok(Removal::Changed {
        document: after,
        change,
        kept,
        remaining,
    })
}

/// All that is certain of any request by the account; for KMS, `kms:CallerAccount` is the caller's account (KMS
/// Developer Guide, "kms:CallerAccount").
fn requests(grant: &Grant<'_>, kind: PolicyKind) -> Context {
    match kind {
        PolicyKind::Key => caller(grant).known("kms:CallerAccount", [grant.account]),
        PolicyKind::Bucket | PolicyKind::ResourceControl => caller(grant),
    }
}

/// Whether a statement allows, or may allow, somebody of the account some of the grant.
fn grants_some(statement: &Statement<'_>, grant: &Grant<'_>, reading: Reading<'_>) -> bool {
    statement.effect() == Some(Effect::Allow)
        && reach(statement, grant.account, None) != Reach::Nobody
        && grant
            .actions
            .iter()
            .any(|action| action::applies(statement, action))
        && condition::evaluate(statement, reading, &mut Work::new(BUDGET / 4)).truth != Truth::False
}

#[cfg(test)]
mod tests;
