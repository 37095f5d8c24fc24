//! The account: its buckets and keys, those who act on them, and what is kept of it for the judge.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::FutureExt;
use guardian_core::call::CallError;
use guardian_core::cloudinary::marker_key;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use guardian_model::{Delivery, Model, Who};
use guardian_reconcile::seam::{Buckets, Clock, Keys};
use serde_json::{Value, json};

use crate::foreign::{
    Document, LEAVER, deny, grant, is_about_cloudinary, key_statement, owner, statement, statements,
};
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
            let under = (number < world.keys.len()).then(|| Key(number));
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

    /// The text of a declaration.
    fn declaration(&self, says: Declared) -> Option<String> {
        let text = match says {
            Declared::One => json!({"clouds": ["demo"]}),
            Declared::Two => json!({"clouds": ["demo", "acme"]}),
            Declared::Observe => json!({"clouds": ["demo"], "mode": "observe"}),
            Declared::Paused => {
                let until = self.model.now().plus(Duration::from_secs(7200));
                json!({"clouds": ["demo"], "pause_until": until})
            }
            Declared::Invalid => return Some("{\"clouds\": ".to_owned()),
            Declared::Gone => return None,
        };
        Some(text.to_string())
    }

    /// Somebody else acts.
    pub(crate) fn act(&self, act: Act) {
        let documents = touched(act);
        let before: Vec<Option<String>> = documents.iter().map(|one| self.truth(*one)).collect();
        let outcome = self.perform(act);
        let now = self.tick();
        self.tell(|| match &outcome {
            Ok(()) => format!("others: {act:?}"),
            Err(error) => format!("others: {act:?}: {}", error.message),
        });
        for (document, before) in documents.into_iter().zip(before) {
            if self.truth(document) != before {
                self.watch.borrow_mut().written.insert(document, now);
            }
        }
        self.deliver_to_other();
    }

    fn perform(&self, act: Act) -> Result<(), CallError> {
        let model = &self.model;
        let name = |bucket: Bucket| &self.buckets[bucket.0];
        let arn = |bucket: Bucket| format!("arn:aws:s3:::{}", name(bucket));
        let terraform = model.act_as(Who::terraform());
        let ana = model.act_as(Who::console("ana"));
        // The owner's root, whom no Deny keeps from the policy.
        let root = model.act_as(Who::root());
        let tool = model.act_as(Who::role("security-tool", "remediation", "Boto3/1.40.0"));
        match act {
            Act::Replace {
                bucket,
                first,
                count,
                with_ours,
            } => {
                let mut all: Vec<Value> = (first..first + count)
                    .map(|number| statement(&arn(bucket), number))
                    .collect();
                if with_ours {
                    all.push(grant(&arn(bucket)));
                }
                terraform.put_bucket_policy(name(bucket), &policy("terraform", all))
            }
            Act::Add { bucket, number } => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                all.push(statement(&arn(bucket), number));
                self.keep(&root, bucket, all)
            }
            Act::Remove(bucket) => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                if let Some(first) = all.iter().position(|one| !is_about_cloudinary(one)) {
                    all.remove(first);
                }
                self.keep(&root, bucket, all)
            }
            Act::Strip(bucket) => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                all.retain(|one| !is_about_cloudinary(one));
                self.keep(&tool, bucket, all)
            }
            Act::DeletePolicy(bucket) => root.delete_bucket_policy(name(bucket)),
            Act::Deny(bucket) => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                all.retain(|one| one["Sid"] != "FDeny");
                all.push(deny(&arn(bucket)));
                self.keep(&root, bucket, all)
            }
            Act::Undeny(bucket) => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                let before = all.len();
                all.retain(|one| one["Sid"] != "FDeny");
                if all.len() == before {
                    return Ok(());
                }
                self.keep(&root, bucket, all)
            }
            Act::Open(bucket) => {
                let text = model.policy(name(bucket));
                self.watch.borrow_mut().opened.insert(bucket, text);
                Ok(())
            }
            Act::Save { bucket, number } => {
                let Some(opened) = self.watch.borrow_mut().opened.remove(&bucket) else {
                    return Ok(());
                };
                let mut all = statements(opened.as_deref());
                all.push(statement(&arn(bucket), number));
                self.keep(&root, bucket, all)
            }
            Act::DeleteMarker { bucket, cloud } => ana.delete_object(name(bucket), &marker(cloud)),
            Act::PutMarker { bucket, cloud } => ana.put_object(name(bucket), &marker(cloud), None),
            Act::ReplaceKey { key, number } => {
                let all = vec![owner(), key_statement(number)];
                terraform.put_key_policy(&self.keys[key.0], &policy("terraform", all))
            }
            Act::AddToKey { key, number } => {
                let mut all = statements(model.key_policy(&self.keys[key.0]).as_deref());
                all.push(key_statement(number));
                ana.put_key_policy(&self.keys[key.0], &policy("ana", all))
            }
            Act::StripKey(key) => {
                let mut all = statements(model.key_policy(&self.keys[key.0]).as_deref());
                all.retain(|one| !is_about_cloudinary(one));
                tool.put_key_policy(&self.keys[key.0], &policy("tool", all))
            }
            Act::DisableKey(key) => ana.disable_key(&self.keys[key.0]),
            Act::EnableKey(key) => ana.enable_key(&self.keys[key.0]),
            Act::ScheduleDeletion(key) => ana.schedule_key_deletion(&self.keys[key.0], 30),
            Act::CancelDeletion(key) => ana.cancel_key_deletion(&self.keys[key.0]),
            Act::Encrypt { bucket, key } => ana.put_bucket_encryption(name(bucket), self.encryption(key)),
            Act::Notify { bucket, number } => {
                // Without EventBridge nobody hears of markers.
                self.watch.borrow_mut().lossy = true;
                let queue = format!("arn:aws:sqs:us-east-1:111122223333:queue-{number}");
                model.add_destination(&queue);
                let entry = format!(
                    "<QueueConfiguration><Id>F{number}</Id><Queue>{queue}</Queue><Event>s3:ObjectCreated:*</Event>\
                     </QueueConfiguration>"
                );
                terraform.put_bucket_notifications(name(bucket), &entry)
            }
            Act::NotifyEventBridge(bucket) => ana.put_bucket_notification(name(bucket), true),
            Act::Declare { bucket, says } => {
                self.watch.borrow_mut().declared.insert(bucket, says);
                match self.declaration(says) {
                    Some(text) => terraform.put_parameter(name(bucket).as_str(), &text),
                    // One that is gone already is gone.
                    None => terraform.delete_parameter(name(bucket).as_str()).or(Ok(())),
                }
            }
            Act::BuryRole => {
                ana.delete_principal(LEAVER);
                Ok(())
            }
            Act::ReviveRole => {
                model.create_principal(LEAVER);
                Ok(())
            }
        }
    }

    fn keep(&self, who: &guardian_model::Outsider, bucket: Bucket, all: Vec<Value>) -> Result<(), CallError> {
        let name = &self.buckets[bucket.0];
        if all.is_empty() {
            return who.delete_bucket_policy(name);
        }
        who.put_bucket_policy(name, &policy("people", all))
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

fn policy(id: &str, statements: Vec<Value>) -> String {
    json!({"Version": "2012-10-17", "Id": id, "Statement": statements}).to_string()
}

/// The documents that an act may change.
fn touched(act: Act) -> Vec<Document> {
    match act {
        Act::Replace { bucket, .. }
        | Act::Add { bucket, .. }
        | Act::Remove(bucket)
        | Act::Strip(bucket)
        | Act::DeletePolicy(bucket)
        | Act::Deny(bucket)
        | Act::Undeny(bucket)
        | Act::Save { bucket, .. } => vec![Document::Policy(bucket)],
        Act::ReplaceKey { key, .. } | Act::AddToKey { key, .. } | Act::StripKey(key) => {
            vec![Document::KeyPolicy(key)]
        }
        Act::Notify { bucket, .. } | Act::NotifyEventBridge(bucket) => vec![Document::Notifications(bucket)],
        Act::BuryRole | Act::ReviveRole => (0..NAMES.len())
            .map(|number| Document::Policy(Bucket(number)))
            .collect(),
        Act::Open(_)
        | Act::DeleteMarker { .. }
        | Act::PutMarker { .. }
        | Act::DisableKey(_)
        | Act::EnableKey(_)
        | Act::ScheduleDeletion(_)
        | Act::CancelDeletion(_)
        | Act::Encrypt { .. }
        | Act::Declare { .. } => Vec::new(),
    }
}
