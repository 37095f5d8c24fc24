//! Bugs planted between the guardian and AWS, to see whether the simulation notices them. None is in the product.

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A statement of somebody else's is left out of a policy that is written.
    DropsForeign,
    /// A policy is not read again before it is written.
    SkipsReread,
    /// A read that failed counts as no policy.
    TakesFailedForEmpty,
    /// Of a message that was published it is not stored that it was.
    ForgetsTold,
    /// A message is taken for published that was not.
    NeverTells,
    /// Messages whose work failed are deleted from their queue.
    AcknowledgesFailed,
    /// Repairs are not counted.
    ForgetsRepairs,
}

impl Bug {
    pub(crate) const ALL: [Self; 7] = [
        Self::DropsForeign,
        Self::SkipsReread,
        Self::TakesFailedForEmpty,
        Self::ForgetsTold,
        Self::NeverTells,
        Self::AcknowledgesFailed,
        Self::ForgetsRepairs,
    ];
}
