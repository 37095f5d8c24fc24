//! The consumer's side of the queues: what Lambda's event source mappings do, and what operators do.

use std::time::Duration;

use super::{DeadLetter, Message, Queue};
use crate::Model;
use crate::state::State;

impl State {
    fn receive(&mut self, queue: Queue, max: usize) -> Vec<Message> {
        let (now, settings) = (self.now, self.queues.settings);
        let queues = &mut self.queues;
        let (line, shuffle) = match queue {
            Queue::Ingest => (&mut queues.ingest, queues.shuffles.then_some(&mut self.random)),
            Queue::Work => (&mut queues.work, None),
        };
        let dead = line.bury(now, settings);
        let received = line.receive(now, max, settings, shuffle);
        queues
            .dead
            .extend(dead.into_iter().map(|message| DeadLetter { queue, message }));
        received
    }

    fn settle(&mut self, queue: Queue, received: &[Message], failed: &[String]) {
        let (now, settings) = (self.now, self.queues.settings);
        let line = match queue {
            Queue::Ingest => &mut self.queues.ingest,
            Queue::Work => &mut self.queues.work,
        };
        line.settle(now, received, failed, settings);
    }
}

impl Model {
    /// Receives from the ingest queue. What is never settled shows again after the visibility timeout.
    pub fn receive_ingest(&self, max: usize) -> Vec<Message> {
        self.change(|state| state.receive(Queue::Ingest, max))
    }

    /// Receives from the work queue. A group stays locked until its messages are settled or time out.
    pub fn receive_work(&self, max: usize) -> Vec<Message> {
        self.change(|state| state.receive(Queue::Work, max))
    }

    /// Ends an invocation of the router: deletes what it received, but gives back what it names as failed.
    pub fn settle_ingest(&self, received: &[Message], failed_ids: &[String]) {
        self.change(|state| state.settle(Queue::Ingest, received, failed_ids));
    }

    /// The same for the reconciler.
    pub fn settle_work(&self, received: &[Message], failed_ids: &[String]) {
        self.change(|state| state.settle(Queue::Work, received, failed_ids));
    }

    /// How many messages lie in the queue, hidden ones included.
    #[must_use]
    pub fn waiting(&self, queue: Queue) -> usize {
        self.read(|state| match queue {
            Queue::Ingest => state.queues.ingest.len(),
            Queue::Work => state.queues.work.len(),
        })
    }

    /// How long until the next hidden message (delayed, in flight or failed) shows; `None` if there is none.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.read(|state| {
            let lines = [&state.queues.ingest, &state.queues.work];
            let next = lines
                .into_iter()
                .filter_map(|line| line.next_visible(state.now))
                .min()?;
            u64::try_from(next - state.now).ok().map(Duration::from_millis)
        })
    }

    /// What lies in the dead-letter queues. A message gets there when it would be received once too often.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.read(|state| state.queues.dead.clone())
    }

    /// Moves the dead letters back to where they came from, as new messages (SQS Developer Guide, "Dead-letter
    /// queue redrive": with a new message id).
    pub fn redrive(&self) {
        self.change(|state| {
            for DeadLetter { queue, message } in std::mem::take(&mut state.queues.dead) {
                let (id, now) = (state.random.uuid(), state.now);
                match queue {
                    Queue::Ingest => state.queues.ingest.push(id, None, message.body, now),
                    Queue::Work => state.queues.work.push(id, message.group, message.body, now),
                }
            }
        });
    }

    /// How long a received message that nobody settles stays hidden (180 s unless told).
    pub fn set_visibility_timeout(&self, timeout: Duration) {
        self.change(|state| state.queues.settings.visibility = timeout);
    }

    /// How long a failed message stays hidden (not at all unless told).
    pub fn set_retry_delay(&self, delay: Duration) {
        self.change(|state| state.queues.settings.retry_delay = delay);
    }

    /// After how many receives a message goes to the dead letters (5 unless told).
    pub fn set_max_receive_count(&self, count: u32) {
        self.change(|state| state.queues.settings.max_receives = count.max(1));
    }

    /// The entries of the next `SendMessageBatch` that will not be accepted.
    pub fn reject_work(&self, indexes: &[usize]) {
        self.change(|state| state.queues.rejected = indexes.to_vec());
    }

    /// Whether the ingest queue gives its messages in any order, as a standard queue may.
    pub fn shuffle_ingest(&self, shuffles: bool) {
        self.change(|state| state.queues.shuffles = shuffles);
    }
}
