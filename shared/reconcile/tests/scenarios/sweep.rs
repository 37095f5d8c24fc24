//! The sweep: one event id for all the buckets there are.

use std::collections::BTreeMap;
use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_model::Queue;

use crate::stage::Stage;
use crate::world::{DEMO, bucket, grant, looks};

/// So many declared buckets. That they do not exist keeps their looks short.
fn with_buckets(count: usize) -> Stage {
    let stage = Stage::new(7);
    for number in 0..count {
        stage.model.declare(&bucket(&format!("b-{number:03}")), DEMO);
    }
    stage
}

#[test]
fn one_event_reaches_two_hundred_buckets_once_each() {
    let stage = with_buckets(200);
    stage.sweep();
    stage.rest();
    let looks = looks(&stage);
    assert_eq!(looks.len(), 200);
    assert!(looks.values().all(|times| *times == 1));
    assert_eq!(stage.model.notices().len(), 200);
}

#[test]
fn a_different_event_within_five_minutes_is_not_swallowed() {
    let stage = with_buckets(200);
    let media = bucket("b-007");
    stage.sweep();
    stage.rest();
    looks(&stage);
    // A second sweep, and an event about one of them: the same bodies in all but the event.
    stage.model.advance(Duration::from_secs(60));
    stage.sweep();
    stage.rest();
    assert_eq!(looks(&stage).len(), 200);
    stage.ana().create_bucket(&media).unwrap();
    stage.round();
    assert_eq!(looks(&stage), BTreeMap::from([("b-007".to_owned(), 1)]));
    stage.terraform_replaces(&media, &[grant(&media)]);
    stage.round();
    assert_eq!(looks(&stage), BTreeMap::from([("b-007".to_owned(), 1)]));
}

#[test]
fn the_conversation_of_a_sweep_is_one_page_and_one_batch_for_ten_buckets() {
    let stage = with_buckets(25);
    stage.sweep();
    stage.round();
    let batch = |from: usize, to: usize| {
        let groups: Vec<String> = (from..to).map(|number| format!("bucket:b-{number:03}")).collect();
        groups.join(", ")
    };
    stage.expect_calls(&format!(
        "SendMessageBatch sweep
        GetParametersByPath
        GetParametersByPath
        GetParametersByPath
        SendMessageBatch {}
        SendMessageBatch {}
        SendMessageBatch {}
        Query sweep",
        batch(0, 10),
        batch(10, 20),
        batch(20, 25)
    ));
}

#[test]
fn a_sweep_that_fails_halfway_goes_on_without_doing_anything_twice() {
    // The first batch is the router's.
    for (operation, number) in [("GetParametersByPath", 2), ("SendMessageBatch", 3)] {
        let stage = with_buckets(25);
        // The delivery after the failure comes within the five minutes of de-duplication.
        stage.model.set_retry_delay(Duration::from_secs(60));
        stage.sweep();
        stage
            .model
            .interject(operation, guardian_model::When::Before(number), move |model| {
                model.fail_next(operation, 1, CallErrorKind::Transient);
            });
        let mut all = BTreeMap::new();
        stage.rest();
        for (name, times) in looks(&stage) {
            *all.entry(name).or_insert(0) += times;
        }
        assert_eq!(all.len(), 25, "{operation}");
        assert!(all.values().all(|times| *times == 1), "{operation}: {all:?}");
        assert_eq!(stage.model.pending_faults(), 0);
    }
}

#[test]
fn buckets_that_the_queue_did_not_take_are_queued_by_the_next_delivery() {
    let stage = with_buckets(5);
    stage.model.set_retry_delay(Duration::from_secs(60));
    stage.sweep();
    stage
        .model
        .interject("SendMessageBatch", guardian_model::When::After(1), |model| {
            model.reject_work(&[1, 3]);
        });
    stage.round();
    assert_eq!(
        stage.model.waiting(Queue::Work),
        4,
        "three buckets, and the sweep itself"
    );
    stage.rest();
    let looks = looks(&stage);
    assert_eq!(looks.len(), 5);
    assert!(looks.values().all(|times| *times == 1));
}

#[test]
fn a_parameter_that_names_no_bucket_is_passed_over() {
    let stage = with_buckets(2);
    stage.model.declare_text("x", DEMO);
    stage.model.declare_text("not a bucket", DEMO);
    stage.sweep();
    stage.rest();
    assert_eq!(looks(&stage).len(), 2);
    assert_eq!(stage.model.dead_letters(), []);
}

#[test]
fn what_no_event_told_is_found_by_the_sweep() {
    let stage = Stage::with_media();
    stage.model.deliver(guardian_model::Delivery::Dropped);
    stage.terraform_replaces(&bucket("media"), &[]);
    stage
        .ana()
        .delete_object(&bucket("media"), crate::world::MARKER)
        .unwrap();
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.sweep();
    stage.rest();
    assert_eq!(
        stage.take_repairs(),
        ["PutBucketPolicy media", "PutObject media/…/demo"]
    );
}

#[test]
fn a_sweep_of_a_stack_without_declarations_says_how_to_declare_a_bucket() {
    let stage = Stage::new(7);
    stage.sweep();
    let reports = stage.rest();
    let notes: Vec<&str> = reports
        .iter()
        .filter_map(|report| report.note.as_deref())
        .collect();
    assert!(
        matches!(notes.as_slice(), [note] if note.contains("aws ssm put-parameter --name /cloudinary-guardian/buckets/BUCKET")
            && note.ends_with(" --region us-east-1")),
        "{notes:?}"
    );
    assert!(stage.model.notices().is_empty());

    let stage = with_buckets(1);
    stage.sweep();
    let reports = stage.rest();
    assert!(
        reports
            .iter()
            .filter_map(|report| report.note.as_deref())
            .all(|note| !note.contains("put-parameter")),
        "{reports:?}"
    );
}
