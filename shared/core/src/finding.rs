//! Findings: what stands between Cloudinary and the bucket, each with a stable code.

mod catalogue;
mod desired;
mod subject;

pub use catalogue::Code;
pub use desired::Desired;
pub use subject::Subject;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::moment::Moment;

/// Where the evidence of a finding says until when its repair is paused.
pub(crate) const PAUSED_UNTIL: &str = "paused_until";

/// An enum in rising order, each value with its word, and the list of all of them.
macro_rules! scale {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $value,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$value,)*];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

scale! {
    /// How much a finding weighs.
    Severity {
        /// Worth knowing; nothing is broken.
        Low = "low",
        /// May break a read, or hides whether one is broken.
        Medium = "medium",
        /// Breaks part of the reads, or lets somebody read who should not.
        High = "high",
        /// Reads are broken now.
        Critical = "critical",
    }
}

scale! {
    /// Whether Cloudinary can read what is declared. Ordered from good to bad.
    Verdict {
        /// Proven, as far as our side of the grant goes.
        Readable = "readable",
        /// It hinges on something named that we cannot know.
        Depends = "depends",
        /// Something could not be read.
        Unknown = "unknown",
        /// Something is certainly in the way.
        Blocked = "blocked",
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

impl Remedy {
    /// Who, as the operator tool and the docs say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repair => "guardian repair",
            Self::Human => "needs a person",
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
    /// What the source of the resource has to say, so that this does not come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<Desired>,
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
            desired: None,
        }
    }

    /// The same finding, with what the source has to say.
    #[must_use]
    pub fn with_desired(self, desired: Option<Desired>) -> Self {
        Self { desired, ..self }
    }

    /// Code and subject: what makes two findings the same one.
    #[must_use]
    pub fn identity(&self) -> (Code, &Subject) {
        (self.code, &self.subject)
    }

    /// Until when the repair of this is paused, where it is.
    #[must_use]
    pub fn paused_until(&self) -> Option<Moment> {
        self.evidence.get(PAUSED_UNTIL)?.as_str()?.parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocked_is_the_worst_verdict_and_not_knowing_is_worse_than_depending() {
        assert!(Verdict::Blocked > Verdict::Unknown);
        assert!(Verdict::Unknown > Verdict::Depends);
        assert!(Verdict::Depends > Verdict::Readable);
    }

    #[test]
    fn a_finding_stored_before_it_had_anything_desired_reads_back() {
        let subject = Subject::Bucket("media".parse().unwrap());
        let finding = Finding::new(Code::GrantMissing, subject, "m", json!({}));
        let text = serde_json::to_string(&finding).unwrap();
        assert!(!text.contains("desired"), "{text}");
        assert_eq!(serde_json::from_str::<Finding>(&text).unwrap(), finding);
    }
}
