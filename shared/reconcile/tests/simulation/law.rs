//! What must hold.

/// A law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Law {
    /// A document is written only with all that others had in it when it was read, and nothing of theirs besides.
    SentAsRead,
    /// What was lost or came back by our hand was written by somebody else between our read and our write, or the read
    /// was stale.
    RaceAttributed,
    /// The intent is stored, then the document read, then it is written; and after each write it is read again.
    ReadJustBefore,
    /// What could not be read is not written.
    UnknownIsNotEmpty,
    /// Only what the declaration allows is written, as it was read.
    OnlyDeclared,
    /// A marker that is there is left as it is.
    MarkersKept,
    /// A document of a resource is written so often in an hour and no more.
    Budget,
    /// A message comes again only after its look came to no good end, and then as it was.
    NoRepeat,
    /// What was published stands in the ledger, and what the ledger announced was published.
    NothingUntold,
    /// A declared bucket is readable, or an open and announced incident says why not.
    Explained,
    /// Where no event was lost, that holds without a sweep.
    ExplainedByEvents,
    /// An open incident of a lost read is about a read that is lost.
    NoFalseAlarm,
    /// A day later, nothing that the guardian could repair is left.
    Mended,
    /// A sweep of a fleet at rest changes nothing.
    QuietSweep,
    /// The queues come to rest.
    Rest,
    /// The guardian does not panic.
    NoPanic,
}

/// A law that does not hold.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) law: Law,
    pub(crate) text: String,
}
