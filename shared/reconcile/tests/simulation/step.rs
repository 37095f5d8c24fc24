//! What may happen, one step after the other. A plan is a list of these, and replays from the list alone.

use std::fmt;

/// How many buckets there are.
pub(crate) const BUCKETS: usize = 3;
/// How many KMS keys there are.
pub(crate) const KEYS: usize = 2;
/// The cloud names that may be declared.
pub(crate) const CLOUDS: [&str; 2] = ["demo", "acme"];

/// One of the buckets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bucket(pub(crate) usize);

/// One of the keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(pub(crate) usize);

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[self.0])
    }
}

/// The names of the buckets.
pub(crate) const NAMES: [&str; BUCKETS] = ["media", "photos", "video"];

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["key-A", "key-B"][self.0])
    }
}

/// One of the guardian's stacks in the account: the one that is tried, and another that knows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stack {
    Ours,
    Other,
}

/// What a declaration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    One,
    Two,
    Observe,
    Paused,
    Invalid,
    Gone,
}

/// What somebody else does. Statements and entries of others are numbered, and each number is one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Terraform replaces the whole policy by these statements of its own; with ours among them if it knows of it.
    Replace {
        bucket: Bucket,
        first: u32,
        count: u32,
        with_ours: bool,
    },
    /// Somebody adds a statement to what is there.
    Add {
        bucket: Bucket,
        number: u32,
    },
    /// Somebody takes the first statement that is not ours out.
    Remove(Bucket),
    /// A security tool takes out whatever names Cloudinary's account.
    Strip(Bucket),
    DeletePolicy(Bucket),
    /// Somebody adds a Deny that shuts out every other account.
    Deny(Bucket),
    /// And takes it away again.
    Undeny(Bucket),
    /// A person opens the policy in the console ...
    Open(Bucket),
    /// ... and saves it, with a statement more, as it was opened.
    Save {
        bucket: Bucket,
        number: u32,
    },
    DeleteMarker {
        bucket: Bucket,
        cloud: usize,
    },
    PutMarker {
        bucket: Bucket,
        cloud: usize,
    },
    ReplaceKey {
        key: Key,
        number: u32,
    },
    AddToKey {
        key: Key,
        number: u32,
    },
    StripKey(Key),
    DisableKey(Key),
    EnableKey(Key),
    ScheduleDeletion(Key),
    CancelDeletion(Key),
    Encrypt {
        bucket: Bucket,
        key: Option<Key>,
    },
    /// Notifications are replaced by one queue's, which turns EventBridge off.
    Notify {
        bucket: Bucket,
        number: u32,
    },
    /// EventBridge is turned on again, and everything else off.
    NotifyEventBridge(Bucket),
    Declare {
        bucket: Bucket,
        says: Declared,
    },
    /// A role that statements may name is deleted: its unique id stands there from now on.
    BuryRole,
    ReviveRole,
}

/// A write of the guardian that others may get in the way of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Write {
    Policy,
    KeyPolicy,
    Notifications,
    Marker,
}

impl Write {
    pub(crate) const fn operation(self) -> &'static str {
        match self {
            Self::Policy => "PutBucketPolicy",
            Self::KeyPolicy => "PutKeyPolicy",
            Self::Notifications => "PutBucketNotificationConfiguration",
            Self::Marker => "PutObject",
        }
    }
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Throttled,
    Denied,
}

/// How the next event travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Travel {
    Twice,
    Lost,
    Late(u64),
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Act(Act),
    Travel(Travel),
    Shuffle(bool),
    /// So many seconds pass.
    Pass(u64),
    /// The clock of the stack's functions goes wrong by so many seconds.
    Skew(Stack, i64),
    /// An invocation of the router with at most so many messages begins.
    Route(Stack, usize),
    /// The same of the reconciler.
    Reconcile(Stack, usize),
    /// An invocation that is under way goes on until it waited so often.
    Turn {
        which: usize,
        turns: usize,
    },
    /// It goes on to its end.
    Finish(usize),
    /// Its function times out.
    TimeOut(usize),
    /// Both functions of a stack take what lies in their queues, each once, to the end.
    Round(Stack),
    Fail {
        operation: &'static str,
        times: u32,
        failure: Failure,
    },
    LoseAnswer(&'static str),
    /// The function whose next such call takes effect times out before it hears of it.
    CutOff(&'static str),
    RejectWork(usize),
    Stale {
        bucket: Bucket,
        reads: u32,
    },
    StaleKey {
        key: Key,
        reads: u32,
    },
    /// Somebody acts between our re-read and our next such write.
    Before(Write, Act),
    /// Somebody acts right after our next such write.
    After(Write, Act),
    /// Whatever we write to this bucket's policy is undone at once, so many times.
    Fight {
        bucket: Bucket,
        times: u32,
    },
    Redrive,
    Sweep(Stack),
}

impl Step {
    /// The kind of step, to be counted.
    pub(crate) fn kind(&self) -> String {
        let shown = match self {
            Self::Act(act) => format!("{act:?}"),
            Self::Travel(travel) => format!("Event{travel:?}"),
            Self::Fail {
                operation, failure, ..
            } => return format!("Fail {operation} {failure:?}"),
            Self::CutOff(operation) => return format!("CutOff {operation}"),
            Self::LoseAnswer(operation) => return format!("LoseAnswer {operation}"),
            Self::Before(write, _) => return format!("Before {write:?}"),
            Self::After(write, _) => return format!("After {write:?}"),
            other => format!("{other:?}"),
        };
        shown.split(['(', ' ', '{']).next().unwrap().to_owned()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Act(act) => write!(f, "{act:?}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// What a run is set to besides its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    /// Whether a second stack of the guardian looks after the same buckets.
    pub(crate) two_stacks: bool,
    pub(crate) manages_notifications: bool,
    /// Whether a person redrives the dead letters in the end.
    pub(crate) redrives: bool,
    /// Whether no event gets lost, so that all must be well without a sweep.
    pub(crate) hears_all: bool,
    /// Whether somebody goes on undoing each of our writes to the first bucket's policy for some hours.
    pub(crate) fighter_stays: bool,
}

/// What happens in one run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) setup: Setup,
    pub(crate) steps: Vec<Step>,
}
