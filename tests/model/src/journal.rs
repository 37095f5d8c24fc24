//! The calls made through the seams, in order: what scenario tests pin.

use std::fmt;

use crate::Model;
use crate::operation::Operation;

/// One call through a seam, whatever came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The API's name of the call, for example `PutBucketPolicy`.
    pub operation: &'static str,
    /// What it was about: a bucket, `bucket/key`, a key ARN, a parameter, a resource's ledger, …
    pub resource: String,
    /// Whether it changes anything, the ledger and the queues included.
    pub write: bool,
}

impl Call {
    pub(crate) fn new(operation: Operation, resource: String) -> Self {
        Self {
            operation: operation.name(),
            resource,
            write: operation.writes(),
        }
    }

    /// Whether it changes what is guarded (a policy, a marker), rather than the guardian's own books.
    #[must_use]
    pub fn repairs(&self) -> bool {
        Operation::named(self.operation).is_some_and(Operation::repairs)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.resource)
    }
}

impl Model {
    /// Every call made through the seams since the last [`take_journal`](Self::take_journal).
    #[must_use]
    pub fn journal(&self) -> Vec<Call> {
        self.read(|state| state.journal.clone())
    }

    /// The same, and starts anew.
    pub fn take_journal(&self) -> Vec<Call> {
        self.change(|state| std::mem::take(&mut state.journal))
    }
}
