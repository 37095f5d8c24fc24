//! Equality under what AWS does to a document between writing and reading it.

pub(crate) mod canonical;
mod difference;
#[cfg(test)]
mod tests;

pub use difference::{Difference, difference};

use crate::document::PolicyDocument;
use crate::statement::Statement;

/// Whether two documents mean the same and differ only as AWS's own rewriting differs: order of statements,
/// of values and of keys; a scalar for an array of one; an account's id for its root ARN in any partition;
/// `"*"` for `{"AWS": "*"}`; the case of Effect, actions and condition keys; a boolean or number for its text
/// in a condition; a single statement for an array of one; version 2008-10-17 for none.
///
/// Sid and Id count: a document that lost them is another one. So do repeated statements.
pub fn equivalent(a: &PolicyDocument, b: &PolicyDocument) -> bool {
    a == b || canonical::of(a) == canonical::of(b)
}

/// The same for two statements.
pub fn equivalent_statements(a: &Statement<'_>, b: &Statement<'_>) -> bool {
    a.value() == b.value() || canonical::statement(a.value()) == canonical::statement(b.value())
}
