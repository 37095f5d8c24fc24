//! The seams as one invocation sees them: the model of AWS, with everybody who acts in between and a judge who watches
//! each call at the moment it takes effect.

mod implementations;
mod judge;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures_util::FutureExt;
use guardian_core::call::CallError;
use guardian_core::moment::Moment;
use guardian_model::Model;
use guardian_reconcile::seam::Clock;

use self::judge::{budget, resource_of};
use crate::bug::Bug;
use crate::foreign::Document;
use crate::law::Law;
use crate::step::{Act, Bucket, Stack, Write};
use crate::world::World;

/// What one invocation was answered when it read a document.
struct Read {
    at: u64,
    answer: Result<Option<String>, CallError>,
    /// Whether that was not how it stood.
    stale: bool,
}

/// The seams of one invocation.
pub(crate) struct Seams {
    pub(crate) world: Rc<World>,
    pub(crate) stack: Stack,
    pub(crate) invocation: u64,
    pub(crate) bug: Option<Bug>,
    books: Model,
    reads: RefCell<BTreeMap<Document, Vec<Read>>>,
    /// When this invocation last stored an incident or wrote a document of the resource.
    stored: RefCell<BTreeMap<String, u64>>,
    /// The declarations as they were read.
    declared: RefCell<BTreeMap<Bucket, Option<String>>>,
    /// The latest time that it was told: the clock may jump back before what it decided by that is done.
    latest: Cell<Moment>,
    /// The write that took effect and whose answer is not heard yet.
    pub(crate) in_write: Cell<Option<&'static str>>,
}

impl Seams {
    pub(crate) fn new(world: &Rc<World>, stack: Stack, invocation: u64, bug: Option<Bug>) -> Option<Self> {
        Some(Self {
            books: world.books_of(stack)?.clone(),
            world: Rc::clone(world),
            stack,
            invocation,
            bug,
            reads: RefCell::default(),
            stored: RefCell::default(),
            declared: RefCell::default(),
            latest: Cell::new(Moment::from_unix(0)),
            in_write: Cell::default(),
        })
    }

    fn aws(&self) -> &Model {
        &self.world.model
    }

    /// One call: others run before it and after it, and at the moment it takes effect nobody else does.
    async fn call<T>(
        &self,
        operation: &'static str,
        effect: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        turn().await;
        let answer = self.at_once(operation, effect);
        turn().await;
        answer
    }

    fn at_once<T>(
        &self,
        operation: &'static str,
        effect: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        self.world.tick();
        let answer = effect.now_or_never().expect("the model never makes anybody wait");
        let world = &self.world;
        let calls: Vec<_> = [&world.model, &self.books]
            .iter()
            .flat_map(|model| model.take_journal())
            .collect();
        world.count("calls");
        {
            let mut watch = world.watch.borrow_mut();
            if watch.cut_off == Some(operation) && self.stack == Stack::Ours {
                watch.cut_off = None;
                watch.cut = Some(self.invocation);
            }
        }
        world.tell(|| {
            let who = match self.stack {
                Stack::Ours => "",
                Stack::Other => " (the other stack)",
            };
            let call = calls
                .first()
                .map_or_else(|| operation.to_owned(), ToString::to_string);
            let call = world.short(&call);
            match &answer {
                Ok(_) => format!("  {}{who}: {call}", self.invocation),
                Err(error) => format!("  {}{who}: {call}: {}", self.invocation, error.message),
            }
        });
        answer
    }

