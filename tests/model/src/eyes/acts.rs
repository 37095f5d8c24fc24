//! What others do to the stack and to the trails.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::observation::{EventSelectors, Subscription};
use serde_json::{Map, Value, json};

use super::{Eyes, OwnQueue, OwnTopic, Rule, TrailState};
use crate::events::trail::{Subject, Trail};
use crate::refusal::Refusal;
use crate::{Model, Outsider};

fn missing(code: &'static str, what: &str) -> Refusal {
    Refusal::new(CallErrorKind::Other, code, format!("{what} does not exist"))
}

fn request(fields: Value) -> Map<String, Value> {
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// One call: its service, its name and its request.
struct Called {
    service: &'static str,
    event: &'static str,
    fields: Value,
    /// Whether the record is made before the change: a trail still tells that it was stopped.
    before: bool,
}

impl Called {
    fn new(service: &'static str, event: &'static str, fields: Value) -> Self {
        Self {
            service,
            event,
            fields,
            before: false,
        }
    }
}

impl Outsider {
    fn on_eyes(
        &self,
        called: Called,
        change: impl FnOnce(&mut Eyes) -> Result<(), Refusal>,
    ) -> Result<(), CallError> {
        let Called {
            service,
            event,
            fields,
            before,
        } = called;
        let trail = Trail::of(event, Subject::Own(service), request(fields));
        self.model()
            .change(|state| {
                if before {
                    state.record(self.caller(), trail, Ok(()))?;
                    return change(state.eyes.get_or_insert_default());
                }
                change(state.eyes.get_or_insert_default())?;
                state.record(self.caller(), trail, Ok(()))
            })
            .map_err(|refusal| refusal.of_action(event))
    }

    fn on_trail(
        &self,
        event: &'static str,
        name: &str,
        before: bool,
        change: impl FnOnce(&mut TrailState),
    ) -> Result<(), CallError> {
        let called = Called {
            before,
            ..Called::new("cloudtrail", event, json!({"name": name}))
        };
        let arn = self.model().trail_arn(name);
        self.on_eyes(called, |eyes| {
            let trail = eyes.trails.get_mut(&arn);
            change(trail.ok_or_else(|| missing("TrailNotFoundException", &arn))?);
            Ok(())
        })
    }

    /// StopLogging of a trail of the account, by its name.
    pub fn stop_logging(&self, trail: &str) -> Result<(), CallError> {
        self.on_trail("StopLogging", trail, true, |trail| trail.logging = false)
    }

    /// StartLogging.
    pub fn start_logging(&self, trail: &str) -> Result<(), CallError> {
        self.on_trail("StartLogging", trail, false, |trail| trail.logging = true)
    }

    /// PutEventSelectors.
    pub fn put_event_selectors(&self, trail: &str, selectors: EventSelectors) -> Result<(), CallError> {
        self.on_trail("PutEventSelectors", trail, true, |trail| {
            trail.selectors = selectors
        })
    }

    /// DeleteTrail.
    pub fn delete_trail(&self, trail: &str) -> Result<(), CallError> {
        let called = Called {
            before: true,
            ..Called::new("cloudtrail", "DeleteTrail", json!({"name": trail}))
        };
        let arn = self.model().trail_arn(trail);
        self.on_eyes(called, |eyes| {
            let gone = eyes.trails.remove(&arn);
            gone.map(drop)
                .ok_or_else(|| missing("TrailNotFoundException", &arn))
        })
    }

    fn on_rule(
        &self,
        event: &'static str,
        fields: Value,
        name: &str,
        change: impl FnOnce(&mut Rule),
    ) -> Result<(), CallError> {
        self.on_eyes(Called::new("events", event, fields), |eyes| {
            let rule = eyes.rules.get_mut(name);
            change(rule.ok_or_else(|| missing("ResourceNotFoundException", name))?);
            Ok(())
        })
    }

    /// DisableRule.
    pub fn disable_rule(&self, rule: &str) -> Result<(), CallError> {
        self.on_rule("DisableRule", json!({"name": rule}), rule, |rule| {
            rule.state.enabled = false
        })
    }

    /// EnableRule.
    pub fn enable_rule(&self, rule: &str) -> Result<(), CallError> {
        self.on_rule("EnableRule", json!({"name": rule}), rule, |rule| {
            rule.state.enabled = true
        })
    }

    /// PutRule with another pattern.
    pub fn put_rule(&self, rule: &str, pattern: &str) -> Result<(), CallError> {
        let fields = json!({"name": rule, "eventPattern": pattern});
        self.on_rule("PutRule", fields, rule, |rule| {
            rule.state.pattern = Some(pattern.to_owned())
        })
    }

    /// RemoveTargets: all of them.
    pub fn remove_targets(&self, rule: &str) -> Result<(), CallError> {
        let fields = json!({"rule": rule, "ids": ["ingest"]});
        self.on_rule("RemoveTargets", fields, rule, |rule| rule.targets.clear())
    }

    /// DeleteRule, the targets having been removed.
    pub fn delete_rule(&self, rule: &str) -> Result<(), CallError> {
        self.on_eyes(
            Called::new("events", "DeleteRule", json!({"name": rule})),
            |eyes| {
                let gone = eyes.rules.remove(rule);
                gone.map(drop)
                    .ok_or_else(|| missing("ResourceNotFoundException", rule))
            },
        )
    }

    /// SetQueueAttributes: another policy, or none.
    pub fn set_queue_policy(&self, url: &str, policy: Option<&str>) -> Result<(), CallError> {
        let fields = json!({"queueUrl": url, "attributes": {"Policy": policy.unwrap_or_default()}});
        self.on_queue("SetQueueAttributes", fields, url, |queue| {
            queue.state.policy = policy.map(str::to_owned);
        })
    }

    /// SetQueueAttributes: no redrive policy.
    pub fn remove_redrive(&self, url: &str) -> Result<(), CallError> {
        let fields = json!({"queueUrl": url, "attributes": {"RedrivePolicy": ""}});
        self.on_queue("SetQueueAttributes", fields, url, |queue| {
            queue.state.redrive = None
        })
    }

    fn on_queue(
        &self,
        event: &'static str,
        fields: Value,
        url: &str,
        change: impl FnOnce(&mut OwnQueue),
    ) -> Result<(), CallError> {
        self.on_eyes(Called::new("sqs", event, fields), |eyes| {
            let queue = eyes.queues.get_mut(url);
            change(queue.ok_or_else(|| missing("QueueDoesNotExist", url))?);
            Ok(())
        })
    }

    /// DeleteQueue: what lay in it still comes through the model's own queue.
    pub fn delete_queue(&self, url: &str) -> Result<(), CallError> {
        self.on_eyes(
            Called::new("sqs", "DeleteQueue", json!({"queueUrl": url})),
            |eyes| {
                let gone = eyes.queues.remove(url);
                gone.map(drop).ok_or_else(|| missing("QueueDoesNotExist", url))
            },
        )
    }

    /// Subscribe by e-mail: it waits for its confirmation.
    pub fn subscribe(&self, address: &str) -> Result<(), CallError> {
        let fields = json!({"topicArn": topic_arn(self.model()), "protocol": "email"});
        self.on_topic("Subscribe", fields, |topic| {
            topic.subscriptions.push(Subscription {
                protocol: "email".to_owned(),
                endpoint: address.to_owned(),
                confirmed: false,
            });
        })
    }

    /// ConfirmSubscription: the link in the mail.
    pub fn confirm_subscription(&self, address: &str) -> Result<(), CallError> {
        let fields = json!({"topicArn": topic_arn(self.model())});
        self.on_topic("ConfirmSubscription", fields, |topic| {
            let theirs = topic
                .subscriptions
                .iter_mut()
                .filter(|one| one.endpoint == address);
            theirs.for_each(|one| one.confirmed = true);
        })
    }

    /// Unsubscribe.
    pub fn unsubscribe(&self, address: &str) -> Result<(), CallError> {
        let arn = format!("{}:8f4a6c1e-2b7d-4d39-9a05-6e1c0b9f7a42", topic_arn(self.model()));
        self.on_topic("Unsubscribe", json!({"subscriptionArn": arn}), |topic| {
            topic.subscriptions.retain(|one| one.endpoint != address);
        })
    }

    fn on_topic(
        &self,
        event: &'static str,
        fields: Value,
        change: impl FnOnce(&mut OwnTopic),
    ) -> Result<(), CallError> {
        self.on_eyes(Called::new("sns", event, fields), |eyes| {
            change(eyes.topic.as_mut().ok_or_else(|| missing("NotFound", "Topic"))?);
            Ok(())
        })
    }

    /// DeleteTopic, and with it every subscription.
    pub fn delete_topic(&self) -> Result<(), CallError> {
        let fields = json!({"topicArn": topic_arn(self.model())});
        self.on_eyes(Called::new("sns", "DeleteTopic", fields), |eyes| {
            let gone = eyes.topic.take();
            gone.map(drop).ok_or_else(|| missing("NotFound", "Topic"))
        })
    }
}

fn topic_arn(model: &Model) -> String {
    model.read(|state| {
        let topic = state.eyes.as_ref().and_then(|eyes| eyes.topic.as_ref());
        topic.map_or_else(String::new, |topic| topic.arn.clone())
    })
}
