//! What people are told: one message for each transition, in prose, for machines and for chat.
//!
//! Whatever an outsider may have chosen (a user agent, an object key, a Sid) is made harmless in every body, and
//! every body keeps to a limit, so that a message as a whole always fits into what SNS takes.

mod chat;
mod digest;
mod fragment;
mod hcl;
mod machine;
mod origin;
mod plain;
mod step;
mod subject;
mod text;

pub use digest::{Digest, DigestLine, OpenFinding, digest};
pub use fragment::{Fragment, Fragments, fragments};
pub use hcl::inline as terraform_expression;
pub use plain::plain;
pub(crate) use step::quoted;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cause::Cause;
use crate::finding::{Desired, Finding};
use crate::moment::Moment;
use crate::name::{BucketName, CloudName, Resource};

/// A message to the topic, ready to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The e-mail subject: under 100 ASCII characters, no line break (SNS API Reference, Publish).
    pub subject: String,
    /// The plain text body (protocol `email` and, by default, every other).
    pub text: String,
    /// The JSON body for machines (protocols `sqs`, `lambda`, `http`, `firehose`), as text.
    pub json: String,
    /// The JSON body for chat (protocol `https`), as text. Empty in a message stored before there was one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chat: String,
    /// Message attributes for filter policies: `bucket`, `code`, `severity`, `transition`, and `cloud` where it is
    /// one; `account` and `region` come with [`Notice::told_by`]. None is empty.
    pub attributes: BTreeMap<String, String>,
}

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransitionKind {
    /// Found and repaired.
    Repaired,
    /// Found, and a person has to do something.
    NeedsYou,
    /// A person still has to do something.
    Reminder,
    /// It is over.
    Resolved,
}

impl TransitionKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Repaired, Self::NeedsYou, Self::Reminder, Self::Resolved];

    /// The kind as a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::NeedsYou => "needs-you",
            Self::Reminder => "reminder",
            Self::Resolved => "resolved",
        }
    }
}

/// Whom an incident touches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Affected {
    /// The buckets.
    pub buckets: Vec<BucketName>,
    /// The cloud names.
    pub clouds: Vec<CloudName>,
}

/// What a message is about.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The transition's id.
    pub id: &'a str,
    /// What changed.
    pub kind: TransitionKind,
    /// The resource the incident belongs to.
    pub resource: &'a Resource,
    /// What was found.
    pub finding: &'a Finding,
    /// Since when.
    pub opened: Moment,
    /// Now.
    pub now: Moment,
    /// What led to it.
    pub cause: Option<&'a Cause>,
    /// Whom it touches.
    pub affected: &'a Affected,
    /// What was changed, as the plan's text.
    pub plan: Option<&'a str>,
    /// How many reminders there were, this one included.
    pub reminders: u32,
}

impl Occasion<'_> {
    /// The cloud names it is about: a marker's own, else all that it touches.
    fn clouds(&self) -> Vec<CloudName> {
        match self.finding.subject.cloud() {
            Some(cloud) => vec![cloud],
            None => self.affected.clouds.clone(),
        }
    }

    /// What would be changed if it were allowed, as the plan's text.
    fn planned(&self) -> Option<&str> {
        let open = matches!(self.kind, TransitionKind::NeedsYou | TransitionKind::Reminder);
        let plan = self.finding.evidence.get("plan").and_then(Value::as_str);
        plan.filter(|_| open)
    }

    /// What the source has to say, as long as that is news.
    fn desired(&self) -> Option<&Desired> {
        let desired = self.finding.desired.as_ref();
        desired.filter(|_| self.kind != TransitionKind::Resolved)
    }
}

/// Renders the message.
#[must_use]
pub fn render(occasion: &Occasion<'_>) -> Notice {
    Notice {
        subject: subject::subject(occasion),
        text: text::text(occasion),
        json: machine::machine(occasion),
        chat: chat::chat(occasion),
        attributes: attributes(occasion),
    }
}

/// At most ten, or SNS drops them for subscriptions with raw delivery (SNS Developer Guide, "Message attributes").
fn attributes(occasion: &Occasion<'_>) -> BTreeMap<String, String> {
    let bucket = match occasion.affected.buckets.as_slice() {
        [one] => one.to_string(),
        // SNS refuses an empty attribute value.
        [] => "none".to_owned(),
        _ => "many".to_owned(),
    };
    let clouds = occasion.clouds();
    let cloud = match clouds.as_slice() {
        [one] => Some(("cloud", one.to_string())),
        _ => None,
    };
    [
        ("bucket", bucket),
        ("code", occasion.finding.code.to_string()),
        ("severity", occasion.finding.severity.to_string()),
        ("transition", occasion.kind.as_str().to_owned()),
    ]
    .into_iter()
    .chain(cloud)
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests;
