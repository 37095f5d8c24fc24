//! A key that carries Cloudinary's grant and that no bucket needs any more.

use guardian_policy::{
    Access, PolicyDocument, PolicyKind, Question, Removal, RemovalError, StatementChange, StatementRef,
    evaluate, remove_grant,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Judgement, rights};
use crate::alert::plain;
use crate::call::{CallError, CallErrorKind};
use crate::cloudinary::{Reading, bucket_arn, key_grant};
use crate::finding::{Code, Desired, Finding, Severity, Subject, Verdict};
use crate::moment::Moment;
use crate::name::{BucketName, KeyArn};
use crate::observation::{KeyManager, KeyObservation, KeyPolicy, Unknown};
use crate::settings::{Mode, Settings};

/// A bucket that once needed a key, and the complete census that proved it no longer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// The bucket.
    pub bucket: BucketName,
    /// What may be done for it.
    pub mode: Mode,
    /// Whether its declaration asks for unused grants to be taken away.
    pub prune: bool,
    /// The id of the census.
    pub census: String,
    /// When the census began: objects written later are not in it.
    pub began: Moment,
    /// How many current objects it saw, none of them under the key.
    pub objects: u64,
}

/// Judges a key that no declared bucket needs: the buckets in `formers` once did, and there is nobody else. A key
/// without formers has no finding, for nothing was ever granted for anybody.
#[must_use]
pub fn judge_unneeded_key(settings: &Settings, seen: &KeyObservation, formers: &[Former]) -> Judgement {
    if formers.is_empty() {
        return Judgement::default();
    }
    let (key, policy) = match policy_of(settings, seen) {
        Seen::Policy(key, policy) => (key, policy),
        Seen::NotOurs => return Judgement::default(),
        Seen::Unknown(key, unknown) => {
            // No read hangs on it; but what is not known is not over either.
            let subject = key.map_or_else(
                || Subject::NamedKey(seen.named.clone()),
                |key| Subject::Key(key.clone()),
            );
            let mut finding = rights::refused(settings, subject, key, unknown);
            finding.severity = Severity::Low;
            return Judgement::of(Verdict::Readable, finding);
        }
    };
    let (gone, kept, obstacle) = match removal_of(settings, key, policy) {
        Ok(Removal::Changed {
            change: StatementChange::Removed { statements },
            kept,
            ..
        }) => {
            let gone: Vec<(StatementRef, Value)> = statements
                .into_iter()
                .filter_map(|gone| {
                    let statement = policy.statements().nth(gone.index)?;
                    Some((statement.reference(), gone.statement))
                })
                .collect();
            (gone, kept, None)
        }
        Ok(Removal::Unchanged { kept } | Removal::Changed { kept, .. }) => (Vec::new(), kept, None),
        Err(error) => (Vec::new(), Vec::new(), Some(error)),
    };
    if gone.is_empty() && obstacle.is_none() && !may_decrypt(settings, key, policy, formers) {
        return Judgement::default();
    }
    let mut message = format!(
        "the policy of the key {key} lets Cloudinary decrypt under it, and no declared bucket needs it any more: {}",
        proofs(formers)
    );
    if !gone.is_empty() {
        let names: Vec<String> = gone.iter().map(|(name, _)| plain(&name.to_string())).collect();
        message.push_str(&format!("; take out {}", names.join(" and ")));
    }
    if !kept.is_empty() {
        let names: Vec<String> = kept.iter().map(|name| plain(&name.to_string())).collect();
        message.push_str(&format!(
            "; {} says more than that and may allow it as well, so narrowing it is for a person",
            names.join(" and ")
        ));
    }
    if let Some(error) = &obstacle {
        message.push_str(&format!(
            "; it is not for the guardian to take out: {}",
            plain(&error.to_string())
        ));
    }
    let statements: Vec<Value> = gone.into_iter().map(|(_, statement)| statement).collect();
    let evidence = json!({
        "key": key,
        "remove": statements,
        "keep": kept.iter().map(|name| name.index).collect::<Vec<_>>(),
        "formers": formers,
    });
    let desired = (!statements.is_empty()).then(|| Desired::KeyRemoval {
        key: key.clone(),
        statements,
    });
    let finding = Finding::new(Code::KeyGrantUnused, Subject::Key(key.clone()), message, evidence);
    Judgement::of(Verdict::Readable, finding.with_desired(desired))
}

/// What a key observation says of a key of our own.
enum Seen<'a> {
    Policy(&'a KeyArn, &'a PolicyDocument),
    /// Gone, or not of this account, or AWS's: nothing of ours is in its policy.
    NotOurs,
    Unknown(Option<&'a KeyArn>, &'a Unknown),
}

fn policy_of<'a>(settings: &Settings, seen: &'a KeyObservation) -> Seen<'a> {
    let description = match &seen.description {
        Ok(description) => description,
        Err(Unknown::Call(CallError {
            kind: CallErrorKind::NotFound,
            ..
        })) => return Seen::NotOurs,
        Err(unknown) => return Seen::Unknown(None, unknown),
    };
    if *description.arn.account() != settings.account || description.manager == KeyManager::Aws {
        return Seen::NotOurs;
    }
    match &seen.policy {
        KeyPolicy::Document(document) => Seen::Policy(&description.arn, document),
        KeyPolicy::Unknown(unknown) => Seen::Unknown(Some(&description.arn), unknown),
        KeyPolicy::NotAsked => Seen::NotOurs,
    }
}

/// The policy of the key without Cloudinary's grant.
pub(crate) fn removal_of(
    settings: &Settings,
    key: &KeyArn,
    policy: &PolicyDocument,
) -> Result<Removal, RemovalError> {
    let reading = Reading::of(settings, [policy]);
    let own = [key.to_string()];
    remove_grant(policy, &key_grant(&reading, &own), PolicyKind::Key)
}

/// Whether Cloudinary certainly may decrypt what lies in one of the buckets.
fn may_decrypt(settings: &Settings, key: &KeyArn, policy: &PolicyDocument, formers: &[Former]) -> bool {
    let reading = Reading::of(settings, [policy]);
    let resources = [key.to_string()];
    formers.iter().any(|former| {
        let objects = [format!("{}/*", bucket_arn(&settings.partition, &former.bucket))];
        let question = Question {
            account: reading.account,
            action: "kms:Decrypt",
            resources: &resources,
            context: &reading.decryption(&former.bucket, &objects, None),
            kind: PolicyKind::Key,
        };
        evaluate(Some(policy), &question).access() == Access::Allowed
    })
}

fn proofs(formers: &[Former]) -> String {
    let proofs: Vec<String> = formers
        .iter()
        .map(|former| {
            format!(
                "none of the {} current objects of `{}` is under it (census {} of {})",
                former.objects,
                former.bucket,
                plain(&former.census),
                former.began
            )
        })
        .collect();
    proofs.join(", ")
}
