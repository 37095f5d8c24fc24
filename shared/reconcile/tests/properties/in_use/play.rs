//! A story as it is played on the model, and what the guardian has come to know by it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::{KeyState, ObjectEncryption};
use guardian_core::settings::CensusLevel;
use guardian_reconcile::seam::Clock;
use proptest::test_runner::TestCaseError;
use serde_json::json;

use super::change::{Change, Event, KEYS, Key, Named, OBJECTS, Then};
use crate::stage::Stage;

const ROUNDS: usize = 400;

pub(super) type Law = Result<(), TestCaseError>;

pub(crate) struct Play {
    pub(crate) stage: Stage,
    pub(super) vault: BucketName,
    pub(super) keys: Vec<KeyArn>,
    pub(super) managed: KeyArn,
    pub(super) default: Option<Named>,
    pub(super) alias: Option<Key>,
    /// The key of each object, as far as the guardian was shown it: by HeadObject, by an event, or by the settings that
    /// it was written under.
    pub(super) known: BTreeMap<String, KeyArn>,
    /// What the last census saw. It is known once the bucket is looked at with it: a census that is recorded before that
    /// takes its place.
    pub(super) counted: Vec<(String, KeyArn)>,
    /// Objects whose key an event tells that lies in the queue.
    pub(super) heard: BTreeSet<String>,
    pub(super) data_events: bool,
    pub(super) censuses: usize,
    /// What was written since the last sweep, but for what lies in queues, the bucket's evidence and walks that
    /// were asked for.
    written: Vec<String>,
    told: Vec<String>,
}

pub(super) fn object(number: usize) -> String {
    format!("photos/{:04}.jpg", number * 37)
}

impl Play {
    /// The declared bucket `vault` under the key A, with so many objects, at rest.
    pub(crate) fn new(objects: usize, level: CensusLevel, data_events: bool, prune: bool) -> Self {
        let mut stage = Stage::new(11);
        stage.settings.census = level;
        stage.settings.watches_objects = data_events;
        stage.model.watch_objects(data_events);
        stage.model.record_data_events(data_events);
        let vault: BucketName = "vault".parse().unwrap();
        let keys: Vec<KeyArn> = (0..KEYS).map(|_| stage.model.add_key()).collect();
        let managed = stage.model.aws_managed_key();
        stage.model.add_bucket(&vault);
        let under = ObjectEncryption::Kms(keys[0].to_string());
        for number in 0..objects {
            stage
                .model
                .add_object(&vault, &format!("photos/{number:04}.jpg"), under.clone());
        }
        let play = Self {
            stage,
            vault,
            keys,
            managed,
            default: None,
            alias: None,
            known: BTreeMap::new(),
            counted: Vec::new(),
            heard: BTreeSet::new(),
            data_events,
            censuses: 0,
            written: Vec::new(),
            told: Vec::new(),
        };
        let mut play = Self {
            default: play
                .set_default(Named::By(Key(0)))
                .ok()
                .map(|()| Named::By(Key(0))),
            ..play
        };
        play.change(Change::Declare { prune }, false);
        play
    }

    /// What happened so far, for whoever has to find out why a law does not hold.
    pub(crate) fn fails(&self, law: &str) -> TestCaseError {
        let mut story = format!("{law}\n{}", self.told.join("\n"));
        for (number, key) in self.keys.iter().chain([&self.managed]).enumerate() {
            let name = ["A", "B", "C", "the AWS managed key"][number];
            story = story.replace(key.as_str(), name);
        }
        let mut objects = Vec::new();
        for (name, key) in self.objects() {
            if (0..OBJECTS).any(|number| name == object(number)) {
                objects.push(format!("{name} under {}", self.name(Some(&key))));
            }
        }
        TestCaseError::fail(format!("{story}\nin the end: {}", objects.join(", ")))
    }

