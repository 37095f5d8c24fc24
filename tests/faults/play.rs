//! The looks that the calls are part of: what stands before each, and the message that leads to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use guardian_aws::Aws;
use guardian_core::cause::{Cause, LaterLook, Work};
use guardian_core::name::{AccountId, Resource};
use guardian_core::right::Role;
use guardian_reconcile::census::{Walk, begin, finish, head_batch};
use guardian_reconcile::{Message, Report, reconcile_batch, route_batch};
use serde_json::{Value, json};

use crate::later::Later;
use crate::request::form_field;
use crate::wire::{Seen, Wire};
use crate::world::{Place, World};

/// So late comes a message again that failed: the visibility timeout of the work queue, generously.
const AGAIN: Duration = Duration::from_secs(16 * 60);
/// So many deliveries has a message before it is put aside (`maxReceiveCount` in template.yaml).
const DELIVERIES: usize = 5;

/// What was told to people is healed by the first sweep after they did something; one more for what that finds.
const SWEEPS: usize = 2;

/// A look, or a step of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Play {
    /// The router gets a batch of events.
    Events,
    /// An event leads to a bucket at which all is missing.
    Bucket,
    /// The sweep leads to a bucket at which all is well.
    SweptBucket,
    /// A bucket is declared no longer.
    Undeclared,
    /// A bucket's key has no grant.
    Key,
    /// The sweep itself.
    Sweep,
    /// The guardian's own parts.
    Stack,
    /// A walk over all objects begins.
    WalkBegins,
    /// It looks at a batch.
    WalkGoes,
    /// It ends.
    WalkEnds,
}

impl Play {
    pub(crate) const ALL: [Self; 10] = [
        Self::Events,
        Self::Bucket,
        Self::SweptBucket,
        Self::Undeclared,
        Self::Key,
        Self::Sweep,
        Self::Stack,
        Self::WalkBegins,
        Self::WalkGoes,
        Self::WalkEnds,
    ];

    pub(crate) fn role(self) -> Role {
        match self {
            Self::Events => Role::Router,
            Self::WalkBegins | Self::WalkGoes | Self::WalkEnds => Role::Census,
            _ => Role::Reconciler,
        }
    }

    /// In words, for a heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Events => "Events are routed",
            Self::Bucket => "A bucket, after an event",
            Self::SweptBucket => "A bucket, in a sweep",
            Self::Undeclared => "A bucket that is declared no longer",
            Self::Key => "A key",
            Self::Sweep => "The sweep",
            Self::Stack => "The guardian's own parts",
            Self::WalkBegins => "A walk over all objects begins",
            Self::WalkGoes => "A walk looks at a batch",
            Self::WalkEnds => "A walk ends",
        }
    }

    /// Whether a bucket that nobody could read is readable in the end.
    pub(crate) fn heals(self) -> bool {
        matches!(self, Self::Bucket | Self::SweptBucket | Self::Key)
    }

    /// How long after all that stood before: a walk that is due is asked for within a day.
    pub(crate) fn after(self) -> Duration {
        match self {
            Self::SweptBucket => Duration::from_secs(2 * 24 * 60 * 60),
            _ => Duration::ZERO,
        }
    }

    /// What has to stand before it, done without a fault; and the first messages.
    pub(crate) async fn prepare(self, world: &World, place: &Place) -> Vec<Delivery> {
        let bucket = || Resource::Bucket(place.bucket.clone());
        let event = |resource: Resource, name: &str| {
            let cause = Cause {
                time: Some("2026-11-23T10:00:00Z".to_owned()),
                ..Cause::of_event(format!("event-{name}"), name)
            };
            Work::new(resource, cause)
        };
        let swept = |resource: Resource| Work {
            swept: true,
            ..event(resource, "Scheduled Event")
        };
        let work = match self {
            Self::Events => {
                let account = &place.settings.account;
                let key = format!("arn:aws:kms:eu-west-1:{account}:key/5c1f0a52-7d0e-4b7b-9a55-3f1de6c2a941");
                let item = json!({"clouds": ["demo"], "mode": "repair"});
                world
                    .note(place, &format!("key:{key}"), "reader#other", &item)
                    .await;
                return events(account).into_iter().map(Delivery::Event).collect();
            }
            Self::Bucket => event(bucket(), "DeleteBucketPolicy"),
            Self::SweptBucket => {
                look(world, place, event(bucket(), "DeleteBucketPolicy")).await;
                let key = event(Resource::Key(place.key.clone()), "DeleteBucketPolicy");
                look(world, place, key).await;
                swept(bucket())
            }
            Self::Undeclared => {
                look(world, place, event(bucket(), "DeleteBucketPolicy")).await;
                world.declare(&place.bucket, None).await;
                event(bucket(), "Parameter Store Change")
            }
            Self::Key => {
                look(world, place, event(bucket(), "DeleteBucketPolicy")).await;
                event(Resource::Key(place.key.clone()), "PutKeyPolicy")
            }
            Self::Sweep => {
                look(world, place, event(bucket(), "DeleteBucketPolicy")).await;
                swept(Resource::Sweep)
            }
            Self::Stack => swept(Resource::Stack),
            Self::WalkBegins | Self::WalkGoes | Self::WalkEnds => {
                world.let_others_own(&place.bucket).await;
                let mut step = Step::Begin;
                let last = match self {
                    Self::WalkBegins => 0,
                    Self::WalkGoes => 1,
                    _ => 2,
                };
                for _ in 0..last {
                    let later = Later {
                        aws: &place.aws,
                        by: Duration::ZERO,
                    };
                    step = step.take(&later, place).await.unwrap().unwrap();
                }
                return vec![Delivery::Step(step)];
            }
        };
        vec![Delivery::Work(work)]
    }
}

