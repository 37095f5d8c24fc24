//! What the guardian would change: a value that can be shown, judged and applied.

mod notification;
mod removal;
mod show;
mod vet;

pub use notification::NotificationsChange;
pub use removal::plan_removal;

use guardian_policy::{
    Access, Context, Grant, Merge, MergeError, PolicyDocument, PolicyKind, Question, StatementChange,
    evaluate, merge_grant,
};
use serde_json::{Value, json};

use crate::cloudinary::{
    Reading, bucket_arn, bucket_grant, bucket_policy_id, bucket_sid, key_grant, marker_key, scope,
};
use crate::declaration::Declaration;
use crate::finding::{Code, Desired, Finding, Remedy, Subject};
use crate::judge::{Judgement, Reader, bucket_questions, key_questions, objects_of};
use crate::name::{BucketName, CloudName, KeyArn};
use crate::observation::{BucketObservation, KeyObservation, KeyPolicy, MarkerEncryption};
use crate::settings::Settings;
use vet::{Refusal, Vetted, vet};

/// One thing to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Replace the bucket policy by one that differs in a single statement.
    BucketPolicy(PolicyChange<BucketName>),
    /// Write a marker.
    Marker {
        /// The bucket.
        bucket: BucketName,
        /// The cloud name.
        cloud: CloudName,
        /// How it is encrypted.
        encryption: MarkerEncryption,
    },
    /// Replace the key policy by one that differs in a single statement, or, where the grant is taken away, in the
    /// statements that made it.
    KeyPolicy(PolicyChange<KeyArn>),
    /// Replace the bucket's notification configuration by one that tells EventBridge too.
    Notifications(NotificationsChange),
}

/// A policy before and after, and the one statement in which they differ.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyChange<T> {
    /// Whose policy.
    pub of: T,
    /// As it was seen; `None` where there was none.
    pub before: Option<PolicyDocument>,
    /// As it is to be.
    pub after: PolicyDocument,
    /// The difference.
    pub statement: StatementChange,
    /// The finding it ends.
    pub ends: Code,
}

impl Change {
    /// Code and subject of the finding that this change ends.
    #[must_use]
    pub fn ends(&self) -> (Code, Subject) {
        match self {
            Self::BucketPolicy(change) => (change.ends, Subject::Bucket(change.of.clone())),
            Self::Marker { bucket, cloud, .. } => (Code::MarkerMissing, Subject::marker(bucket, cloud)),
            Self::KeyPolicy(change) => (change.ends, Subject::Key(change.of.clone())),
            Self::Notifications(change) => (Code::NotificationsOff, Subject::Bucket(change.of.clone())),
        }
    }

    /// The change for machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::BucketPolicy(change) => {
                json!({"change": "bucket-policy", "of": change.of, "statement": statement_json(&change.statement)})
            }
            Self::Marker { bucket, cloud, .. } => {
                json!({"change": "marker", "of": bucket, "key": marker_key(cloud)})
            }
            Self::KeyPolicy(change) => {
                json!({"change": "key-policy", "of": change.of, "statement": statement_json(&change.statement)})
            }
            Self::Notifications(change) => {
                json!({"change": "notifications", "of": change.of, "event_bridge": true, "kept": change.before.others()})
            }
        }
    }
}

fn statement_json(change: &StatementChange) -> Value {
    match change {
        StatementChange::Added { statement } => json!({"added": statement}),
        StatementChange::Updated { before, after, .. } => json!({"before": before, "after": after}),
        StatementChange::Removed { statements } => {
            let removed: Vec<&Value> = statements.iter().map(|gone| &gone.statement).collect();
            json!({"removed": removed})
        }
    }
}

/// Everything to write for one resource. Its [`Display`](std::fmt::Display) is the dry run, the log line and the
/// alert: people see one text wherever they meet it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The changes, in the order they are applied.
    pub changes: Vec<Change>,
}