    pub(crate) fn name(&self, key: Option<&KeyArn>) -> String {
        let Some(key) = key else {
            return "no key".to_owned();
        };
        match self.keys.iter().position(|known| known == key) {
            Some(number) => format!("{:?}", Key(number)),
            None => "the AWS managed key".to_owned(),
        }
    }

    pub(super) fn tell(&mut self, what: String) {
        let now = self.stage.model.now();
        self.told.push(format!("{now}  {what}"));
    }

    /// Every object under a key of KMS.
    pub(super) fn objects(&self) -> BTreeMap<String, KeyArn> {
        let objects = self.stage.model.objects(&self.vault).into_iter();
        objects
            .filter_map(|(name, object)| match object.encryption {
                ObjectEncryption::Kms(key) => Some((name, key.parse().unwrap())),
                ObjectEncryption::SseS3 | ObjectEncryption::SseC => None,
            })
            .collect()
    }

    /// The keys of current objects; `all` of them, or those that the guardian was shown.
    pub(crate) fn in_use(&self, all: bool) -> BTreeMap<KeyArn, String> {
        let objects = self.objects().into_iter();
        let shown = objects.filter(|(name, key)| all || self.known.get(name) == Some(key));
        shown.map(|(name, key)| (key, name)).collect()
    }

    pub(crate) fn is_granted(&self, key: &KeyArn) -> bool {
        let policy = self.stage.model.key_policy(key);
        policy.is_some_and(|policy| policy.contains("232482882421"))
    }

    /// Whether people were told of this key, and it is not over.
    pub(crate) fn is_told(&self, key: &KeyArn) -> bool {
        let subject = format!("#key:{key}");
        self.stage.model.ledger_dump().iter().any(|entry| {
            let is_of_key = entry.name.starts_with("incident#") && entry.name.ends_with(&subject);
            is_of_key && entry.body["state"] == json!("needs-you")
        })
    }

    pub(crate) fn is_disabled(&self, key: &KeyArn) -> bool {
        self.stage.model.key_state(key) == Some(KeyState::Disabled)
    }

    pub(crate) fn needs(&self) -> BTreeMap<String, String> {
        let entries = self.stage.model.ledger_dump().into_iter();
        entries
            .filter_map(|entry| {
                let key = entry.name.strip_prefix("needs#")?.to_owned();
                Some((key, entry.body.to_string()))
            })
            .collect()
    }

    /// Whether the bucket's evidence says that the settings name the key.
    pub(super) fn is_on_record(&self, key: &KeyArn) -> bool {
        let entries = self.stage.model.ledger_dump();
        let evidence = entries.iter().find(|entry| entry.name == "evidence");
        evidence.is_some_and(|entry| {
            let named = &entry.body["keys"][key.as_str()]["named"];
            named.as_array().is_some_and(|named| !named.is_empty())
        })
    }

    /// What was written since the last sweep, but for what lies in queues, the bucket's evidence and walks that
    /// were asked for.
    pub(crate) fn written(&self) -> &[String] {
        &self.written
    }

    /// The key that the settings name; `Err` where nobody can say.
    pub(crate) fn named(&self) -> Result<Option<&KeyArn>, ()> {
        match self.default {
            None => Ok(None),
            Some(Named::By(key)) => Ok(Some(&self.keys[key.0])),
            Some(Named::ByAlias) => self.alias.map(|key| Some(&self.keys[key.0])).ok_or(()),
            Some(Named::AwsManaged) => Ok(Some(&self.managed)),
        }
    }

    /// Plays one step.
    pub(crate) fn play(&mut self, event: &Event, then: Then) -> Law {
        match event {
            Event::Done { change, lost } => self.change(*change, *lost),
            Event::Minutes(minutes) => self.wait(*minutes),
            Event::Sweep => self.sweep(),
            Event::Counted {
                census,
                meanwhile,
                minutes,
                acts,
            } => self.count(*census, meanwhile, *minutes, *acts)?,
        }
        match then {
            Then::Nothing => Ok(()),
            Then::OneRound => self.round().map(drop),
            Then::Rest => self.rest(),
        }
    }