/// A look that is no part of the case.
async fn look(world: &World, place: &Place, work: Work) {
    let (_, failed) = reconcile_batch(&place.aws, &place.settings, &[message(&work)]).await;
    let seen = world.wire.seen();
    let asked = || {
        seen.iter()
            .map(|seen| format!("{}: {:?}", seen.site, seen.effect))
    };
    assert!(
        failed.is_empty(),
        "a look without a fault failed: {:#?}",
        asked().collect::<Vec<_>>()
    );
}

fn message(work: &Work) -> Message {
    Message {
        id: work.deduplication_id(),
        body: serde_json::to_string(work).unwrap(),
    }
}

/// One event about a bucket, one about a key and one that names the key of an object.
fn events(account: &AccountId) -> [String; 3] {
    [
        "s3.DeleteBucketPolicy.cli",
        "kms.PutKeyPolicy.console",
        "s3.PutObject.object",
    ]
    .map(|name| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("events/{name}.json"));
        let told_elsewhere = fs::read_to_string(file).unwrap();
        told_elsewhere.replace("111122223333", account.as_str())
    })
}

/// A step of a walk, as the state machine hands it on.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Begin,
    Head(Walk),
    Finish(Walk),
}

impl Step {
    /// Takes it. Answers with the next, if there is one.
    async fn take(&self, aws: &Later<'_>, place: &Place) -> Result<Option<Self>, String> {
        let said = |error: guardian_reconcile::census::WalkError| {
            let again = if error.is_transient() { "again" } else { "over" };
            format!("{again}: {error}")
        };
        match self {
            Self::Begin => {
                let walk = begin(aws, &place.settings, &place.bucket, "walk-1").await;
                walk.map(|walk| Some(Self::Head(walk))).map_err(said)
            }
            Self::Head(walk) => {
                let keys = ["photos/1.jpg".to_owned()];
                let done = head_batch(aws, walk, &keys).await;
                done.map(|()| Some(Self::Finish(walk.clone()))).map_err(said)
            }
            Self::Finish(walk) => finish(aws, walk, 1).await.map(|_| None).map_err(said),
        }
    }
}

/// Something that is handed to a function.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a few at a time")]
pub(crate) enum Delivery {
    Event(String),
    Work(Work),
    Step(Step),
}

/// What came of a delivery.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) reports: Vec<Report>,
    /// What is to be delivered again.
    pub(crate) failed: Vec<Delivery>,
    /// What a step of a walk said that failed: `again` or `over`, and why.
    pub(crate) said: Option<String>,
}

/// Hands these to the function whose they are.
pub(crate) async fn deliver(place: &Place, aws: &Aws, deliveries: &[Delivery], by: Duration) -> Outcome {
    let aws = Later { aws, by };
    let mut outcome = Outcome::default();
    let (mut events, mut works) = (Vec::new(), Vec::new());
    for (index, delivery) in deliveries.iter().enumerate() {
        match delivery {
            Delivery::Event(body) => events.push(Message {
                id: index.to_string(),
                body: body.clone(),
            }),
            Delivery::Work(work) => works.push(Message {
                id: index.to_string(),
                ..message(work)
            }),
            Delivery::Step(step) => match step.take(&aws, place).await {
                Ok(_) => {}
                Err(why) => {
                    outcome.failed.push(delivery.clone());
                    outcome.said = Some(why);
                }
            },
        }
    }
    let mut failed = Vec::new();
    if !events.is_empty() {
        failed.extend(route_batch(&aws, &events).await);
    }
    if !works.is_empty() {
        let (reports, again) = reconcile_batch(&aws, &place.settings, &works).await;
        outcome.reports = reports;
        failed.extend(again);
    }
    for id in failed {
        outcome
            .failed
            .push(deliveries[id.parse::<usize>().unwrap()].clone());
    }
    outcome
}

