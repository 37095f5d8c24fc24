//! What is held against the laws once everything is at rest.

mod ledger;

use guardian_core::finding::{Code, Subject};
use guardian_core::incident::{Incident, State};
use guardian_core::name::Resource;
use serde_json::Value;

use self::ledger::{Ledger, explains, is_about_ours, is_about_the_key};
use crate::foreign::Document;
use crate::law::Law;
use crate::play::Play;
use crate::step::{Act, BUCKETS, Bucket, CLOUDS, Declared, KEYS, Key, Plan, Stack};
use crate::world::{PHOTO, World, marker};

/// More than a day: what flaps has come to rest by then, and a pause is over.
const DAY: u64 = 25 * HOUR;
/// In seconds.
const HOUR: u64 = 60 * 60;
/// How long somebody goes on undoing our writes.
const FIGHT: u64 = 3 * HOUR;

impl Play {
    /// Quiet, with what is asked of it.
    pub(crate) fn end(&mut self, plan: &Plan) {
        let world = std::rc::Rc::clone(&self.world);
        world.tell(|| "everybody is quiet".to_owned());
        world.calm();
        if plan.setup.fighter_stays {
            self.fight();
        }
        self.rest();
        let dead = world.books().any(|model| !model.dead_letters().is_empty());
        if plan.setup.redrives {
            self.redrive_all();
        }
        if self.is_over() {
            return;
        }
        if !world.watch.borrow().lossy && (plan.setup.redrives || !dead) {
            world.count("runs judged without a sweep");
            world.explained(Law::ExplainedByEvents);
        }
        self.sweep_to_rest("a sweep");
        if self.is_over() {
            return;
        }
        world.explained(Law::Explained);
        world.told();
        if self.is_over() {
            return;
        }
        let held_up = world.is_held_up();
        let before = world.documents();
        let news = world.news();
        self.sweep_to_rest("a second sweep");
        if held_up {
            world.count("second sweeps while repairs were held up");
        } else {
            world.count("second sweeps judged");
            if world.documents() != before {
                world.violate(Law::QuietSweep, "the second sweep changed a document");
            }
            if world.news() != news {
                world.violate(Law::QuietSweep, "the second sweep told something");
            }
        }
        if self.is_over() {
            return;
        }
        self.pass(DAY);
        self.sweep_to_rest("a sweep a day later");
        // What the first finds to be over, the second closes.
        self.sweep_to_rest("the last sweep");
        if self.is_over() {
            return;
        }
        world.explained(Law::Explained);
        world.told();
        world.mended();
        world.count("runs");
    }

    /// Somebody undoes each of our writes to the first bucket's policy, and goes on with it.
    fn fight(&mut self) {
        let world = std::rc::Rc::clone(&self.world);
        world.tell(|| {
            "but for one, who undoes each of our writes to the policy of the first bucket".to_owned()
        });
        world.watch.borrow_mut().fights.insert(Bucket(0), u32::MAX);
        world.act(Act::Strip(Bucket(0)));
        let until = world.elapsed.get() + FIGHT;
        while world.elapsed.get() < until && !self.is_over() {
            self.sweep(Stack::Ours);
            self.rest_until(until.min(world.elapsed.get() + HOUR));
        }
        if self.is_over() {
            return;
        }
        world.count("runs in which somebody goes on undoing our writes");
        world.explained(Law::Explained);
        world.watch.borrow_mut().fights.clear();
    }

    fn sweep_to_rest(&mut self, what: &str) {
        if self.is_over() {
            return;
        }
        self.world.tell(|| what.to_owned());
        self.sweep(Stack::Ours);
        self.sweep(Stack::Other);
        self.rest();
        self.redrive_all();
    }
}

