//! Findings: what stands between Cloudinary and the bucket, each with a stable code.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::name::{BucketName, CloudName, KeyArn};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is broken.
    Low,
    /// May break a read, or hides whether one is broken.
    Medium,
    /// Breaks part of the reads, or lets somebody read who should not.
    High,
    /// Reads are broken now.
    Critical,
}

impl Severity {
    /// The severity as a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Who can end a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Remedy {
    /// The guardian, in repair mode.
    Repair,
    /// A person.
    Human,
}

macro_rules! catalogue {
    ($($code:ident $text:literal $severity:ident $remedy:ident $title:literal,)*) => {
        /// The stable code of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $(#[doc = $title] #[serde(rename = $text)] $code,)*
        }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The code as people and machines see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $text,)* }
            }

            /// How much a finding of this code weighs.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)* }
            }

            /// Who ends a finding of this code, if nothing stands in the way.
            #[must_use]
            pub const fn remedy(self) -> Remedy {
                match self { $(Self::$code => Remedy::$remedy,)* }
            }

            /// What it means, in a line.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }
        }
    };
}

catalogue! {
    BucketMissing "bucket-missing" Critical Human "the bucket does not exist",
    BucketNameUnsupported "bucket-name-unsupported" Critical Human "Cloudinary cannot read from a bucket of this name",
    BucketInOtherRegion "bucket-in-other-region" High Human "the bucket is in a Region this guardian does not serve",
    DeclarationInvalid "declaration-invalid" High Human "the declaration cannot be followed",
    ObservationFailed "observation-failed" High Human "something could not be read, so the verdict is not known",
    GrantMissing "grant-missing" Critical Repair "the bucket policy does not let Cloudinary read",
    GrantPartial "grant-partial" High Repair "the bucket policy lets Cloudinary read only a part",
    GrantDenied "grant-denied" Critical Human "a Deny in the bucket policy shuts Cloudinary out",
    GrantConditional "grant-conditional" Medium Human "whether Cloudinary may read hinges on something we cannot know",
    PublicPolicyRestricted "public-policy-restricted" Critical Human "a public statement makes S3 shut out every other account",
    ControlPolicyDenied "control-policy-denied" Critical Human "a resource control policy of the organization shuts Cloudinary out",
    ResourceNotOfBucket "resource-not-of-bucket" Medium Human "a statement names a resource of another bucket, and S3 refuses the policy",
    ActionNotApplicable "action-not-applicable" Medium Human "an action does not apply to the statement's resources",
    ConditionKeyNotApplicable "condition-key-not-applicable" Medium Human "a condition key never comes with the statement's actions",
    MarkerMissing "marker-missing" Critical Repair "a declared cloud name has no marker",
    MarkerUnexpected "marker-unexpected" High Human "a cloud name that is not declared may read the bucket",
    MarkerUnreadable "marker-unreadable" High Human "a marker is there but cannot be read by Cloudinary",
    KeyGrantMissing "key-grant-missing" Critical Repair "the key policy does not let Cloudinary decrypt",
    KeyGrantDenied "key-grant-denied" Critical Human "a Deny in the key policy shuts Cloudinary out",
    KeyGrantConditional "key-grant-conditional" Medium Human "whether Cloudinary may decrypt hinges on something we cannot know",
    KeyDisabled "key-disabled" Critical Human "the key is disabled",
    KeyPendingDeletion "key-pending-deletion" Critical Human "the key is scheduled for deletion",
    KeyUnusable "key-unusable" Critical Human "the key is in a state in which it decrypts nothing",
    KeyMissing "key-missing" Critical Human "the key the bucket names does not exist",
    KeyAwsManaged "key-aws-managed" Critical Human "objects under an AWS managed key cannot be shared",
    KeyForeign "key-foreign" High Human "the key belongs to another account, whose owner must grant it",
    PolicyUnwritable "policy-unwritable" Critical Human "the policy cannot be written back, so the repair cannot be made",
    Flapping "flapping" Critical Human "somebody keeps undoing the repair",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// The bucket itself, its policy or its declaration.
    Bucket(BucketName),
    /// A marker of the bucket: its object key.
    Marker(BucketName, String),
    /// A key.
    Key(KeyArn),
    /// A key known only by the name somebody configured, which leads to no key we can describe.
    NamedKey(String),
}

