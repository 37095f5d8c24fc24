//! A plan, played: invocations under way, steps taken, and rest in the end.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use guardian_core::call::CallErrorKind;
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, CensusLevel, Mode, Settings};
use guardian_model::{Delivery, Message as Received};
use guardian_reconcile::seam::Clock;
use guardian_reconcile::{Message, reconcile_batch, route_batch};
use serde_json::json;

use crate::bug::Bug;
use crate::law::{Law, Violation};
use crate::seams::Seams;
use crate::step::{Failure, Plan, Stack, Step, Travel};
use crate::world::World;

/// How long the functions may run (`Timeout` in template.yaml), in seconds.
const ROUTER_TIMEOUT: u64 = 30;
const RECONCILER_TIMEOUT: u64 = 60;
/// So many invocations are under way at most.
const UNDER_WAY: usize = 4;
/// More rounds than anything needs.
const ROUNDS: usize = 600;

/// What came of a plan.
pub(crate) struct Outcome {
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) violation: Option<Violation>,
    pub(crate) story: Vec<String>,
}

/// An invocation of a function.
struct Invocation {
    stack: Stack,
    routes: bool,
    began: u64,
    number: u64,
    received: Vec<Received>,
    seams: Rc<Seams>,
    /// Answers with the ids of the messages to be delivered again.
    work: Pin<Box<dyn Future<Output = Vec<String>>>>,
}

/// A plan as it is played.
pub(crate) struct Play {
    pub(crate) world: Rc<World>,
    settings: Settings,
    under_way: Vec<Invocation>,
    invocations: u64,
    sweeps: u64,
    bug: Option<Bug>,
}

/// Plays a plan to its end.
pub(crate) fn play(plan: &Plan, bug: Option<Bug>, tells: bool) -> Outcome {
    let mut play = Play::new(plan, bug, tells);
    let world = Rc::clone(&play.world);
    let done = catch_unwind(AssertUnwindSafe(|| play.play_out(plan)));
    if let Err(panic) = done {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        world.violate(Law::NoPanic, text.unwrap_or_default());
    }
    let mut watch = world.watch.borrow_mut();
    Outcome {
        counts: std::mem::take(&mut watch.counts),
        violation: watch.violation.take(),
        story: watch.story.take().unwrap_or_default(),
    }
}

impl Play {
    fn new(plan: &Plan, bug: Option<Bug>, tells: bool) -> Self {
        let settings = Settings {
            manages_notifications: plan.setup.manages_notifications,
            census: CensusLevel::Sample,
            ..Settings::new(
                "111122223333".parse().unwrap(),
                "us-east-1",
                CLOUDINARY_ACCOUNT.parse().unwrap(),
                Ceilings::open(Mode::Repair),
            )
        };
        Self {
            world: Rc::new(World::new(plan, tells)),
            settings,
            under_way: Vec::new(),
            invocations: 0,
            sweeps: 0,
            bug,
        }
    }

    fn play_out(&mut self, plan: &Plan) {
        // A fleet that is looked after: what comes is what others do to it.
        self.sweep(Stack::Ours);
        self.sweep(Stack::Other);
        self.rest();
        self.world.begin();
        for (number, step) in plan.steps.iter().enumerate() {
            self.world.tell(|| format!("{}. {step}", number + 1));
            self.world.count("steps");
            self.world.count(format!("step {}", step.kind()));
            self.step(*step);
            if self.is_over() {
                return;
            }
        }
        self.end(plan);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.world.watch.borrow().violation.is_some()
    }