impl World {
    /// The first thing that Cloudinary cannot read of what is declared, by the model's own rules.
    fn unread(&self, bucket: Bucket, clouds: usize) -> Option<String> {
        let name = &self.buckets[bucket.0];
        let wanted = (0..clouds).map(marker).chain([PHOTO.to_owned()]);
        wanted
            .filter_map(|object| {
                let error = self.model.cloudinary_reads(name, &object).err()?;
                Some(format!("{object}: {}", error.message))
            })
            .next()
    }

    fn declared(&self, bucket: Bucket) -> (Declared, usize) {
        let says = self.watch.borrow().declared[&bucket];
        let clouds = match says {
            Declared::Two => CLOUDS.len(),
            Declared::One | Declared::Observe | Declared::Paused => 1,
            Declared::Invalid | Declared::Gone => 0,
        };
        (says, clouds)
    }

    /// Every declared bucket is readable or an open and announced incident says why not; and no incident says that
    /// something is missing which is there.
    fn explained(&self, law: Law) {
        let ledger = Ledger::of(self.model.ledger_dump());
        for number in 0..BUCKETS {
            let bucket = Bucket(number);
            let page = format!("bucket:{}", self.buckets[number]);
            let (says, clouds) = self.declared(bucket);
            let open = || {
                let all = ledger.about(&page).filter(|incident| incident.is_open());
                let all = all.map(|incident| {
                    format!(
                        "{} ({:?})",
                        Incident::entry_name(&incident.finding),
                        incident.state
                    )
                });
                all.collect::<Vec<_>>().join(", ")
            };
            match says {
                Declared::Gone => {
                    if ledger.of_page(&page).any(Incident::is_open) {
                        let text = format!("{bucket:?} is not declared and has open incidents: {}", open());
                        self.violate(law, text);
                    }
                    continue;
                }
                Declared::Invalid => {
                    let told = |incident: &Incident| {
                        incident.finding.code == Code::DeclarationInvalid && incident.state == State::NeedsYou
                    };
                    if !ledger.of_page(&page).any(told) {
                        let text = format!("{bucket:?} has an invalid declaration; open: {}", open());
                        self.violate(law, text);
                    }
                    continue;
                }
                Declared::One | Declared::Two | Declared::Observe | Declared::Paused => {}
            }
            match self.unread(bucket, clouds) {
                Some(why) => {
                    self.count("buckets not readable in the end");
                    if !ledger.about(&page).any(explains) {
                        let text = format!("{bucket:?} ({says:?}) cannot be read: {why}; open: {}", open());
                        self.violate(law, text);
                    }
                }
                None => {
                    self.count("buckets readable in the end");
                    // The photo of a bucket is under the key of the same number, whatever the default is now.
                    let key = self
                        .keys
                        .get(number)
                        .map(|key| Resource::Key(key.clone()).to_string());
                    let of_key = key.iter().flat_map(|key| ledger.of_page(key));
                    let of_key = of_key.filter(|incident| is_about_the_key(incident));
                    let own = ledger.of_page(&page).filter(|incident| is_about_ours(incident));
                    let wrong = own.chain(of_key).next();
                    if let (Some(wrong), Law::Explained) = (wrong, law) {
                        let name = Incident::entry_name(&wrong.finding);
                        let text = format!("{bucket:?} ({says:?}) is readable, and {name} is open");
                        self.violate(Law::NoFalseAlarm, text);
                    }
                }
            }
        }
    }

