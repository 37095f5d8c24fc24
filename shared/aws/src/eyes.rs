//! What the guardian itself sees and speaks with: trails, and the rules, queues and topic of the stack.

use aws_sdk_cloudtrail::types::{AdvancedFieldSelector, EventSelector, ReadWriteType};
use aws_sdk_eventbridge::types::{RuleState as State, Target};
use aws_sdk_sqs::types::QueueAttributeName;
// Each SDK implements this one trait.
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use guardian_core::call::CallError;
use guardian_core::observation::{
    BasicSelector, EventSelectors, FieldSelector, QueueState, RuleState, RuleTarget, Subscription,
    TopicState, TrailDescription,
};
use guardian_reconcile::seam::Eyes;

use crate::aws::Aws;
use crate::error::{call_error, incomplete, unusable};
use crate::topic::region_of;

impl Eyes for Aws {
    async fn describe_trails(&self) -> Result<Vec<TrailDescription>, CallError> {
        const OPERATION: &str = "cloudtrail:DescribeTrails";
        let call = self
            .clients()
            .cloudtrail()
            .describe_trails()
            .include_shadow_trails(true);
        let answer = call.send().await.map_err(|error| call_error(OPERATION, error))?;
        // An account without trails answers with an empty list.
        let trails = answer.trail_list.ok_or_else(|| incomplete(OPERATION))?;
        trails
            .into_iter()
            .map(|trail| {
                Ok(TrailDescription {
                    arn: trail.trail_arn.ok_or_else(|| incomplete(OPERATION))?,
                    home_region: trail.home_region.unwrap_or_default(),
                    multi_region: trail.is_multi_region_trail.unwrap_or_default(),
                    organization: trail.is_organization_trail.unwrap_or_default(),
                })
            })
            .collect()
    }

    async fn get_trail_status(&self, trail: &str) -> Result<bool, CallError> {
        const OPERATION: &str = "cloudtrail:GetTrailStatus";
        let answer = self
            .clients()
            .cloudtrail()
            .get_trail_status()
            .name(trail)
            .send()
            .await;
        let answer = answer.map_err(|error| call_error(OPERATION, error))?;
        answer.is_logging.ok_or_else(|| incomplete(OPERATION))
    }

    async fn get_event_selectors(&self, trail: &str) -> Result<EventSelectors, CallError> {
        const OPERATION: &str = "cloudtrail:GetEventSelectors";
        let call = self
            .clients()
            .cloudtrail()
            .get_event_selectors()
            .trail_name(trail);
        let answer = call.send().await.map_err(|error| call_error(OPERATION, error))?;
        // A trail has one kind or the other (CloudTrail API Reference, PutEventSelectors).
        match (answer.advanced_event_selectors, answer.event_selectors) {
            (Some(advanced), _) if !advanced.is_empty() => Ok(EventSelectors::Advanced(
                advanced
                    .iter()
                    .map(|selector| selector.field_selectors().iter().map(field).collect())
                    .collect(),
            )),
            (_, Some(basic)) => {
                let basic = basic.into_iter().map(selector).collect::<Result<_, _>>();
                basic
                    .map(EventSelectors::Basic)
                    .map_err(|message| unusable(OPERATION, message))
            }
            (_, None) => Err(incomplete(OPERATION)),
        }
    }

    async fn describe_rule(&self, rule: &str) -> Result<Option<RuleState>, CallError> {
        const OPERATION: &str = "events:DescribeRule";
        match self
            .clients()
            .eventbridge()
            .describe_rule()
            .name(rule)
            .send()
            .await
        {
            Ok(answer) => Ok(Some(RuleState {
                enabled: match answer.state.ok_or_else(|| incomplete(OPERATION))? {
                    State::Enabled | State::EnabledWithAllCloudtrailManagementEvents => true,
                    State::Disabled => false,
                    other => {
                        let message = format!("a rule in the state `{}` is not known here", other.as_str());
                        return Err(unusable(OPERATION, message));
                    }
                },
                pattern: answer.event_pattern,
                schedule: answer.schedule_expression,
            })),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(call_error(OPERATION, error)),
        }
    }

