//! How the model's rules say no, before it is known through which call they were asked.

use guardian_core::call::{CallError, CallErrorKind};

use crate::operation::Operation;

/// A refused request: what kind, and AWS's own error code and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: CallErrorKind,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(kind: CallErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(CallErrorKind::AccessDenied, "AccessDenied", message)
    }

    pub(crate) fn other(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(CallErrorKind::Other, code, message)
    }

    /// The error of an operation behind a seam.
    pub(crate) fn into_error(self, operation: Operation) -> CallError {
        self.of_action(operation.action())
    }

    /// The error of an operation guarded by `action`.
    pub(crate) fn of_action(self, action: &'static str) -> CallError {
        CallError {
            operation: action,
            kind: self.kind,
            message: format!("{}: {}", self.code, self.message),
        }
    }
}

/// What AWS would have said to a failure that was ordered rather than earned.
pub(crate) fn ordered(kind: CallErrorKind, action: &'static str) -> CallError {
    let message = match &kind {
        CallErrorKind::Transient => "SlowDown: Please reduce your request rate.",
        CallErrorKind::AccessDenied => "AccessDenied: Access Denied",
        CallErrorKind::NoSuchBucket => "NoSuchBucket: The specified bucket does not exist",
        CallErrorKind::WrongRegion(_) => "PermanentRedirect: The bucket is in another Region",
        CallErrorKind::NotFound => "NotFoundException: It does not exist",
        CallErrorKind::Malformed => "MalformedPolicy: Invalid principal in policy",
        CallErrorKind::TooLarge => "LimitExceededException: The document is over the limit",
        CallErrorKind::Other => "InternalFailure: Something else went wrong",
    };
    CallError {
        operation: action,
        kind,
        message: message.to_owned(),
    }
}