/// The queues, as the emulator took messages into them.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    read: usize,
    /// What the FIFO queue has seen: it drops a message that comes twice.
    pub(crate) known: Vec<String>,
    pub(crate) work: Vec<Work>,
    pub(crate) later: Vec<Work>,
}

impl Queues {
    /// Takes in what came since the last time.
    pub(crate) fn collect(&mut self, wire: &Wire) {
        let seen = wire.seen();
        for seen in &seen[self.read..] {
            if !seen.took_effect() {
                continue;
            }
            let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
            match seen.site.name() {
                "SendMessageBatch" => {
                    for entry in body["Entries"].as_array().unwrap() {
                        let id = entry["MessageDeduplicationId"].as_str().unwrap().to_owned();
                        if !self.known.contains(&id) {
                            self.known.push(id);
                            let text = entry["MessageBody"].as_str().unwrap();
                            self.work.push(serde_json::from_str(text).unwrap());
                        }
                    }
                }
                "SendMessage" => {
                    let text = body["MessageBody"].as_str().unwrap();
                    let look = serde_json::from_str(text).unwrap();
                    self.later.push(LaterLook::read(&look).unwrap());
                }
                _ => {}
            }
        }
        self.read = seen.len();
    }
}

/// What people were told of each finding: the kinds of its transitions in order, each with its id.
pub(crate) type Told = BTreeMap<String, Vec<(String, String)>>;

/// What people were told, from the messages that the topic took.
pub(crate) fn told(place: &Place, seen: &[Seen]) -> Told {
    let mut told = Told::new();
    for seen in seen
        .iter()
        .filter(|seen| seen.site.name() == "Publish" && seen.took_effect())
    {
        let bodies: Value = serde_json::from_str(&form_field(&seen.body, "Message").unwrap()).unwrap();
        let body: Value = serde_json::from_str(bodies["sqs"].as_str().unwrap()).unwrap();
        let text = |place: &str| body.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let subject = text("/finding/subject")
            .replace(place.bucket.as_str(), "B")
            .replace(place.key.as_str(), "K");
        // What the stack has in an ARN is not this account's nor this case's alone.
        let subject = subject.split(':').next_back().unwrap_or_default().to_owned();
        let what = match text("/finding/code") {
            "" => text("/kind").to_owned(),
            code => format!("{code} {subject}"),
        };
        let transition = (
            text("/transition/kind").to_owned(),
            text("/transition/id").to_owned(),
        );
        told.entry(what).or_default().push(transition);
    }
    told
}

/// Lets everything that waits come, without a fault, until all is well or nothing waits any more; then the sweep comes, if
/// it has to. Answers with how often a message had to be delivered.
pub(crate) async fn come_to_rest(
    world: &World,
    place: &Place,
    play: Play,
    mut again: Vec<Delivery>,
    queues: &mut Queues,
    is_well: impl AsyncFn() -> bool,
) -> usize {
    let (mut by, mut rounds, mut sweeps) = (play.after(), 0, 0);
    loop {
        queues.collect(&world.wire);
        by += AGAIN;
        let mut next = std::mem::take(&mut again);
        // What is queued for the functions is followed only where it concerns the bucket of the case.
        let work: Vec<Work> = std::mem::take(&mut queues.work);
        let concerns = |work: &Work| match &work.resource {
            Resource::Bucket(bucket) => *bucket == place.bucket,
            Resource::Key(key) => *key == place.key,
            _ => false,
        };
        next.extend(work.into_iter().filter(concerns).map(Delivery::Work));
        if next.is_empty() {
            if is_well().await {
                return rounds;
            }
            let later = std::mem::take(&mut queues.later);
            next.extend(later.into_iter().map(Delivery::Work));
        }
        if next.is_empty() {
            sweeps += 1;
            if sweeps > SWEEPS {
                return rounds;
            }
            let cause = Cause::of_event(format!("sweep-{sweeps}"), "Scheduled Event");
            let resource = match play {
                Play::Stack => Resource::Stack,
                _ => Resource::Bucket(place.bucket.clone()),
            };
            next.push(Delivery::Work(Work {
                swept: true,
                ..Work::new(resource, cause)
            }));
        }
        rounds += 1;
        if rounds > 3 * DELIVERIES {
            return rounds;
        }
        again = deliver(place, &place.aws, &next, by).await.failed;
    }
}
