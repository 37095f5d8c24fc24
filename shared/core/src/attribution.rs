//! Who brought a finding about: whether the event that led to the look can have done it, and what to ask
//! CloudTrail where it cannot.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cause::{Actor, Cause, OWN_SOURCE};
use crate::finding::{Code, Finding};
use crate::name::Resource;
use crate::trigger::{self, Action};

/// Why nobody is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nameless {
    /// Reads and writes of objects are data events, which CloudTrail's event history never holds (CloudTrail User
    /// Guide, "Working with CloudTrail event history").
    DataEvents,
    /// The event history holds no call of this name on the resource. Records may come some minutes late.
    NoRecord(String),
    /// CloudTrail could not be asked.
    NotAsked(String),
}

/// What is to be done to name somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Nothing: the event that led to the look did it, or nobody did.
    None,
    /// Only a data event could have told, and none came.
    DataEvents,
    /// Ask CloudTrail for the last call of this name.
    Ask(&'static str),
}

/// What S3 tells by itself begins so; it names an account, no more.
const TOLD_BY_S3: &str = "Object ";
/// After these nothing is anybody's doing: the bucket is only now looked after, or looked after otherwise.
const BEGINNINGS: &[&str] = &["Parameter Store Change", "CreateBucket"];
const POLICY_CALLS: &[&str] = &["PutBucketPolicy", "DeleteBucketPolicy"];
const BLOCK_CALLS: &[&str] = &[
    "PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock",
    "PutAccountPublicAccessBlock",
    "PutBucketPolicy",
];
/// What brings a key into use that was not needed before.
const KEY_CHOICES: &[&str] = &[
    "PutBucketEncryption",
    "DeleteBucketEncryption",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
    "Object Created",
    "PutObject",
    "CopyObject",
    "CreateMultipartUpload",
    "CompleteMultipartUpload",
    "UpdateObjectEncryption",
];

/// The calls that can bring a finding of this code about, the likeliest first.
fn calls(code: Code) -> &'static [&'static str] {
    match code {
        Code::BucketMissing => &["DeleteBucket"],
        Code::GrantMissing
        | Code::GrantPartial
        | Code::GrantDenied
        | Code::GrantConditional
        | Code::ResourceNotOfBucket
        | Code::ActionNotApplicable
        | Code::ConditionKeyNotApplicable => POLICY_CALLS,
        Code::PublicPolicyRestricted => BLOCK_CALLS,
        Code::NotificationsOff => &["PutBucketNotification"],
        Code::KeyGrantMissing | Code::KeyGrantDenied | Code::KeyGrantConditional => &["PutKeyPolicy"],
        Code::KeyDisabled => &["DisableKey", "CancelKeyDeletion"],
        Code::KeyPendingDeletion => &["ScheduleKeyDeletion"],
        Code::KeyUnusable => &["DeleteImportedKeyMaterial", "DeleteExpiredKeyMaterial"],
        Code::KeyMissing => &["PutBucketEncryption", "DeleteAlias", "DeleteKey"],
        Code::KeyAwsManaged | Code::KeyForeign => &["PutBucketEncryption"],
        Code::MarkerMissing => &["DeleteObject", "Object Deleted"],
        Code::MarkerUnexpected | Code::MarkerUnreadable => &[
            "PutObject",
            "CopyObject",
            "CompleteMultipartUpload",
            "UpdateObjectEncryption",
            "Object Created",
        ],
        Code::TrailMissing => &["DeleteTrail", "UpdateTrail", "PutEventSelectors"],
        Code::TrailStopped => &["StopLogging"],
        Code::TrailWithoutKms => &["PutEventSelectors"],
        Code::RuleMissing => &["DeleteRule"],
        Code::RuleDisabled => &["DisableRule", "PutRule"],
        Code::RuleChanged => &["PutRule", "PutTargets", "RemoveTargets"],
        Code::QueueMissing => &["DeleteQueue"],
        Code::QueueChanged => &["SetQueueAttributes", "RemovePermission", "AddPermission"],
        Code::TopicMissing => &["DeleteTopic"],
        _ => &[],
    }
}

fn is_about_a_key(code: Code) -> bool {
    code.as_str().starts_with("key-")
}

