//! The account: its buckets and keys, those who act on them, and what is kept of it for the judge.

mod acts;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::FutureExt;
use guardian_core::cloudinary::marker_key;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use guardian_model::{Delivery, Model};
use guardian_reconcile::seam::{Buckets, Keys};

use crate::foreign::Document;
use crate::law::{Law, Violation};
use crate::step::{Act, Bucket, CLOUDS, Declared, Key, NAMES, Plan, Stack, Write};

/// The photo that Cloudinary wants to read.
pub(crate) const PHOTO: &str = "photos/1.jpg";

/// So many reads may be stale after a write.
pub(crate) const STALE: u32 = 2;

/// A message as it was published.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) invocation: u64,
    pub(crate) json: String,
}

/// The account, and what the judge knows of it.
pub(crate) struct World {
    /// AWS, and in it the ledger, queues and topic of the stack that is tried.
    pub(crate) model: Model,
    /// The ledger, queues and topic of the other stack.
    pub(crate) other: Option<Model>,
    pub(crate) buckets: Vec<BucketName>,
    pub(crate) keys: Vec<KeyArn>,
    /// Counts every call and every act, so that each has its place.
    pub(crate) sequence: Cell<u64>,
    /// Seconds since the beginning.
    pub(crate) elapsed: Cell<u64>,
    pub(crate) watch: RefCell<Watch>,
}

#[derive(Default)]
pub(crate) struct Watch {
    /// What happened, where it is to be told.
    pub(crate) story: Option<Vec<String>>,
    /// When somebody else last wrote a document.
    pub(crate) written: BTreeMap<Document, u64>,
    /// Who acts around our next writes.
    pub(crate) around: Vec<(Write, bool, Act)>,
    /// The call after which the next function is to time out, and the invocation that made it.
    pub(crate) cut_off: Option<&'static str>,
    pub(crate) cut: Option<u64>,
    pub(crate) fights: BTreeMap<Bucket, u32>,
    opened: BTreeMap<Bucket, Option<String>>,
    pub(crate) declared: BTreeMap<Bucket, Declared>,
    pub(crate) skew: [i64; 2],
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) violation: Option<Violation>,
    pub(crate) published: BTreeMap<(Stack, String), Vec<Published>>,
    /// Groups whose work did not come to a good end in an invocation: whatever they did is done again.
    pub(crate) broken: BTreeSet<(u64, String)>,
    /// When our writes took effect, by the functions' own clock.
    pub(crate) repairs: BTreeMap<(Stack, String), Vec<i64>>,
    /// Whether an event got lost, so that only a sweep can know.
    pub(crate) lossy: bool,
}

impl World {
    pub(crate) fn new(plan: &Plan, tells: bool) -> Self {
        let setup = plan.setup;
        let model = Model::new(setup.seed);
        let keys: Vec<KeyArn> = (0..crate::step::KEYS).map(|_| model.add_key()).collect();
        let buckets: Vec<BucketName> = NAMES.iter().map(|name| name.parse().unwrap()).collect();
        let watch = Watch {
            story: tells.then(Vec::new),
            ..Watch::default()
        };
        let world = Self {
            other: setup.two_stacks.then(|| Model::new(setup.seed ^ 1)),
            model,
            buckets,
            keys,
            sequence: Cell::new(0),
            elapsed: Cell::new(0),
            watch: RefCell::new(watch),
        };
        for (number, name) in world.buckets.iter().enumerate() {
            let bucket = Bucket(number);
            world.model.add_bucket(name);
            let under = (number < world.keys.len()).then_some(Key(number));
            world.model.set_default_encryption(name, world.encryption(under));
            let encryption = under.map_or(ObjectEncryption::SseS3, |key| {
                ObjectEncryption::Kms(world.keys[key.0].to_string())
            });
            world.model.add_object(name, PHOTO, encryption);
            let says = Declared::One;
            world.model.declare(name, &world.declaration(says).unwrap());
            world.watch.borrow_mut().declared.insert(bucket, says);
        }
        for model in world.books() {
            model.set_visibility_timeout(Duration::from_secs(360));
            model.set_retry_delay(Duration::from_secs(60));
            model.set_max_receive_count(3);
        }
        world
    }

