//! Failures on demand, and foreigners who act between two of our calls.

use std::future::poll_fn;
use std::task::Poll;

use guardian_core::call::{CallError, CallErrorKind};

use crate::Model;
use crate::operation::Operation;
use crate::refusal::ordered;

/// When an interjection acts: around the nth call of an operation from now on, counting from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Just before that call takes effect.
    Before(u32),
    /// Just after it took effect, before the caller hears of it.
    After(u32),
}

impl When {
    pub(crate) fn is_before(self) -> bool {
        matches!(self, Self::Before(_))
    }

    pub(crate) fn is_after(self) -> bool {
        matches!(self, Self::After(_))
    }

    /// Counts one call; whether it was the one.
    fn counts_down(&mut self) -> bool {
        let (Self::Before(left) | Self::After(left)) = self;
        *left = left.saturating_sub(1);
        *left == 0
    }
}

/// What is ordered to go wrong.
#[derive(Default)]
pub(crate) struct Faults {
    planned: Vec<Planned>,
    interjections: Vec<Interjection>,
    /// Whether every call lets others run before and after it takes effect.
    suspends: bool,
}

struct Planned {
    operation: Operation,
    left: u32,
    outcome: Outcome,
}

enum Outcome {
    Fail(CallErrorKind, Option<String>),
    LoseResponse,
}

struct Interjection {
    operation: Operation,
    when: When,
    act: Box<dyn FnOnce(&Model)>,
}

/// What happens to one call instead of its effect.
pub(crate) enum Fault {
    Fail(CallError),
    LoseResponse,
}

/// The effect happened but the answer did not come.
pub(crate) fn lost_response(operation: Operation) -> CallError {
    CallError {
        operation: operation.action(),
        kind: CallErrorKind::Transient,
        message: "dispatch failure: connection reset by peer".to_owned(),
    }
}

impl Faults {
    /// What the next call of `operation` runs into.
    pub(crate) fn next(&mut self, operation: Operation) -> Option<Fault> {
        let at = self
            .planned
            .iter()
            .position(|planned| planned.operation == operation)?;
        let planned = self.planned.get_mut(at)?;
        planned.left = planned.left.saturating_sub(1);
        let fault = match &planned.outcome {
            Outcome::LoseResponse => Fault::LoseResponse,
            Outcome::Fail(kind, words) => {
                let mut error = ordered(kind.clone(), operation.action());
                if let Some(words) = words {
                    words.clone_into(&mut error.message);
                }
                Fault::Fail(error)
            }
        };
        if planned.left == 0 {
            self.planned.remove(at);
        }
        Some(fault)
    }
}

impl Model {
    /// The next `times` calls of `operation` (its API name, for example `PutBucketPolicy`) fail like this
    /// and have no effect.
    pub fn fail_next(&self, operation: &str, times: u32, kind: CallErrorKind) {
        self.plan(operation, times, Outcome::Fail(kind, None));
    }

    /// The same in these words (the error code first).
    pub fn fail_next_with(&self, operation: &str, times: u32, kind: CallErrorKind, message: &str) {
        self.plan(operation, times, Outcome::Fail(kind, Some(message.to_owned())));
    }

    /// The next call of `operation` has its effect, but its caller sees a lost connection.
    pub fn lose_response(&self, operation: &str) {
        self.plan(operation, 1, Outcome::LoseResponse);
    }

    /// Lets somebody act around a coming call of `operation`: between our re-read and our write, say.
    pub fn interject(&self, operation: &str, when: When, act: impl FnOnce(&Model) + 'static) {
        let Some(operation) = known(operation) else { return };
        let interjection = Interjection {
            operation,
            when,
            act: Box::new(act),
        };
        self.change(|state| state.faults.interjections.push(interjection));
    }

    /// Makes every call give way to other tasks once before and once after it takes effect, so that calls
    /// interleave and a cycle can be dropped at any of its await points.
    pub fn suspend_calls(&self, suspends: bool) {
        self.change(|state| state.faults.suspends = suspends);
    }

    /// How many ordered failures and interjections have not happened yet: a test that orders one wants none
    /// left in the end.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.read(|state| state.faults.planned.len() + state.faults.interjections.len())
    }

    /// Forgets every failure and interjection that has not happened yet.
    pub fn clear_faults(&self) {
        self.change(|state| {
            state.faults.planned.clear();
            state.faults.interjections.clear();
        });
    }

    fn plan(&self, operation: &str, left: u32, outcome: Outcome) {
        if let (Some(operation), 1..) = (known(operation), left) {
            self.change(|state| {
                state.faults.planned.push(Planned {
                    operation,
                    left,
                    outcome,
                })
            });
        }
    }

    pub(crate) fn interrupt(&self, operation: Operation, now: &dyn Fn(When) -> bool) {
        let due = self.change(|state| {
            let mut due = Vec::new();
            let mut waiting = Vec::new();
            for mut interjection in state.faults.interjections.drain(..) {
                let concerned = interjection.operation == operation && now(interjection.when);
                if concerned && interjection.when.counts_down() {
                    due.push(interjection);
                } else {
                    waiting.push(interjection);
                }
            }
            state.faults.interjections = waiting;
            due
        });
        for interjection in due {
            (interjection.act)(self);
        }
    }

    pub(crate) async fn turn(&self) {
        let mut waits = self.read(|state| state.faults.suspends);
        poll_fn(|context| {
            if std::mem::take(&mut waits) {
                context.waker().wake_by_ref();
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }
}

/// A misspelt operation would silently never fail, so that it stops a debug build.
fn known(operation: &str) -> Option<Operation> {
    let known = Operation::named(operation);
    debug_assert!(
        known.is_some(),
        "no operation of the seams is called `{operation}`"
    );
    known
}

#[cfg(test)]
mod tests;