    fn step(&mut self, step: Step) {
        let world = Rc::clone(&self.world);
        match step {
            Step::Act(act) => world.act(act),
            Step::Travel(travel) => {
                let delivery = match travel {
                    Travel::Twice => Delivery::Duplicated,
                    Travel::Lost => {
                        world.watch.borrow_mut().lossy = true;
                        Delivery::Dropped
                    }
                    Travel::Late(seconds) => Delivery::Delayed(std::time::Duration::from_secs(seconds)),
                };
                world.model.deliver_next(delivery);
            }
            Step::Shuffle(shuffles) => world.model.shuffle_ingest(shuffles),
            Step::Pass(seconds) => self.pass(seconds),
            Step::Skew(stack, seconds) => world.watch.borrow_mut().skew[stack as usize] = seconds,
            Step::Route(stack, most) => self.begin(stack, true, most),
            Step::Reconcile(stack, most) => self.begin(stack, false, most),
            Step::Turn { which, turns } => {
                if let Some(at) = self.at(which) {
                    self.go_on(at, turns);
                }
            }
            Step::Finish(which) => {
                if let Some(at) = self.at(which) {
                    self.go_on(at, usize::MAX);
                }
            }
            Step::TimeOut(which) => {
                if let Some(at) = self.at(which) {
                    self.time_out(at);
                }
            }
            Step::Round(stack) => {
                self.round(stack);
            }
            Step::Fail {
                operation,
                times,
                failure,
            } => {
                let kind = match failure {
                    Failure::Throttled => CallErrorKind::Transient,
                    Failure::Denied => CallErrorKind::AccessDenied,
                };
                world.model.fail_next(operation, times, kind);
            }
            Step::LoseAnswer(operation) => world.model.lose_response(operation),
            Step::CutOff(operation) => world.watch.borrow_mut().cut_off = Some(operation),
            Step::RejectWork(index) => world.model.reject_work(&[index]),
            Step::Stale { bucket, reads } => {
                let name = &world.buckets[bucket.0];
                world.model.stale_reads(name, reads);
                world.model.stale_notification_reads(name, reads);
            }
            Step::StaleKey { key, reads } => world.model.stale_key_reads(&world.keys[key.0], reads),
            Step::Before(write, act) => world.watch.borrow_mut().around.push((write, true, act)),
            Step::After(write, act) => world.watch.borrow_mut().around.push((write, false, act)),
            Step::Fight { bucket, times } => {
                world.watch.borrow_mut().fights.insert(bucket, times);
            }
            Step::Redrive => self.redrive(),
            Step::Sweep(stack) => self.sweep(stack),
        }
    }

    fn at(&self, which: usize) -> Option<usize> {
        (!self.under_way.is_empty()).then(|| which % self.under_way.len())
    }

    /// Time passes; a function whose time is over does not live to see it.
    pub(crate) fn pass(&mut self, seconds: u64) {
        let now = self.world.elapsed.get() + seconds;
        let is_due = |invocation: &Invocation| {
            let most = if invocation.routes {
                ROUTER_TIMEOUT
            } else {
                RECONCILER_TIMEOUT
            };
            now - invocation.began >= most
        };
        while let Some(at) = self.under_way.iter().position(is_due) {
            self.time_out(at);
        }
        self.world.pass(seconds);
    }

    fn redrive(&self) {
        for model in self.world.books() {
            for dead in model.dead_letters() {
                self.world
                    .count(format!("redriven from the {:?} queue's dead letters", dead.queue));
            }
            model.redrive();
        }
    }

    /// The schedule fires.
    pub(crate) fn sweep(&mut self, stack: Stack) {
        let Some(books) = self.world.books_of(stack) else {
            return;
        };
        self.sweeps += 1;
        let event = json!({
            "version": "0", "id": format!("5f3c1d7e-9a52-4b1e-8c0d-{:012x}", self.sweeps),
            "detail-type": "Scheduled Event", "source": "aws.events", "account": "111122223333",
            "time": self.world.model.now(), "region": "us-east-1",
            "resources": ["arn:aws:events:us-east-1:111122223333:rule/cloudinary-guardian-Sweep"], "detail": {}
        });
        books.inject(&event.to_string());
    }

    /// An invocation begins, if there is a message for it.
    fn begin(&mut self, stack: Stack, routes: bool, most: usize) {
        let Some(books) = self.world.books_of(stack) else {
            return;
        };
        if self.under_way.len() >= UNDER_WAY {
            return;
        }
        let received = if routes {
            books.receive_ingest(most)
        } else {
            books.receive_work(most)
        };
        if received.is_empty() {
            return;
        }
        // No two looks in the same second.
        self.pass(1);
        self.invocations += 1;
        let number = self.invocations;
        let Some(seams) = Seams::new(&self.world, stack, number, self.bug) else {
            return;
        };
        let seams = Rc::new(seams);
        self.world.count(if routes {
            "invocations of the router"
        } else {
            "invocations of the reconciler"
        });
        self.world.tell(|| {
            let groups: Vec<&str> = received
                .iter()
                .filter_map(|message| message.group.as_deref())
                .collect();
            let function = if routes { "router" } else { "reconciler" };
            format!(
                "  {number} begins: {stack:?} {function} with {} messages {groups:?}",
                received.len()
            )
        });
        let messages: Vec<Message> = received
            .iter()
            .map(|message| Message {
                id: message.id.clone(),
                body: message.body.clone(),
            })
            .collect();
        let (aws, settings) = (Rc::clone(&seams), self.settings.clone());
        let work: Pin<Box<dyn Future<Output = Vec<String>>>> = if routes {
            Box::pin(async move { route_batch(&*aws, &messages).await })
        } else {
            Box::pin(async move { reconcile_batch(&*aws, &settings, &messages).await.1 })
        };
        self.under_way.push(Invocation {
            stack,
            routes,
            began: self.world.elapsed.get(),
            number,
            received,
            seams,
            work,
        });
    }

