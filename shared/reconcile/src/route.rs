//! From the ingest queue to the work queue: what an event names becomes one message for each resource.
//!
//! A key that no declared bucket needs becomes none, and an alias becomes the buckets whose default encryption
//! names it: that stands in the ledger. Later looks, and the keys that a bucket's reconcile queues itself, are
//! work already and are not asked about.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use guardian_core::call::CallError;
use guardian_core::cause::{Cause, LaterLook, Work};
use guardian_core::name::Resource;
use guardian_core::trigger;
use guardian_core::written::Written;
use serde_json::Value;
use tracing::{info, warn};

use crate::Message;
use crate::index::{concerned, concerns_any};
use crate::seam::{Ledger, Queues};

/// SQS takes at most ten messages in a batch (SQS API Reference, SendMessageBatch).
const SEND_BATCH: usize = 10;

/// So many pages are asked about at a time. A batch of real events names a handful; an event may name as many
/// keys as fit into 256 KB.
const ASK_AT_ONCE: usize = 50;

/// Routes a batch of the ingest queue.
///
/// Every body is read for itself: one that is no event is logged and consumed, and fails nobody else.
/// Answers with the ids of the messages to be delivered again: those whose work could not all be queued, and
/// those that name a key or an alias whose page could not be read. What was queued already is then dropped by
/// its de-duplication id.
pub async fn route_batch<A: Queues + Ledger>(aws: &A, messages: &[Message]) -> Vec<String> {
    let read: Vec<(&str, Asked)> = messages
        .iter()
        .filter_map(|message| Some((message.id.as_str(), read(message)?)))
        .collect();
    let pages = Pages::ask(aws, read.iter().flat_map(|(_, asked)| asked.resources())).await;
    let (mut work, mut failed) = (Vec::new(), BTreeSet::new());
    for (id, asked) in read {
        let (found, is_whole) = asked.work(id, &pages);
        for found in found {
            add(&mut work, id, found);
        }
        if !is_whole {
            failed.insert(id);
        }
    }
    for chunk in work.chunks(SEND_BATCH) {
        let batch: Vec<Work> = chunk.iter().map(|(_, work)| work.clone()).collect();
        match aws.send_work(&batch).await {
            Ok(refused) => {
                let refused = refused.iter().filter_map(|index| chunk.get(*index));
                failed.extend(refused.flat_map(|(ids, _)| ids));
            }
            Err(error) => {
                warn!(%error, "work was not queued");
                failed.extend(chunk.iter().flat_map(|(ids, _)| ids));
            }
        }
    }
    failed.into_iter().map(str::to_owned).collect()
}

/// Queues work, ten pieces at a time. Answers with how many were not accepted.
pub(crate) async fn queue<Q: Queues>(queues: &Q, work: &[Work]) -> Result<usize, CallError> {
    let mut refused = 0;
    for chunk in work.chunks(SEND_BATCH) {
        refused += queues.send_work(chunk).await?.len();
    }
    Ok(refused)
}

/// Adds work to the batch. Objects of one bucket that were written are one piece of work: there may be many.
fn add<'m>(work: &mut Vec<(Vec<&'m str>, Work)>, message: &'m str, new: Work) {
    let same = work
        .iter_mut()
        .find(|(_, known)| known.narrow && new.narrow && known.resource == new.resource);
    match same {
        Some((messages, known)) => {
            messages.push(message);
            known.written.add(new.written);
            // The id of all of them: by the first alone, a delivery of it with others would be dropped as known.
            known.cause.id.push_str(&format!("+{}", new.cause.id));
        }
        None => work.push((vec![message], new)),
    }
}

/// What a message of the ingest queue asks for.
enum Asked {
    /// A look that was put off: work as it is.
    LaterLook(Box<Work>),
    /// A look at what an event names.
    Event(Box<Event>),
}

struct Event {
    cause: Cause,
    named: Vec<Resource>,
    written: Written,
}

fn read(message: &Message) -> Option<Asked> {
    let event: Value = match serde_json::from_str(&message.body) {
        Ok(event) => event,
        Err(error) => {
            warn!(message = message.id, %error, "ignored: the message is not JSON");
            return None;
        }
    };
    if let Some(work) = LaterLook::read(&event) {
        return Some(Asked::LaterLook(Box::new(work)));
    }
    let trigger = trigger::read(&event);
    let resources = trigger.resources();
    info!(
        message = message.id,
        event = trigger.event,
        action = ?trigger.action,
        reason = trigger.reason,
        resources = resources.len(),
        "routed"
    );
    let written = Written {
        keys: trigger.objects,
        more: 0,
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
    fn resources(&self) -> &[Resource] {
        match self {
            Self::LaterLook(_) => &[],
            Self::Event(event) => &event.named,
        }
    }

    /// The work it makes, each resource once, and whether that is all of it.
    fn work(self, message: &str, pages: &Pages) -> (Vec<Work>, bool) {
        let Event {
            cause,
            named,
            written,
        } = match self {
            Self::LaterLook(work) => return (vec![*work], true),
            Self::Event(event) => *event,
        };
        let (mut work, mut queued, mut is_whole) = (Vec::new(), BTreeSet::new(), true);
        for resource in &named {
            let Some(stands_for) = pages.stands_for(resource) else {
                is_whole = false;
                continue;
            };
            if stands_for.is_empty() {
                info!(message, %resource, "not queued: it concerns no declared bucket");
            }
            for resource in stands_for {
                if queued.insert(resource) {
                    work.push(Work {
                        written: written.clone(),
                        narrow: !written.is_empty(),
                        ..Work::new(resource.clone(), cause.clone())
                    });
                }
            }
        }
        (work, is_whole)
    }
}

/// What is to be looked at for each key and alias of a batch; `None` where its page could not be read.
struct Pages(BTreeMap<Resource, Option<Vec<Resource>>>);

impl Pages {
    /// Asks about each key and each alias once.
    async fn ask<'a, L: Ledger>(ledger: &L, named: impl Iterator<Item = &'a Resource>) -> Self {
        let with_page = |resource: &&Resource| matches!(resource, Resource::Key(_) | Resource::Alias(_));
        let distinct: BTreeSet<&Resource> = named.filter(with_page).collect();
        let distinct: Vec<&Resource> = distinct.into_iter().collect();
        let mut pages = BTreeMap::new();
        for some in distinct.chunks(ASK_AT_ONCE) {
            let answers = join_all(some.iter().map(|resource| look_up(ledger, resource))).await;
            for (resource, answer) in some.iter().zip(answers) {
                if let Err(error) = &answer {
                    warn!(%resource, %error, "whom it concerns is not known");
                }
                pages.insert((*resource).clone(), answer.ok());
            }
        }
        Self(pages)
    }

    fn stands_for<'a>(&'a self, resource: &'a Resource) -> Option<&'a [Resource]> {
        match self.0.get(resource) {
            Some(answer) => answer.as_deref(),
            None => Some(std::slice::from_ref(resource)),
        }
    }
}

async fn look_up<L: Ledger>(ledger: &L, page: &Resource) -> Result<Vec<Resource>, CallError> {
    if let Resource::Alias(_) = page {
        let buckets = concerned(ledger, page).await?;
        return Ok(buckets.into_iter().map(Resource::Bucket).collect());
    }
    let is_needed = concerns_any(ledger, page).await?;
    Ok(if is_needed { vec![page.clone()] } else { Vec::new() })
}