impl Plan {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Plans the repair of a bucket's policy, markers and, where the stack is to see to them, notifications. What cannot be repaired turns, in `judgement`, into a
/// finding for a person.
#[must_use]
pub fn plan_bucket(
    settings: &Settings,
    declaration: &Declaration,
    seen: &BucketObservation,
    judgement: &mut Judgement,
) -> Plan {
    let mut plan = Plan::default();
    let grant_code = judgement
        .findings
        .iter()
        .map(|finding| finding.code)
        .find(|code| matches!(code, Code::GrantMissing | Code::GrantPartial));
    if let (Some(code), Ok(policy)) = (grant_code, &seen.policy) {
        let scope = scope(
            &settings.partition,
            &seen.bucket,
            &declaration.prefixes,
            &declaration.clouds,
        );
        let (sid, id) = (bucket_sid(&seen.bucket), bucket_policy_id(&seen.bucket));
        let reading = Reading::of(settings, policy);
        let grant = bucket_grant(&reading, &sid, &id, &scope);
        let merged = merge_grant(policy.as_ref(), &grant, PolicyKind::Bucket);
        let subject = Subject::Bucket(seen.bucket.clone());
        let desired =
            statement_of(&merged, &grant, PolicyKind::Bucket).map(|statement| Desired::BucketStatement {
                bucket: seen.bucket.clone(),
                statement,
            });
        judgement.desire(code, &subject, desired);
        let questions = bucket_questions(&reading, &scope);
        let block = match &seen.public_access_block {
            Some(Ok(switches)) => Some(switches.block_public_policy),
            Some(Err(_)) | None => None,
        };
        let outcome = vet(Vetted {
            kind: PolicyKind::Bucket,
            before: policy.as_ref(),
            merged,
            block_public_policy: block,
            settings,
            questions: &questions,
        });
        match outcome {
            Ok((after, statement)) => plan.changes.push(Change::BucketPolicy(PolicyChange {
                of: seen.bucket.clone(),
                before: policy.clone(),
                after,
                statement,
                ends: code,
            })),
            Err(refusal) => refuse(judgement, code, subject, refusal),
        }
    }
    for marker in &seen.markers {
        let subject = Subject::marker(&seen.bucket, &marker.cloud);
        if judgement.find_on(Code::MarkerMissing, &subject).is_some() {
            let encryption = marker_encryption(settings, seen, &marker.cloud);
            let desired = Desired::marker(&seen.bucket, marker_key(&marker.cloud), encryption);
            judgement.desire(Code::MarkerMissing, &subject, Some(desired));
            plan.changes.push(Change::Marker {
                bucket: seen.bucket.clone(),
                cloud: marker.cloud.clone(),
                encryption,
            });
        }
    }
    plan.changes
        .extend(notification::plan_notifications(settings, seen, judgement).map(Change::Notifications));
    plan
}

/// Plans the repair of a key's policy, for all of `readers`.
#[must_use]
pub fn plan_key(
    settings: &Settings,
    seen: &KeyObservation,
    readers: &[Reader],
    judgement: &mut Judgement,
) -> Plan {
    let mut plan = Plan::default();
    let (Ok(description), KeyPolicy::Document(policy)) = (&seen.description, &seen.policy) else {
        return plan;
    };
    let subject = Subject::Key(description.arn.clone());
    if judgement.find_on(Code::KeyGrantMissing, &subject).is_none() {
        return plan;
    }
    let arn = [description.arn.to_string()];
    let reading = Reading::of(settings, [&**policy]);
    let grant = key_grant(&reading, &arn);
    let merged = merge_grant(Some(policy), &grant, PolicyKind::Key);
    let desired = statement_of(&merged, &grant, PolicyKind::Key).map(|statement| Desired::KeyStatement {
        key: description.arn.clone(),
        statement,
    });
    judgement.desire(Code::KeyGrantMissing, &subject, desired);
    let questions = key_questions(&reading, &description.arn, &objects_of(settings, readers));
    let outcome = vet(Vetted {
        kind: PolicyKind::Key,
        before: Some(policy),
        merged,
        block_public_policy: Some(false),
        settings,
        questions: &questions,
    });
    match outcome {
        Ok((after, statement)) => plan.changes.push(Change::KeyPolicy(PolicyChange {
            of: description.arn.clone(),
            before: Some((**policy).clone()),
            after,
            statement,
            ends: Code::KeyGrantMissing,
        })),
        Err(refusal) => {
            refuse(judgement, Code::KeyGrantMissing, subject, refusal);
        }
    }
    plan
}

/// The statement that the plan writes; where it can write none, the documented one.
fn statement_of(merged: &Result<Merge, MergeError>, grant: &Grant<'_>, kind: PolicyKind) -> Option<Value> {
    written(merged).or_else(|| documented_statement(grant, kind))
}

/// The statement as it stands in a document of its own.
pub(crate) fn documented_statement(grant: &Grant<'_>, kind: PolicyKind) -> Option<Value> {
    let empty = PolicyDocument::new_with_id(None);
    written(&merge_grant(Some(&empty), grant, kind))
}

fn written(merged: &Result<Merge, MergeError>) -> Option<Value> {
    match merged {
        Ok(Merge::Changed {
            change: StatementChange::Added { statement } | StatementChange::Updated { after: statement, .. },
            ..
        }) => Some(statement.clone()),
        Ok(Merge::Unchanged | Merge::Changed { .. }) | Err(_) => None,
    }
}

fn refuse(judgement: &mut Judgement, code: Code, subject: Subject, refusal: Refusal) {
    let reason = match &refusal {
        Refusal::Unwritable(reasons) => reasons.join("; "),
        Refusal::NoHelp => {
            "adding the statement would not help while something else is in the way".to_owned()
        }
    };
    let mut desired = None;
    for finding in &mut judgement.findings {
        if finding.identity() == (code, &subject) {
            finding.remedy = Remedy::Human;
            finding
                .message
                .push_str(&format!("; it is not repaired: {reason}"));
            desired.clone_from(&finding.desired);
        }
    }
    if let Refusal::Unwritable(reasons) = refusal {
        let message = format!(
            "the policy cannot be written back: {}; correct that, and the guardian adds its statement at once",
            reasons.join("; ")
        );
        let evidence = json!({"reasons": reasons});
        let finding = Finding::new(Code::PolicyUnwritable, subject, message, evidence);
        judgement.findings.push(finding.with_desired(desired));
    }
}

/// SSE-S3, so that the marker hangs on no key; the bucket's default where a Deny forbids SSE-S3.
fn marker_encryption(settings: &Settings, seen: &BucketObservation, cloud: &CloudName) -> MarkerEncryption {
    let resources = [format!(
        "{}/{}",
        bucket_arn(&settings.partition, &seen.bucket),
        marker_key(cloud)
    )];
    let context = Context::new()
        .known("s3:x-amz-server-side-encryption", ["AES256"])
        .absent("s3:x-amz-server-side-encryption-aws-kms-key-id")
        .known("aws:SecureTransport", ["true"])
        .known("aws:PrincipalAccount", [settings.account.as_str()]);
    let question = Question {
        account: settings.account.as_str(),
        action: "s3:PutObject",
        resources: &resources,
        context: &context,
        kind: PolicyKind::Bucket,
    };
    let denied = seen
        .policy
        .as_ref()
        .ok()
        .and_then(Option::as_ref)
        .is_some_and(|policy| {
            let decision = evaluate(Some(policy), &question);
            decision.access() == Access::Denied && decision.part_denied_explicitly()
        });
    if denied {
        MarkerEncryption::BucketDefault
    } else {
        MarkerEncryption::SseS3
    }
}
