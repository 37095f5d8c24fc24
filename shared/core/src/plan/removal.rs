//! The grant is taken from a key that nobody needs any more.

use guardian_policy::{
    PolicyDocument, PolicyKind, Removal, StatementChange, foreign_statements_kept, writable,
};

use super::{Change, Plan, PolicyChange};
use crate::finding::{Code, Remedy, Subject};
use crate::judge::{Former, Judgement, unneeded};
use crate::observation::{KeyObservation, KeyPolicy};
use crate::settings::{Mode, Settings};

/// Plans to take Cloudinary's grant from a key that [`judge_unneeded_key`](crate::judge::judge_unneeded_key) found
/// unused. It does so only if every bucket that once needed the key asks for it (`"prune": true`) in mode `repair`;
/// otherwise, and wherever the removal would not do, the finding in `judgement` stays a person's and says why.
#[must_use]
pub fn plan_removal(
    settings: &Settings,
    seen: &KeyObservation,
    formers: &[Former],
    judgement: &mut Judgement,
) -> Plan {
    let (Ok(description), KeyPolicy::Document(policy)) = (&seen.description, &seen.policy) else {
        return Plan::default();
    };
    let subject = Subject::Key(description.arn.clone());
    let Some(finding) = judgement
        .findings
        .iter_mut()
        .find(|finding| finding.identity() == (Code::KeyGrantUnused, &subject))
    else {
        return Plan::default();
    };
    let removed = removable(settings, policy, formers, || {
        unneeded::removal_of(settings, &description.arn, policy)
    });
    match removed {
        Ok((after, statement)) => {
            finding.remedy = Remedy::Repair;
            Plan {
                changes: vec![Change::KeyPolicy(PolicyChange {
                    of: description.arn.clone(),
                    before: Some((**policy).clone()),
                    after,
                    statement,
                    ends: Code::KeyGrantUnused,
                })],
            }
        }
        Err(reason) => {
            finding
                .message
                .push_str(&format!("; the guardian leaves it: {reason}"));
            Plan::default()
        }
    }
}

/// The policy without the grant, or why it stays.
fn removable(
    settings: &Settings,
    policy: &PolicyDocument,
    formers: &[Former],
    removal: impl FnOnce() -> Result<Removal, guardian_policy::RemovalError>,
) -> Result<(PolicyDocument, StatementChange), String> {
    if formers.is_empty() {
        return Err("no census proved that nobody needs it".to_owned());
    }
    if let Some(former) = formers.iter().find(|former| !former.prune) {
        return Err(format!(
            "the declaration of `{}` does not say `\"prune\": true`",
            former.bucket
        ));
    }
    if settings.ceilings.mode != Mode::Repair {
        return Err("the stack only observes".to_owned());
    }
    if let Some(former) = formers.iter().find(|former| former.mode != Mode::Repair) {
        return Err(format!("`{}` is only observed", former.bucket));
    }
    let (after, change, remaining) = match removal() {
        Ok(Removal::Changed {
            document,
            change,
            remaining,
            ..
        }) => (document, change, remaining),
        Ok(Removal::Unchanged { .. }) => return Err("no statement grants this and nothing else".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    if let Some(decision) = remaining.first() {
        return Err(format!("it would change nothing: {decision}"));
    }
    if !foreign_statements_kept(Some(policy), &after, &change) {
        return Err("the change would not leave every other statement as it is".to_owned());
    }
    let reasons = writable(&after, PolicyKind::Key, false, Some(settings.account.as_str()));
    if reasons.is_empty() {
        Ok((after, change))
    } else {
        let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        Err(reasons.join("; "))
    }
}
