//! What the guardian itself sees and speaks with: trails, and the rules, queues and topic of its stack.

mod acts;

use std::collections::BTreeMap;

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::observation::{
    BasicSelector, EventSelectors, QueueState, RuleState, RuleTarget, Subscription, TopicState,
    TrailDescription,
};
use guardian_core::parts::{OwnQueue as OwnQueueName, OwnRule as OwnRuleName, Parts, SweepRate};
use guardian_reconcile::seam::Eyes as Seam;
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::state::{Home, State};
use crate::{Model, Queue};

/// The rules of template.yaml whose events the model sends.
const RULES: [&str; 16] = [
    "BucketConfigurationRule",
    "MarkerRule",
    "MarkerDataEventRule",
    "KeyRule",
    "KeyGrantRule",
    "KeyServiceEventRule",
    "KeyLifecycleRule",
    "DeclarationRule",
    "TrailRule",
    "OwnRule",
    "OwnQueueRule",
    "OwnTopicRule",
    "SweepRule",
    "ObjectRule",
    "ObjectDataEventRule",
    "ObjectEncryptionRule",
];

/// Its queues.
const QUEUES: [&str; 6] = [
    "IngestQueue",
    "ObjectQueue",
    "WorkQueue",
    "UndeliveredEventQueue",
    "IngestDeadLetterQueue",
    "WorkDeadLetterQueue",
];

/// A trail.
#[derive(Debug, Clone)]
pub(crate) struct TrailState {
    pub(crate) description: TrailDescription,
    pub(crate) logging: bool,
    pub(crate) selectors: EventSelectors,
}

/// An event rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) logical: String,
    pub(crate) state: RuleState,
    pub(crate) targets: Vec<RuleTarget>,
}

/// A queue of the stack, its messages aside.
#[derive(Debug, Clone)]
pub(crate) struct OwnQueue {
    pub(crate) logical: String,
    pub(crate) state: QueueState,
}

/// The topic.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnTopic {
    pub(crate) arn: String,
    pub(crate) subscriptions: Vec<Subscription>,
}

/// A stack and the trails beside it, once one is deployed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Eyes {
    pub(crate) trails: BTreeMap<String, TrailState>,
    pub(crate) rules: BTreeMap<String, Rule>,
    pub(crate) queues: BTreeMap<String, OwnQueue>,
    pub(crate) topic: Option<OwnTopic>,
}

impl Eyes {
    /// Whether a trail tells EventBridge of management calls on this service that write (EventBridge User Guide, "AWS
    /// service events delivered via AWS CloudTrail"). Trails of the model have basic selectors where this is asked.
    pub(crate) fn hears_of(&self, source: &str) -> bool {
        self.trails.values().any(|trail| {
            let takes = |selector: &BasicSelector| {
                selector.management && selector.writes && !selector.excluded.iter().any(|one| one == source)
            };
            let records = match &trail.selectors {
                EventSelectors::Basic(selectors) => selectors.iter().any(takes),
                EventSelectors::Advanced(_) => true,
            };
            trail.logging && records
        })
    }

    /// Whether the rule that the template calls so hands events on.
    pub(crate) fn passes(&self, logical: &str) -> bool {
        self.rules
            .values()
            .any(|rule| rule.logical == logical && rule.state.enabled && !rule.targets.is_empty())
    }
}

impl Model {
    /// The parts of a stack called `guardian` that sweeps every hour, as its functions know them. It is not deployed by
    /// this.
    #[must_use]
    pub fn own_parts(&self) -> Parts {
        let home = self.read(|state| state.home.clone());
        let url = |name: &str| {
            let fifo = if name.starts_with("Work") { ".fifo" } else { "" };
            format!(
                "https://sqs.{}.amazonaws.com/{}/guardian-{name}{fifo}",
                home.region, home.account
            )
        };
        Parts {
            rules: RULES
                .map(|name| OwnRuleName {
                    logical: name.to_owned(),
                    name: format!("guardian-{name}"),
                })
                .into(),
            queues: QUEUES
                .map(|name| OwnQueueName {
                    logical: name.to_owned(),
                    url: url(name),
                })
                .into(),
            topic: arn(&home, "sns", "guardian-AlertTopic"),
            sweep: SweepRate::default(),
        }
    }