    /// The models that hold books: ours, and the other stack's where there is one.
    pub(crate) fn books(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.model).chain(&self.other)
    }

    pub(crate) fn books_of(&self, stack: Stack) -> Option<&Model> {
        match stack {
            Stack::Ours => Some(&self.model),
            Stack::Other => self.other.as_ref(),
        }
    }

    pub(crate) fn tick(&self) -> u64 {
        self.sequence.set(self.sequence.get() + 1);
        self.sequence.get()
    }

    pub(crate) fn tell(&self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.watch.borrow_mut().story {
            story.push(line());
        }
    }

    pub(crate) fn count(&self, what: impl Into<String>) {
        *self.watch.borrow_mut().counts.entry(what.into()).or_default() += 1;
    }

    /// With the names of the keys in the place of their ARNs.
    pub(crate) fn short(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (number, arn) in self.keys.iter().enumerate() {
            text = text.replace(arn.as_str(), &format!("{:?}", Key(number)));
        }
        text
    }

    /// The first one is kept: whatever follows may follow from it.
    pub(crate) fn violate(&self, law: Law, text: impl Into<String>) {
        let text = self.short(&text.into());
        self.tell(|| format!("!! {law:?}: {text}"));
        let mut watch = self.watch.borrow_mut();
        watch.violation.get_or_insert(Violation { law, text });
    }

    pub(crate) fn bucket(&self, name: &BucketName) -> Option<Bucket> {
        self.buckets.iter().position(|known| known == name).map(Bucket)
    }

    pub(crate) fn key(&self, arn: &KeyArn) -> Option<Key> {
        self.keys.iter().position(|known| known == arn).map(Key)
    }

    /// The document as it truly is.
    pub(crate) fn truth(&self, document: Document) -> Option<String> {
        match document {
            Document::Policy(bucket) => self.model.policy(&self.buckets[bucket.0]),
            Document::KeyPolicy(key) => self.model.key_policy(&self.keys[key.0]),
            Document::Notifications(bucket) => self.model.notifications(&self.buckets[bucket.0]),
        }
    }

    fn encryption(&self, key: Option<Key>) -> DefaultEncryption {
        match key {
            Some(key) => DefaultEncryption::Kms {
                key: Some(self.keys[key.0].to_string()),
                bucket_key: true,
            },
            None => DefaultEncryption::SseS3,
        }
    }

    /// Time passes.
    pub(crate) fn pass(&self, seconds: u64) {
        self.elapsed.set(self.elapsed.get() + seconds);
        for model in self.books() {
            model.advance(Duration::from_secs(seconds));
        }
        self.deliver_to_other();
    }

    /// Events reach every stack. How they travel is only told for ours.
    fn deliver_to_other(&self) {
        let events = self.model.take_events();
        if let Some(other) = &self.other {
            for event in events {
                other.inject(&event);
            }
        }
    }

    /// Everything so far was how the fleet came to be, and is neither counted nor told.
    pub(crate) fn begin(&self) {
        let mut watch = self.watch.borrow_mut();
        watch.counts.clear();
        watch.repairs.clear();
        if let Some(story) = &mut watch.story {
            story.clear();
        }
    }

    /// Everybody is quiet, AWS is well, and what was ordered to go wrong is forgotten.
    pub(crate) fn calm(&self) {
        let mut watch = self.watch.borrow_mut();
        watch.around.clear();
        watch.fights.clear();
        watch.cut_off = None;
        watch.skew = [0, 0];
        drop(watch);
        for model in self.books() {
            model.clear_faults();
            model.reject_work(&[]);
            model.deliver(Delivery::Normal);
            model.shuffle_ingest(false);
        }
        for bucket in &self.buckets {
            self.model.stale_reads(bucket, 0);
            self.model.stale_notification_reads(bucket, 0);
        }
        for key in &self.keys {
            self.model.stale_key_reads(key, 0);
        }
        // What was stale is so no longer: the model counts reads where AWS counts seconds.
        for _ in 0..STALE {
            for bucket in &self.buckets {
                let _seen = self.model.get_bucket_policy(bucket).now_or_never();
                let _seen = self.model.get_bucket_notifications(bucket).now_or_never();
            }
            for key in &self.keys {
                let _seen = self.model.get_key_policy(key).now_or_never();
            }
        }
        self.model.take_journal();
    }
}

/// The key of a marker.
pub(crate) fn marker(cloud: usize) -> String {
    marker_key(&CLOUDS[cloud].parse().unwrap())
}
