#![doc = include_str!("../README.md")]

mod action;
mod condition;
mod context;
mod decision;
mod document;
mod equivalence;
mod evaluate;
mod exception;
mod identity;
mod merge;
mod pattern;
mod principal;
mod public;
mod resource;
mod statement;
mod surroundings;
mod truth;
mod variable;
mod writable;

pub use context::{Context, Described, ExternalRead, Knowledge};
pub use decision::{Access, Cause, Decision, Reason};
pub use document::{
    BUCKET_POLICY_LIMIT, KEY_POLICY_LIMIT, ParseError, PolicyDocument, PolicyKind,
    RESOURCE_CONTROL_POLICY_LIMIT,
};
pub use equivalence::{Difference, difference, equivalent, equivalent_statements};
pub use evaluate::{Question, evaluate};
pub use exception::smallest_exception;
pub use identity::IdentityPolicies;
pub use merge::{
    Grant, Merge, MergeError, Removal, RemovalError, RemovedStatement, StatementChange,
    foreign_statements_kept, merge_grant, remove_grant,
};
pub use pattern::matches;
pub use public::{Publicness, is_public};
pub use statement::{Effect, Statement, StatementRef};
pub use surroundings::{Setting, Surroundings, evaluate_within};
pub use writable::{Unwritable, writable};
