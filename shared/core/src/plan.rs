//! What the guardian would change: a value that can be shown, judged and applied.

use std::fmt;

use guardian_policy::{
    Access, Context, Merge, MergeError, PolicyDocument, PolicyKind, Publicness, Question, StatementChange,
    evaluate, foreign_statements_kept, is_public, merge_grant, writable,
};
use serde_json::{Value, json};

use crate::cloudinary::{
    READ_ACTION, bucket_arn, bucket_grant, bucket_policy_id, bucket_sid, key_grant, marker_key, read_context,
    scope,
};
use crate::declaration::Declaration;
use crate::finding::{Code, Finding, Remedy, Subject};
use crate::judge::{Asked, Judgement, Reader, improves, key_questions};
use crate::name::{BucketName, CloudName, KeyArn};
use crate::observation::{BucketObservation, KeyObservation, KeyPolicy, MarkerEncryption};
use crate::settings::Settings;

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
    /// Replace the key policy by one that differs in a single statement.
    KeyPolicy(PolicyChange<KeyArn>),
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
        }
    }
}

fn statement_json(change: &StatementChange) -> Value {
    match change {
        StatementChange::Added { statement } => json!({"added": statement}),
        StatementChange::Updated { before, after, .. } => json!({"before": before, "after": after}),
    }
}

/// Everything to write for one resource. Its [`Display`](fmt::Display) is the dry run, the log line and the
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

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, change) in self.changes.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{change}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BucketPolicy(change) => {
                writeln!(
                    f,
                    "bucket policy of {}:{}",
                    change.of,
                    document_note(change.before.as_ref())
                )?;
                write_statement(f, &change.statement)
            }
            Self::Marker {
                bucket,
                cloud,
                encryption,
            } => {
                let encryption = match encryption {
                    MarkerEncryption::SseS3 => "SSE-S3",
                    MarkerEncryption::BucketDefault => "the bucket's default encryption",
                };
                writeln!(f, "marker in {bucket}:")?;
                write!(f, "  + {} (empty, {encryption})", marker_key(cloud))
            }
            Self::KeyPolicy(change) => {
                writeln!(
                    f,
                    "key policy of {}:{}",
                    change.of,
                    document_note(change.before.as_ref())
                )?;
                write_statement(f, &change.statement)
            }
        }
    }
}

fn document_note(before: Option<&PolicyDocument>) -> String {
    match before.map(|document| document.statements().count()) {
        None => " (there was none)".to_owned(),
        Some(1) => " (1 statement before)".to_owned(),
        Some(count) => format!(" ({count} statements before)"),
    }
}

fn write_statement(f: &mut fmt::Formatter<'_>, change: &StatementChange) -> fmt::Result {
    let lines = |value: &Value| -> Vec<String> {
        let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
        text.lines().map(str::to_owned).collect()
    };
    let (before, after) = match change {
        StatementChange::Added { statement } => (Vec::new(), lines(statement)),
        StatementChange::Updated { before, after, .. } => (lines(before), lines(after)),
    };
    // Lines the two share at either end stay unmarked; what differs is in between.
    let head = before
        .iter()
        .zip(&after)
        .take_while(|(one, other)| one == other)
        .count();
    let most = before.len().min(after.len()) - head;
    let tail = before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take(most)
        .take_while(|(one, other)| one == other)
        .count();
    let mut out = Vec::new();
    out.extend(after.iter().take(head).map(|line| format!("    {line}")));
    out.extend(
        before
            .iter()
            .take(before.len() - tail)
            .skip(head)
            .map(|line| format!("  - {line}")),
    );
    out.extend(
        after
            .iter()
            .take(after.len() - tail)
            .skip(head)
            .map(|line| format!("  + {line}")),
    );
    out.extend(
        after
            .iter()
            .skip(after.len() - tail)
            .map(|line| format!("    {line}")),
    );
    write!(f, "{}", out.join("\n"))
}

