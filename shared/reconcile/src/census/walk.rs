//! A walk over every object of a bucket, step by step: begin, a batch after the other, finish.
//!
//! A state machine calls the steps and lists the objects (template.yaml). Each step may be done more than once: what it
//! stores it finds again. What a walk proves it proves as of its beginning.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::cause::{Cause, Work};
use guardian_core::census::{Census, FINISHED, Source, execution_name};
use guardian_core::declaration::{Declaration, DeclarationError};
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, Resource};
use guardian_core::observation::ListedObject;
use guardian_core::right::Role;
use guardian_core::settings::Settings;
use serde::{Deserialize, Serialize};
use tracing::{error, info};

use super::bound::bounded;
use super::count;
use super::owners::{Owned, foreign_to, owners};
use super::part::{self, Part, Sum};
use super::record::{CENSUS, record};
use super::scope::{common_prefix, takes_in};
use crate::ReconcileError;
use crate::seam::{Buckets, Clock, Declarations, Entry, Ledger, Queues};

/// So many objects of a batch are looked at at a time, which at 20 ms for each is some 250 a second; ten batches run
/// side by side. That leaves more than half of the "5,500 GET/HEAD requests per second per partitioned prefix" (S3 User
/// Guide, "Best practices design patterns") to those whom the bucket is there for.
const AT_ONCE: usize = 5;

/// A walk, as its steps hand it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Walk {
    /// The bucket.
    pub bucket: BucketName,
    /// The walk's name: that of its execution (see [`execution_name`]).
    pub id: String,
    /// When it began, before anything was listed.
    pub began: Moment,
    /// The canonical user id of the bucket's owner, where objects may belong to others.
    pub owner: Option<String>,
    /// What the keys begin with that are to be listed; empty for all.
    pub prefix: String,
    /// Patterns of the object keys that Cloudinary must be able to read, as declared: the objects to be counted.
    pub scope: Vec<String>,
}

/// Why a step of a walk could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WalkError {
    /// The walk is not called as an execution is.
    #[error("`{0}` is no name of a walk: expected 1 to 80 letters, digits, `-` or `_`")]
    Name(String),
    /// Nobody declares the bucket.
    #[error("the bucket `{0}` is not declared; only declared buckets are walked over")]
    NotDeclared(BucketName),
    /// The declaration cannot be followed.
    #[error("the declaration of `{0}` cannot be followed: {1}")]
    Declaration(BucketName, #[source] DeclarationError),
    /// The bucket is in another Region than the stack.
    #[error("the bucket `{0}` is in `{1}`; a walk goes over buckets in the stack's own Region")]
    Elsewhere(BucketName, String),
    /// A call or a write of the ledger or a queue failed.
    #[error(transparent)]
    Step(#[from] ReconcileError),
}

impl From<CallError> for WalkError {
    fn from(error: CallError) -> Self {
        Self::Step(error.into())
    }
}

impl WalkError {
    /// Which right of template.yaml was refused, if one was.
    #[must_use]
    pub fn refused(&self) -> Option<String> {
        match self {
            Self::Step(error) => error.refused(Role::Census),
            Self::Name(_) | Self::NotDeclared(_) | Self::Declaration(..) | Self::Elsewhere(..) => None,
        }
    }

    /// Whether the same step may well succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Step(ReconcileError::Call(error)) => error.is_transient(),
            Self::Step(ReconcileError::Contended(_) | ReconcileError::NotQueued(_)) => true,
            Self::Step(ReconcileError::Ledger(_))
            | Self::Name(_)
            | Self::NotDeclared(_)
            | Self::Declaration(..)
            | Self::Elsewhere(..) => false,
        }
    }
}

/// An id becomes part of the names of ledger items, and must not reach into another walk's.
fn checked(id: &str) -> Result<(), WalkError> {
    if execution_name(id) == id {
        Ok(())
    } else {
        Err(WalkError::Name(id.to_owned()))
    }
}

/// Begins a walk: makes sure that the bucket is declared, within the stack's ceilings and here, and asks whether its
/// objects can belong to others.
///
/// # Errors
///
/// Where any of that does not hold or is not known.
pub async fn begin<A: Buckets + Declarations + Clock>(
    aws: &A,
    settings: &Settings,
    bucket: &BucketName,
    id: &str,
) -> Result<Walk, WalkError> {
    checked(id)?;
    // Before anything is listed: of what is written from here on the walk says nothing.
    let began = aws.now();
    let text = aws.get_declaration(bucket).await?;
    let text = text.ok_or_else(|| WalkError::NotDeclared(bucket.clone()))?;
    let declaration = Declaration::parse(bucket, &text, &settings.partition, &settings.ceilings, began)
        .map_err(|error| WalkError::Declaration(bucket.clone(), error))?;
    match aws.head_bucket(bucket).await {
        Ok(Some(region)) if region != settings.region => {
            return Err(WalkError::Elsewhere(bucket.clone(), region));
        }
        Ok(_) => {}
        Err(CallError {
            kind: CallErrorKind::WrongRegion(region),
            ..
        }) => {
            let region = region.unwrap_or_else(|| "another Region".to_owned());
            return Err(WalkError::Elsewhere(bucket.clone(), region));
        }
        Err(error) => return Err(error.into()),
    }
    let owner = foreign_to(aws, bucket).await?;
    info!(%bucket, walk = id, "a walk over every object begins");
    Ok(Walk {
        bucket: bucket.clone(),
        id: id.to_owned(),
        began,
        owner,
        prefix: common_prefix(&declaration.prefixes),
        scope: declaration.prefixes,
    })
}