    /// Reads a document, and keeps what was answered.
    async fn read(
        &self,
        operation: &'static str,
        document: Option<Document>,
        effect: impl Future<Output = Result<Option<String>, CallError>>,
    ) -> Result<Option<String>, CallError> {
        turn().await;
        if let (Some(Bug::SkipsReread), Some(Document::Policy(_))) = (self.bug, document) {
            let reads = self.reads.borrow();
            let earlier = document.and_then(|document| reads.get(&document)?.last());
            if let Some(Ok(answer)) = earlier.map(|read| read.answer.clone()) {
                return Ok(answer);
            }
        }
        let answer = self.at_once(operation, effect);
        if let Some(document) = document {
            let stale = answer
                .as_ref()
                .is_ok_and(|text| *text != self.world.truth(document));
            if stale {
                self.world.count("stale reads");
            }
            let read = Read {
                at: self.world.tick(),
                answer: answer.clone(),
                stale,
            };
            self.reads.borrow_mut().entry(document).or_default().push(read);
        }
        turn().await;
        match (self.bug, answer) {
            (Some(Bug::TakesFailedForEmpty), Err(error)) if error.is_transient() => Ok(None),
            (_, answer) => answer,
        }
    }

    /// Writes a document.
    async fn write<T>(
        &self,
        write: Write,
        document: Option<Document>,
        sent: &str,
        effect: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        turn().await;
        self.around(write, true);
        let before = document.and_then(|document| self.world.truth(document));
        let answer = self.at_once(write.operation(), effect);
        if let Some(document) = document {
            let after = self.world.truth(document);
            self.judge(
                document,
                sent,
                before.as_deref(),
                after.as_deref(),
                &answer.as_ref().map(drop),
            );
            if before != after {
                self.took_effect(
                    write.operation(),
                    &resource_of(&self.world, document),
                    answer.is_err(),
                );
            }
            if let (Document::Policy(bucket), true) = (document, before != after) {
                self.fight(bucket);
            }
        }
        self.around(write, false);
        turn().await;
        self.in_write.set(None);
        answer
    }

    fn took_effect(&self, operation: &'static str, what: &str, unheard: bool) {
        self.in_write.set(Some(operation));
        let world = &self.world;
        world.count(format!("effective {operation}"));
        if unheard {
            world.count("writes whose answer was lost");
        }
        let now = self.now().unix();
        let mut watch = world.watch.borrow_mut();
        let all = watch
            .repairs
            .entry((self.stack, format!("{operation} {what}")))
            .or_default();
        all.push(now);
        // In any hour of the functions' clock, in the order of the writes.
        let recent = all.iter().filter(|at| **at <= now && now - **at < 3600).count();
        let most = watch
            .counts
            .entry(format!("most {operation} of one resource in an hour"))
            .or_default();
        *most = (*most).max(recent as u64);
        drop(watch);
        if recent > budget(operation) {
            world.violate(Law::Budget, format!("{recent} {operation} {what} within an hour"));
        }
    }

    /// Others act just before or just after our write, if they mean to.
    fn around(&self, write: Write, before: bool) {
        let acts: Vec<Act> = {
            let mut watch = self.world.watch.borrow_mut();
            let (due, rest) = std::mem::take(&mut watch.around)
                .into_iter()
                .partition(|(on, when, _)| *on == write && *when == before);
            watch.around = rest;
            let due: Vec<(Write, bool, Act)> = due;
            due.into_iter().map(|(_, _, act)| act).collect()
        };
        for act in acts {
            self.world.count(if before {
                "acts before a write"
            } else {
                "acts after a write"
            });
            self.world.act(act);
        }
    }

    fn fight(&self, bucket: Bucket) {
        let fights = {
            let mut watch = self.world.watch.borrow_mut();
            let left = watch.fights.entry(bucket).or_default();
            let fights = *left > 0;
            *left = left.saturating_sub(1);
            fights
        };
        if fights {
            self.world.count("writes undone at once");
            self.world.act(Act::Strip(bucket));
        }
    }
}

impl Clock for Seams {
    fn now(&self) -> Moment {
        let skew = self.world.watch.borrow().skew[self.stack as usize];
        let now = Moment::from_unix(self.aws().now().unix() + skew);
        self.latest.set(self.latest.get().max(now));
        now
    }
}

/// Gives way to others once.
async fn turn() {
    let mut waits = true;
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
