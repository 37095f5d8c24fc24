//! Writing, with what protects it: re-read, write, verify. S3 and KMS have no compare-and-swap, so the window
//! between the re-read and the write is one round trip, and what is seen after it decides what happened.

mod key;
mod notification;

use futures_util::future::join_all;
use futures_util::join;
use guardian_core::call::CallError;
use guardian_core::declaration::Declaration;
use guardian_core::finding::Code;
use guardian_core::judge::{Judgement, judge_bucket};
use guardian_core::name::BucketName;
use guardian_core::observation::{BucketObservation, Known, Unknown};
use guardian_core::plan::{Change, Plan, PolicyChange, plan_bucket};
use guardian_core::settings::Settings;
use guardian_policy::{PolicyDocument, equivalent};

use crate::seam::{Buckets, Clock};

pub use key::{apply_removal, apply_to_key};

/// How often a policy that others keep changing under us is read, merged and written anew.
const ROUNDS: usize = 3;

/// What came of applying one change.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// Written, and seen to be there.
    Verified(Change),
    /// Written, but the old state is still read: eventual consistency, to be looked at later.
    NotVisible(Change),
    /// Somebody else did it first; nothing was written.
    AlreadyThere,
    /// What was read just before the write no longer allows it; nothing was written.
    Stuck,
    /// AWS refused the write for good.
    Refused(CallError),
    /// Written and seen to be there, but these entries of others, which were sent back as they had come, are not:
    /// somebody took them out in the same moment, or they were lost.
    Lost(Change, Vec<String>),
    /// A call failed for the moment, on something that nothing else has to wait for: to be looked at later.
    Late(CallError),
}

/// What a fresh reading of the policy asks for.
enum Next<T> {
    /// It is as it should be.
    Holds,
    /// This is to be written.
    Write(Box<PolicyChange<T>>),
    /// Neither: not known, or not writable.
    Stuck,
}

/// A policy under repair.
trait Repairable {
    type Of;
    async fn read(&self) -> Result<Known<Option<PolicyDocument>>, CallError>;
    async fn put(&self, policy: &str) -> Result<(), CallError>;
    fn judge(&mut self, policy: Known<Option<PolicyDocument>>) -> Next<Self::Of>;
    fn change(change: PolicyChange<Self::Of>) -> Change;
}

fn known(result: Result<Option<String>, CallError>) -> Result<Known<Option<PolicyDocument>>, CallError> {
    match result {
        Ok(None) => Ok(Ok(None)),
        Ok(Some(text)) => Ok(PolicyDocument::parse(&text).map(Some).map_err(Unknown::Policy)),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => Ok(Err(Unknown::Call(error))),
    }
}

fn same(one: Option<&PolicyDocument>, other: Option<&PolicyDocument>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => equivalent(one, other),
        _ => false,
    }
}

async fn write<R: Repairable>(mut target: R, planned: PolicyChange<R::Of>) -> Result<Applied, CallError> {
    let mut change = planned;
    for _ in 0..ROUNDS {
        let current = target.read().await?;
        let unchanged = current
            .as_ref()
            .is_ok_and(|current| same(current.as_ref(), change.before.as_ref()));
        if !unchanged {
            match target.judge(current) {
                Next::Holds => return Ok(Applied::AlreadyThere),
                Next::Write(fresh) => change = *fresh,
                Next::Stuck => return Ok(Applied::Stuck),
            }
        }
        match target.put(&change.after.to_compact_json()).await {
            Ok(()) => {}
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => return Ok(Applied::Refused(error)),
        }
        let seen = target.read().await?;
        let stale = seen
            .as_ref()
            .is_ok_and(|seen| same(seen.as_ref(), change.before.as_ref()));
        if stale {
            return Ok(Applied::NotVisible(R::change(change)));
        }
        match target.judge(seen) {
            Next::Holds => return Ok(Applied::Verified(R::change(change))),
            // Somebody wrote between our write and the verification: merge into what they left.
            Next::Write(fresh) => change = *fresh,
            Next::Stuck => return Ok(Applied::Stuck),
        }
    }
    Ok(Applied::NotVisible(R::change(change)))
}

struct BucketPolicy<'a, A> {
    aws: &'a A,
    settings: &'a Settings,
    declaration: &'a Declaration,
    seen: BucketObservation,
}

