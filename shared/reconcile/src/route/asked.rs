//! What one message of the ingest queue asks for, and the work that it makes once the ledger has answered.

use std::collections::BTreeSet;

use guardian_core::cause::{Cause, LaterLook, Work};
use guardian_core::name::{AccountId, BucketName, Resource};
use guardian_core::trigger;
use guardian_core::written::{Example, Written};
use serde_json::Value;
use tracing::{info, warn};

use super::pages::{Pages, Pair, Readers};
use crate::Message;

/// What a message of the ingest queue asks for.
pub(super) enum Asked {
    /// A look that was put off: work as it is.
    LaterLook(Box<Work>),
    /// A look at what an event names.
    Event(Box<Event>),
}

pub(super) struct Event {
    cause: Cause,
    named: Vec<Resource>,
    written: Written,
}

pub(super) fn read(message: &Message, account: &AccountId) -> Option<Asked> {
    let event: Value = match serde_json::from_str(&message.body) {
        Ok(event) => event,
        Err(error) => {
            warn!(message_id = message.id, %error, "ignored: the message is not JSON");
            return None;
        }
    };
    if let Some(work) = LaterLook::read(&event) {
        return Some(Asked::LaterLook(Box::new(work)));
    }
    let trigger = trigger::read_of(&event, account);
    if trigger.is_foreign {
        warn!(
            message_id = message.id,
            event = trigger.event,
            reason = trigger.reason,
            "ignored: not an event of AWS about this account"
        );
        return None;
    }
    let resources = trigger.resources();
    info!(
        message_id = message.id,
        event = trigger.event,
        action = ?trigger.action,
        reason = trigger.reason,
        resources = resources.len(),
        "routed"
    );
    let written = match trigger.under {
        Some(under) => {
            let example = Example {
                object: under.object,
                begun: under.begun,
            };
            Written::under(under.key, example)
        }
        None => Written {
            keys: trigger.objects,
            ..Written::default()
        },
    };
    let cause = Cause {
        time: trigger.time,
        actor: trigger.actor,
        ..Cause::of_event(trigger.id.unwrap_or_else(|| message.id.clone()), trigger.event)
    };
    Some(Asked::Event(Box::new(Event {
        cause,
        named: resources,
        written,
    })))
}

impl Asked {
    pub(super) fn resources(&self) -> &[Resource] {
        match self {
            Self::LaterLook(_) => &[],
            Self::Event(event) => &event.named,
        }
    }

    /// The bucket and the key of an object, where it names both.
    pub(super) fn under(&self) -> impl Iterator<Item = Pair> {
        let event = match self {
            Self::LaterLook(_) => None,
            Self::Event(event) => Some(event),
        };
        event.into_iter().flat_map(|event| {
            buckets(&event.named).flat_map(|bucket| {
                let keys = event.written.named.keys();
                keys.map(|key| (bucket.clone(), key.clone()))
            })
        })
    }

    /// The objects whose key it tells: nothing else has to tell it.
    pub(super) fn told(&self) -> impl Iterator<Item = (BucketName, String)> {
        let event = match self {
            Self::LaterLook(_) => None,
            Self::Event(event) => Some(event),
        };
        event.into_iter().flat_map(|event| {
            buckets(&event.named).flat_map(|bucket| {
                let examples = event.written.named.values().flat_map(|named| &named.examples);
                let there = examples.filter(|example| !example.begun);
                there.map(|example| (bucket.clone(), example.object.clone()))
            })
        })
    }

    /// The work it makes, each resource once, and whether that is all of it.
    pub(super) fn work(
        self,
        message: &str,
        pages: &Pages,
        readers: &Readers,
        told: &BTreeSet<(BucketName, String)>,
    ) -> (Vec<Work>, bool) {
        let Event {
            cause,
            named,
            written,
        } = match self {
            Self::LaterLook(work) => return (vec![*work], true),
            Self::Event(event) => *event,
        };
        let narrow = !written.is_empty();
        let (mut work, mut queued, mut is_whole) = (Vec::new(), BTreeSet::new(), true);
        for resource in &named {
            let Some(stands_for) = pages.stands_for(resource) else {
                is_whole = false;
                continue;
            };
            if stands_for.is_empty() {
                info!(message_id = message, %resource, "not queued: it concerns no declared bucket");
            }
            for resource in stands_for {
                let mut written = written.clone();
                if let Resource::Bucket(bucket) = resource {
                    is_whole &= readers.leave_the_new(message, bucket, &mut written);
                    written
                        .keys
                        .retain(|object| !told.contains(&(bucket.clone(), object.clone())));
                }
                if narrow && written.is_empty() {
                    info!(message_id = message, %resource, "not queued: nothing is to be learnt of the object");
                    continue;
                }
                if queued.insert(resource) {
                    work.push(Work {
                        written,
                        narrow,
                        ..Work::new(resource.clone(), cause.clone())
                    });
                }
            }
        }
        (work, is_whole)
    }
}

fn buckets(resources: &[Resource]) -> impl Iterator<Item = &BucketName> {
    resources.iter().filter_map(|resource| match resource {
        Resource::Bucket(bucket) => Some(bucket),
        Resource::Key(_) | Resource::Alias(_) | Resource::Census(_) | Resource::Sweep | Resource::Stack => {
            None
        }
    })
}
