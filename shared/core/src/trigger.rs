//! What an event means, and which resources it names.
//!
//! An event is a hint where to look and evidence of who did it; the verdict comes from re-reading live
//! state. So everything here is tolerant: every field may be missing or of another type, bodies (policies,
//! configurations) are never read, and an event that cannot be used is ignored with the reason.

mod actor;
mod envelope;
mod field;
mod kms;
mod meaning;
mod named;
mod record;
mod s3;
mod stack;
mod tool;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cause::Actor;
use crate::name::{AccountId, AliasArn, BucketName, KeyArn, Resource};
use crate::parts::Part;

/// What an event means, and which resources it names. Never looked up in declarations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// CloudTrail's `eventID`, else the envelope's id.
    ///
    /// In this order: CloudTrail may deliver one record twice, and the copies share only the `eventID`.
    pub id: Option<String>,
    /// What happened, in the source's word: `PutBucketPolicy`, `Object Deleted`, …; `unknown` if it says none.
    pub event: String,
    /// What to do about it.
    pub action: Action,
    /// Why, as a fragment of a sentence; values from the event stand in backticks.
    pub reason: String,
    /// The buckets the event names, also where it is ignored.
    pub buckets: Vec<BucketName>,
    /// The KMS keys the event names, also where it is ignored.
    pub keys: Vec<KeyArn>,
    /// Objects of the one bucket that were written and may be under another key; markers are not among them.
    pub objects: Vec<String>,
    /// The object that was written, where the event names the key it is under.
    pub under: Option<Under>,
    /// The KMS aliases the event names, also where it is ignored.
    pub aliases: Vec<AliasArn>,
    /// The trails, event rules, queues and topics the event names; whose they are is not known.
    pub parts: Vec<Part>,
    /// Who did it, as far as the event says.
    pub actor: Option<Actor>,
    /// When it happened, as the event says it: text, which need not be a time.
    pub time: Option<String>,
    /// Whether it is ignored because it was not told to this account, or not by AWS.
    pub is_foreign: bool,
}

/// An object other than a marker, and the KMS key that an event names for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Under {
    /// The object's key.
    pub object: String,
    /// The KMS key.
    pub key: KeyArn,
    /// Whether its upload has only begun.
    pub begun: bool,
}

/// What to do about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Look at the buckets and keys it names, and at the buckets that mean its aliases.
    Check,
    /// Look at everything that is declared.
    Sweep,
    /// Look at what the guardian itself sees and speaks with.
    Stack,
    /// Nothing.
    Ignore,
}

/// A text that holds no events because it is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not JSON: {problem} (line {line}, column {column})")]
pub struct TriggerError {
    /// What is wrong there.
    pub problem: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1; 0 where the text ends too early.
    pub column: usize,
}

/// Reads an EventBridge envelope or a bare CloudTrail record.
#[must_use]
pub fn read(event: &Value) -> Trigger {
    let Some(fields) = event.as_object() else {
        return Trigger::unusable("it is not a JSON object");
    };
    let has = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
    if has(&["detail-type", "detail"]) {
        envelope::read(event)
    } else if has(&["eventName", "eventSource", "eventVersion"]) {
        record::read(event, &record::Origin::default())
    } else {
        Trigger::unusable("it is neither an EventBridge event nor a CloudTrail record")
    }
}

/// The same for a guardian of `account`: what was not told to that very account is ignored, whatever it says.
///
/// EventBridge puts the account whose event it is into each envelope, and lets nobody put an event with a source of
/// AWS's own on a bus (EventBridge API Reference, PutEventsRequestEntry, `Source`); another account's bus may still
/// forward its own. CloudTrail names the account it tells, which need not be the caller's: who acted does not matter
/// here. The Region does not either, for what holds in the whole account is told in its home Region and forwarded.
#[must_use]
pub fn read_of(event: &Value, account: &AccountId) -> Trigger {
    let mut trigger = read(event);
    if trigger.action != Action::Ignore
        && let Some(reason) = envelope::not_told_to(event, account)
    {
        trigger.action = Action::Ignore;
        trigger.reason = reason;
        trigger.is_foreign = true;
    }
    trigger
}

/// Reads a file of events: one, a JSON array of them, or CloudTrail's `{"Records": […]}`.
///
/// # Errors
///
/// If the text is not JSON. JSON that is no event is read, and ignored with the reason.
pub fn read_all(text: &str) -> Result<Vec<Trigger>, TriggerError> {
    Ok(split(text)?.iter().map(read).collect())
}

/// The events of a file, one by one and unread: a bare one, a JSON array, or `{"Records": […]}`.
///
/// # Errors
///
/// If the text is not JSON.
pub fn split(text: &str) -> Result<Vec<Value>, TriggerError> {
    // Files saved on Windows may begin with a byte order mark, which JSON does not know.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut value: Value = serde_json::from_str(text)?;
    if let Some(Value::Array(records)) = value.get_mut("Records") {
        return Ok(std::mem::take(records));
    }
    match value {
        Value::Array(events) => Ok(events),
        event => Ok(vec![event]),
    }
}

impl Trigger {
    /// What it asks to be looked at. Which of its keys are needed by a declared bucket, and which buckets mean
    /// its aliases, only the ledger knows. The key of an object that was written is the bucket's to look at.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        match self.action {
            Action::Check => {
                let buckets = self.buckets.iter().cloned().map(Resource::Bucket);
                let keys = self.keys.iter().filter(|_| self.under.is_none());
                let keys = keys.cloned().map(Resource::Key);
                let aliases = self.aliases.iter().cloned().map(Resource::Alias);
                buckets.chain(keys).chain(aliases).collect()
            }
            Action::Sweep => vec![Resource::Sweep],
            Action::Stack => vec![Resource::Stack],
            Action::Ignore => Vec::new(),
        }
    }

    /// The form that `guardian route` prints.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let texts = |names: Vec<&str>| Value::from(names);
        let actor = self
            .actor
            .as_ref()
            .and_then(|actor| serde_json::to_value(actor).ok());
        json!({
            "event": self.event,
            "action": self.action,
            "reason": self.reason,
            "buckets": texts(self.buckets.iter().map(BucketName::as_str).collect()),
            "keys": texts(self.keys.iter().map(KeyArn::as_str).collect()),
            "aliases": texts(self.aliases.iter().map(AliasArn::as_str).collect()),
            "actor": actor.unwrap_or_else(|| Value::Object(Map::new())),
        })
    }

    fn unusable(reason: &str) -> Self {
        meaning::Meaning::ignore(reason).into_trigger("unknown")
    }
}

impl From<serde_json::Error> for TriggerError {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // serde_json ends its message with the place, which has fields of its own here.
        let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Self {
            problem,
            line: error.line(),
            column: error.column(),
        }
    }
}

#[cfg(test)]
mod tests;
