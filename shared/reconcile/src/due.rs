//! Whether a walk over every object of a bucket is wanted, and what it is called.
//!
//! A walk is asked for by a name that follows from why it is wanted, so that to ask again is to ask for the same one,
//! and nothing has to be remembered of it. Of walks that come to no end there is one in [`LONGEST`]; whatever is found
//! besides adds one a day at the most.

use std::time::Duration;

use guardian_core::census::{Census, walk_name};
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::right::{Role, refused};
use sha2::{Digest, Sha256};
use tracing::warn;

use crate::seam::{Censuses, Start};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// So long a walk may take (`TimeoutSeconds` in template.yaml). Before that it is not asked for by another name, so that
/// never two of them do the same.
const LONGEST: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// What the decision hangs on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) bucket: &'a BucketName,
    /// Since when walks over the bucket are wanted at all.
    pub(crate) since: Moment,
    /// The census on record.
    pub(crate) census: Option<&'a Census>,
    /// From the beginning of one walk to that of the next.
    pub(crate) every: Duration,
    /// Whether this is a look of the sweep: an event is no reason to do what is due anyway.
    pub(crate) swept: bool,
    /// A key that this very look met on an object for the first time.
    pub(crate) met: Option<&'a KeyArn>,
}

/// A walk that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Its name.
    pub(crate) name: String,
    /// Why, for people.
    pub(crate) why: String,
}

/// The walk that is wanted now, if one is.
pub(crate) fn wanted(known: Known<'_>, now: Moment) -> Option<Wanted> {
    let (due, why) = due(known);
    let is_due = due <= now;
    let (at, why) = if is_due && known.swept {
        (attempt(due, now), why)
    } else {
        let why = format!("objects are under `{}`, which was not known", known.met?);
        let at = match known.census {
            _ if is_due => attempt(due, now),
            // The first one is only brought forward: when it is due, the same name is asked for.
            None => due,
            Some(_) => start_of_day(now),
        };
        (at, why)
    };
    Some(Wanted {
        name: walk_name(known.bucket, at),
        why,
    })
}

/// When the next walk is due, and why.
fn due(known: Known<'_>) -> (Moment, String) {
    // Thousands of buckets that are declared, or walked over from now on, in one go are not begun with in one hour.
    let first = known.since.plus(share_of_day(known.bucket));
    match known.census {
        None => (first, "there was none so far".to_owned()),
        Some(census) if census.whole && census.ended.is_some() => {
            // Also where objects refused: they will refuse tomorrow as well, and each look at them costs.
            let why = format!("the last one began at {}", census.began);
            (first.max(census.began.plus(known.every)), why)
        }
        Some(census) => {
            let why = format!(
                "the one that began at {} did not take in every object",
                census.began
            );
            (first.max(census.began.plus(DAY.min(known.every))), why)
        }
    }
}

/// When the attempt of now is taken to have begun: nobody asks for the next one before the last must be over.
fn attempt(due: Moment, now: Moment) -> Moment {
    let age = now.since(due);
    due.plus(Duration::from_secs(
        age.as_secs() - age.as_secs() % LONGEST.as_secs(),
    ))
}

fn start_of_day(now: Moment) -> Moment {
    let day = i64::try_from(DAY.as_secs()).unwrap_or(i64::MAX);
    Moment::from_unix(now.unix() - now.unix().rem_euclid(day))
}

/// A part of a day that only the name decides, spread evenly.
fn share_of_day(bucket: &BucketName) -> Duration {
    let digest = Sha256::digest(bucket.as_str());
    let number = digest
        .iter()
        .take(4)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Duration::from_secs((number * DAY.as_secs()) >> 32)
}

/// Asks for the walk, and says so if it is under way. One that cannot be started stands in nobody's way: the next sweep
/// asks again.
pub(crate) async fn start<A: Censuses>(aws: &A, bucket: &BucketName, wanted: &Wanted) -> Option<String> {
    let Wanted { name, why } = wanted;
    match aws.start_census(bucket, name).await {
        Ok(Start::UnderWay) => Some(format!("the walk `{name}` over every object is under way: {why}")),
        Ok(Start::Over) => None,
        Ok(Start::Nowhere) => {
            warn!(%bucket, name, why, "a walk over every object is wanted, and nothing is here to walk with");
            None
        }
        Err(error) => {
            let right = refused(Role::Reconciler, &error);
            warn!(%bucket, name, why, %error, right, "a walk over every object could not be started");
            None
        }
    }
}

#[cfg(test)]
mod tests;