    /// Deploys a stack of these parts, as the template says, with one subscription that is confirmed; and beside it a
    /// trail of all Regions, called `management-events`. From now on events travel through them.
    pub fn deploy_stack(&self, parts: &Parts) {
        self.change(|state| {
            let eyes = deployed(&state.home, parts);
            state.eyes = Some(eyes);
        });
    }

    /// How many messages lie in a queue of the stack that has none of its own here, for example the one for what
    /// EventBridge could not deliver.
    pub fn leave_dead_letters(&self, logical: &str, messages: u64) {
        self.change(|state| {
            let queues = state.eyes.iter_mut().flat_map(|eyes| eyes.queues.values_mut());
            for queue in queues.filter(|queue| queue.logical == logical) {
                queue.state.messages = messages;
            }
        });
    }

    /// Adds or replaces a trail, which is logging.
    pub fn add_trail(&self, description: TrailDescription, selectors: EventSelectors) {
        self.change(|state| {
            let trail = TrailState {
                description: description.clone(),
                logging: true,
                selectors,
            };
            let eyes = state.eyes.get_or_insert_default();
            eyes.trails.insert(description.arn, trail);
        });
    }

    /// The ARN of a trail of the account.
    #[must_use]
    pub fn trail_arn(&self, name: &str) -> String {
        self.read(|state| arn(&state.home, "cloudtrail", &format!("trail/{name}")))
    }
}

fn arn(home: &Home, service: &str, rest: &str) -> String {
    format!(
        "arn:{}:{service}:{}:{}:{rest}",
        home.partition, home.region, home.account
    )
}

fn deployed(home: &Home, parts: &Parts) -> Eyes {
    let queue_arn = |logical: &str| parts.queue(logical).map(|queue| arn(home, "sqs", queue.name()));
    let trail = arn(home, "cloudtrail", "trail/management-events");
    let trail = TrailState {
        description: TrailDescription {
            arn: trail,
            home_region: home.region.clone(),
            multi_region: true,
            organization: false,
        },
        logging: true,
        selectors: everything(),
    };
    let rules = parts.rules.iter().filter_map(|rule| {
        let expected = rule.expected()?;
        let made = Rule {
            logical: rule.logical.clone(),
            state: RuleState {
                enabled: true,
                pattern: expected.pattern.as_ref().map(Value::to_string),
                schedule: expected
                    .pattern
                    .is_none()
                    .then(|| parts.sweep.as_str().to_owned()),
            },
            targets: vec![RuleTarget {
                arn: queue_arn(&expected.target).unwrap_or_else(|| arn(home, "lambda", "function:census")),
                dead_letters: queue_arn(&expected.dead_letters),
                rewritten: false,
            }],
        };
        Some((rule.name.clone(), made))
    });
    let queues = parts.queues.iter().map(|queue| {
        let dead_letters = queue
            .expected()
            .and_then(|expected| expected.dead_letters.as_deref());
        let redrive = dead_letters.and_then(&queue_arn);
        let made = OwnQueue {
            logical: queue.logical.clone(),
            state: QueueState {
                policy: Some(policy(home, parts, queue.name()).to_string()),
                redrive: redrive
                    .map(|to| json!({"deadLetterTargetArn": to, "maxReceiveCount": 5}).to_string()),
                kms_key: None,
                messages: 0,
            },
        };
        (queue.url.clone(), made)
    });
    Eyes {
        trails: BTreeMap::from([(trail.description.arn.clone(), trail)]),
        rules: rules.collect(),
        queues: queues.collect(),
        topic: Some(OwnTopic {
            arn: parts.topic.clone(),
            subscriptions: vec![Subscription {
                protocol: "email".to_owned(),
                endpoint: "on-call@example.com".to_owned(),
                confirmed: true,
            }],
        }),
    }
}

/// What GetEventSelectors says of a trail that was never told otherwise.
fn everything() -> EventSelectors {
    EventSelectors::Basic(vec![BasicSelector {
        management: true,
        writes: true,
        excluded: Vec::new(),
    }])
}

