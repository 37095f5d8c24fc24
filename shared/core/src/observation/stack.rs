//! What was seen of the guardian's own stack and of the trails it hears through.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::parts::{OwnQueue, OwnRule};

use super::Known;

/// A trail as DescribeTrails shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailDescription {
    /// Its ARN, which names the account that owns it.
    pub arn: String,
    /// The Region it was made in.
    pub home_region: String,
    /// Whether it records every Region.
    pub multi_region: bool,
    /// Whether it is the trail of an organization, which may belong to another account.
    pub organization: bool,
}

/// What a trail records (GetEventSelectors).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSelectors {
    /// Basic ones. An event is recorded if any takes it in.
    Basic(Vec<BasicSelector>),
    /// Advanced ones. An event is recorded if all fields of any agree with it.
    Advanced(Vec<Vec<FieldSelector>>),
}

/// A basic event selector, as far as it is about management events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicSelector {
    /// `IncludeManagementEvents`.
    pub management: bool,
    /// Whether writes are taken in: `ReadWriteType` is `All` or `WriteOnly`.
    pub writes: bool,
    /// `ExcludeManagementEventSources`.
    pub excluded: Vec<String>,
}

/// What an advanced event selector asks of one field. Operators that are not used are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSelector {
    /// The field, for example `eventCategory`.
    pub field: String,
    /// `Equals`: any of these.
    pub equals: Vec<String>,
    /// `NotEquals`: none of these.
    pub not_equals: Vec<String>,
    /// `StartsWith`.
    pub starts_with: Vec<String>,
    /// `NotStartsWith`.
    pub not_starts_with: Vec<String>,
    /// `EndsWith`.
    pub ends_with: Vec<String>,
    /// `NotEndsWith`.
    pub not_ends_with: Vec<String>,
}

/// What was seen of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailObservation {
    /// The trail.
    pub trail: TrailDescription,
    /// Whether it is logging (GetTrailStatus).
    pub logging: Known<bool>,
    /// What it records.
    pub selectors: Known<EventSelectors>,
}

/// A rule as DescribeRule shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleState {
    /// Whether it is enabled, in either way.
    pub enabled: bool,
    /// Its event pattern, as text.
    pub pattern: Option<String>,
    /// Its schedule.
    pub schedule: Option<String>,
}

/// A target of a rule (ListTargetsByRule).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleTarget {
    /// The target's ARN.
    pub arn: String,
    /// The ARN of the queue for what cannot be delivered.
    pub dead_letters: Option<String>,
    /// Whether the target gets something else than the event (`Input`, `InputPath`, `InputTransformer`).
    pub rewritten: bool,
}

/// What was seen of a rule of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleObservation {
    /// The rule.
    pub rule: OwnRule,
    /// Its state; `Ok(None)` where there is no such rule.
    pub state: Known<Option<RuleState>>,
    /// Its targets; none where the rule is not there.
    pub targets: Known<Vec<RuleTarget>>,
}

/// A queue as GetQueueAttributes shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueState {
    /// The queue's policy, as text.
    pub policy: Option<String>,
    /// `RedrivePolicy`, as text.
    pub redrive: Option<String>,
    /// `KmsMasterKeyId`: the KMS key that messages are encrypted under.
    pub kms_key: Option<String>,
    /// About how many messages lie in it, those that somebody is looking at included.
    pub messages: u64,
}

/// What was seen of a queue of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueObservation {
    /// The queue.
    pub queue: OwnQueue,
    /// Its state; `Ok(None)` where there is no such queue.
    pub state: Known<Option<QueueState>>,
}

/// The topic as GetTopicAttributes shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TopicState {
    /// How many subscriptions are confirmed.
    pub confirmed: u64,
    /// How many wait for their confirmation.
    pub pending: u64,
}

/// A subscription of the topic (ListSubscriptionsByTopic).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// `email`, `sqs`, `https`, ….
    pub protocol: String,
    /// Where messages go.
    pub endpoint: String,
    /// Whether it is confirmed.
    pub confirmed: bool,
}

/// What was seen of the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicObservation {
    /// Its state; `Ok(None)` where there is no such topic.
    pub state: Known<Option<TopicState>>,
    /// Its subscriptions; `None` where they were not asked for, because nothing hinges on them.
    pub subscriptions: Option<Known<Vec<Subscription>>>,
}

/// When the sweep ran, as the ledger has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepTimes {
    /// The last time.
    pub at: Moment,
    /// The longest time to the next one, in seconds, as it was set then.
    pub period: u64,
    /// The time before that, if that one came late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_after: Option<Moment>,
}

impl SweepTimes {
    /// The longest time to the next sweep, as it was set then.
    #[must_use]
    pub const fn period(&self) -> Duration {
        Duration::from_secs(self.period)
    }
}

/// What was seen of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackObservation {
    /// The trails that may record this Region.
    pub trails: Known<Vec<TrailObservation>>,
    /// The rules.
    pub rules: Vec<RuleObservation>,
    /// The queues.
    pub queues: Vec<QueueObservation>,
    /// The topic.
    pub topic: TopicObservation,
    /// When the sweep ran; `None` where it never did.
    pub swept: Option<SweepTimes>,
}
