//! From the ingest queue to the work queue: what an event names becomes one message for each resource.
//!
//! A key that no declared bucket needs becomes none, and an alias becomes the buckets whose default encryption
//! names it: that stands in the ledger. Later looks, and the keys that a bucket's reconcile queues itself, are
//! work already and are not asked about.
//!
//! An event that names the key of an object becomes work only where the key's page does not name the bucket yet. A
//! job that moves millions of objects to one key makes work once, and from then on one question for each batch of
//! events.

mod asked;
mod pages;

use std::collections::BTreeSet;

use futures_util::join;
use guardian_core::call::CallError;
use guardian_core::cause::Work;
use guardian_core::name::BucketName;
use guardian_core::right::{Role, refused};
use tracing::warn;

use crate::Message;
use crate::seam::{Home, Ledger, Queues};
use asked::{Asked, read};
use pages::{Pages, Readers};

/// SQS takes at most ten messages in a batch (SQS API Reference, SendMessageBatch).
const SEND_BATCH: usize = 10;

/// Routes a batch of the ingest queue.
///
/// Every body is read for itself: one that is no event is logged and consumed, and fails nobody else. So is an event that
/// was told to another account, or not by AWS.
/// Answers with the ids of the messages to be delivered again: those whose work could not all be queued, and
/// those that name a key or an alias whose page could not be read. What was queued already is then dropped by
/// its de-duplication id.
pub async fn route_batch<A: Home + Queues + Ledger>(aws: &A, messages: &[Message]) -> Vec<String> {
    let account = aws.account();
    let read: Vec<(&str, Asked)> = messages
        .iter()
        .filter_map(|message| Some((message.id.as_str(), read(message, &account)?)))
        .collect();
    let pages = Pages::ask(aws, read.iter().flat_map(|(_, asked)| asked.resources()));
    let readers = Readers::ask(aws, read.iter().flat_map(|(_, asked)| asked.under()));
    let (pages, readers) = join!(pages, readers);
    let told: BTreeSet<(BucketName, String)> = read.iter().flat_map(|(_, asked)| asked.told()).collect();
    let (mut work, mut failed) = (Vec::new(), BTreeSet::new());
    for (id, asked) in read {
        let (found, is_whole) = asked.work(id, &pages, &readers, &told);
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
                warn!(%error, right = refused(Role::Router, &error), "work was not queued");
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
