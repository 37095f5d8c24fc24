//! Our own statement in somebody's document.

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::context::Context;
use crate::decision::Access;
use crate::document::{PolicyDocument, PolicyKind};
use crate::evaluate::{Question, denied_throughout, evaluate};
use crate::principal::is_account_id;
use crate::statement::{Effect, StatementRef};

mod kept;
mod own;
mod removal;
#[cfg(test)]
mod tests;

pub use kept::foreign_statements_kept;
pub use removal::{Removal, RemovalError, RemovedStatement, remove_grant};

/// What one account is to be granted.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// The name of a statement that is added; one that is there already keeps its own.
    pub sid: &'a str,
    /// The account, twelve digits.
    pub account: &'a str,
    /// The partition of the account, as in `aws`.
    pub partition: &'a str,
    /// Actions by name, without wildcards.
    pub actions: &'a [&'a str],
    /// ARN patterns. For a key policy the key's ARN, so that a statement for this very ARN is recognised as
    /// effective; what is written there is `*`, which is this key.
    pub resources: &'a [String],
    /// The Id of the document, if there is none yet.
    pub document_id: Option<&'a str>,
}

/// What it takes to make a document hold the grant.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one exists at a time, and it is matched at once"
)]
pub enum Merge {
    /// Nothing: its Allows grant all of it already.
    Unchanged,
    /// A new document.
    Changed {
        /// The whole of it.
        document: PolicyDocument,
        /// The one statement in which it differs.
        change: StatementChange,
    },
}

/// The statement in which two documents differ; of a removal there may be several.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementChange {
    /// It was added at the end.
    Added {
        /// As added.
        statement: Value,
    },
    /// It was extended in place.
    Updated {
        /// Its place, counted from 0.
        index: usize,
        /// As it was.
        before: Value,
        /// As it is.
        after: Value,
    },
    /// These were taken out, and nothing took their place.
    Removed {
        /// In their order; never empty.
        statements: Vec<RemovedStatement>,
    },
}

/// Why a grant cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MergeError {
    /// The grant itself makes no sense.
    #[error("the grant is invalid: {reason}")]
    InvalidGrant {
        /// In which way.
        reason: String,
    },
    /// A key always has a policy; writing one from nothing would lock its owner out.
    #[error("there is no key policy to merge into")]
    NoKeyPolicy,
    /// A statement denies all of it, so that the grant would change nothing.
    #[error("{statement} denies all of it, so that an Allow would change nothing")]
    DeniedThroughout {
        /// The Deny.
        statement: StatementRef,
    },
    /// The merged document does not prove to grant what it should.
    #[error("the merged policy does not prove to grant it: {explanation}")]
    NotProven {
        /// The decision in words.
        explanation: String,
    },
}

/// Adds or extends our own statement so that the document's Allows grant all of it, and touches nothing else.
///
/// Our own statement is recognised by meaning: an Allow without Condition for exactly the account, for
/// actions and resources such as the grant has. One that grants only part is extended, never narrowed, and
/// there is never a second copy. A statement with other principals, other actions or a Condition is somebody
/// else's and stays as it is.
///
/// The result has been evaluated: without its Denies it is Allowed under any condition, and no Deny undoes
/// all of it.
pub fn merge_grant(
    document: Option<&PolicyDocument>,
    grant: &Grant<'_>,
    kind: PolicyKind,
) -> Result<Merge, MergeError> {
    check(grant, kind).map_err(|reason| MergeError::InvalidGrant { reason })?;
    let mut merged = match document {
        Some(document) => document.clone(),
        None if kind == PolicyKind::Key => return Err(MergeError::NoKeyPolicy),
        None => PolicyDocument::new_with_id(grant.document_id),
    };
    if granted(&merged, grant, kind).is_ok() {
        return Ok(Merge::Unchanged);
    }
    let own = merged.statements().find_map(|statement| {
        own::extended(&statement, grant, kind)
            .map(|after| (statement.index(), statement.value().clone(), after))
    });
    let change = match own {
        Some((index, before, after)) => {
            replace(&mut merged, index, after.clone());
            StatementChange::Updated { index, before, after }
        }
        None => {
            let statement = own::new(grant, kind, &free_sid(&merged, grant.sid));
            append(&mut merged, statement.clone());
            StatementChange::Added { statement }
        }
    };
    granted(&merged, grant, kind).map_err(|explanation| MergeError::NotProven { explanation })?;
    if let Some(statement) = denied_throughout(&merged, &questions(grant, kind, &caller(grant))) {
        return Err(MergeError::DeniedThroughout { statement });
    }
    if !foreign_statements_kept(document, &merged, &change) {
        return Err(MergeError::NotProven {
            explanation: "another statement would change".into(),
        });
    }
    Ok(Merge::Changed {
        document: merged,
        change,
    })
}

