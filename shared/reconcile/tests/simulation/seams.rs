//! The seams as one invocation sees them: the model of AWS, with everybody who acts in between and a judge who watches
//! each call at the moment it takes effect.

mod implementations;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures_util::FutureExt;
use guardian_core::alert::Notice;
use guardian_core::call::CallError;
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use guardian_model::Model;
use guardian_reconcile::seam::Clock;
use serde_json::Value;

use crate::bug::Bug;
use crate::foreign::{Document, foreign, frame};
use crate::law::Law;
use crate::step::{Act, Bucket, Stack, Write};
use crate::world::{Published, World};

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

    /// Holds a write against what was read before it and against what truly was there.
    fn judge(
        &self,
        document: Document,
        sent: &str,
        before: Option<&str>,
        after: Option<&str>,
        answer: &Result<(), &CallError>,
    ) {
        let world = &self.world;
        let resource = resource_of(world, document);
        let reads = self.reads.borrow();
        let stored = self.stored.borrow().get(&resource).copied();
        let all = reads.get(&document).map(Vec::as_slice).unwrap_or_default();
        // The same intent, stored before in the same second, is not stored again: then it is the look and the look again.
        let since: Vec<&Read> = match stored {
            Some(stored) => all.iter().filter(|read| read.at > stored).collect(),
            None => all.iter().skip(1).collect(),
        };
        self.stored.borrow_mut().insert(resource, world.tick());
        let Some(last) = since.last() else {
            let text = format!("{document:?} was written without a look at it since the intent was stored");
            return world.violate(Law::ReadJustBefore, text);
        };
        let sent = foreign(document, Some(sent));
        let known = since
            .iter()
            .rev()
            .filter_map(|read| Some((read, read.answer.as_ref().ok()?)));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            let text = format!(
                "{document:?} was written though it could not be read: {:?}",
                last.answer
            );
            return world.violate(Law::UnknownIsNotEmpty, text);
        }
        let mut as_read: Vec<_> = known.clone();
        as_read.retain(|(_, text)| foreign(document, text.as_deref()) == sent);
        let Some((_, text)) = as_read.first() else {
            let had = foreign(document, known[0].1.as_deref());
            let text = format!(
                "{document:?} was read with {:?} and written with {:?}",
                had.keys().collect::<Vec<_>>(),
                sent.keys().collect::<Vec<_>>()
            );
            return world.violate(Law::SentAsRead, text);
        };
        // Looks side by side read it too, one of them perhaps as it was before.
        let framed =
            frame(after).filter(|_| answer.is_ok() && !matches!(document, Document::Notifications(_)));
        let same_frame = |text: &Option<String>| match (frame(text.as_deref()), &framed) {
            (Some(read), Some(after)) => read == *after,
            _ => true,
        };
        let Some((read, _)) = as_read.iter().find(|(_, text)| same_frame(text)) else {
            let (read, after) = (text.as_deref(), after);
            let text = format!("{document:?}: {:?} became {:?}", frame(read), frame(after));
            return world.violate(Law::SentAsRead, text);
        };
        if before == after {
            return;
        }
        let (was, is) = (foreign(document, before), foreign(document, after));
        if was.keys().eq(is.keys()) {
            return;
        }
        let last_written = world.watch.borrow().written.get(&document).copied();
        if last_written.is_some_and(|at| at > read.at) {
            world.count("races: others wrote between our read and our write");
        } else if read.stale {
            world.count("races: others wrote before a stale read of ours");
        } else {
            let text = format!(
                "{document:?} had {:?} and now has {:?}, and nobody else wrote it meanwhile",
                was.keys().collect::<Vec<_>>(),
                is.keys().collect::<Vec<_>>()
            );
            world.violate(Law::RaceAttributed, text);
        }
    }

    /// Whether the declaration, as this invocation read it, lets something be written to the bucket; if so, its text.
    fn allowed(&self, bucket: &BucketName, what: &str) -> Option<Value> {
        let known = self.world.bucket(bucket)?;
        let declared = self.declared.borrow().get(&known).cloned().flatten();
        let parsed: Option<Value> = declared
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let allows = parsed.as_ref().is_some_and(|text| {
            let until = text["pause_until"]
                .as_str()
                .and_then(|until| until.parse::<Moment>().ok());
            text["mode"] != "observe" && until.is_none_or(|until| until <= self.latest.get())
        });
        if !allows {
            let text = format!("{what} {bucket}, declared {declared:?}");
            self.world.violate(Law::OnlyDeclared, text);
        }
        parsed.filter(|_| allows)
    }

    /// A message was published.
    fn published(&self, notice: &Notice) {
        let json: Value = serde_json::from_str(&notice.json).unwrap();
        let Some(id) = json["transition"]["id"].as_str() else {
            return;
        };
        let group = json["resource"].as_str().unwrap_or_default().to_owned();
        let world = &self.world;
        world.count(format!(
            "told {}",
            json["transition"]["kind"].as_str().unwrap_or_default()
        ));
        let message = Published {
            invocation: self.invocation,
            json: notice.json.clone(),
        };
        let (first, last) = {
            let mut watch = world.watch.borrow_mut();
            let copies = watch.published.entry((self.stack, id.to_owned())).or_default();
            let (first, last) = (copies.first().cloned(), copies.last().cloned());
            copies.push(message);
            (first, last)
        };
        let (Some(first), Some(last)) = (first, last) else {
            return;
        };
        world.count("messages repeated");
        let broken = world.watch.borrow().broken.contains(&(last.invocation, group));
        if !broken {
            let text = format!("{id} was told again, though the look that told it came to a good end");
            world.violate(Law::NoRepeat, text);
        } else if first.json != notice.json {
            world.violate(Law::NoRepeat, format!("{id} was told again, and not as it was"));
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

/// What the ledger calls the resource that a document belongs to.
fn resource_of(world: &World, document: Document) -> String {
    match document {
        Document::Policy(bucket) | Document::Notifications(bucket) => {
            format!("bucket:{}", world.buckets[bucket.0])
        }
        Document::KeyPolicy(key) => format!("key:{}", world.keys[key.0]),
    }
}

/// The most writes of a kind that take effect on one resource within an hour. The product allows five repairs of one
/// finding; a bucket's policy can lack two (the whole grant, a part of it), and one repair is written up to three times
/// where others keep writing in between.
fn budget(operation: &str) -> usize {
    match operation {
        "PutBucketPolicy" => 2 * 5 * 3,
        "PutObject" => 5 + 1,
        _ => 5 * 3,
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
