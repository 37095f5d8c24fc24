//! A walk over every object, step by step, as the state machine calls them.

use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_core::census::{Census, Source};
use guardian_core::name::{KeyArn, Resource};
use guardian_core::observation::ObjectEncryption;
use guardian_core::settings::{Ceilings, Mode};
use guardian_reconcile::census::{Walk, WalkError, begin, finish, head_batch};
use guardian_reconcile::seam::{Censuses, Entry, Start};
use serde_json::json;

use crate::stage::{Stage, done};
use crate::world::{DEMO, bucket};

const ID: &str = "media-1";

/// The bucket `media` with ten objects, every third of them under a key.
fn media() -> (Stage, KeyArn) {
    let stage = Stage::new(7);
    let media = bucket("media");
    stage.model.add_bucket(&media);
    stage.model.declare(&media, DEMO);
    let key = stage.model.add_key();
    for number in 0..10 {
        let under = if number % 3 == 0 {
            ObjectEncryption::Kms(key.to_string())
        } else {
            ObjectEncryption::SseS3
        };
        stage.model.add_object(&media, &name(number), under);
    }
    stage.model.take_journal();
    (stage, key)
}

fn name(number: u32) -> String {
    format!("photos/{number:02}.jpg")
}

fn names(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(name).collect()
}

fn begun(stage: &Stage) -> Walk {
    done(begin(&stage.model, &stage.settings, &bucket("media"), ID)).unwrap()
}

fn look_at(stage: &Stage, walk: &Walk, keys: &[String]) -> Result<(), WalkError> {
    done(head_batch(&stage.model, walk, keys))
}

fn finished(stage: &Stage, walk: &Walk, listed: u64) -> Census {
    done(finish(&stage.model, walk, listed)).unwrap()
}

/// The parts in the ledger.
fn parts(stage: &Stage) -> Vec<Entry> {
    let page = Resource::Census(bucket("media"));
    let mut entries = stage.model.ledger_dump();
    entries.retain(|entry| entry.resource == page);
    entries
}

/// The census in the ledger.
fn recorded(stage: &Stage) -> Option<Census> {
    let page = Resource::Bucket(bucket("media"));
    let entries = stage.model.ledger_dump();
    let mut entries = entries.into_iter();
    let entry = entries.find(|entry| entry.resource == page && entry.name == "census")?;
    Some(serde_json::from_value(entry.body).unwrap())
}

#[test]
fn a_walk_counts_every_object_once_and_has_the_bucket_looked_at() {
    let (stage, key) = media();
    let walk = begun(&stage);
    assert_eq!((walk.owner.as_deref(), walk.prefix.as_str()), (None, ""));
    stage.expect_calls(
        "GetParameter media
        HeadBucket media
        GetBucketOwnershipControls media",
    );
    stage.model.advance(Duration::from_secs(60));
    look_at(&stage, &walk, &names(0..3)).unwrap();
    stage.expect_calls(
        "HeadObject media/photos/00.jpg
        HeadObject media/photos/01.jpg
        HeadObject media/photos/02.jpg
        PutItem census:media part#media-1#PART",
    );
    // In any order.
    look_at(&stage, &walk, &names(6..10)).unwrap();
    look_at(&stage, &walk, &names(3..6)).unwrap();
    let [part, ..] = &parts(&stage)[..] else { panic!() };
    let in_two_weeks = walk.began.plus(Duration::from_secs(14 * 24 * 60 * 60 + 60));
    assert_eq!(part.expires, Some(in_two_weeks));
    stage.model.take_journal();

    let census = finished(&stage, &walk, 10);
    stage.expect_calls(
        "Query census:media
        GetItem bucket:media census
        GetItem bucket:media census
        PutItem bucket:media census
        SendMessageBatch bucket:media
        DeleteItem census:media part#media-1#PART
        DeleteItem census:media part#media-1#PART
        DeleteItem census:media part#media-1#PART",
    );
    assert!(census.is_complete());
    assert_eq!((census.id.as_str(), census.source), (ID, Source::Walk));
    assert_eq!((census.began, census.counts.objects), (walk.began, 10));
    assert_eq!(census.counts.keys.len(), 1);
    assert_eq!(census.counts.keys[key.as_str()].objects, 4);
    assert_eq!(census.counts.sse_s3, 6);
    assert_eq!(recorded(&stage), Some(census));
    assert_eq!(parts(&stage), []);
    let reports = stage.rest();
    assert_eq!(reports[0].event, "Census");
    assert_eq!(reports[0].resource, Resource::Bucket(bucket("media")));
}

#[test]
fn a_batch_that_is_done_twice_counts_once() {
    let (stage, _) = media();
    let walk = begun(&stage);
    look_at(&stage, &walk, &names(0..10)).unwrap();
    look_at(&stage, &walk, &names(0..10)).unwrap();
    // Meanwhile something changed: the later look stands.
    stage
        .ana()
        .delete_object(&bucket("media"), "photos/04.jpg")
        .unwrap();
    look_at(&stage, &walk, &names(0..10)).unwrap();
    assert_eq!(parts(&stage).len(), 1);
    let census = finished(&stage, &walk, 10);
    assert!(census.is_complete());
    assert_eq!((census.counts.objects, census.counts.gone), (10, 1));
}