fn policy(home: &Home, parts: &Parts, queue: &str) -> Value {
    let sources: Vec<String> = parts
        .rules
        .iter()
        .map(|rule| arn(home, "events", &format!("rule/{}", rule.name)))
        .collect();
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "OnlyTheRulesOfThisStackSend", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": arn(home, "sqs", queue),
        "Condition": {
            "StringEquals": {"aws:SourceAccount": home.account}, "ArnEquals": {"aws:SourceArn": sources},
        },
    }]})
}

impl State {
    fn eyes(&self) -> Eyes {
        self.eyes.clone().unwrap_or_default()
    }

    fn trail(&self, arn: &str) -> Result<TrailState, Refusal> {
        let trail = self.eyes.as_ref().and_then(|eyes| eyes.trails.get(arn));
        let trail =
            trail.ok_or_else(|| Refusal::other("TrailNotFoundException", format!("Unknown trail: {arn}")))?;
        // The trail of an organization is its management account's to show.
        let owner = arn.split(':').nth(4).unwrap_or_default();
        if owner != self.home.account {
            return Err(Refusal::new(
                CallErrorKind::AccessDenied,
                "AccessDeniedException",
                format!("not authorized to perform this operation on resource: {arn}"),
            ));
        }
        Ok(trail.clone())
    }
}

impl Seam for Model {
    async fn describe_trails(&self) -> Result<Vec<TrailDescription>, CallError> {
        self.call(Operation::DescribeTrails, "", |state| {
            let eyes = state.eyes();
            Ok(eyes.trails.into_values().map(|trail| trail.description).collect())
        })
        .await
    }

    async fn get_trail_status(&self, trail: &str) -> Result<bool, CallError> {
        self.call(Operation::GetTrailStatus, trail, |state| {
            Ok(state.trail(trail)?.logging)
        })
        .await
    }

    async fn get_event_selectors(&self, trail: &str) -> Result<EventSelectors, CallError> {
        self.call(Operation::GetEventSelectors, trail, |state| {
            Ok(state.trail(trail)?.selectors)
        })
        .await
    }

    async fn describe_rule(&self, rule: &str) -> Result<Option<RuleState>, CallError> {
        self.call(Operation::DescribeRule, rule, |state| {
            Ok(state.eyes().rules.remove(rule).map(|rule| rule.state))
        })
        .await
    }

    async fn list_targets(&self, rule: &str) -> Result<Vec<RuleTarget>, CallError> {
        self.call(Operation::ListTargetsByRule, rule, |state| {
            Ok(state
                .eyes()
                .rules
                .remove(rule)
                .map_or_else(Vec::new, |rule| rule.targets))
        })
        .await
    }

    async fn get_queue_attributes(&self, url: &str) -> Result<Option<QueueState>, CallError> {
        self.call(Operation::GetQueueAttributes, url, |state| {
            let Some(queue) = state.eyes().queues.remove(url) else {
                return Ok(None);
            };
            let dead = match queue.logical.as_str() {
                "IngestDeadLetterQueue" => state.queues.count_dead(Queue::Ingest),
                "WorkDeadLetterQueue" => state.queues.count_dead(Queue::Work),
                _ => 0,
            };
            let messages = queue.state.messages + dead;
            Ok(Some(QueueState {
                messages,
                ..queue.state
            }))
        })
        .await
    }

    async fn get_topic_attributes(&self, topic: &str) -> Result<Option<TopicState>, CallError> {
        self.call(Operation::GetTopicAttributes, topic, |state| {
            let found = state.eyes().topic.filter(|found| found.arn == topic);
            Ok(found.map(|found| {
                let count = |confirmed: bool| {
                    let fitting = found
                        .subscriptions
                        .iter()
                        .filter(|one| one.confirmed == confirmed);
                    fitting.count() as u64
                };
                TopicState {
                    confirmed: count(true),
                    pending: count(false),
                }
            }))
        })
        .await
    }

    async fn list_subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, CallError> {
        self.call(Operation::ListSubscriptionsByTopic, topic, |state| {
            Ok(state.eyes().topic.unwrap_or_default().subscriptions)
        })
        .await
    }
}
