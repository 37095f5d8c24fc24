//! A KMS key, for every bucket that needs it.

mod broad;
mod place;
mod reencrypt;
mod rights;
mod state;
#[cfg(test)]
mod tests;
pub(crate) mod unneeded;

pub use unneeded::{Former, judge_unneeded_key};

use guardian_policy::{PolicyDocument, PolicyKind};
use serde::{Deserialize, Serialize};

use super::Judgement;
use super::grant::{Asked, GrantCodes, Wanted, judge_grant};
use crate::call::{CallError, CallErrorKind};
use crate::cloudinary::{Reading, bucket_arn, key_grant};
use crate::declaration::Declaration;
use crate::finding::{Code, Subject, Verdict};
use crate::moment::Moment;
use crate::name::{BucketName, CloudName, KeyArn};
use crate::observation::{KeyManager, KeyObservation, KeyPolicy, Unknown};
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

/// Judges a key by what was seen of it, for all of `readers`. `now` decides what is near.
#[must_use]
pub fn judge_key(settings: &Settings, seen: &KeyObservation, readers: &[Reader], now: Moment) -> Judgement {
    if let Some(judgement) = place::in_other_region(settings, seen) {
        return judgement;
    }
    let description = match &seen.description {
        Ok(description) => description,
        Err(Unknown::Call(CallError {
            kind: CallErrorKind::NotFound,
            ..
        })) => return place::missing(seen),
        Err(unknown) => {
            let finding = match seen.named.parse::<KeyArn>() {
                // Another account's key need not answer us; its name says whose it is.
                Ok(arn) if *arn.account() != settings.account => {
                    return place::foreign(settings, seen, &arn, readers);
                }
                Ok(arn) => rights::refused(settings, Subject::Key(arn.clone()), Some(&arn), unknown),
                Err(_) => rights::refused(settings, Subject::NamedKey(seen.named.clone()), None, unknown),
            };
            return Judgement::of(Verdict::Unknown, finding);
        }
    };
    let arn = &description.arn;
    if *arn.account() != settings.account {
        return place::foreign(settings, seen, arn, readers);
    }
    if description.manager == KeyManager::Aws {
        return place::aws_managed(settings, seen, arn, readers);
    }
    let mut judgement = state::judge_state(description, &seen.because, seen.certain, now);
    match &seen.policy {
        KeyPolicy::Document(document) => {
            let reading = Reading::of(settings, [&**document]);
            let objects = objects_of(settings, readers);
            let questions = key_questions(&reading, arn, &objects);
            judgement.absorb(judge_key_grant(&reading, arn, Some(document), &questions));
            judgement.absorb(broad::judge_breadth(&reading, arn, document, &objects));
        }
        KeyPolicy::Unknown(unknown) => {
            let subject = Subject::Key(arn.clone());
            judgement.add(
                Verdict::Unknown,
                rights::refused(settings, subject, Some(arn), unknown),
            );
        }
        KeyPolicy::NotAsked => {}
    }
    judgement
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