    async fn list_targets(&self, rule: &str) -> Result<Vec<RuleTarget>, CallError> {
        const OPERATION: &str = "events:ListTargetsByRule";
        let call = self.clients().eventbridge().list_targets_by_rule().rule(rule);
        match call.send().await {
            Ok(answer) => {
                let targets = answer.targets.ok_or_else(|| incomplete(OPERATION))?;
                Ok(targets.into_iter().map(target).collect())
            }
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Vec::new()),
            Err(error) => Err(call_error(OPERATION, error)),
        }
    }

    async fn get_queue_attributes(&self, url: &str) -> Result<Option<QueueState>, CallError> {
        const OPERATION: &str = "sqs:GetQueueAttributes";
        use QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, KmsMasterKeyId, Policy,
            RedrivePolicy,
        };
        let call = self.clients().sqs().get_queue_attributes().queue_url(url);
        let call = call.set_attribute_names(Some(vec![
            ApproximateNumberOfMessages,
            ApproximateNumberOfMessagesNotVisible,
            KmsMasterKeyId,
            Policy,
            RedrivePolicy,
        ]));
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if is_no_queue(error.code()) => return Ok(None),
            Err(error) => return Err(call_error(OPERATION, error)),
        };
        let attributes = answer.attributes.ok_or_else(|| incomplete(OPERATION))?;
        let count = |name| attributes.get(&name).and_then(|text| text.parse::<u64>().ok());
        let visible = count(ApproximateNumberOfMessages).ok_or_else(|| incomplete(OPERATION))?;
        let text = |name| attributes.get(&name).filter(|text| !text.is_empty()).cloned();
        Ok(Some(QueueState {
            policy: text(Policy),
            redrive: text(RedrivePolicy),
            kms_key: text(KmsMasterKeyId),
            messages: visible + count(ApproximateNumberOfMessagesNotVisible).unwrap_or_default(),
        }))
    }

    async fn get_topic_attributes(&self, topic: &str) -> Result<Option<TopicState>, CallError> {
        const OPERATION: &str = "sns:GetTopicAttributes";
        let call = self
            .clients()
            .sns(region_of(topic))
            .get_topic_attributes()
            .topic_arn(topic);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if is_no_topic(error.code()) => return Ok(None),
            Err(error) => return Err(call_error(OPERATION, error)),
        };
        let attributes = answer.attributes.ok_or_else(|| incomplete(OPERATION))?;
        let count = |name: &str| attributes.get(name).and_then(|text| text.parse::<u64>().ok());
        Ok(Some(TopicState {
            confirmed: count("SubscriptionsConfirmed").ok_or_else(|| incomplete(OPERATION))?,
            pending: count("SubscriptionsPending").unwrap_or_default(),
        }))
    }

    async fn list_subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, CallError> {
        const OPERATION: &str = "sns:ListSubscriptionsByTopic";
        let call = self
            .clients()
            .sns(region_of(topic))
            .list_subscriptions_by_topic()
            .topic_arn(topic);
        let answer = call.send().await.map_err(|error| call_error(OPERATION, error))?;
        let subscriptions = answer.subscriptions.ok_or_else(|| incomplete(OPERATION))?;
        Ok(subscriptions
            .into_iter()
            .map(|subscription| Subscription {
                protocol: subscription.protocol.unwrap_or_default(),
                endpoint: subscription.endpoint.unwrap_or_default(),
                // Until then the words `PendingConfirmation` stand in the place of the ARN.
                confirmed: subscription
                    .subscription_arn
                    .is_some_and(|arn| arn.starts_with("arn:")),
            })
            .collect())
    }
}

/// The code of the JSON protocol, and that of the query protocol, which SQS sends along for those that know it.
fn is_no_queue(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("QueueDoesNotExist" | "AWS.SimpleQueueService.NonExistentQueue")
    )
}

fn is_no_topic(code: Option<&str>) -> bool {
    matches!(code, Some("NotFound" | "NotFoundException"))
}

fn selector(selector: EventSelector) -> Result<BasicSelector, String> {
    // What is not said is all, and management events are taken in (CloudTrail API Reference, EventSelector).
    let kind = selector.read_write_type.unwrap_or(ReadWriteType::All);
    let writes = match kind {
        ReadWriteType::All | ReadWriteType::WriteOnly => true,
        ReadWriteType::ReadOnly => false,
        other => {
            return Err(format!(
                "a selector of `{}` events is not known here",
                other.as_str()
            ));
        }
    };
    Ok(BasicSelector {
        management: selector.include_management_events.unwrap_or(true),
        writes,
        excluded: selector.exclude_management_event_sources.unwrap_or_default(),
    })
}

fn field(field: &AdvancedFieldSelector) -> FieldSelector {
    FieldSelector {
        field: field.field().to_owned(),
        equals: field.equals().to_vec(),
        not_equals: field.not_equals().to_vec(),
        starts_with: field.starts_with().to_vec(),
        not_starts_with: field.not_starts_with().to_vec(),
        ends_with: field.ends_with().to_vec(),
        not_ends_with: field.not_ends_with().to_vec(),
    }
}

fn target(target: Target) -> RuleTarget {
    RuleTarget {
        rewritten: target.input.is_some()
            || target.input_path.is_some()
            || target.input_transformer.is_some(),
        arn: target.arn,
        dead_letters: target.dead_letter_config.and_then(|config| config.arn),
    }
}