fn check(grant: &Grant<'_>, kind: PolicyKind) -> Result<(), String> {
    let reason = if kind == PolicyKind::ResourceControl {
        "a resource control policy grants nothing"
    } else if !is_account_id(grant.account) {
        "the account is not twelve digits"
    } else if grant.actions.is_empty() || grant.actions.iter().any(|action| action.contains(['*', '?'])) {
        "the actions are not names"
    } else if kind == PolicyKind::Bucket && grant.resources.is_empty() {
        "there are no resources"
    } else {
        return Ok(());
    };
    Err(reason.into())
}

/// All that is certain of any request that the grant is for.
fn caller(grant: &Grant<'_>) -> Context {
    Context::new().known("aws:PrincipalAccount", [grant.account])
}

fn questions<'q>(grant: &'q Grant<'q>, kind: PolicyKind, context: &'q Context) -> Vec<Question<'q>> {
    grant
        .actions
        .iter()
        .map(|action| Question {
            account: grant.account,
            action,
            resources: own::asked(grant, kind),
            context,
            kind,
        })
        .collect()
}

/// Whether the document's Allows alone grant all of it, whatever the request is like.
fn granted(document: &PolicyDocument, grant: &Grant<'_>, kind: PolicyKind) -> Result<(), String> {
    let mut allows = document.clone();
    if let Some(elements) = allows.value_mut().as_object_mut() {
        let statements = document
            .statements()
            .filter(|statement| statement.effect() == Some(Effect::Allow))
            .map(|statement| statement.value().clone())
            .collect();
        elements.insert("Statement".into(), Value::Array(statements));
    }
    for question in questions(grant, kind, &caller(grant)) {
        let decision = evaluate(Some(&allows), &question);
        if decision.access() != Access::Allowed {
            return Err(decision.to_string());
        }
    }
    Ok(())
}

fn free_sid(document: &PolicyDocument, wanted: &str) -> String {
    let is_taken = |sid: &str| {
        document
            .statements()
            .any(|statement| statement.sid() == Some(sid))
    };
    if !is_taken(wanted) {
        return wanted.to_owned();
    }
    (2_u32..)
        .map(|number| format!("{wanted}{number}"))
        .find(|sid| !is_taken(sid))
        .unwrap_or_default()
}

fn elements(document: &mut PolicyDocument) -> Option<&mut Map<String, Value>> {
    document.value_mut().as_object_mut()
}

fn replace(document: &mut PolicyDocument, index: usize, statement: Value) {
    match elements(document).and_then(|elements| elements.get_mut("Statement")) {
        Some(Value::Array(statements)) => {
            if let Some(slot) = statements.get_mut(index) {
                *slot = statement;
            }
        }
        Some(single) if index == 0 => *single = statement,
        _ => {}
    }
}

fn append(document: &mut PolicyDocument, statement: Value) {
    let Some(slot) = elements(document).and_then(|elements| elements.get_mut("Statement")) else {
        return;
    };
    match slot {
        Value::Array(statements) => statements.push(statement),
        single => {
            let first = single.take();
            *single = json!([first, statement]);
        }
    }
}
