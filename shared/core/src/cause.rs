//! Why a resource is looked at, and the messages that carry it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::attribution::Nameless;
use crate::name::Resource;
use crate::written::Written;

/// Who did something, as far as the event says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Actor {
    /// The principal's ARN (with the session name, for a role), or the service that acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// The tool, read from the user agent: `Terraform`, `console`, `AWS CLI`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The source address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// The event behind a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// CloudTrail's `eventID`, else the envelope's id, else the id of the message it came in.
    pub id: String,
    /// What happened, in the source's word: `PutBucketPolicy`, `Object Deleted`, `Scheduled Event`.
    pub event: String,
    /// When it happened, as the event says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// Why nobody, or no more of them, is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nameless: Option<Nameless>,
    /// Whether this is not what led to the look but the last such call that CloudTrail holds, asked for later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looked_up: bool,
}

impl Cause {
    /// An event of which no more is known.
    #[must_use]
    pub fn of_event(id: impl Into<String>, event: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            event: event.into(),
            time: None,
            actor: None,
            nameless: None,
            looked_up: false,
        }
    }
}

impl Cause {
    /// Whether new key material was put under a key, or asked for: by KMS's own event, by CloudTrail's service event,
    /// and by the call, for automatic rotation and on demand.
    ///
    /// Rotation changes neither the key's ARN nor its policy, and what was encrypted before can still be decrypted (KMS
    /// Developer Guide, "Rotate AWS KMS keys").
    #[must_use]
    pub fn is_rotation(&self) -> bool {
        matches!(
            self.event.as_str(),
            "RotateKey" | "RotateKeyOnDemand" | "KMS CMK Rotation"
        )
    }
}

/// One resource to look at: the body of a message in the work queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// What to look at.
    pub resource: Resource,
    /// Why.
    pub cause: Cause,
    /// How many looks at this cause there were before: 0 for the event itself.
    #[serde(default)]
    pub look: u8,
    /// Whether this is a look of the sweep, which no event about this resource asked for.
    #[serde(default)]
    pub swept: bool,
    /// Whether an event, or a later look at one, asked for this look of the sweep as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub heard: bool,
    /// Whether a bucket came to need this key only now: what made it do so explains what is wrong with the key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first_need: bool,
    /// Objects that were written, of which some are to be looked at.
    #[serde(default, skip_serializing_if = "Written::is_empty")]
    pub written: Written,
    /// Whether those objects are all there is to look at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub narrow: bool,
    /// Which leg of a sweep this is, counted from 0: a sweep of many buckets is continued by a message of its own.
    #[serde(default, skip_serializing_if = "is_first")]
    pub leg: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the field over by reference"
)]
const fn is_first(leg: &u32) -> bool {
    *leg == 0
}

impl Work {
    /// The first look at a resource, because of this.
    #[must_use]
    pub fn new(resource: Resource, cause: Cause) -> Self {
        Self {
            resource,
            cause,
            look: 0,
            swept: false,
            heard: false,
            first_need: false,
            written: Written::default(),
            narrow: false,
            leg: 0,
        }
    }

    /// Whether nothing but the sweep asked for this look.
    #[must_use]
    pub fn is_of_the_sweep_alone(&self) -> bool {
        self.swept && !self.heard
    }

    /// The FIFO group: one writer per resource. A name too long for SQS (S3's oldest buckets have up to 255
    /// characters) is shortened to a hash.
    #[must_use]
    pub fn group(&self) -> String {
        let name = self.resource.to_string();
        if name.len() <= LONGEST_GROUP {
            name
        } else {
            format!("hashed:{}", hex(&Sha256::digest(&name)))
        }
    }

    /// The de-duplication id: a hash of event id, look and group, and of the leg of a sweep that is continued.
    ///
    /// Never of content, and never of the event alone: one event fanned out to many resources reaches each
    /// of them, and a second change that looks like the first is a second event.
    #[must_use]
    pub fn deduplication_id(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.cause.id.as_str(), &self.look.to_string(), &self.group()] {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        if self.leg > 0 {
            hash.update(self.leg.to_be_bytes());
        }
        hex(&hash.finalize())
    }
}

/// SQS API Reference, SendMessage: "The length of MessageGroupId is 128 characters".
const LONGEST_GROUP: usize = 128;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The source that marks our own messages in the ingest queue.
pub const OWN_SOURCE: &str = "cloudinary-guardian";
/// The detail type of a later look.
pub const LATER_LOOK: &str = "Later Look";

/// A later look in the ingest queue: shaped like an event, so that one queue serves both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterLook {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Work,
}

impl LaterLook {
    /// Asks for `work` to be done later.
    #[must_use]
    pub fn new(work: Work) -> Self {
        Self {
            source: OWN_SOURCE.to_owned(),
            detail_type: LATER_LOOK.to_owned(),
            detail: work,
        }
    }

    /// Reads one back; `None` for anything else that lies in the ingest queue.
    #[must_use]
    pub fn read(message: &serde_json::Value) -> Option<Work> {
        let look: Self = serde_json::from_value(message.clone()).ok()?;
        (look.source == OWN_SOURCE && look.detail_type == LATER_LOOK).then_some(look.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(id: &str, resource: &str, look: u8) -> Work {
        let cause = Cause::of_event(id, "PutBucketPolicy");
        Work {
            look,
            ..Work::new(resource.parse().unwrap(), cause)
        }
    }

    #[test]
    fn one_event_for_two_resources_is_two_deliveries() {
        assert_ne!(
            work("e1", "bucket:one-a", 0).deduplication_id(),
            work("e1", "bucket:one-b", 0).deduplication_id()
        );
    }

    #[test]
    fn the_same_event_twice_is_one_delivery_but_its_later_look_is_another() {
        let first = work("e1", "bucket:media", 0).deduplication_id();
        assert_eq!(first, work("e1", "bucket:media", 0).deduplication_id());
        assert_ne!(first, work("e1", "bucket:media", 1).deduplication_id());
        assert_ne!(first, work("e2", "bucket:media", 0).deduplication_id());
        assert!(first.len() <= 128, "the limit of SQS");
        let leg = |leg| {
            Work {
                leg,
                ..work("e1", "sweep", 0)
            }
            .deduplication_id()
        };
        assert_eq!(leg(1), leg(1));
        assert_ne!(leg(0), leg(1));
        assert_ne!(leg(1), leg(2));
    }

    #[test]
    fn a_group_keeps_to_the_limit_of_sqs_and_stays_one_for_each_resource() {
        let old = |end: &str| work("e1", &format!("bucket:{}{end}", "m".repeat(200)), 0).group();
        assert!(old("a").len() <= 128);
        assert_ne!(old("a"), old("b"));
        assert_eq!(work("e1", "bucket:media", 0).group(), "bucket:media");
    }

    #[test]
    fn a_later_look_reads_back_and_nothing_else_does() {
        let work = work("e1", "bucket:media", 1);
        let message = serde_json::to_value(LaterLook::new(work.clone())).unwrap();
        assert_eq!(LaterLook::read(&message), Some(work));
        assert_eq!(
            LaterLook::read(&serde_json::json!({"source": "aws.s3", "detail-type": "Later Look"})),
            None
        );
    }
}
