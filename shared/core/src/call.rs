//! What a failed AWS call means for us, decided in one place.

use std::fmt;

/// A failed AWS call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{operation}` failed: {kind}: {message}")]
pub struct CallError {
    /// The IAM action of the call, for example `s3:GetBucketPolicy`: what a missing right would be named.
    pub operation: &'static str,
    /// What kind of failure it was.
    pub kind: CallErrorKind,
    /// AWS's own words (the error code first, where there was one).
    pub message: String,
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallErrorKind {
    /// Throttling, a 5xx answer, a timeout, a lost connection, `OperationAborted`: try again later.
    Transient,
    /// AWS refused us: a missing right, an explicit Deny, or (with an expected owner) another owner.
    AccessDenied,
    /// The bucket does not exist.
    NoSuchBucket,
    /// The bucket lives in another Region (named where AWS said so).
    WrongRegion(Option<String>),
    /// The thing asked for does not exist (a key, an alias).
    NotFound,
    /// The document was refused on its content (`MalformedPolicy`, `MalformedPolicyDocumentException`).
    Malformed,
    /// The document is over the service's size limit.
    TooLarge,
    /// Something else; the code is in the message.
    Other,
}

/// What to do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Nothing is known and nothing was decided: have the message delivered again.
    Retry,
    /// Only a person can change this: it becomes a finding.
    Human,
    /// What the call was about is gone.
    Gone,
}

impl CallError {
    /// What to do about it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self.kind {
            CallErrorKind::Transient => Disposition::Retry,
            CallErrorKind::NoSuchBucket | CallErrorKind::NotFound => Disposition::Gone,
            CallErrorKind::AccessDenied
            | CallErrorKind::WrongRegion(_)
            | CallErrorKind::Malformed
            | CallErrorKind::TooLarge
            | CallErrorKind::Other => Disposition::Human,
        }
    }

    /// Whether the same call may well succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.disposition() == Disposition::Retry
    }
}

impl fmt::Display for CallErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transient => "temporarily unavailable",
            Self::AccessDenied => "access denied",
            Self::NoSuchBucket => "no such bucket",
            Self::WrongRegion(Some(region)) => return write!(f, "the bucket is in `{region}`"),
            Self::WrongRegion(None) => "the bucket is in another Region",
            Self::NotFound => "not found",
            Self::Malformed => "the document was refused",
            Self::TooLarge => "the document is too large",
            Self::Other => "refused",
        })
    }
}
