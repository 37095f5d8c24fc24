//! What the ledger keeps of a census: the one that began last.

use guardian_core::call::CallErrorKind;
use guardian_core::census::{Census, Counts, Source};
use guardian_core::moment::Moment;
use guardian_core::name::Resource;
use guardian_model::When;
use guardian_reconcile::ReconcileError;
use guardian_reconcile::census::record;
use guardian_reconcile::seam::Entry;
use serde_json::{Value, json};

use crate::stage::{Stage, done};
use crate::world::bucket;

fn census(id: &str, began: i64) -> Census {
    let counts = Counts {
        objects: 3,
        sse_s3: 3,
        ..Counts::default()
    };
    Census {
        scope: vec!["*".to_owned()],
        id: id.to_owned(),
        source: Source::Walk,
        began: Moment::from_unix(began),
        ended: Some(Moment::from_unix(began + 60)),
        whole: true,
        counts,
    }
}

fn stored(stage: &Stage) -> Value {
    let mut entries = stage.model.ledger_dump();
    assert_eq!(entries.len(), 1, "{entries:#?}");
    let entry = entries.remove(0);
    assert_eq!(entry.resource, Resource::Bucket(bucket("media")));
    assert_eq!((entry.name.as_str(), entry.expires), ("census", None));
    entry.body
}

fn body(census: &Census) -> Value {
    serde_json::to_value(census).unwrap()
}

fn put(stage: &Stage, census: &Census) -> Result<bool, ReconcileError> {
    done(record(&stage.model, &bucket("media"), census))
}

#[test]
fn a_newer_census_takes_the_place_of_an_older_one_and_never_the_other_way_round() {
    let stage = Stage::new(1);
    let (first, second) = (census("first", 1_000), census("second", 2_000));
    assert_eq!(put(&stage, &first), Ok(true));
    assert_eq!(stored(&stage), body(&first));
    assert_eq!(put(&stage, &second), Ok(true));
    assert_eq!(stored(&stage), body(&second));
    assert_eq!(put(&stage, &first), Ok(false));
    assert_eq!(stored(&stage), body(&second));
}

#[test]
fn a_census_that_stands_already_is_not_written_again() {
    let stage = Stage::new(1);
    let first = census("first", 1_000);
    put(&stage, &first).unwrap();
    stage.model.take_journal();
    assert_eq!(put(&stage, &first), Ok(true));
    stage.expect_calls("GetItem bucket:media census");
}

#[test]
fn a_write_whose_answer_was_lost_is_found_to_be_done() {
    let stage = Stage::new(1);
    let first = census("first", 1_000);
    stage.model.lose_response("PutItem");
    assert!(matches!(put(&stage, &first), Err(ReconcileError::Call(_))));
    assert_eq!(put(&stage, &first), Ok(true));
    assert_eq!(stored(&stage), body(&first));
}

/// Somebody else stores `other` right before our write.
fn interject(stage: &Stage, times: u32, other: &Census) {
    let entry = |version| Entry {
        resource: Resource::Bucket(bucket("media")),
        name: "census".to_owned(),
        version,
        body: body(other),
        expires: None,
    };
    for time in 1..=times {
        let entry = entry(1_000 + u64::from(time));
        stage
            .model
            .interject("PutItem", When::Before(time), move |model| {
                model.plant_entry(entry)
            });
    }
}

#[test]
fn who_loses_the_race_looks_again_and_yields_to_the_newer_one() {
    for (theirs, stays) in [(census("theirs", 3_000), true), (census("theirs", 500), false)] {
        let stage = Stage::new(1);
        let ours = census("ours", 1_000);
        interject(&stage, 1, &theirs);
        assert_eq!(put(&stage, &ours), Ok(!stays));
        assert_eq!(stored(&stage), body(if stays { &theirs } else { &ours }));
        assert_eq!(stage.model.pending_faults(), 0);
    }
}

#[test]
fn who_loses_the_race_twice_gives_up() {
    let stage = Stage::new(1);
    interject(&stage, 2, &census("theirs", 500));
    assert_eq!(
        put(&stage, &census("ours", 1_000)),
        Err(ReconcileError::Contended("census".to_owned()))
    );
}

#[test]
fn an_item_that_makes_no_sense_is_written_over() {
    let stage = Stage::new(1);
    for (version, nonsense) in [(7, json!(null)), (8, json!({"began": "yesterday"}))] {
        stage.model.plant_entry(Entry {
            resource: Resource::Bucket(bucket("media")),
            name: "census".to_owned(),
            version,
            body: nonsense,
            expires: None,
        });
        let ours = census("ours", 1_000);
        assert_eq!(put(&stage, &ours), Ok(true));
        assert_eq!(stored(&stage), body(&ours));
    }
}

#[test]
fn a_failed_read_leads_to_no_write() {
    let stage = Stage::new(1);
    stage.model.fail_next("GetItem", 1, CallErrorKind::AccessDenied);
    assert!(matches!(
        put(&stage, &census("ours", 1_000)),
        Err(ReconcileError::Call(_))
    ));
    stage.expect_calls("GetItem bucket:media census");
}
