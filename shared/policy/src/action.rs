//! Which actions a statement speaks of.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Action" and "NotAction": names are case-insensitive,
//! `*` and `?` are wildcards, policy variables are not replaced.

use crate::pattern::Pattern;
use crate::statement::{Statement, texts};

/// Whether a statement speaks of the action.
pub(crate) fn applies(statement: &Statement<'_>, action: &str) -> bool {
    if statement.element("Action").is_some() {
        texts(statement.element("Action")).any(|pattern| names(pattern, action))
    } else {
        statement.element("NotAction").is_some()
            && !texts(statement.element("NotAction")).any(|pattern| names(pattern, action))
    }
}

/// Whether an action pattern names the action.
pub(crate) fn names(pattern: &str, action: &str) -> bool {
    if pattern == "*" || pattern.eq_ignore_ascii_case(action) {
        return true;
    }
    let Some((beginning, rest)) = pattern
        .find(['*', '?'])
        .and_then(|at| pattern.split_at_checked(at))
    else {
        return false;
    };
    if !action
        .get(..beginning.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    {
        return false;
    }
    rest == "*" || Pattern::glob(&pattern.to_ascii_lowercase()).matches(&action.to_ascii_lowercase())
}
