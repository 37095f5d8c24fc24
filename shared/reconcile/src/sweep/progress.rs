//! How far a sweep came: in the sweep's page of the ledger, and only of a sweep that one leg did not finish.
//!
//! `under-way` says whose turn it is: which sweep, which leg comes next and with which page token. `declared#<leg>` holds
//! the buckets that a leg saw; the next sweep writes over it. The message that asks for a leg carries nothing but the leg's
//! number, so that one that comes twice, late or out of turn is known for what it is.

use std::collections::BTreeSet;
use std::time::Duration;

use guardian_core::cause::{Cause, Work};
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, Resource};
use serde::{Deserialize, Serialize};

use crate::book::Book;
use crate::seam::{Clock, Entry, Ledger};
use crate::{ReconcileError, store};

/// The item that says which sweep is under way.
const UNDER_WAY: &str = "under-way";

/// How the items begin that hold what a leg saw.
const DECLARED: &str = "declared#";

/// A sweep that came no further in this time has died: its leg was handed out five times, each six minutes after the last
/// (`maxReceiveCount` and `VisibilityTimeout` of the work queue in template.yaml).
const DEAD_AFTER: Duration = Duration::from_secs(45 * 60);

/// The ledger may forget what a leg saw. A sweep that takes longer is not one.
const REMEMBER: Duration = Duration::from_secs(24 * 60 * 60);

/// The event by which the time for a sweep comes round (EventBridge User Guide, "Scheduled events").
const SCHEDULED: &str = "Scheduled Event";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct UnderWay {
    /// Which sweep.
    sweep: String,
    /// The leg that comes next.
    leg: u32,
    /// What it goes on with.
    next: String,
    /// When this was written.
    at: Moment,
    /// How often the list was begun anew.
    #[serde(default)]
    begun_anew: u8,
    /// What happened meanwhile that wants a whole sweep once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    again: Option<Cause>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    sweep: String,
    buckets: BTreeSet<BucketName>,
}

