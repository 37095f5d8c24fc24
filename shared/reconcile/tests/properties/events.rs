//! An event is a hint where to look, and nothing in it decides a write: whatever its body says, a healthy
//! bucket and key are left alone, and what is broken is repaired in one and the same way.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::damage::{damage, damaged, runner, strange_values};
use crate::stage::Stage;

/// What the files of `events/` are about.
const BUCKET: &str = "media-demo-private";
const KEY_ID: &str = "5c1f0a52-7d0e-4b7b-9a55-3f1de6c2a941";

/// As many events as the router is given at a time.
const BATCH: usize = 10;

const DAMAGED: u32 = 12_000;

struct World {
    stage: Stage,
    bucket: BucketName,
    key: KeyArn,
}

/// What a repair would change: policies and markers.
#[derive(Debug, Clone, PartialEq)]
struct State {
    policy: Option<String>,
    key_policy: Option<String>,
    objects: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

impl World {
    /// The declared bucket of the events under the key of the events, with nothing to repair.
    fn healthy() -> Self {
        let stage = Stage::in_region(1, "eu-west-1");
        let bucket: BucketName = BUCKET.parse().unwrap();
        let key = stage.model.add_key();
        stage.model.add_bucket(&bucket);
        let encryption = DefaultEncryption::Kms {
            key: Some(key.to_string()),
            bucket_key: true,
        };
        stage.model.set_default_encryption(&bucket, encryption);
        let marker = ".wellknown/cloudinary/demo";
        stage.model.add_object(&bucket, marker, ObjectEncryption::SseS3);
        stage.model.declare(&bucket, r#"{"clouds": ["demo"]}"#);
        stage.sweep();
        stage.rest();
        stage.model.take_journal();
        stage.model.take_notices();
        let world = Self { stage, bucket, key };
        assert!(world.state().policy.unwrap().contains("232482882421"));
        assert!(world.state().key_policy.unwrap().contains("232482882421"));
        world
    }

    fn state(&self) -> State {
        let objects = self.stage.model.objects(&self.bucket);
        State {
            policy: self.stage.model.policy(&self.bucket),
            key_policy: self.stage.model.key_policy(&self.key),
            objects: objects.into_keys().collect(),
        }
    }

    /// The files of `events/`, about this world's key.
    fn events(&self) -> Vec<Value> {
        let entries = fs::read_dir(folder()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.retain(|name| name.ends_with(".json") && !name.ends_with(".expected.json"));
        names.sort();
        names.iter().map(|name| self.event(name)).collect()
    }

    fn event(&self, name: &str) -> Value {
        let text = fs::read_to_string(folder().join(name)).unwrap();
        serde_json::from_str(&text.replace(KEY_ID, self.key.id())).unwrap()
    }

    /// Lets the router and the reconciler work on these events; answers how many looks there were.
    fn take(&self, events: &[String]) -> usize {
        let model = &self.stage.model;
        events.iter().for_each(|event| model.inject(event));
        let mut looks = 0;
        loop {
            let before = model.journal().len();
            looks += self.stage.round().len();
            // Later looks come to their time only at the end.
            if model.journal().len() == before {
                return looks;
            }
        }
    }

    /// Nothing was written, nothing is different, and nobody was told of anything.
    #[track_caller]
    fn expect_untouched(&self, before: &State, events: &[String]) {
        let journal = self.stage.model.take_journal();
        let writes: Vec<String> = journal
            .iter()
            .filter(|call| call.repairs())
            .map(ToString::to_string)
            .collect();
        let told = self.stage.model.take_notices();
        assert!(
            writes.is_empty() && told.is_empty(),
            "{writes:?}\n{told:?}\n{}",
            events.join("\n")
        );
        assert_eq!(&self.state(), before);
    }
}

/// What somebody may want the guardian to believe.
fn bodies() -> Vec<Value> {
    let statement = |effect: &str, principal: Value, action: &str| {
        json!({"Sid": "CloudinaryRead", "Effect": effect, "Principal": principal, "Action": action,
            "Resource": format!("arn:aws:s3:::{BUCKET}/*")})
    };
    let policy = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements});
    vec![
        policy(json!([])),
        policy(json!([statement("Deny", json!("*"), "*")])),
        policy(json!([statement("Allow", json!("*"), "s3:*")])),
        policy(statement(
            "Allow",
            json!({"AWS": "arn:aws:iam::111122223333:root"}),
            "s3:GetObject",
        )),
        json!(""),
        json!("{\"Statement\": ["),
        Value::Null,
    ]
}

/// The event with such a body in every place where a body may stand: as an object, as S3 has it, and as
/// text, as KMS has it.
fn with_body(mut event: Value, body: &Value) -> Value {
    let record = match event.get_mut("detail") {
        Some(detail) => detail,
        None => &mut event,
    };
    for part in ["requestParameters", "responseElements"] {
        if !record[part].is_object() {
            record[part] = json!({});
        }
        record[part]["bucketPolicy"] = body.clone();
        record[part]["policy"] = json!(body.to_string());
        record[part]["clouds"] = json!(["stranger"]);
        record[part]["key"] = record[part]["key"]
            .as_str()
            .map_or(json!(".wellknown/cloudinary/stranger"), Value::from);
    }
    event
}

/// With ids of its own: an event that came before would be dropped by the queue, unread.
fn fresh(mut event: Value, number: usize) -> String {
    for place in ["/id", "/eventID", "/detail/eventID"] {
        if let Some(id) = event.pointer_mut(place) {
            *id = json!(format!("00000000-0000-4000-8000-{number:012}"));
        }
    }
    event.to_string()
}

#[test]
fn no_event_makes_anything_be_written_where_all_is_well() {
    let world = World::healthy();
    let before = world.state();
    let mut events: Vec<String> = Vec::new();
    for event in world.events() {
        events.push(fresh(event.clone(), events.len()));
        for body in bodies() {
            events.push(fresh(with_body(event.clone(), &body), events.len()));
        }
    }
    let mut looks = 0;
    // One by one: of a batch the reconciler makes one look for each resource.
    for event in events.chunks(1) {
        looks += world.take(event);
        world.expect_untouched(&before, event);
    }
    world.stage.rest();
    world.expect_untouched(&before, &[]);
    println!("{} events with bodies of their own, {looks} looks", events.len());
    assert!(events.len() > 1_000 && looks > 500, "{looks} looks");
}

#[test]
fn no_damaged_event_makes_anything_be_written_where_all_is_well() {
    let world = World::healthy();
    let before = world.state();
    let (values, mut strange) = (world.events(), strange_values());
    strange.extend(bodies());
    strange.extend([
        json!(BUCKET),
        json!(world.key.as_str()),
        json!("PutBucketPolicy"),
        json!("Delete"),
        json!("Object Deleted"),
        json!("Scheduled Event"),
    ]);
    let cases = prop::collection::vec(
        (any::<Index>(), prop::collection::vec(damage(), 1..6)),
        BATCH..=BATCH,
    );
    let (looks, taken) = (Cell::new(0), Cell::new(0));
    let one_batch = |batch: Vec<(Index, Vec<_>)>| {
        let events: Vec<String> = batch
            .into_iter()
            .map(|(start, damages)| {
                taken.set(taken.get() + 1);
                fresh(damaged(start, damages, &values, &strange), taken.get())
            })
            .collect();
        looks.set(looks.get() + world.take(&events));
        world.expect_untouched(&before, &events);
        Ok(())
    };
    runner(DAMAGED / 10).run(&cases, one_batch).unwrap();
    world.stage.rest();
    world.expect_untouched(&before, &[]);
    println!("{DAMAGED} damaged events, {} looks", looks.get());
    assert!(looks.get() > 1_000, "{} looks", looks.get());
}

#[test]
fn a_message_that_was_cut_off_makes_no_work_and_fails_nobody() {
    let world = World::healthy();
    let before = world.state();
    let mut messages = Vec::new();
    for event in world.events() {
        let text = event.to_string();
        messages.extend(
            (0..text.len())
                .step_by(29)
                .filter_map(|end| Some(text.get(..end)?.to_owned())),
        );
    }
    for batch in messages.chunks(BATCH) {
        assert_eq!(world.take(batch), 0);
        world.expect_untouched(&before, batch);
    }
    assert_eq!(world.stage.model.dead_letters(), []);
    println!("{} messages cut off", messages.len());
    assert!(messages.len() > 5_000);
}

#[test]
fn what_is_broken_is_repaired_in_one_way_whatever_the_event_says() {
    let repaired_by = |change: &dyn Fn(Value) -> Value| {
        let world = World::healthy();
        let owners = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Owners", "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:ListBucket",
            "Resource": format!("arn:aws:s3:::{BUCKET}")}]});
        world.stage.model.set_policy(&world.bucket, &owners.to_string());
        let event = world.event("s3.PutBucketPolicy.terraform.json");
        world.stage.model.inject(&change(event).to_string());
        world.stage.rest();
        let writes: Vec<String> = world
            .stage
            .model
            .take_journal()
            .iter()
            .filter(|call| call.repairs())
            .map(ToString::to_string)
            .collect();
        (world.state(), writes)
    };
    let (state, writes) = repaired_by(&|event| event);
    assert_eq!(writes, [format!("PutBucketPolicy {BUCKET}")]);
    assert!(state.policy.as_ref().unwrap().contains("Owners"));
    for body in bodies() {
        let other = repaired_by(&|event| with_body(event, &body));
        assert_eq!(other, (state.clone(), writes.clone()), "{body}");
    }
}