/// Looks at a batch of objects, given by their keys, and stores what it came to. Done once more, it finds its own item.
///
/// # Errors
///
/// A call that failed for the moment: nothing is stored then. An object that may not be looked at is counted as unknown.
pub async fn head_batch<A: Buckets + Ledger + Clock>(
    aws: &A,
    walk: &Walk,
    keys: &[String],
) -> Result<(), WalkError> {
    checked(&walk.id)?;
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else {
        return Ok(());
    };
    let within = keys.iter().map(String::as_str);
    let within: Vec<&str> = within.filter(|key| takes_in(&walk.scope, key)).collect();
    let owned = if walk.owner.is_some() {
        owners(aws, &walk.bucket, &within).await?
    } else {
        let objects = within.into_iter().map(|key| ListedObject {
            key: key.to_owned(),
            owner: None,
        });
        Owned {
            objects: objects.collect(),
            ..Owned::default()
        }
    };
    let mut counts = count(
        aws,
        &walk.bucket,
        &owned.objects,
        walk.owner.as_deref(),
        AT_ONCE,
        Role::Census,
    )
    .await?;
    for _ in 0..owned.gone {
        counts.count_gone();
    }
    for key in &owned.unknown {
        counts.count_unknown(key);
    }
    let part = Part {
        listed: u64::try_from(keys.len()).unwrap_or(u64::MAX),
        counts,
    };
    part::store(aws, &walk.bucket, &walk.id, (first, last), part).await?;
    Ok(())
}

/// Ends a walk whose batches all succeeded: adds up its parts, records the census, queues the bucket to be looked at
/// with it, and deletes the parts. `listed` is how many objects the map says that it handed over: where the parts come
/// to another number, the census is not whole.
///
/// # Errors
///
/// A call that failed, or work that was not queued. Done once more it goes on where it stopped.
pub async fn finish<A: Ledger + Queues + Clock>(
    aws: &A,
    walk: &Walk,
    listed: u64,
) -> Result<Census, WalkError> {
    checked(&walk.id)?;
    let sum = Sum::of_walk(aws, &walk.bucket, &walk.id).await?;
    let census = match recorded(aws, walk).await? {
        // Some of the parts may be deleted already: they must not be counted again.
        Some(census) => census,
        None => {
            let census = Census {
                scope: walk.scope.clone(),
                id: walk.id.clone(),
                source: Source::Walk,
                began: walk.began,
                ended: Some(aws.now()),
                whole: sum.total.listed == listed,
                counts: bounded(sum.total.counts.clone()),
            };
            let stands = record(aws, &walk.bucket, &census).await?;
            info!(
                bucket = %walk.bucket,
                walk = walk.id,
                listed,
                in_parts = sum.total.listed,
                objects = census.counts.objects,
                keys = census.counts.keys.len(),
                unknown = census.counts.unknown.objects,
                complete = census.is_complete(),
                stands,
                "a walk over every object ends"
            );
            census
        }
    };
    let cause = Cause::of_event(walk.id.as_str(), FINISHED);
    let work = Work::new(Resource::Bucket(walk.bucket.clone()), cause);
    let refused = aws.send_work(&[work]).await?;
    if !refused.is_empty() {
        return Err(ReconcileError::NotQueued(refused.len()).into());
    }
    sum.delete(aws).await?;
    Ok(census)
}

/// The census that an earlier attempt at the end of this very walk recorded.
async fn recorded<L: Ledger>(ledger: &L, walk: &Walk) -> Result<Option<Census>, CallError> {
    let page = Resource::Bucket(walk.bucket.clone());
    let stored: Option<Entry> = ledger.read_entry(&page, CENSUS).await?;
    let census: Option<Census> = stored.and_then(|entry| serde_json::from_value(entry.body).ok());
    Ok(census.filter(|census| census.id == walk.id && census.source == Source::Walk))
}

/// Notes that an execution came to no good end. Nothing is recorded, so that it never passes as complete, and its parts
/// are kept: a redrive of the execution does only what is missing.
pub fn failed(id: &str, status: &str) {
    error!(
        walk = id,
        status,
        "a walk over every object came to no end; its parts are kept for 14 days, in which redriving the execution goes on with it"
    );
}