fn is_about_objects(code: Code) -> bool {
    matches!(
        code,
        Code::MarkerMissing
            | Code::MarkerUnexpected
            | Code::MarkerUnreadable
            | Code::ObjectsCustomerKey
            | Code::ObjectsArchived
            | Code::ObjectsForeign
    )
}

/// How the author of a new finding can be named, given what led to the look and whether it brought the key into use
/// that the finding is about.
#[must_use]
pub fn search(finding: &Finding, cause: &Cause, first_need: bool) -> Search {
    let event = cause.event.as_str();
    let code = finding.code;
    if BEGINNINGS.contains(&event) {
        return Search::None;
    }
    let calls = calls(code);
    let explains =
        calls.contains(&event) || (first_need && is_about_a_key(code) && KEY_CHOICES.contains(&event));
    if is_about_objects(code) {
        return if explains && !event.starts_with(TOLD_BY_S3) {
            Search::None
        } else {
            Search::DataEvents
        };
    }
    if explains {
        return Search::None;
    }
    match calls.first() {
        // A policy that is not there at all was deleted, not replaced.
        Some(_) if code == Code::GrantMissing && has_no_policy(finding) => Search::Ask("DeleteBucketPolicy"),
        Some(likeliest) => Search::Ask(likeliest),
        None => Search::None,
    }
}

/// The cause of a finding that nobody can be named for. Whoever the event names did something else, unless it is S3's
/// own word on what was found, which names the account.
#[must_use]
pub fn unnamed(finding: &Finding, cause: &Cause, why: Nameless) -> Cause {
    let explains = calls(finding.code).contains(&cause.event.as_str());
    Cause {
        actor: cause.actor.clone().filter(|_| explains),
        nameless: Some(why),
        ..cause.clone()
    }
}

fn has_no_policy(finding: &Finding) -> bool {
    finding.evidence.get("policy").and_then(Value::as_str) == Some("absent")
}

/// The cause that stands in the last of these records of CloudTrail, newest first, that is about `resource`, of the
/// stack about that very part, and not an echo of our own write.
#[must_use]
pub fn last_about(resource: &Resource, finding: &Finding, records: &[String]) -> Option<Cause> {
    records.iter().find_map(|text| {
        let trigger = trigger::read(&serde_json::from_str(text).ok()?);
        let is_ours = trigger
            .actor
            .as_ref()
            .is_some_and(|actor| actor.tool.as_deref() == Some(OWN_SOURCE));
        let is_about = match finding.subject.part() {
            Some(part) => trigger.parts.iter().any(|named| named.means(part)),
            None => trigger.action == Action::Check && trigger.resources().contains(resource),
        };
        (is_about && !is_ours).then(|| Cause {
            id: trigger.id.unwrap_or_default(),
            event: trigger.event,
            time: trigger.time,
            actor: trigger.actor,
            nameless: None,
            looked_up: true,
        })
    })
}

/// Somebody, in a line.
#[must_use]
pub fn describe_actor(actor: &Actor) -> String {
    let mut text = actor
        .principal
        .clone()
        .unwrap_or_else(|| "an unnamed principal".to_owned());
    if let Some(tool) = &actor.tool {
        text.push_str(&format!(" with {tool}"));
    }
    if let Some(address) = &actor.address {
        text.push_str(&format!(" from {address}"));
    }
    text
}

/// Who did it, in a line, or why that is not known.
#[must_use]
pub fn describe(cause: &Cause) -> String {
    let named = cause.actor.as_ref().map(describe_actor);
    let why = cause.nameless.as_ref().map(|nameless| match nameless {
        Nameless::DataEvents => "not knowable without data events".to_owned(),
        Nameless::NoRecord(event) => format!("not known: CloudTrail's event history holds no {event} on it"),
        Nameless::NotAsked(why) => format!("not known: CloudTrail could not be asked ({why})"),
    });
    match (named, why) {
        (Some(named), Some(why)) => format!("{named} (whoever that was is {why})"),
        (Some(named), None) if cause.looked_up => format!("{named} (the last {} on record)", cause.event),
        (Some(named), None) => named,
        (None, Some(why)) => why,
        (None, None) => "not named by the event".to_owned(),
    }
}

#[cfg(test)]
mod tests;
