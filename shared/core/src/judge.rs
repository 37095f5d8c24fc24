//! From what is declared and what was seen to a verdict and its findings.

mod bucket;
mod grant;
mod key;
mod notification;
mod objects;
mod region;
mod stack;

pub use bucket::judge_bucket;
pub(crate) use bucket::{bucket_questions, judge_bucket_grant};
pub(crate) use grant::{Asked, improves};
pub use key::{Former, Hold, Reader, judge_key, judge_unneeded_key};
pub(crate) use key::{judge_key_grant, key_questions, objects_of, unneeded};
pub use notification::standing_notifications;
pub use objects::judge_objects;
pub use stack::{add_reach, judge_stack, swept};

use guardian_policy::{Effect, PolicyDocument};
use serde_json::{Value, json};

use crate::alert::plain;
use crate::call::CallError;
use crate::finding::{Code, Desired, Finding, Subject, Verdict};
use crate::observation::Unknown;
use crate::right;

/// What was found. The verdict is the worst that any finding makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// What was found; never empty unless the verdict is [`Verdict::Readable`].
    pub findings: Vec<Finding>,
}

impl Judgement {
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.findings
            .iter()
            .map(|finding| finding.verdict)
            .max()
            .unwrap_or(Verdict::Readable)
    }

    /// A single finding.
    #[must_use]
    pub fn of(verdict: Verdict, finding: Finding) -> Self {
        Self {
            findings: vec![Finding { verdict, ..finding }],
        }
    }

    /// Adds a finding and what it makes of the verdict.
    pub fn add(&mut self, verdict: Verdict, finding: Finding) {
        self.absorb(Self::of(verdict, finding));
    }

    /// Adds all of `other`. Findings of the same code and subject stay one, with the worse verdict.
    pub fn absorb(&mut self, other: Self) {
        for finding in other.findings {
            match self
                .findings
                .iter_mut()
                .find(|known| known.identity() == finding.identity())
            {
                Some(known) => known.verdict = known.verdict.max(finding.verdict),
                None => self.findings.push(finding),
            }
        }
    }

    /// The finding of this code, if there is one.
    #[must_use]
    pub fn find(&self, code: Code) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.code == code)
    }

    /// The finding of this code on this subject, if there is one.
    #[must_use]
    pub fn find_on(&self, code: Code, subject: &Subject) -> Option<&Finding> {
        self.findings
            .iter()
            .find(|finding| finding.identity() == (code, subject))
    }

    /// Says, on the finding of this code and subject, what the source has to say.
    pub(crate) fn desire(&mut self, code: Code, subject: &Subject, desired: Option<Desired>) {
        for finding in &mut self.findings {
            if finding.identity() == (code, subject) {
                finding.desired.clone_from(&desired);
            }
        }
    }

    /// The same without what has ended since.
    #[must_use]
    pub fn without(mut self, ended: &[(Code, Subject)]) -> Self {
        self.findings.retain(|finding| {
            !ended
                .iter()
                .any(|(code, subject)| finding.identity() == (*code, subject))
        });
        self
    }
}

/// Something that could not be read.
fn not_observed(subject: Subject, unknown: &Unknown) -> Finding {
    let (message, evidence) = match unknown {
        Unknown::Call(error) => unread(&subject, error),
        Unknown::Policy(error) => (
            format!("{unknown}; correct the document"),
            json!({"document": error.to_string()}),
        ),
    };
    Finding::new(Code::ObservationFailed, subject, message, evidence)
}

/// What to say of a call that told nothing about `subject`: the message, and the evidence.
fn unread(subject: &Subject, error: &CallError) -> (String, Value) {
    let right = right::refused_on(subject, error).unwrap_or_else(|| format!("`{}` here", error.operation));
    let message = format!(
        "{}; allow the guardian {right}, or remove what denies it",
        plain(&error.to_string())
    );
    let mut evidence = json!({"call": error.operation, "answer": error.message});
    right::into_evidence(&mut evidence, error);
    (message, evidence)
}

/// The document without its Deny statements; everything else of it stays.
fn only_allows(document: &PolicyDocument) -> Option<PolicyDocument> {
    let mut value = document.as_value().clone();
    let allows = document
        .statements()
        .filter(|statement| statement.effect() == Some(Effect::Allow));
    let allows = allows.map(|statement| statement.value().clone()).collect();
    *value.get_mut("Statement")? = Value::Array(allows);
    PolicyDocument::parse(&value.to_string()).ok()
}

#[cfg(test)]
mod tests;
