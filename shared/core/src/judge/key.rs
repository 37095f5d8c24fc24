//! A KMS key, for every bucket that needs it.

use guardian_policy::{PolicyDocument, PolicyKind};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::grant::{Asked, GrantCodes, Wanted, judge_grant};
use super::{Judgement, not_observed};
use crate::alert::plain;
use crate::call::{CallError, CallErrorKind};
use crate::cloudinary::{Reading, bucket_arn, key_grant};
use crate::declaration::Declaration;
use crate::finding::{Code, Desired, Finding, Subject, Verdict};
use crate::name::{BucketName, CloudName, KeyArn};
use crate::observation::{KeyDescription, KeyManager, KeyObservation, KeyPolicy, KeyState, Unknown};
use crate::plan::documented_statement;
use crate::settings::{Mode, Settings};

const KEY_CODES: GrantCodes = GrantCodes {
    missing: Code::KeyGrantMissing,
    partial: Code::KeyGrantMissing,
    denied: Code::KeyGrantDenied,
    conditional: Code::KeyGrantConditional,
};

/// A bucket whose objects hang on the key, as the key's side needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// The bucket.
    pub bucket: BucketName,
    /// The cloud names that read it.
    pub clouds: Vec<CloudName>,
    /// What may be done for it.
    pub mode: Mode,
    /// How it comes to need the key.
    #[serde(default)]
    pub hold: Hold,
}

/// How a bucket comes to need a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hold {
    /// Objects may be under it: nothing has shown the contrary.
    Perhaps,
    /// Objects were seen under it when some were last looked at.
    #[default]
    Objects,
    /// Its settings name it: what is written is under it, or a person said that it matters.
    Settings,
}

impl Reader {
    /// The reader that a declared bucket is.
    #[must_use]
    pub fn of(declaration: &Declaration) -> Self {
        Self {
            bucket: declaration.bucket.clone(),
            clouds: declaration.clouds.clone(),
            mode: declaration.mode,
            hold: Hold::default(),
        }
    }

    /// The same, for a key that it needs in this way.
    #[must_use]
    pub fn holding(&self, hold: Hold) -> Self {
        Self { hold, ..self.clone() }
    }
}

/// Judges a key by what was seen of it, for all of `readers`.
#[must_use]
pub fn judge_key(settings: &Settings, seen: &KeyObservation, readers: &[Reader]) -> Judgement {
    let description = match &seen.description {
        Ok(description) => description,
        Err(Unknown::Call(CallError {
            kind: CallErrorKind::NotFound,
            ..
        })) => {
            let subject = seen
                .named
                .parse()
                .map_or_else(|_| Subject::NamedKey(seen.named.clone()), Subject::Key);
            let message = format!(
                "there is no KMS key `{}` ({}); S3 does not check the name it is given, so name a key that exists",
                plain(&seen.named),
                seen.because.join(", ")
            );
            let evidence = json!({"named": seen.named, "because": seen.because});
            return Judgement::of(
                Verdict::Blocked,
                Finding::new(Code::KeyMissing, subject, message, evidence),
            );
        }
        Err(unknown) => {
            return match seen.named.parse::<KeyArn>() {
                // Another account's key need not answer us; its name says whose it is.
                Ok(arn) if *arn.account() != settings.account => foreign(settings, seen, &arn),
                Ok(arn) => Judgement::of(Verdict::Unknown, not_observed(Subject::Key(arn), unknown)),
                Err(_) => Judgement::of(
                    Verdict::Unknown,
                    not_observed(Subject::NamedKey(seen.named.clone()), unknown),
                ),
            };
        }
    };
    let subject = Subject::Key(description.arn.clone());
    if *description.arn.account() != settings.account {
        return foreign(settings, seen, &description.arn);
    }
    if description.manager == KeyManager::Aws {
        let message = format!(
            "objects are encrypted under the AWS managed key {}, whose policy cannot be changed; choose a customer managed key as the bucket's default and re-encrypt the objects",
            description.arn
        );
        let evidence = json!({"key": description.arn, "because": seen.because});
        return Judgement::of(
            Verdict::Blocked,
            Finding::new(Code::KeyAwsManaged, subject, message, evidence),
        );
    }
    let mut judgement = judge_state(description, &subject);
    match &seen.policy {
        KeyPolicy::Document(document) => {
            let reading = Reading::of(settings, [&**document]);
            let questions = key_questions(&reading, &description.arn, &objects_of(settings, readers));
            judgement.absorb(judge_key_grant(
                &reading,
                &description.arn,
                Some(document),
                &questions,
            ));
        }
        KeyPolicy::Unknown(unknown) => judgement.add(Verdict::Unknown, not_observed(subject, unknown)),
        KeyPolicy::NotAsked => {}
    }
    judgement
}