impl Subject {
    /// The subject of a cloud name's marker.
    #[must_use]
    pub fn marker(bucket: &BucketName, cloud: &CloudName) -> Self {
        Self::Marker(bucket.clone(), crate::cloudinary::marker_key(cloud))
    }

    /// The key, where the subject is one.
    #[must_use]
    pub fn key(&self) -> Option<&KeyArn> {
        match self {
            Self::Key(arn) => Some(arn),
            Self::Bucket(_) | Self::Marker(..) | Self::NamedKey(_) => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(bucket) => write!(f, "bucket:{bucket}"),
            Self::Marker(bucket, key) => write!(f, "marker:{bucket}/{key}"),
            Self::Key(arn) => write!(f, "key:{arn}"),
            Self::NamedKey(name) => write!(f, "named-key:{name}"),
        }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        subject.to_string()
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no subject of a finding");
        match text.split_once(':') {
            Some(("bucket", name)) => name.parse().map(Self::Bucket).map_err(|_| wrong()),
            Some(("marker", rest)) => {
                let (bucket, key) = rest.split_once('/').ok_or_else(wrong)?;
                Ok(Self::Marker(bucket.parse().map_err(|_| wrong())?, key.to_owned()))
            }
            Some(("key", arn)) => arn.parse().map(Self::Key).map_err(|_| wrong()),
            Some(("named-key", name)) => Ok(Self::NamedKey(name.to_owned())),
            _ => Err(wrong()),
        }
    }
}

/// Something that stands between Cloudinary and the bucket, or lets in somebody it should not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// Who can end it.
    pub remedy: Remedy,
    /// What it makes of the verdict by itself.
    pub verdict: Verdict,
    /// What is wrong and what to do, for a person.
    pub message: String,
    /// The very statement, state or answer it rests on.
    pub evidence: Value,
}

impl Finding {
    /// A finding with the catalogue's severity and remedy, which leaves the verdict as it is.
    #[must_use]
    pub fn new(code: Code, subject: Subject, message: impl Into<String>, evidence: Value) -> Self {
        Self {
            code,
            severity: code.severity(),
            subject,
            remedy: code.remedy(),
            verdict: Verdict::Readable,
            message: message.into(),
            evidence,
        }
    }

    /// Code and subject: what makes two findings the same one.
    #[must_use]
    pub fn identity(&self) -> (Code, &Subject) {
        (self.code, &self.subject)
    }

    /// The finding as the operator tool prints it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code,
            "severity": self.severity,
            "subject": self.subject,
            "remedy": self.remedy,
            "message": self.message,
            "evidence": self.evidence,
        })
    }
}

/// Whether Cloudinary can read what is declared. Ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Proven, as far as our side of the grant goes.
    Readable,
    /// It hinges on something named that we cannot know.
    Depends,
    /// Something could not be read.
    Unknown,
    /// Something is certainly in the way.
    Blocked,
}

impl Verdict {
    /// The verdict as a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Readable => "readable",
            Self::Depends => "depends",
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_in_kebab_case_and_stands_once() {
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in codes {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{code}"
            );
        }
    }

    #[test]
    fn every_subject_reads_back_from_its_text() {
        let bucket: BucketName = "media".parse().unwrap();
        let subjects = [
            Subject::Bucket(bucket.clone()),
            Subject::marker(&bucket, &"demo".parse().unwrap()),
            Subject::Key("arn:aws:kms:us-east-1:111122223333:key/1".parse().unwrap()),
            Subject::NamedKey("alias/gone".to_owned()),
        ];
        for subject in subjects {
            assert_eq!(Subject::try_from(subject.to_string()), Ok(subject));
        }
    }

    #[test]
    fn blocked_is_the_worst_verdict_and_not_knowing_is_worse_than_depending() {
        assert!(Verdict::Blocked > Verdict::Unknown);
        assert!(Verdict::Unknown > Verdict::Depends);
        assert!(Verdict::Depends > Verdict::Readable);
    }
}