#[test]
fn a_batch_whose_answer_was_lost_is_done_again_and_counts_once() {
    let (stage, _) = media();
    let walk = begun(&stage);
    stage.model.lose_response("PutItem");
    assert!(look_at(&stage, &walk, &names(0..10)).unwrap_err().is_transient());
    assert_eq!(parts(&stage).len(), 1);
    look_at(&stage, &walk, &names(0..10)).unwrap();
    assert!(finished(&stage, &walk, 10).is_complete());
}

#[test]
fn a_batch_in_which_a_call_failed_for_the_moment_stores_nothing() {
    let (stage, _) = media();
    let walk = begun(&stage);
    stage.model.fail_next("HeadObject", 1, CallErrorKind::Transient);
    assert!(look_at(&stage, &walk, &names(0..10)).unwrap_err().is_transient());
    assert_eq!(parts(&stage), []);
}

#[test]
fn a_walk_that_lost_a_batch_is_not_whole() {
    let (stage, _) = media();
    let walk = begun(&stage);
    look_at(&stage, &walk, &names(0..5)).unwrap();
    let census = finished(&stage, &walk, 10);
    assert!(!census.whole && !census.is_complete());
    assert_eq!(recorded(&stage), Some(census));
}

#[test]
fn a_part_that_cannot_be_read_leaves_the_walk_not_whole() {
    let (stage, _) = media();
    let walk = begun(&stage);
    look_at(&stage, &walk, &names(0..5)).unwrap();
    look_at(&stage, &walk, &names(5..10)).unwrap();
    let mut part = parts(&stage).remove(0);
    part.body = json!({"listed": "five"});
    stage.model.plant_entry(part);
    assert!(!finished(&stage, &walk, 10).is_complete());
}

#[test]
fn an_object_that_may_not_be_looked_at_leaves_the_walk_whole_but_not_complete() {
    let (stage, _) = media();
    let walk = begun(&stage);
    stage
        .model
        .fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
    look_at(&stage, &walk, &names(0..10)).unwrap();
    let census = finished(&stage, &walk, 10);
    assert!(census.whole && !census.is_complete());
    assert_eq!(census.counts.unknown.objects, 1);
    assert_eq!(census.counts.unknown.example, "photos/00.jpg");
}

#[test]
fn objects_of_other_accounts_are_told_apart_by_one_listing() {
    let (stage, _) = media();
    let media = bucket("media");
    stage
        .model
        .set_object_owner(&media, "photos/05.jpg", "444455556666");
    // Far before and far behind the batch.
    for key in ["a", "photos/04", "zebra"] {
        stage.model.add_object(&media, key, ObjectEncryption::SseS3);
        stage.model.set_object_owner(&media, key, "444455556666");
    }
    let walk = begun(&stage);
    assert_eq!(walk.owner.as_deref(), Some("111122223333"));
    stage.ana().delete_object(&media, "photos/06.jpg").unwrap();
    stage.model.take_journal();
    look_at(&stage, &walk, &names(5..8)).unwrap();
    stage.expect_calls(
        "ListObjectsV2 media/
        HeadObject media/photos/05.jpg
        HeadObject media/photos/07.jpg
        PutItem census:media part#media-1#PART",
    );
    let counts = finished(&stage, &walk, 3).counts;
    assert_eq!((counts.objects, counts.gone, counts.foreign.objects), (3, 1, 1));
    assert_eq!(counts.foreign.example, "photos/05.jpg");
}

#[test]
fn an_object_of_another_account_that_may_not_be_looked_at_is_both_unknown_and_foreign() {
    let (stage, _) = media();
    stage
        .model
        .set_object_owner(&bucket("media"), "photos/00.jpg", "444455556666");
    let walk = begun(&stage);
    stage
        .model
        .fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
    look_at(&stage, &walk, &names(0..2)).unwrap();
    let counts = finished(&stage, &walk, 2).counts;
    assert_eq!(counts.objects, 2);
    assert_eq!(
        (counts.unknown.example.as_str(), counts.foreign.example.as_str()),
        ("photos/00.jpg", "photos/00.jpg")
    );
}

#[test]
fn owners_beyond_a_bounded_listing_are_unknown_and_not_taken_for_ours() {
    let (stage, _) = media();
    let media = bucket("media");
    stage
        .model
        .set_object_owner(&media, "photos/05.jpg", "444455556666");
    // Ten pages of one object each: fewer than the batch spans with what was written into it.
    stage.model.set_page_sizes(1, 10, 10, 100);
    for number in 0..20 {
        stage
            .model
            .add_object(&media, &format!("photos/00.x{number}"), ObjectEncryption::SseS3);
    }
    let walk = begun(&stage);
    look_at(&stage, &walk, &names(0..10)).unwrap();
    let census = finished(&stage, &walk, 10);
    assert!(!census.is_complete());
    assert_eq!(census.counts.unknown.objects, 9, "all but the first");
}