    pub(crate) fn sweep(&mut self) {
        self.tell("the sweep".to_owned());
        self.stage.sweep();
        self.written.clear();
    }

    pub(crate) fn wait(&mut self, minutes: u64) {
        self.tell(format!("{minutes} minutes pass"));
        self.stage.model.advance(Duration::from_secs(60 * minutes));
    }

    /// One round of the guardian. It takes no grant from a key that it was shown on an object.
    /// Answers whether there was anything to do.
    fn round(&mut self) -> Result<bool, TestCaseError> {
        self.stage.model.take_journal();
        let before: Vec<KeyArn> = self
            .keys
            .iter()
            .filter(|key| self.is_granted(key))
            .cloned()
            .collect();
        let needed = self.needs();
        self.stage.round();
        let calls = self.stage.model.journal();
        let is_idle = calls.is_empty();
        let written = calls
            .iter()
            .filter(|call| call.write && !call.operation.starts_with("Send"));
        let written = written.map(ToString::to_string);
        self.written.extend(
            written.filter(|call| {
                call != "PutItem bucket:vault evidence" && !call.starts_with("StartExecution ")
            }),
        );
        let heads = self.heads(0);
        self.learn(heads);
        let needs = self.needs();
        let gone: Vec<String> = needed
            .into_keys()
            .filter(|key| !needs.contains_key(key))
            .collect();
        for key in gone {
            self.tell(format!("the guardian lets {key} go"));
            match self.named() {
                Ok(Some(named)) if named.as_str() != key => {}
                Ok(None) => {}
                Ok(Some(_)) => return Err(self.fails(&format!("the settings name {key}, and it was let go"))),
                Err(()) => {
                    return Err(self.fails(&format!(
                        "what the settings name is not known, and {key} was let go"
                    )));
                }
            }
        }
        for key in self.keys.clone() {
            let was = before.contains(&key);
            let is = self.is_granted(&key);
            if was != is {
                let verb = if is { "grants" } else { "takes the grant from" };
                self.tell(format!("the guardian {verb} {key}"));
            }
            if was
                && !is
                && let Some(object) = self.in_use(false).get(&key)
            {
                return Err(self.fails(&format!(
                    "{key} lost its grant, and {object} is known to be under it"
                )));
            }
        }
        Ok(!is_idle)
    }

    /// The objects that were looked at, but for so many of the first, and their keys.
    pub(super) fn heads(&self, but: usize) -> Vec<(String, KeyArn)> {
        let journal = self.stage.model.take_journal();
        let heads = journal.iter().filter(|call| call.operation == "HeadObject");
        let names: Vec<&str> = heads
            .skip(but)
            .map(|call| call.resource.trim_start_matches("vault/"))
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        let objects = self.objects();
        let known = |name: &&str| Some(((*name).to_owned(), objects.get(*name)?.clone()));
        names.iter().filter_map(known).collect()
    }

    /// The guardian was shown this, as far as it is still so.
    pub(super) fn learn(&mut self, heads: Vec<(String, KeyArn)>) {
        if heads.is_empty() {
            return;
        }
        let objects = self.objects();
        let still = heads
            .into_iter()
            .filter(|(name, key)| objects.get(name) == Some(key));
        self.known.extend(still);
    }

    pub(crate) fn rest(&mut self) -> Law {
        for _ in 0..ROUNDS {
            if self.round()? {
                continue;
            }
            let Some(due) = self.stage.model.next_due() else {
                let counted = std::mem::take(&mut self.counted);
                self.learn(counted);
                let heard = std::mem::take(&mut self.heard);
                let objects = self.objects().into_iter();
                self.known
                    .extend(objects.filter(|(name, _)| heard.contains(name)));
                return Ok(());
            };
            self.stage.model.advance(due);
        }
        Err(self.fails("there is still work"))
    }
}
