//! What the guardian itself sees and speaks with: reads only.

use guardian_core::call::CallError;
use guardian_core::observation::{
    EventSelectors, QueueState, RuleState, RuleTarget, Subscription, TopicState, TrailDescription,
};

/// The trails, and the rules, queues and topic of the stack (CloudTrail, EventBridge, SQS, SNS).
pub trait Eyes {
    /// DescribeTrails: every trail that records this Region, those at home elsewhere and those of the organization
    /// included (`includeShadowTrails`).
    async fn describe_trails(&self) -> Result<Vec<TrailDescription>, CallError>;

    /// GetTrailStatus: whether the trail of this ARN is logging.
    async fn get_trail_status(&self, trail: &str) -> Result<bool, CallError>;

    /// GetEventSelectors of the trail of this ARN.
    async fn get_event_selectors(&self, trail: &str) -> Result<EventSelectors, CallError>;

    /// DescribeRule on the default bus; `None` where there is no such rule.
    async fn describe_rule(&self, rule: &str) -> Result<Option<RuleState>, CallError>;

    /// ListTargetsByRule: the first hundred, of which ours has one; none where there is no such rule.
    async fn list_targets(&self, rule: &str) -> Result<Vec<RuleTarget>, CallError>;

    /// GetQueueAttributes; `None` where there is no such queue.
    async fn get_queue_attributes(&self, url: &str) -> Result<Option<QueueState>, CallError>;

    /// GetTopicAttributes; `None` where there is no such topic.
    async fn get_topic_attributes(&self, topic: &str) -> Result<Option<TopicState>, CallError>;

    /// ListSubscriptionsByTopic: the first hundred.
    async fn list_subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, CallError>;
}
