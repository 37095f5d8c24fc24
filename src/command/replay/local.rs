//! The seams of a replay: the account's own buckets and keys, and books that live as long as the process.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use guardian_core::alert::Notice;
use guardian_core::call::CallError;
use guardian_core::cause::{Cause, LaterLook, Work};
use guardian_core::moment::Moment;
use guardian_core::name::{AccountId, BucketName, KeyArn, Resource};
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, EventSelectors, KeyDescription, MarkerEncryption, MarkerWrite, ObjectHead,
    ObjectOwnership, ObjectPage, PublicAccessBlock, QueueState, RuleState, RuleTarget, Subscription,
    TopicState, TrailDescription,
};
use guardian_core::settings::{Ceilings, Mode, Settings};
use guardian_reconcile::seam::{
    Buckets, Censuses, Clock, Declarations, Entry, EntryPage, Eyes, Home, Keys, Ledger, Listing, NamePage,
    ParameterPage, Queues, Start, Stored, Topic, Trail,
};
use guardian_reconcile::{Message, Report, reconcile_batch, route_batch};
use serde_json::Value;

use super::super::CommandError;
use super::super::live::Live;

/// A live account with a ledger, queues and a topic of this process.
pub(super) struct Local<'a> {
    live: &'a Live,
    entries: RefCell<BTreeMap<(Resource, String), Entry>>,
    /// The last version given to an item.
    version: Cell<u64>,
    work: RefCell<VecDeque<Work>>,
    /// Whose event is passed through: whoever replays a file of another account means it.
    told_to: RefCell<AccountId>,
}

impl<'a> Local<'a> {
    pub(super) fn new(live: &'a Live) -> Self {
        Self {
            live,
            entries: RefCell::default(),
            version: Cell::default(),
            work: RefCell::default(),
            told_to: RefCell::new(live.settings.account.clone()),
        }
    }

    /// Looks at every declared bucket, so that the ledger knows which keys they need. Writes to none.
    pub(super) async fn learn(&self) -> Result<(), CommandError> {
        let cause = Cause::of_event("replay", "replay");
        self.work.borrow_mut().push_back(Work {
            swept: true,
            ..Work::new(Resource::Sweep, cause)
        });
        let settings = Settings {
            ceilings: Ceilings::open(Mode::Observe),
            ..self.live.settings.clone()
        };
        self.drain(&settings).await?;
        // What was found on the way is not what the event is about: forget the incidents, keep the needs.
        let mut entries = self.entries.borrow_mut();
        entries.retain(|(_, name), _| !name.starts_with(guardian_core::incident::INCIDENT));
        // The mode under which a key was needed is that of the replay.
        for entry in entries.values_mut() {
            set_mode(&mut entry.body, self.live.settings.ceilings.mode);
        }
        Ok(())
    }

    /// Passes one event through and works off what it makes.
    pub(super) async fn pass(&self, event: &Value) -> Result<Vec<Report>, CommandError> {
        let named = ["/account", "/recipientAccountId"].map(|place| event.pointer(place));
        let named = named.into_iter().flatten().filter_map(Value::as_str);
        if let Some(account) = named.filter_map(|account| account.parse().ok()).next() {
            self.told_to.replace(account);
        }
        let message = Message {
            id: "replay".to_owned(),
            body: event.to_string(),
        };
        route_batch(self, &[message]).await;
        self.drain(&self.live.settings).await
    }

    async fn drain(&self, settings: &Settings) -> Result<Vec<Report>, CommandError> {
        let mut reports = Vec::new();
        loop {
            let next = self.work.borrow_mut().pop_front();
            let Some(work) = next else { return Ok(reports) };
            let body =
                serde_json::to_string(&work).map_err(|error| CommandError::Usage(error.to_string()))?;
            let (done, failed) = reconcile_batch(
                self,
                settings,
                &[Message {
                    id: "replay".to_owned(),
                    body,
                }],
            )
            .await;
            reports.extend(done);
            if !failed.is_empty() {
                let reason = format!(
                    "`{}` could not be reconciled; the log above says why, try again",
                    work.resource
                );
                return Err(CommandError::Usage(reason));
            }
        }
    }
}

