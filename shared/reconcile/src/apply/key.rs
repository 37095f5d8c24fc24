//! The policy of a key: giving the grant, and taking it from a key that nobody needs any more, with the same protection.

use guardian_core::call::CallError;
use guardian_core::finding::Code;
use guardian_core::judge::{Former, Reader, judge_key, judge_unneeded_key};
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyObservation, KeyPolicy, Known};
use guardian_core::plan::{Change, Plan, PolicyChange, plan_key, plan_removal};
use guardian_core::settings::Settings;
use guardian_policy::{PolicyDocument, StatementChange};

use super::{Applied, Next, Repairable, has_any, known, next, write};
use crate::seam::{Clock, Keys};

/// The policy of one key. `wanted` says of a key as it is seen whether what the plan ends is still found, and what is
/// planned.
struct Target<'a, A, W> {
    aws: &'a A,
    arn: KeyArn,
    seen: KeyObservation,
    wanted: &'a W,
}

impl<A: Keys, W: Fn(&KeyObservation) -> (bool, Plan)> Repairable for Target<'_, A, W> {
    type Of = KeyArn;

    async fn read(&self) -> Result<Known<Option<PolicyDocument>>, CallError> {
        known(self.aws.get_key_policy(&self.arn).await.map(Some))
    }

    async fn put(&self, policy: &str) -> Result<(), CallError> {
        self.aws.put_key_policy(&self.arn, policy).await
    }

    fn judge(&mut self, policy: Known<Option<PolicyDocument>>) -> Next<KeyArn> {
        self.seen.policy = match policy {
            Ok(Some(document)) => KeyPolicy::Document(Box::new(document)),
            Ok(None) => KeyPolicy::NotAsked,
            Err(unknown) => KeyPolicy::Unknown(unknown),
        };
        let readable = matches!(self.seen.policy, KeyPolicy::Document(_));
        let (open, plan) = (self.wanted)(&self.seen);
        let change = plan.changes.into_iter().find_map(|change| match change {
            Change::KeyPolicy(change) => Some(change),
            Change::Marker { .. } | Change::BucketPolicy(_) | Change::Notifications(_) => None,
        });
        next(readable, open, change)
    }

    fn change(change: PolicyChange<KeyArn>) -> Change {
        Change::KeyPolicy(change)
    }
}

/// Applies the plan of a key.
///
/// # Errors
///
/// A call that failed for the moment.
pub async fn apply_to_key<A: Keys + Clock>(
    aws: &A,
    settings: &Settings,
    readers: &[Reader],
    seen: &KeyObservation,
    plan: Plan,
) -> Result<Vec<(Change, Applied)>, CallError> {
    let wanted = |seen: &KeyObservation| {
        let mut judgement = judge_key(settings, seen, readers, aws.now());
        let missing = has_any(&judgement, &[Code::KeyGrantMissing]);
        (missing, plan_key(settings, seen, readers, &mut judgement))
    };
    // Only a key that nobody needs loses its grant.
    apply(aws, seen, plan, |change| !is_removal(change), &wanted).await
}

/// Applies the plan of a key that nobody needs any more ([`plan_removal`]).
///
/// # Errors
///
/// A call that failed for the moment.
pub async fn apply_removal<A: Keys>(
    aws: &A,
    settings: &Settings,
    formers: &[Former],
    seen: &KeyObservation,
    plan: Plan,
) -> Result<Vec<(Change, Applied)>, CallError> {
    let wanted = |seen: &KeyObservation| {
        let mut judgement = judge_unneeded_key(settings, seen, formers);
        let granted = has_any(&judgement, &[Code::KeyGrantUnused]);
        (granted, plan_removal(settings, seen, formers, &mut judgement))
    };
    apply(aws, seen, plan, is_removal, &wanted).await
}

fn is_removal(policy: &PolicyChange<KeyArn>) -> bool {
    matches!(policy.statement, StatementChange::Removed { .. })
}

/// Applies the changes of a key's policy that may be made.
async fn apply<A: Keys, W: Fn(&KeyObservation) -> (bool, Plan)>(
    aws: &A,
    seen: &KeyObservation,
    plan: Plan,
    may: impl Fn(&PolicyChange<KeyArn>) -> bool,
    wanted: &W,
) -> Result<Vec<(Change, Applied)>, CallError> {
    let mut done = Vec::new();
    for change in plan.changes {
        let applied = match &change {
            Change::KeyPolicy(policy) if may(policy) => {
                let target = Target {
                    aws,
                    arn: policy.of.clone(),
                    seen: seen.clone(),
                    wanted,
                };
                write(target, policy.clone()).await?
            }
            Change::KeyPolicy(_)
            | Change::BucketPolicy(_)
            | Change::Marker { .. }
            | Change::Notifications(_) => Applied::Stuck,
        };
        done.push((change, applied));
    }
    Ok(done)
}