#[test]
fn only_objects_that_cloudinary_must_be_able_to_read_are_counted() {
    let (stage, _) = media();
    let media = bucket("media");
    stage.model.declare(
        &media,
        r#"{"clouds": ["demo"], "prefixes": ["photos/0?.jpg", "photos/public/*"]}"#,
    );
    stage
        .model
        .add_object(&media, "photos/private.jpg", ObjectEncryption::SseS3);
    let walk = begun(&stage);
    assert_eq!(walk.prefix, "photos/");
    let mut keys = names(0..10);
    keys.push("photos/private.jpg".to_owned());
    look_at(&stage, &walk, &keys).unwrap();
    let census = finished(&stage, &walk, 11);
    assert!(census.is_complete());
    assert_eq!(census.counts.objects, 10);
}

#[test]
fn an_end_that_broke_off_goes_on_where_it_stopped() {
    for (operation, lost) in [
        ("PutItem", true),
        ("SendMessageBatch", false),
        ("SendMessageBatch", true),
        ("DeleteItem", false),
        ("DeleteItem", true),
    ] {
        let (stage, _) = media();
        let walk = begun(&stage);
        look_at(&stage, &walk, &names(0..5)).unwrap();
        look_at(&stage, &walk, &names(5..10)).unwrap();
        if lost {
            stage.model.lose_response(operation);
        } else {
            stage.model.fail_next(operation, 1, CallErrorKind::Transient);
        }
        let broken = done(finish(&stage.model, &walk, 10));
        assert!(broken.unwrap_err().is_transient(), "{operation}");
        stage.model.advance(Duration::from_secs(30));
        assert!(finished(&stage, &walk, 10).is_complete(), "{operation}");
        assert!(recorded(&stage).unwrap().is_complete(), "{operation}");
        assert_eq!(parts(&stage), [], "{operation}");
        assert_eq!(stage.rest()[0].event, "Census", "{operation}");
    }
}

#[test]
fn a_walk_that_ends_late_does_not_take_the_place_of_one_that_began_later() {
    let (stage, _) = media();
    let late = begun(&stage);
    look_at(&stage, &late, &names(0..10)).unwrap();
    stage.model.advance(Duration::from_secs(3600));
    let newer = Walk {
        id: "media-2".to_owned(),
        ..begun(&stage)
    };
    look_at(&stage, &newer, &names(0..10)).unwrap();
    // Each counts its own parts.
    assert!(finished(&stage, &newer, 10).is_complete());
    assert!(finished(&stage, &late, 10).is_complete());
    assert_eq!(recorded(&stage).unwrap().id, "media-2");
    assert_eq!(parts(&stage), []);
}

#[test]
fn no_walk_begins_over_a_bucket_that_is_not_declared_here_and_within_the_ceilings() {
    let (mut stage, _) = media();
    let media = bucket("media");
    let failure = |stage: &Stage, of: &str, id: &str| {
        let error = done(begin(&stage.model, &stage.settings, &bucket(of), id)).unwrap_err();
        assert!(!error.is_transient(), "{error}");
        error.to_string()
    };
    let said = failure(&stage, "media", "media-1#media-2");
    assert!(
        said.starts_with("`media-1#media-2` is no name of a walk"),
        "{said}"
    );
    stage.model.add_bucket(&bucket("other"));
    let said = failure(&stage, "other", ID);
    assert!(said.starts_with("the bucket `other` is not declared"), "{said}");
    let account = stage.settings.account.clone();
    stage
        .model
        .add_bucket_of(&bucket("far-away"), &account, "eu-west-1");
    stage.model.declare(&bucket("far-away"), DEMO);
    let said = failure(&stage, "far-away", ID);
    assert!(
        said.starts_with("the bucket `far-away` is in `eu-west-1`"),
        "{said}"
    );
    stage.model.declare(&bucket("gone"), DEMO);
    failure(&stage, "gone", ID);
    stage
        .model
        .fail_next("GetBucketOwnershipControls", 1, CallErrorKind::AccessDenied);
    failure(&stage, "media", ID);
    stage.settings.ceilings = Ceilings {
        bucket_arns: vec!["arn:aws:s3:::images-*".to_owned()],
        ..Ceilings::open(Mode::Repair)
    };
    let said = failure(&stage, "media", ID);
    assert!(said.contains("outside the stack's BucketArns"), "{said}");
    stage.model.declare(&media, "{");
    let said = failure(&stage, "media", ID);
    assert!(said.contains("is not JSON"), "{said}");
    assert_eq!(stage.model.ledger_dump(), []);
}

#[test]
fn a_walk_of_one_name_is_started_once() {
    let (stage, _) = media();
    for started in [Start::UnderWay, Start::Over] {
        assert_eq!(done(stage.model.start_census(&bucket("media"), ID)), Ok(started));
    }
    assert_eq!(stage.model.take_executions().len(), 1);
}