fn set_mode(body: &mut Value, mode: Mode) {
    if let Value::Object(fields) = body {
        if fields.contains_key("mode") {
            fields.insert("mode".to_owned(), serde_json::json!(mode));
        }
        if let Some(reader) = fields.get_mut("reader") {
            set_mode(reader, mode);
        }
    }
}

impl Buckets for Local<'_> {
    async fn head_bucket(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        self.live.aws.head_bucket(bucket).await
    }

    async fn get_bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        self.live.aws.get_bucket_policy(bucket).await
    }

    async fn put_bucket_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), CallError> {
        self.live.aws.put_bucket_policy(bucket, policy).await
    }

    async fn get_bucket_encryption(&self, bucket: &BucketName) -> Result<DefaultEncryption, CallError> {
        self.live.aws.get_bucket_encryption(bucket).await
    }

    async fn get_public_access_block(&self, bucket: &BucketName) -> Result<PublicAccessBlock, CallError> {
        self.live.aws.get_public_access_block(bucket).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &str) -> Result<Option<ObjectHead>, CallError> {
        self.live.aws.head_object(bucket, key).await
    }

    async fn list_objects(
        &self,
        bucket: &BucketName,
        listing: &Listing<'_>,
    ) -> Result<ObjectPage, CallError> {
        self.live.aws.list_objects(bucket, listing).await
    }

    async fn get_object_ownership(&self, bucket: &BucketName) -> Result<ObjectOwnership, CallError> {
        self.live.aws.get_object_ownership(bucket).await
    }

    async fn get_bucket_owner(&self, bucket: &BucketName) -> Result<String, CallError> {
        self.live.aws.get_bucket_owner(bucket).await
    }

    async fn get_bucket_notifications(&self, bucket: &BucketName) -> Result<Notifications, CallError> {
        self.live.aws.get_bucket_notifications(bucket).await
    }

    async fn put_bucket_notifications(
        &self,
        bucket: &BucketName,
        notifications: &Notifications,
    ) -> Result<(), CallError> {
        self.live
            .aws
            .put_bucket_notifications(bucket, notifications)
            .await
    }

    async fn put_marker(
        &self,
        bucket: &BucketName,
        key: &str,
        encryption: MarkerEncryption,
    ) -> Result<MarkerWrite, CallError> {
        self.live.aws.put_marker(bucket, key, encryption).await
    }
}

impl Keys for Local<'_> {
    async fn describe_key(&self, key: &str) -> Result<KeyDescription, CallError> {
        self.live.aws.describe_key(key).await
    }

    async fn get_key_policy(&self, key: &KeyArn) -> Result<String, CallError> {
        self.live.aws.get_key_policy(key).await
    }

    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> Result<(), CallError> {
        self.live.aws.put_key_policy(key, policy).await
    }
}

impl Declarations for Local<'_> {
    async fn get_declaration(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        self.live.aws.get_declaration(bucket).await
    }

    async fn list_declarations(&self, next: Option<&str>) -> Result<ParameterPage, CallError> {
        self.live.aws.list_declarations(next).await
    }
}

