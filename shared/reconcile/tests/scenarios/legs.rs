//! A sweep of more buckets than its share of the quotas lets it look at in one go: it goes on in legs.

use std::collections::BTreeMap;
use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_core::name::Resource;
use guardian_core::quota::Quotas;
use guardian_core::settings::Digest;
use guardian_model::{Call, Queue, When};
use guardian_reconcile::Report;
use guardian_reconcile::seam::Clock;
use serde_json::json;

use crate::stage::Stage;
use crate::world::{DEMO, bucket, looks};

/// So many declared buckets, which do not exist, for a sweep that may look at 90 in ten seconds.
fn with_buckets(count: usize) -> Stage {
    let mut stage = Stage::new(7);
    stage.settings.quotas = Some(Quotas::default());
    for number in 0..count {
        stage.model.declare(&bucket(&format!("b-{number:04}")), DEMO);
    }
    stage
}

/// The reports of a sweep's legs.
fn legs(reports: &[Report]) -> Vec<&Report> {
    let of_sweeps = |report: &&Report| report.resource == Resource::Sweep;
    reports.iter().filter(of_sweeps).collect()
}

fn ends(reports: &[Report]) -> usize {
    legs(reports).iter().filter(|report| report.ends_sweep).count()
}

#[track_caller]
fn all_once(stage: &Stage, count: usize) {
    let looks = looks(stage);
    assert_eq!(looks.len(), count);
    assert!(looks.values().all(|times| *times == 1), "{looks:?}");
    assert_eq!(stage.model.dead_letters(), []);
}

#[test]
fn a_thousand_buckets_are_looked_at_once_each_in_legs_of_ten_seconds() {
    let stage = with_buckets(1000);
    let before = stage.model.now();
    stage.sweep();
    let reports = stage.rest();
    all_once(&stage, 1000);
    assert_eq!(legs(&reports).len(), 12);
    assert_eq!(ends(&reports), 1);
    let took = stage.model.now().since(before);
    assert_eq!(took, Duration::from_secs(110), "eleven times ten seconds");
    let last = legs(&reports).pop().unwrap();
    assert_eq!(
        last.note.as_deref(),
        Some("1000 declared buckets queued, 0 no longer declared")
    );
    // The next one writes over what this one kept, and ends as well.
    stage.sweep();
    assert_eq!(ends(&stage.rest()), 1);
    all_once(&stage, 1000);
}

#[test]
fn the_conversation_of_a_leg_is_nine_pages_nine_batches_and_two_writes() {
    let stage = with_buckets(200);
    stage.sweep();
    stage.rest();
    let calls = stage.model.take_journal();
    let of_sweep = calls.iter().filter(|call| is_in_its_page(call));
    let of_sweep: Vec<String> = of_sweep
        .map(|call| format!("{} {}", call.operation, call.resource))
        .collect();
    assert_eq!(
        of_sweep,
        [
            "SendMessageBatch sweep",
            "GetItem sweep under-way",
            "GetItem sweep declared#00000",
            "PutItem sweep declared#00000",
            "PutItem sweep under-way",
            "SendMessage sweep in 10 s",
            "SendMessageBatch sweep",
            "GetItem sweep under-way",
            "GetItem sweep declared#00001",
            "PutItem sweep declared#00001",
            "PutItem sweep under-way",
            "SendMessage sweep in 10 s",
            "SendMessageBatch sweep",
            "GetItem sweep under-way",
            "Query sweep",
            "Query sweep",
            "DeleteItem sweep under-way",
        ]
    );
    let pages = calls
        .iter()
        .filter(|call| call.operation == "GetParametersByPath");
    assert_eq!(pages.count(), 20);
}

#[test]
fn a_sweep_that_its_share_has_room_for_asks_and_writes_nothing_more() {
    let stage = with_buckets(90);
    stage.sweep();
    stage.rest();
    let kept = stage.model.ledger_dump();
    assert!(
        kept.iter()
            .all(|entry| entry.name != "under-way" && !entry.name.starts_with("declared#")),
        "{kept:?}"
    );
    all_once(&stage, 90);
}

#[test]
fn an_event_is_never_behind_more_than_one_leg_of_the_sweep() {
    let stage = with_buckets(1000);
    stage.sweep();
    stage.round();
    let waiting = stage.model.waiting(Queue::Work);
    assert!(waiting <= 90, "{waiting}");
}

/// Whether a call is about the sweep's own page of the ledger or its own message.
fn is_in_its_page(call: &Call) -> bool {
    call.resource.starts_with("sweep") && !call.resource.contains("reader#")
}

/// The calls that a sweep itself makes, each by its operation and how many of these there were up to it.
fn calls_of_the_sweep(count: usize) -> Vec<(&'static str, u32)> {
    let stage = with_buckets(count);
    stage.sweep();
    stage.rest();
    let mut so_far: BTreeMap<&str, u32> = BTreeMap::new();
    let mut own = Vec::new();
    for call in stage.model.take_journal() {
        let number = so_far.entry(call.operation).or_default();
        *number += 1;
        let is_own = is_in_its_page(&call)
            || call.operation == "GetParametersByPath"
            || call.operation == "SendMessageBatch" && call.resource.contains("bucket:");
        if is_own {
            own.push((call.operation, *number));
        }
    }
    own
}