/// A key of another account: GetKeyPolicy and PutKeyPolicy never work across accounts (KMS Developer Guide,
/// key-policy-modifying-external-accounts), so what it grants is not known here.
fn foreign(settings: &Settings, seen: &KeyObservation, arn: &KeyArn) -> Judgement {
    let message = format!(
        "the key {arn} belongs to account {}, so its policy can be neither read nor repaired from here; ask its owner to allow arn:{}:iam::{}:root `kms:Decrypt` and `kms:DescribeKey` on it",
        arn.account(),
        settings.partition,
        settings.cloudinary_account
    );
    let evidence = json!({"key": arn, "because": seen.because});
    let finding = Finding::new(Code::KeyForeign, Subject::Key(arn.clone()), message, evidence);
    let own = [arn.to_string()];
    let reading = Reading::of(settings, []);
    let grant = key_grant(&reading, &own);
    let desired = documented_statement(&grant, PolicyKind::Key).map(|statement| Desired::KeyStatement {
        key: arn.clone(),
        statement,
    });
    Judgement::of(Verdict::Depends, finding.with_desired(desired))
}

/// In every state but Enabled, Decrypt fails whatever the policy says (KMS Developer Guide, key-state).
fn judge_state(description: &KeyDescription, subject: &Subject) -> Judgement {
    let arn = &description.arn;
    let evidence = json!({
        "key": arn,
        "deletion_date": description.deletion_date,
        "state": match &description.state {
            KeyState::Enabled => "Enabled",
            KeyState::Disabled => "Disabled",
            KeyState::PendingDeletion => "PendingDeletion",
            KeyState::Other(state) => state,
        },
    });
    let (code, message) = match &description.state {
        KeyState::Enabled => return Judgement::default(),
        KeyState::Disabled => (
            Code::KeyDisabled,
            format!(
                "the key {arn} is disabled, so nothing under it can be read; enable it: aws kms enable-key --key-id {arn}"
            ),
        ),
        KeyState::PendingDeletion => {
            let when = description
                .deletion_date
                .map(|date| format!(" on {date}"))
                .unwrap_or_default();
            (
                Code::KeyPendingDeletion,
                format!(
                    "the key {arn} will be deleted{when}, and nothing under it can be read now; cancel and then enable it: aws kms cancel-key-deletion --key-id {arn} && aws kms enable-key --key-id {arn}"
                ),
            )
        }
        KeyState::Other(state) => (
            Code::KeyUnusable,
            format!("the key {arn} is in state {state}, in which nothing under it can be read"),
        ),
    };
    Judgement::of(
        Verdict::Blocked,
        Finding::new(code, subject.clone(), message, evidence),
    )
}

/// Judges the grant that a key policy should make.
pub(crate) fn judge_key_grant(
    reading: &Reading<'_>,
    key: &KeyArn,
    document: Option<&PolicyDocument>,
    questions: &[Asked],
) -> Judgement {
    let arn = [key.to_string()];
    judge_grant(&Wanted {
        kind: PolicyKind::Key,
        document,
        grant: key_grant(reading, &arn),
        questions,
        subject: Subject::Key(key.clone()),
        codes: KEY_CODES,
    })
}

/// The objects that hang on a key: a bucket and the ARN patterns of what is read of it.
pub(crate) type Objects = (BucketName, Vec<String>);

/// All the objects of the readers.
pub(crate) fn objects_of(settings: &Settings, readers: &[Reader]) -> Vec<Objects> {
    let all = |bucket| vec![format!("{}/*", bucket_arn(&settings.partition, bucket))];
    readers
        .iter()
        .map(|reader| (reader.bucket.clone(), all(&reader.bucket)))
        .collect()
}

/// What Cloudinary asks of a key policy. With a Bucket Key the encryption context is the bucket's ARN, without
/// one the object's (S3 User Guide, bucket-key); a bucket's objects may be of both kinds, so both have to pass.
pub(crate) fn key_questions(reading: &Reading<'_>, key: &KeyArn, objects: &[Objects]) -> Vec<Asked> {
    let resources = || vec![key.to_string()];
    let mut questions: Vec<Asked> = objects
        .iter()
        .map(|(bucket, objects)| Asked {
            action: "kms:Decrypt",
            resources: resources(),
            context: reading.decryption(bucket, objects, None),
        })
        .collect();
    questions.push(Asked {
        action: "kms:DescribeKey",
        resources: resources(),
        context: reading.description(),
    });
    questions
}
