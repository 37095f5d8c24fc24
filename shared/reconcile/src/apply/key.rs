//! Taking the grant from a key that nobody needs any more, with the same protection as giving it.

use guardian_core::call::CallError;
use guardian_core::finding::Code;
use guardian_core::judge::{Former, judge_unneeded_key};
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyObservation, KeyPolicy, Known};
use guardian_core::plan::{Change, Plan, PolicyChange, plan_removal};
use guardian_core::settings::Settings;
use guardian_policy::{PolicyDocument, StatementChange};

use super::{Applied, Next, Repairable, has_any, key_policy, known, next, of_key, write};
use crate::seam::Keys;

/// The policy of a key that nobody needs any more.
struct KeyPolicyRemoval<'a, A> {
    aws: &'a A,
    settings: &'a Settings,
    formers: &'a [Former],
    arn: KeyArn,
    seen: KeyObservation,
}

impl<A: Keys> Repairable for KeyPolicyRemoval<'_, A> {
    type Of = KeyArn;

    async fn read(&self) -> Result<Known<Option<PolicyDocument>>, CallError> {
        known(self.aws.get_key_policy(&self.arn).await.map(Some))
    }

    async fn put(&self, policy: &str) -> Result<(), CallError> {
        self.aws.put_key_policy(&self.arn, policy).await
    }

    fn judge(&mut self, policy: Known<Option<PolicyDocument>>) -> Next<KeyArn> {
        self.seen.policy = key_policy(policy);
        let readable = matches!(self.seen.policy, KeyPolicy::Document(_));
        let mut judgement = judge_unneeded_key(self.settings, &self.seen, self.formers);
        let granted = has_any(&judgement, &[Code::KeyGrantUnused]);
        let plan = plan_removal(self.settings, &self.seen, self.formers, &mut judgement);
        next(readable, granted, of_key(plan))
    }

    fn change(change: PolicyChange<KeyArn>) -> Change {
        Change::KeyPolicy(change)
    }
}

pub(super) fn is_removal(policy: &PolicyChange<KeyArn>) -> bool {
    matches!(policy.statement, StatementChange::Removed { .. })
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
    let mut done = Vec::new();
    for change in plan.changes {
        let applied = match &change {
            Change::KeyPolicy(policy) if is_removal(policy) => {
                let target = KeyPolicyRemoval {
                    aws,
                    settings,
                    formers,
                    arn: policy.of.clone(),
                    seen: seen.clone(),
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