#[test]
fn whatever_call_of_whatever_leg_fails_every_bucket_is_looked_at_and_the_sweep_ends() {
    let own = calls_of_the_sweep(100);
    assert!(own.len() >= 30, "{own:?}");
    for (operation, number) in own {
        for lost in [false, true] {
            let stage = with_buckets(100);
            stage.sweep();
            stage
                .model
                .interject(operation, When::Before(number), move |model| {
                    if lost {
                        model.lose_response(operation);
                    } else {
                        model.fail_next(operation, 1, CallErrorKind::Transient);
                    }
                });
            let reports = stage.rest();
            let case = format!("{operation} {number}, only the answer was lost: {lost}");
            assert!(ends(&reports) >= 1, "{case}");
            assert_eq!(looks(&stage).len(), 100, "{case}");
            assert_eq!(stage.model.dead_letters(), [], "{case}");
            assert_eq!(stage.model.pending_faults(), 0, "{case}");
            let left = stage.model.ledger_dump();
            assert!(left.iter().all(|entry| entry.name != "under-way"), "{case}");
        }
    }
}

#[test]
fn a_page_token_that_expired_begins_the_list_anew_and_what_was_seen_stays_seen() {
    let stage = with_buckets(300);
    stage.sweep();
    stage
        .model
        .interject("GetParametersByPath", When::Before(10), |model| {
            model.fail_next_with(
                "GetParametersByPath",
                1,
                CallErrorKind::Other,
                "InvalidNextToken: The specified token isn't valid.",
            );
        });
    let reports = stage.rest();
    assert_eq!(ends(&reports), 1);
    all_once(&stage, 300);
}

#[test]
fn tokens_that_are_never_good_end_in_the_dead_letter_queue_and_not_in_a_circle() {
    let stage = with_buckets(100);
    stage.sweep();
    stage
        .model
        .interject("GetParametersByPath", When::Before(10), |model| {
            model.fail_next_with(
                "GetParametersByPath",
                1000,
                CallErrorKind::Other,
                "InvalidNextToken",
            );
        });
    assert_eq!(ends(&stage.rest()), 0);
    assert_eq!(stage.model.dead_letters().len(), 1);
}

#[test]
fn the_schedules_next_sweep_leaves_it_to_the_one_that_is_under_way() {
    let stage = with_buckets(300);
    stage.sweep();
    stage.round();
    stage.sweep();
    let reports = stage.rest();
    assert_eq!(ends(&reports), 1);
    all_once(&stage, 300);
    let notes: Vec<_> = legs(&reports).iter().filter_map(|leg| leg.note.clone()).collect();
    assert!(
        notes.iter().any(|note| note == "another sweep is under way"),
        "{notes:?}"
    );
}

/// The stack was updated, perhaps with other ceilings.
fn stack_was_updated(stage: &Stage, number: u32) {
    let event = json!({
        "version": "0",
        "id": format!("0b1c1d7e-9a52-4b1e-8c0d-{number:012x}"),
        "detail-type": "CloudFormation Stack Status Change",
        "source": "aws.cloudformation",
        "account": "111122223333",
        "time": stage.model.now(),
        "region": "us-east-1",
        "resources": [],
        "detail": {"stack-id": "arn", "status-details": {"status": "UPDATE_COMPLETE", "status-reason": ""}}
    });
    stage.model.inject(&event.to_string());
}

#[test]
fn a_change_that_wants_all_looked_at_during_a_sweep_is_followed_by_another_sweep() {
    let stage = with_buckets(300);
    stage.sweep();
    stage.round();
    stack_was_updated(&stage, 1);
    stack_was_updated(&stage, 2);
    let reports = stage.rest();
    assert_eq!(ends(&reports), 2, "one for both of the changes");
    let looks = looks(&stage);
    assert!(
        looks.len() == 300 && looks.values().all(|times| *times == 2),
        "{looks:?}"
    );
    assert_eq!(stage.model.dead_letters(), []);
}

#[test]
fn a_sweep_that_died_holds_up_the_next_one_for_less_than_an_hour() {
    let stage = with_buckets(300);
    stage.sweep();
    stage.round();
    // What asks for the next leg is lost: somebody empties the queue.
    stage.model.advance(Duration::from_secs(10));
    let lost = stage.model.receive_ingest(10);
    assert_eq!(lost.len(), 1);
    stage.model.settle_ingest(&lost, &[]);
    stage.rest();
    looks(&stage);
    stage.model.advance(Duration::from_secs(60 * 60));
    stage.sweep();
    assert_eq!(ends(&stage.rest()), 1);
    all_once(&stage, 300);
}

#[test]
fn what_is_said_of_all_declarations_is_said_once_and_of_all_legs() {
    let mut stage = with_buckets(250);
    stage.settings.digest = Some(Digest::Daily);
    stage.sweep();
    stage.rest();
    stage.model.advance(Duration::from_secs(3600));
    stage.terraform().delete_parameter("b-0003").unwrap();
    stage.model.take_journal();
    stage.sweep();
    let reports = stage.rest();
    let fleet = legs(&reports)
        .into_iter()
        .find_map(|leg| leg.fleet.clone())
        .unwrap();
    assert_eq!(fleet.buckets.values().sum::<usize>(), 249);
    assert_eq!(looks(&stage).len(), 249);
    let digests = stage
        .model
        .notices()
        .iter()
        .filter(|notice| notice.subject.contains("igest"))
        .count();
    assert_eq!(digests, 1);
}