    /// Nothing waits to be told, everything that was announced was told, and nothing else.
    fn told(&self) {
        for stack in [Stack::Ours, Stack::Other] {
            let Some(books) = self.books_of(stack) else {
                continue;
            };
            let ledger = Ledger::of(books.ledger_dump());
            let watch = self.watch.borrow();
            let told: Vec<&String> = watch
                .published
                .keys()
                .filter(|(who, _)| *who == stack)
                .map(|(_, id)| id)
                .collect();
            let mut announced = 0;
            let mut missing = Vec::new();
            let pages = ledger.incidents.iter();
            for (page, incident) in pages.flat_map(|(page, all)| all.iter().map(move |one| (page, one))) {
                announced += usize::try_from(incident.transitions).unwrap();
                if !incident.outbox.is_empty() {
                    missing.push(incident.outbox[0].id.clone());
                }
                let (code, subject) = incident.finding.identity();
                // A key as it is named may stand on the pages of several resources.
                let of = match subject {
                    Subject::NamedKey(_) => format!("{code}/{page}/{subject}"),
                    _ => format!("{code}/{subject}"),
                };
                let ids = (1..=incident.transitions).map(|number| format!("{of}/{number}"));
                missing.extend(ids.filter(|id| !watch.published.contains_key(&(stack, id.clone()))));
            }
            let told = told.len();
            drop(watch);
            if !missing.is_empty() {
                self.violate(Law::NothingUntold, format!("never told: {missing:?}"));
            } else if told != announced {
                let text = format!("{told} messages were told, the ledger knows of {announced}");
                self.violate(Law::NothingUntold, text);
            }
        }
    }

    /// A day later nothing flaps any more and nothing that is ours is missing, unless something else of others is in
    /// the way.
    fn mended(&self) {
        let ledger = Ledger::of(self.model.ledger_dump());
        for number in 0..BUCKETS {
            let page = format!("bucket:{}", self.buckets[number]);
            let (says, clouds) = self.declared(Bucket(number));
            if clouds == 0 || says == Declared::Observe {
                continue;
            }
            let open: Vec<Code> = ledger
                .about(&page)
                .filter(|incident| incident.is_open())
                .map(|incident| incident.finding.code)
                .collect();
            if open.contains(&Code::Flapping) {
                self.violate(Law::Mended, format!("{page} still flaps a day later"));
            }
            let ours = |code: &Code| {
                matches!(
                    code,
                    Code::GrantMissing | Code::GrantPartial | Code::MarkerMissing | Code::KeyGrantMissing
                )
            };
            let in_the_way = |code: &Code| {
                matches!(
                    code,
                    Code::PolicyUnwritable
                        | Code::GrantDenied
                        | Code::GrantConditional
                        | Code::ObservationFailed
                ) || code.as_str().starts_with("key-")
            };
            if self.unread(Bucket(number), clouds).is_some()
                && open.iter().any(ours)
                && !open.iter().any(|code| in_the_way(code) && !ours(code))
            {
                self.violate(
                    Law::Mended,
                    format!("{page} could be repaired and is not: {open:?}"),
                );
            }
        }
    }

    /// How much was told that is new. What is only called to mind is due by the clock, be there a sweep or not.
    fn news(&self) -> usize {
        let watch = self.watch.borrow();
        let told = watch.published.values().filter_map(|copies| copies.first());
        let kinds = told
            .map(|first| serde_json::from_str::<Value>(&first.json).unwrap()["transition"]["kind"].clone());
        kinds.filter(|kind| kind != "reminder").count()
    }

    /// Whether either stack waits for an hour to be over, or for a pause, before it goes on repairing: that may be during the
    /// very next sweep.
    fn is_held_up(&self) -> bool {
        self.books().any(|books| {
            let ledger = Ledger::of(books.ledger_dump());
            let mut incidents = ledger.incidents.values().flatten();
            incidents.any(|incident| {
                let holds = matches!(incident.finding.code, Code::Flapping | Code::RepairsPaused);
                incident.is_open() && holds
            })
        })
    }

    /// Every document and marker, as it truly is.
    fn documents(&self) -> Vec<Option<String>> {
        let buckets = (0..BUCKETS).map(Bucket);
        let of_buckets = buckets
            .clone()
            .flat_map(|bucket| [Document::Policy(bucket), Document::Notifications(bucket)]);
        let documents = of_buckets.chain((0..KEYS).map(|key| Document::KeyPolicy(Key(key))));
        let objects =
            buckets.map(|bucket| Some(format!("{:?}", self.model.objects(&self.buckets[bucket.0]))));
        documents
            .map(|document| self.truth(document))
            .chain(objects)
            .collect()
    }
}