    /// An invocation goes on until it waited so often, or to its end.
    fn go_on(&mut self, at: usize, turns: usize) {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..turns {
            let invocation = &mut self.under_way[at];
            if let Poll::Ready(failed) = invocation.work.as_mut().poll(&mut context) {
                self.settle(at, &failed);
                return;
            }
            let number = invocation.number;
            let cut = self.world.watch.borrow_mut().cut.take_if(|cut| *cut == number);
            if cut.is_some() {
                self.world.count("functions cut off after a call of their own");
                self.time_out(at);
                return;
            }
        }
    }

    /// Lambda's event source mapping deletes what did not fail.
    fn settle(&mut self, at: usize, failed: &[String]) {
        let ended = self.under_way.remove(at);
        let Some(books) = self.world.books_of(ended.stack) else {
            return;
        };
        self.world
            .tell(|| format!("  {} ends, {} messages failed", ended.number, failed.len()));
        if !failed.is_empty() {
            self.world.count("batches that failed in part or whole");
        }
        if !failed.is_empty() && failed.len() < ended.received.len() {
            self.world.count("batches that failed in part");
        }
        let is_failed = |message: &&Received| failed.contains(&message.id);
        self.broken(ended.number, ended.received.iter().filter(is_failed));
        let failed = if self.bug == Some(Bug::AcknowledgesFailed) {
            &[]
        } else {
            failed
        };
        if ended.routes {
            books.settle_ingest(&ended.received, failed);
        } else {
            books.settle_work(&ended.received, failed);
        }
    }

    fn broken<'m>(&self, number: u64, messages: impl Iterator<Item = &'m Received>) {
        let groups = messages.filter_map(|message| message.group.clone());
        let groups = groups.map(|group| (number, group));
        self.world.watch.borrow_mut().broken.extend(groups);
    }

    /// Lambda ends a function at whatever it waits for. Nobody settles its messages.
    fn time_out(&mut self, at: usize) {
        let ended = self.under_way.remove(at);
        self.world.count("functions timed out");
        if let Some(write) = ended.seams.in_write.get() {
            self.world
                .count("functions timed out between a write and its answer");
            self.world
                .tell(|| format!("  {} is cut off after its {write} took effect", ended.number));
        }
        self.world.tell(|| format!("  {} times out", ended.number));
        self.broken(ended.number, ended.received.iter());
    }

    /// Both functions, once, to the end. Answers whether there was anything to do.
    pub(crate) fn round(&mut self, stack: Stack) -> bool {
        let mut any = false;
        for routes in [true, false] {
            let before = self.under_way.len();
            self.begin(stack, routes, 10);
            if self.under_way.len() > before {
                self.go_on(before, usize::MAX);
                any = true;
            }
        }
        any
    }

    /// Lets everything under way end, and time pass until the queues are empty.
    pub(crate) fn rest(&mut self) {
        self.rest_until(u64::MAX);
    }

    /// The same, but no longer than until then.
    pub(crate) fn rest_until(&mut self, until: u64) {
        while !self.under_way.is_empty() {
            self.go_on(0, usize::MAX);
        }
        for _ in 0..ROUNDS {
            if self.is_over() || self.world.elapsed.get() >= until {
                return;
            }
            let ours = self.round(Stack::Ours);
            if self.round(Stack::Other) || ours {
                continue;
            }
            let due = self
                .world
                .books()
                .filter_map(guardian_model::Model::next_due)
                .min();
            match due {
                Some(due) => self.pass(due.as_secs() + 1),
                None => return,
            }
        }
        let text = format!("there is still work after {ROUNDS} rounds");
        self.world.violate(Law::Rest, text);
    }

    /// Dead letters come back, as often as it takes.
    pub(crate) fn redrive_all(&mut self) {
        while self.world.books().any(|model| !model.dead_letters().is_empty()) && !self.is_over() {
            self.redrive();
            self.rest();
        }
    }
}