/// Plans the repair of a bucket's policy and markers. What cannot be repaired turns, in `judgement`, into a
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
        let grant = bucket_grant(settings, &sid, &id, &scope);
        let merged = merge_grant(policy.as_ref(), &grant, PolicyKind::Bucket);
        let questions = [Asked {
            action: READ_ACTION,
            resources: scope.clone(),
            context: read_context(settings),
        }];
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
            Err(refusal) => refuse(judgement, code, Subject::Bucket(seen.bucket.clone()), refusal),
        }
    }
    for marker in &seen.markers {
        let subject = Subject::marker(&seen.bucket, &marker.cloud);
        if judgement.find_on(Code::MarkerMissing, &subject).is_some() {
            plan.changes.push(Change::Marker {
                bucket: seen.bucket.clone(),
                cloud: marker.cloud.clone(),
                encryption: marker_encryption(settings, seen, &marker.cloud),
            });
        }
    }
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
    if judgement
        .find_on(Code::KeyGrantMissing, &Subject::Key(description.arn.clone()))
        .is_none()
    {
        return plan;
    }
    let arn = [description.arn.to_string()];
    let merged = merge_grant(Some(policy), &key_grant(settings, &arn), PolicyKind::Key);
    let questions = key_questions(settings, description, readers);
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
            refuse(
                judgement,
                Code::KeyGrantMissing,
                Subject::Key(description.arn.clone()),
                refusal,
            );
        }
    }
    plan
}

/// Why a change is not made.
enum Refusal {
    /// The service would refuse the document.
    Unwritable(Vec<String>),
    /// It would change nothing for the better as long as something else stands in the way.
    NoHelp,
}

struct Vetted<'a> {
    kind: PolicyKind,
    before: Option<&'a PolicyDocument>,
    merged: Result<Merge, MergeError>,
    /// `None`: not known.
    block_public_policy: Option<bool>,
    settings: &'a Settings,
    questions: &'a [Asked],
}

/// Lets a merged document through only if the service would take it, every foreign statement is the same
/// before and after, and it makes an answer better and none worse.
fn vet(vetted: Vetted<'_>) -> Result<(PolicyDocument, StatementChange), Refusal> {
    let unwritable = |reason: String| Refusal::Unwritable(vec![reason]);
    let (after, change) = match vetted.merged {
        Ok(Merge::Changed { document, change }) => (document, change),
        Ok(Merge::Unchanged) | Err(MergeError::DeniedThroughout { .. }) => return Err(Refusal::NoHelp),
        Err(error) => return Err(unwritable(error.to_string())),
    };
    if !foreign_statements_kept(vetted.before, &after, &change) {
        return Err(unwritable(
            "the change would not leave every other statement as it is".to_owned(),
        ));
    }
    let public = vetted.kind == PolicyKind::Bucket && !matches!(is_public(&after), Publicness::NotPublic);
    if public && vetted.block_public_policy.is_none() {
        return Err(unwritable(
            "the policy may be public, and Block Public Access could not be read".to_owned(),
        ));
    }
    let block = vetted.block_public_policy.unwrap_or(false);
    let reasons = writable(&after, vetted.kind, block, Some(vetted.settings.account.as_str()));
    if !reasons.is_empty() {
        return Err(Refusal::Unwritable(
            reasons.iter().map(ToString::to_string).collect(),
        ));
    }
    let account = vetted.settings.cloudinary_account.as_str();
    if improves(vetted.kind, account, vetted.questions, vetted.before, &after) {
        Ok((after, change))
    } else {
        Err(Refusal::NoHelp)
    }
}

fn refuse(judgement: &mut Judgement, code: Code, subject: Subject, refusal: Refusal) {
    let reason = match &refusal {
        Refusal::Unwritable(reasons) => reasons.join("; "),
        Refusal::NoHelp => {
            "adding the statement would not help while something else is in the way".to_owned()
        }
    };
    for finding in &mut judgement.findings {
        if finding.code == code && finding.subject == subject {
            finding.remedy = Remedy::Human;
            finding
                .message
                .push_str(&format!("; it is not repaired: {reason}"));
        }
    }
    if let Refusal::Unwritable(reasons) = refusal {
        let message = format!(
            "the policy cannot be written back: {}; correct that, and the guardian adds its statement at once",
            reasons.join("; ")
        );
        judgement.findings.push(Finding::new(
            Code::PolicyUnwritable,
            subject,
            message,
            json!({"reasons": reasons}),
        ));
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