impl<A: Buckets + Clock> Repairable for BucketPolicy<'_, A> {
    type Of = BucketName;

    async fn read(&self) -> Result<Known<Option<PolicyDocument>>, CallError> {
        known(self.aws.get_bucket_policy(&self.seen.bucket).await)
    }

    async fn put(&self, policy: &str) -> Result<(), CallError> {
        self.aws.put_bucket_policy(&self.seen.bucket, policy).await
    }

    fn judge(&mut self, policy: Known<Option<PolicyDocument>>) -> Next<BucketName> {
        let readable = policy.is_ok();
        self.seen.policy = policy;
        let mut judgement = judge_bucket(self.settings, self.declaration, &self.seen, self.aws.now());
        let missing = has_any(&judgement, &[Code::GrantMissing, Code::GrantPartial]);
        let plan = plan_bucket(self.settings, self.declaration, &self.seen, &mut judgement);
        let change = plan.changes.into_iter().find_map(|change| match change {
            Change::BucketPolicy(change) => Some(change),
            Change::Marker { .. } | Change::KeyPolicy(_) | Change::Notifications(_) => None,
        });
        next(readable, missing, change)
    }

    fn change(change: PolicyChange<BucketName>) -> Change {
        Change::BucketPolicy(change)
    }
}

/// Whether one of these is found.
fn has_any(judgement: &Judgement, codes: &[Code]) -> bool {
    codes.iter().any(|code| judgement.find(*code).is_some())
}

fn next<T>(readable: bool, open: bool, change: Option<PolicyChange<T>>) -> Next<T> {
    match change {
        Some(change) => Next::Write(Box::new(change)),
        None if readable && !open => Next::Holds,
        None => Next::Stuck,
    }
}

/// Applies the plan of a bucket.
///
/// # Errors
///
/// A call that failed for the moment; a write may or may not have happened, and the next look will see.
pub async fn apply_to_bucket<A: Buckets + Clock>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    seen: &BucketObservation,
    plan: Plan,
) -> Result<Vec<(Change, Applied)>, CallError> {
    // The bucket's settings one after the other: S3 answers two changes of one bucket's settings at a time with a
    // conflict (`OperationAborted`). Its objects are no settings.
    let (settled, written) = join!(
        async {
            let mut done = Vec::new();
            for change in plan.changes.iter().filter(|change| !is_marker(change)) {
                done.push(apply_setting(aws, settings, declaration, seen, change).await);
                if done.last().is_some_and(Result::is_err) {
                    break;
                }
            }
            done
        },
        join_all(
            plan.changes
                .iter()
                .filter(|change| is_marker(change))
                .map(|change| put_marker(aws, change))
        ),
    );
    let (mut settled, mut written) = (settled.into_iter(), written.into_iter());
    let mut done = Vec::new();
    for change in plan.changes {
        let outcome = if is_marker(&change) {
            written.next()
        } else {
            settled.next()
        };
        done.push((change, outcome.unwrap_or(Ok(Applied::Stuck))?));
    }
    Ok(done)
}

const fn is_marker(change: &Change) -> bool {
    matches!(change, Change::Marker { .. })
}

async fn apply_setting<A: Buckets + Clock>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    seen: &BucketObservation,
    change: &Change,
) -> Result<Applied, CallError> {
    match change {
        Change::BucketPolicy(policy) => {
            let target = BucketPolicy {
                aws,
                settings,
                declaration,
                seen: seen.clone(),
            };
            write(target, policy.clone()).await
        }
        Change::Notifications(planned) => Ok(notification::turn_on(aws, planned.clone()).await),
        Change::KeyPolicy(_) | Change::Marker { .. } => Ok(Applied::Stuck),
    }
}

async fn put_marker<A: Buckets>(aws: &A, change: &Change) -> Result<Applied, CallError> {
    let Change::Marker {
        bucket,
        cloud,
        encryption,
    } = change
    else {
        return Ok(Applied::Stuck);
    };
    let key = guardian_core::cloudinary::marker_key(cloud);
    // Objects are read-after-write consistent (S3 User Guide, Welcome): the answer is the proof.
    match aws.put_marker(bucket, &key, *encryption).await {
        Ok(guardian_core::observation::MarkerWrite::Created) => Ok(Applied::Verified(change.clone())),
        Ok(guardian_core::observation::MarkerWrite::AlreadyThere) => Ok(Applied::AlreadyThere),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => Ok(Applied::Refused(error)),
    }
}