impl Ledger for Local<'_> {
    async fn read_entries(
        &self,
        resource: &Resource,
        prefix: &str,
        _next: Option<&str>,
    ) -> Result<EntryPage, CallError> {
        let entries = self.entries.borrow();
        let of_resource = entries
            .values()
            .filter(|entry| entry.resource == *resource && entry.name.starts_with(prefix))
            .cloned()
            .collect();
        Ok(EntryPage {
            entries: of_resource,
            next: None,
        })
    }

    async fn entry_names(
        &self,
        resource: &Resource,
        prefix: &str,
        _after: Option<&str>,
        _limit: u16,
    ) -> Result<NamePage, CallError> {
        let entries = self.entries.borrow();
        let names = entries.keys().filter(|(of, _)| of == resource);
        let names = names.map(|(_, name)| name.clone());
        Ok(NamePage {
            names: names.filter(|name| name.starts_with(prefix)).collect(),
            next: None,
        })
    }

    async fn read_entry(&self, resource: &Resource, name: &str) -> Result<Option<Entry>, CallError> {
        let key = (resource.clone(), name.to_owned());
        Ok(self.entries.borrow().get(&key).cloned())
    }

    async fn put_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        let mut entries = self.entries.borrow_mut();
        let key = (entry.resource.clone(), entry.name.clone());
        if entries.get(&key).map_or(0, |stored| stored.version) != entry.version {
            return Ok(Stored::Conflict);
        }
        let version = self.version.get() + 1;
        self.version.set(version);
        let written = Entry {
            version,
            ..entry.clone()
        };
        entries.insert(key, written);
        Ok(Stored::Done(version))
    }

    async fn delete_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        self.entries
            .borrow_mut()
            .remove(&(entry.resource.clone(), entry.name.clone()));
        Ok(Stored::Done(0))
    }
}

impl Queues for Local<'_> {
    async fn send_work(&self, batch: &[Work]) -> Result<Vec<usize>, CallError> {
        self.work.borrow_mut().extend(batch.iter().cloned());
        Ok(Vec::new())
    }

    async fn send_later(&self, _look: &LaterLook, _delay: Duration) -> Result<(), CallError> {
        // A replay ends with the process.
        Ok(())
    }
}

impl Censuses for Local<'_> {
    async fn start_census(&self, _bucket: &BucketName, _name: &str) -> Result<Start, CallError> {
        // It would outlive the replay. The log says that one was wanted.
        Ok(Start::Nowhere)
    }
}

impl Topic for Local<'_> {
    async fn publish(&self, _notice: &Notice) -> Result<(), CallError> {
        // Nobody is woken by a replay; the report says what they would have been told.
        Ok(())
    }
}

impl Trail for Local<'_> {
    async fn lookup_events(&self, event: &str) -> Result<Vec<String>, CallError> {
        self.live.aws.lookup_events(event).await
    }
}

/// A replay is about buckets and keys: it knows of no stack, so that none of this is asked.
impl Eyes for Local<'_> {
    async fn describe_trails(&self) -> Result<Vec<TrailDescription>, CallError> {
        self.live.aws.describe_trails().await
    }

    async fn get_trail_status(&self, trail: &str) -> Result<bool, CallError> {
        self.live.aws.get_trail_status(trail).await
    }

    async fn get_event_selectors(&self, trail: &str) -> Result<EventSelectors, CallError> {
        self.live.aws.get_event_selectors(trail).await
    }

    async fn describe_rule(&self, rule: &str) -> Result<Option<RuleState>, CallError> {
        self.live.aws.describe_rule(rule).await
    }

    async fn list_targets(&self, rule: &str) -> Result<Vec<RuleTarget>, CallError> {
        self.live.aws.list_targets(rule).await
    }

    async fn get_queue_attributes(&self, url: &str) -> Result<Option<QueueState>, CallError> {
        self.live.aws.get_queue_attributes(url).await
    }

    async fn get_topic_attributes(&self, topic: &str) -> Result<Option<TopicState>, CallError> {
        self.live.aws.get_topic_attributes(topic).await
    }

    async fn list_subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, CallError> {
        self.live.aws.list_subscriptions(topic).await
    }
}

impl Home for Local<'_> {
    fn account(&self) -> AccountId {
        self.told_to.borrow().clone()
    }
}

impl Clock for Local<'_> {
    fn now(&self) -> Moment {
        self.live.aws.now()
    }
}
