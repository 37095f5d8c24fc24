//! What is not ours stays as it is.

use serde_json::Value;

use super::{RemovedStatement, StatementChange};
use crate::document::PolicyDocument;
use crate::equivalence::equivalent_statements;
use crate::statement::Statement;

/// Proof that nothing but our own statement changed: every other statement is equivalent and in its order,
/// and Version, Id and elements that nobody knows are the same.
pub fn foreign_statements_kept(
    before: Option<&PolicyDocument>,
    after: &PolicyDocument,
    change: &StatementChange,
) -> bool {
    let is_removed =
        |index: usize, removed: &[RemovedStatement]| removed.iter().any(|gone| gone.index == index);
    let kept: Vec<Statement<'_>> = match change {
        StatementChange::Removed { .. } => after.statements().collect(),
        StatementChange::Added { statement } => {
            let all: Vec<_> = after.statements().collect();
            match all.split_last() {
                Some((last, others)) if last.value() == statement => others.to_vec(),
                _ => return false,
            }
        }
        StatementChange::Updated {
            index,
            after: updated,
            ..
        } => {
            if after.statements().nth(*index).map(|statement| statement.value()) != Some(updated) {
                return false;
            }
            after
                .statements()
                .filter(|statement| statement.index() != *index)
                .collect()
        }
    };
    let Some(before) = before else {
        return kept.is_empty() && matches!(change, StatementChange::Added { .. });
    };
    let original: Vec<Statement<'_>> = match change {
        StatementChange::Added { .. } => before.statements().collect(),
        StatementChange::Removed { statements: removed } => {
            let is_there = |gone: &RemovedStatement| {
                before
                    .statements()
                    .nth(gone.index)
                    .is_some_and(|statement| *statement.value() == gone.statement)
            };
            if removed.is_empty() || !removed.iter().all(is_there) {
                return false;
            }
            before
                .statements()
                .filter(|statement| !is_removed(statement.index(), removed))
                .collect()
        }
        StatementChange::Updated {
            index,
            before: replaced,
            ..
        } => {
            if before.statements().nth(*index).map(|statement| statement.value()) != Some(replaced) {
                return false;
            }
            before
                .statements()
                .filter(|statement| statement.index() != *index)
                .collect()
        }
    };
    kept.len() == original.len()
        && kept
            .iter()
            .zip(&original)
            .all(|(kept, original)| equivalent_statements(kept, original))
        && around(before).eq(around(after))
}

fn around(document: &PolicyDocument) -> impl Iterator<Item = (&String, &Value)> {
    document
        .as_value()
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "Statement")
}