/// Where a message that asks for a leg comes in.
pub(super) enum Place {
    /// It is this leg's turn.
    Here(Box<Progress>),
    /// The leg was done; that the next one was asked for is not certain.
    AtItsEnd(&'static str),
    /// The whole sweep was done.
    Over,
    /// Another sweep is under way, or a later leg.
    Passed(&'static str),
}

/// A sweep at one of its legs.
pub(super) struct Progress {
    sweep: String,
    /// What the first page of this leg is asked with.
    pub(super) next: Option<String>,
    /// The item as it was read.
    stored: Option<Entry>,
    begun_anew: u8,
    again: Option<Cause>,
}

impl Progress {
    /// Where this message comes in. The first leg asks the ledger nothing: most sweeps have no other.
    pub(super) async fn of<L: Ledger>(ledger: &L, work: &Work) -> Result<Place, ReconcileError> {
        let sweep = format!("{}/{}", work.cause.id, work.look);
        let first = Self {
            sweep,
            next: None,
            stored: None,
            begun_anew: 0,
            again: None,
        };
        if work.leg == 0 {
            return Ok(Place::Here(Box::new(first)));
        }
        let stored = ledger.read_entry(&Resource::Sweep, UNDER_WAY).await?;
        let Some(under_way) = stored.as_ref().and_then(read) else {
            return Ok(Place::Over);
        };
        if under_way.sweep != first.sweep {
            return Ok(Place::Passed("another sweep took over"));
        }
        Ok(if under_way.leg == work.leg {
            Place::Here(Box::new(Self {
                next: Some(under_way.next),
                begun_anew: under_way.begun_anew,
                again: under_way.again,
                stored,
                ..first
            }))
        } else if under_way.leg == work.leg.saturating_add(1) {
            Place::AtItsEnd("this leg of the sweep was done before")
        } else {
            Place::Passed("this leg of the sweep was done long before")
        })
    }

    /// Whether a first leg that needs a second one has to stand back, and why: for another sweep that is under way, or
    /// because it was done before itself. One that is not the schedule's has its cause noted, and the sweep under way
    /// is followed by another; the schedule's own comes round again.
    pub(super) async fn give_way<A: Ledger + Clock>(
        &mut self,
        aws: &A,
        work: &Work,
    ) -> Result<Option<&'static str>, ReconcileError> {
        self.stored = aws.read_entry(&Resource::Sweep, UNDER_WAY).await?;
        let Some((entry, under_way)) = self.stored.as_ref().and_then(|entry| Some((entry, read(entry)?)))
        else {
            return Ok(None);
        };
        if under_way.sweep == self.sweep {
            return Ok(Some("this leg of the sweep was done before"));
        }
        if aws.now().since(under_way.at) > DEAD_AFTER {
            // What a dead sweep still had to do is done by this one, which begins later.
            return Ok(None);
        }
        if work.cause.event == SCHEDULED {
            return Ok(Some("another sweep is under way"));
        }
        let noted = UnderWay {
            again: Some(work.cause.clone()),
            ..under_way
        };
        let body = serde_json::to_value(noted).map_err(|_| ReconcileError::Ledger(UNDER_WAY.to_owned()))?;
        store::put(
            aws,
            &Entry {
                body,
                ..entry.clone()
            },
        )
        .await?;
        Ok(Some("another sweep is under way, and one more will follow it"))
    }

    /// Whether what stands in the ledger is this very sweep.
    pub(super) fn is_ours(&self) -> bool {
        let under_way = self.stored.as_ref().and_then(read);
        under_way.is_some_and(|under_way| under_way.sweep == self.sweep)
    }

    /// Begins the list anew, unless that was done too often. What was seen of it stays seen.
    pub(super) fn begin_anew(&mut self, at_most: u8) -> bool {
        let may = self.begun_anew < at_most;
        self.begun_anew = self.begun_anew.saturating_add(1);
        may
    }

    /// Notes what this leg saw, and where the next one goes on.
    pub(super) async fn note<A: Ledger + Clock>(
        &self,
        aws: &A,
        work: &Work,
        buckets: &BTreeSet<BucketName>,
        next: String,
    ) -> Result<(), ReconcileError> {
        let expires = Some(aws.now().plus(REMEMBER));
        let name = format!("{DECLARED}{:05}", work.leg);
        let seen = Seen {
            sweep: self.sweep.clone(),
            buckets: buckets.clone(),
        };
        let known = aws.read_entry(&Resource::Sweep, &name).await?;
        let seen = entry(name, known.as_ref(), &seen, expires)?;
        let under_way = UnderWay {
            sweep: self.sweep.clone(),
            leg: work.leg.saturating_add(1),
            next,
            at: aws.now(),
            begun_anew: self.begun_anew,
            again: self.again.clone(),
        };
        let under_way = entry(UNDER_WAY.to_owned(), self.stored.as_ref(), &under_way, expires)?;
        // One after the other: a leg counts as done only once what it saw is kept.
        store::put(aws, &seen).await?;
        store::put(aws, &under_way).await.map(drop)
    }

    /// The buckets that the legs before this one saw.
    pub(super) fn seen_before(&self, book: &Book) -> BTreeSet<BucketName> {
        let items = book.others.iter().filter(|(name, _)| name.starts_with(DECLARED));
        items
            .filter_map(|(_, entry)| serde_json::from_value::<Seen>(entry.body.clone()).ok())
            .filter(|seen| seen.sweep == self.sweep)
            .flat_map(|seen| seen.buckets)
            .collect()
    }

    /// What wants a whole sweep once more.
    pub(super) fn wanted_again(&self) -> Option<&Cause> {
        self.again.as_ref()
    }

    /// The sweep is over. Last, so that whatever fails before is done again.
    pub(super) async fn end<L: Ledger>(&self, ledger: &L) -> Result<(), ReconcileError> {
        match &self.stored {
            Some(stored) => store::delete(ledger, stored).await,
            None => Ok(()),
        }
    }
}

fn read(entry: &Entry) -> Option<UnderWay> {
    serde_json::from_value(entry.body.clone()).ok()
}

fn entry(
    name: String,
    known: Option<&Entry>,
    body: &impl Serialize,
    expires: Option<Moment>,
) -> Result<Entry, ReconcileError> {
    Ok(Entry {
        resource: Resource::Sweep,
        version: known.map_or(0, |known| known.version),
        body: serde_json::to_value(body).map_err(|_| ReconcileError::Ledger(name.clone()))?,
        name,
        expires,
    })
}
