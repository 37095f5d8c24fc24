//! Which keys matter for a bucket, by its settings, by samples and by censuses: what is granted, kept, let go and taken
//! away, and what each look costs.

mod holds;
mod let_go;
mod objects;
mod pruned;
mod refuted;
mod sampled;

use std::time::Duration;

use guardian_core::census::Census;
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::observation::DefaultEncryption;
use guardian_core::settings::CensusLevel;
use guardian_model::Delivery;
use guardian_reconcile::census::{Walk, begin, finish, head_batch};
use serde_json::Value;

use crate::stage::{Stage, done};
use crate::world::bucket;

pub(crate) const CAT: &str = "photos/cat.jpg";
const PRUNE: &str = r#"{"clouds": ["demo"], "prune": true}"#;
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The bucket `vault` under `KEY` with one photo, of which a sample was taken, and a second key that nothing names yet.
fn vault() -> (Stage, KeyArn, KeyArn) {
    let (mut stage, key) = Stage::with_vault();
    stage.settings.census = CensusLevel::Sample;
    let second = stage.key("SECOND");
    stage.sweep();
    stage.settled();
    (stage, key, second)
}

/// The same a day after its default moved on to `SECOND` and the photo with it.
fn moved() -> (Stage, KeyArn, KeyArn) {
    let (stage, key, second) = vault();
    set_default(&stage, &bucket("vault"), &second);
    stage.ana().put_object(&bucket("vault"), CAT, None).unwrap();
    (stage, key, second)
}

fn set_default(stage: &Stage, bucket: &BucketName, key: &KeyArn) {
    let default = DefaultEncryption::Kms {
        key: Some(key.to_string()),
        bucket_key: true,
    };
    stage.ana().put_bucket_encryption(bucket, default).unwrap();
}

/// So many objects more under a key that no sample of them is whole. They were written long ago.
fn crowd(stage: &Stage, key: &KeyArn) {
    for number in 0..60 {
        let name = format!("archive/{number:03}.jpg");
        let under = guardian_core::observation::ObjectEncryption::Kms(key.to_string());
        stage.model.add_object(&bucket("vault"), &name, under);
    }
}

/// What nobody hears of.
fn unheard(stage: &Stage, act: impl FnOnce(&Stage)) {
    stage.model.deliver(Delivery::Dropped);
    act(stage);
    stage.model.deliver(Delivery::Normal);
}

fn begun(stage: &Stage, id: &str) -> Walk {
    let walk = done(begin(&stage.model, &stage.settings, &bucket("vault"), id)).unwrap();
    stage.model.advance(Duration::from_secs(60));
    walk
}

fn ended(stage: &Stage, walk: &Walk) -> Census {
    let names: Vec<String> = stage.model.objects(&walk.bucket).into_keys().collect();
    done(head_batch(&stage.model, walk, &names)).unwrap();
    let listed = u64::try_from(names.len()).unwrap();
    let census = done(finish(&stage.model, walk, listed)).unwrap();
    stage.model.take_journal();
    census
}

/// A walk over every object of `vault`, whose end the bucket is not looked at with yet.
fn walked(stage: &Stage, id: &str) -> Census {
    let walk = begun(stage, id);
    ended(stage, &walk)
}

fn swept(stage: &Stage) {
    stage.sweep();
    stage.rest();
}

/// Sweeps that find nothing new write nothing but the bucket's evidence.
#[track_caller]
fn expect_quiet_sweeps(stage: &Stage) {
    stage.model.take_journal();
    for _ in 0..2 {
        stage.model.advance(HOUR);
        swept(stage);
        let journal = stage.model.take_journal();
        let writes = journal
            .iter()
            .filter(|call| call.write && !call.operation.starts_with("Send"));
        let writes: Vec<String> = writes.map(ToString::to_string).collect();
        assert_eq!(writes, ["PutItem bucket:vault evidence"]);
    }
}

fn is_granted(stage: &Stage, key: &KeyArn) -> bool {
    stage.model.key_policy(key).unwrap().contains("232482882421")
}

/// An item of the ledger.
fn item(stage: &Stage, page: impl Into<Resource>, name: &str) -> Option<Value> {
    let page = page.into();
    let mut entries = stage.model.ledger_dump().into_iter();
    let entry = entries.find(|entry| entry.resource == page && entry.name == name)?;
    Some(entry.body)
}

fn page(key: &KeyArn) -> Resource {
    Resource::Key(key.clone())
}
