//! One queue: who may be received next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::Message;
use crate::random::Random;

/// How both queues are set up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// How long a received message that nobody settled stays hidden.
    pub(crate) visibility: Duration,
    /// How long a failed message stays hidden.
    pub(crate) retry_delay: Duration,
    /// `maxReceiveCount` of the redrive policy.
    pub(crate) max_receives: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(180),
            retry_delay: Duration::ZERO,
            max_receives: 5,
        }
    }
}

/// Messages in the order they came. With groups it is a FIFO queue.
#[derive(Debug, Default)]
pub(crate) struct Line {
    items: VecDeque<Item>,
}

#[derive(Debug, Clone)]
struct Item {
    message: Message,
    /// Hidden until then (milliseconds): delayed, in flight or failed.
    visible: i64,
}

impl Line {
    pub(crate) fn push(&mut self, id: String, group: Option<String>, body: String, visible: i64) {
        let message = Message {
            id,
            group,
            body,
            receive_count: 0,
        };
        self.items.push_back(Item { message, visible });
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Takes out what was received too often: "when the ReceiveCount for a message exceeds the
    /// maxReceiveCount, SQS moves the message to the dead-letter queue" (SQS Developer Guide, "Dead-letter
    /// queues"), which shows when somebody asks for it again.
    pub(crate) fn bury(&mut self, now: i64, settings: Settings) -> Vec<Message> {
        let is_dead =
            |item: &Item| item.visible <= now && item.message.receive_count >= settings.max_receives;
        if !self.items.iter().any(is_dead) {
            return Vec::new();
        }
        let (dead, alive): (VecDeque<Item>, VecDeque<Item>) = self.items.drain(..).partition(is_dead);
        self.items = alive;
        dead.into_iter().map(|item| item.message).collect()
    }

    /// Receives at most `max` visible messages. A group with a hidden message is locked: "no additional
    /// messages with the same MessageGroupId are returned until the message is deleted or becomes visible"
    /// (SQS Developer Guide, "FIFO delivery logic"); one answer may hold several of one group, in order.
    pub(crate) fn receive(
        &mut self,
        now: i64,
        max: usize,
        settings: Settings,
        shuffle: Option<&mut Random>,
    ) -> Vec<Message> {
        let locked: BTreeSet<String> = self
            .items
            .iter()
            .filter(|item| item.visible > now)
            .filter_map(|item| item.message.group.clone())
            .collect();
        let may = |item: &&mut Item| {
            item.visible <= now
                && item
                    .message
                    .group
                    .as_ref()
                    .is_none_or(|group| !locked.contains(group))
        };
        let mut open: Vec<&mut Item> = self.items.iter_mut().filter(may).collect();
        if let Some(random) = shuffle {
            random.shuffle(&mut open);
        }
        open.into_iter()
            .take(max)
            .map(|item| {
                item.message.receive_count += 1;
                item.visible = after(now, settings.visibility);
                item.message.clone()
            })
            .collect()
    }

    /// Deletes what was received and did not fail; the failed come back. What was received again since has a
    /// new receipt and is left alone.
    pub(crate) fn settle(&mut self, now: i64, received: &[Message], failed: &[String], settings: Settings) {
        let receipts: BTreeMap<&str, u32> = received
            .iter()
            .map(|message| (message.id.as_str(), message.receive_count))
            .collect();
        self.items.retain_mut(|item| {
            if receipts.get(item.message.id.as_str()) != Some(&item.message.receive_count) {
                return true;
            }
            item.visible = after(now, settings.retry_delay);
            failed.contains(&item.message.id)
        });
    }

    /// When the next hidden message shows.
    pub(crate) fn next_visible(&self, now: i64) -> Option<i64> {
        self.items
            .iter()
            .map(|item| item.visible)
            .filter(|visible| *visible > now)
            .min()
    }
}

/// The de-duplication ids of the work queue.
#[derive(Debug, Default)]
pub(crate) struct Deduplication {
    seen: BTreeMap<String, i64>,
    oldest: VecDeque<(i64, String)>,
}

/// "Any messages sent with the same deduplication ID within the 5-minute deduplication interval are accepted
/// successfully but aren't delivered" (SQS API Reference, SendMessage), deleted or not.
const DEDUPLICATION: Duration = Duration::from_secs(300);

impl Deduplication {
    pub(crate) fn is_new(&mut self, id: String, now: i64) -> bool {
        while self.oldest.front().is_some_and(|(until, _)| *until <= now) {
            if let Some((until, id)) = self.oldest.pop_front()
                && self.seen.get(&id) == Some(&until)
            {
                self.seen.remove(&id);
            }
        }
        if self.seen.get(&id).is_some_and(|until| *until > now) {
            return false;
        }
        let until = after(now, DEDUPLICATION);
        self.seen.insert(id.clone(), until);
        self.oldest.push_back((until, id));
        true
    }
}

/// `now` and so much later, in milliseconds.
pub(crate) fn after(now: i64, duration: Duration) -> i64 {
    now.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
