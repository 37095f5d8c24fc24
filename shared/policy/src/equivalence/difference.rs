//! In what two documents differ.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::canonical;
use crate::document::PolicyDocument;
use crate::statement::StatementRef;

/// In what two documents differ beyond AWS's rewriting; [`Display`](fmt::Display) has a line for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Elements of the document beside `Statement`, as `Version` or `Id`.
    pub elements: Vec<String>,
    /// Statements of the first document without an equivalent in the second.
    pub only_in_first: Vec<StatementRef>,
    /// Statements of the second document without an equivalent in the first.
    pub only_in_second: Vec<StatementRef>,
}

impl Difference {
    /// The documents are equivalent.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty() && self.only_in_first.is_empty() && self.only_in_second.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements = self.elements.iter().map(|element| format!("`{element}` differs"));
        let first = self
            .only_in_first
            .iter()
            .map(|statement| format!("{statement} is only in the first"));
        let second = self
            .only_in_second
            .iter()
            .map(|statement| format!("{statement} is only in the second"));
        for (number, line) in elements.chain(first).chain(second).enumerate() {
            write!(f, "{}{line}", if number == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Compares two documents; the answer is empty exactly when they are [`crate::equivalent`].
pub fn difference(first: &PolicyDocument, second: &PolicyDocument) -> Difference {
    let (one, two) = (canonical::of(first), canonical::of(second));
    let names = || {
        [&one, &two]
            .into_iter()
            .filter_map(Value::as_object)
            .flat_map(|elements| elements.keys())
    };
    let mut elements: Vec<String> = names()
        .filter(|name| *name != "Statement" && one.get(name) != two.get(name))
        .cloned()
        .collect();
    elements.sort();
    elements.dedup();
    Difference {
        elements,
        only_in_first: unmatched(first, second),
        only_in_second: unmatched(second, first),
    }
}

/// Statements of one document beyond those that the other has as well, repetitions counted.
fn unmatched(these: &PolicyDocument, those: &PolicyDocument) -> Vec<StatementRef> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for statement in those.statements() {
        *counts
            .entry(canonical::statement(statement.value()).to_string())
            .or_default() += 1;
    }
    these
        .statements()
        .filter(
            |statement| match counts.get_mut(&canonical::statement(statement.value()).to_string()) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            },
        )
        .map(|statement| statement.reference())
        .collect()
}
