//! A walk over every object: what it asks, what it counts, and how it goes on where it was broken off.

use std::pin::pin;
use std::task::{Context, Waker};

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::census::{Census, Counts, Group, Source};
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::ObjectEncryption;
use guardian_model::When;
use guardian_reconcile::census::{Checkpoint, walk};
use guardian_reconcile::seam::Clock;

use crate::stage::{Stage, done};
use crate::world::bucket;

/// Seven objects of every kind that matters, two on a page.
fn of_every_kind() -> (Stage, BucketName, KeyArn) {
    let stage = Stage::new(3);
    let media = bucket("media");
    stage.model.add_bucket(&media);
    stage.model.set_page_sizes(2, 10, 10, 10);
    let key = stage.key("KEY");
    let add = |name: &str, encryption| stage.model.add_object(&media, name, encryption);
    add("a.jpg", ObjectEncryption::Kms(key.to_string()));
    add("b.jpg", ObjectEncryption::Kms(key.to_string()));
    add("c.jpg", ObjectEncryption::SseS3);
    add("d.jpg", ObjectEncryption::SseC);
    add("e.jpg", ObjectEncryption::SseS3);
    add("img/f.jpg", ObjectEncryption::SseS3);
    add("img/g.jpg", ObjectEncryption::Kms("another".to_owned()));
    stage.model.set_storage_class(&media, "e.jpg", "GLACIER");
    stage.model.take_journal();
    (stage, media, key)
}

fn start(stage: &Stage, bucket: &BucketName, prefixes: &[&str]) -> Checkpoint {
    let prefixes: Vec<String> = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
    Checkpoint::start(bucket.clone(), &prefixes, "w".to_owned(), stage.model.now())
}

/// Walks to the end or to a failure; says where the walk stood last.
fn walk_from(stage: &Stage, start: Checkpoint) -> (Checkpoint, Result<Census, CallError>) {
    let mut last = start.clone();
    let census = done(walk(&stage.model, start, 1, |at| {
        last = at.clone();
        Ok(())
    }));
    (last, census)
}

fn whole(stage: &Stage, bucket: &BucketName) -> Census {
    walk_from(stage, start(stage, bucket, &[])).1.unwrap()
}

fn group(objects: u64, example: &str) -> Group {
    Group {
        objects,
        example: example.to_owned(),
    }
}

#[test]
fn every_object_is_counted_by_what_matters_for_a_read() {
    let (stage, media, key) = of_every_kind();
    let census = whole(&stage, &media);
    let counts = Counts {
        objects: 7,
        keys: [
            (key.to_string(), group(2, "a.jpg")),
            ("another".to_owned(), group(1, "img/g.jpg")),
        ]
        .into(),
        sse_s3: 3,
        customer_keys: group(1, "d.jpg"),
        archived: group(1, "e.jpg"),
        ..Counts::default()
    };
    let expected = Census {
        scope: vec!["*".to_owned()],
        id: "w".to_owned(),
        source: Source::Walk,
        began: stage.model.now(),
        ended: Some(stage.model.now()),
        whole: true,
        counts,
    };
    assert_eq!(census, expected);
    assert!(census.is_complete());
}

#[test]
fn the_conversation_is_one_list_a_page_and_one_head_an_object() {
    let (stage, media, _) = of_every_kind();
    whole(&stage, &media);
    stage.expect_calls(
        "GetBucketOwnershipControls media
        ListObjectsV2 media/
        ListObjectsV2 media/
        HeadObject media/a.jpg
        HeadObject media/b.jpg
        ListObjectsV2 media/
        HeadObject media/c.jpg
        HeadObject media/d.jpg
        ListObjectsV2 media/
        HeadObject media/e.jpg
        HeadObject media/img/f.jpg
        HeadObject media/img/g.jpg",
    );
}

#[test]
fn an_empty_bucket_is_a_complete_census_of_nothing() {
    let stage = Stage::new(1);
    stage.model.add_bucket(&bucket("media"));
    let census = whole(&stage, &bucket("media"));
    assert_eq!(census.counts, Counts::default());
    assert!(census.is_complete());
}

#[test]
fn after_a_failure_at_any_call_the_walk_goes_on_and_comes_to_the_same() {
    for (operation, calls) in [("ListObjectsV2", 4), ("HeadObject", 7)] {
        for call in 1..=calls {
            let (stage, media, _) = of_every_kind();
            let expected = whole(&stage, &media);
            let failing = operation.to_owned();
            stage
                .model
                .interject(operation, When::Before(call), move |model| {
                    model.fail_next(&failing, 1, CallErrorKind::Transient);
                });
            let (stands, failed) = walk_from(&stage, start(&stage, &media, &[]));
            assert!(failed.unwrap_err().is_transient(), "{operation} {call}");
            assert_eq!(stage.model.pending_faults(), 0);

            // By way of the file, as the operator tool does it.
            let text = stands.to_text().unwrap();
            let stands = Checkpoint::parse(&text, &media, &[]).unwrap();
            stage.model.take_journal();
            let again = walk_from(&stage, stands.clone()).1.unwrap();
            assert_eq!(again, expected, "{operation} {call}");
            let journal = stage.model.take_journal();
            let heads = journal.iter().filter(|call| call.operation == "HeadObject");
            assert_eq!(
                heads.count() as u64,
                7 - stands.counts.objects,
                "{operation} {call}: what was counted is not asked about again"
            );
        }
    }
}

#[test]
fn a_walk_that_is_killed_at_any_moment_goes_on_and_comes_to_the_same() {
    let (stage, media, _) = of_every_kind();
    let expected = whole(&stage, &media);
    stage.model.suspend_calls(true);
    let mut killed_after = 0;
    loop {
        let mut last = start(&stage, &media, &[]);
        let ended = {
            let mut run = pin!(walk(&stage.model, last.clone(), 3, |at| {
                last = at.clone();
                Ok::<_, CallError>(())
            }));
            let mut around = Context::from_waker(Waker::noop());
            (0..=killed_after).any(|_| run.as_mut().poll(&mut around).is_ready())
        };
        stage.model.suspend_calls(false);
        assert_eq!(walk_from(&stage, last).1.unwrap(), expected, "{killed_after}");
        stage.model.suspend_calls(true);
        if ended {
            break;
        }
        killed_after += 1;
    }
    assert!(killed_after > 10, "it was killed {killed_after} times");
}

#[test]
fn what_the_caller_says_after_a_page_ends_the_walk() {
    #[derive(Debug, PartialEq)]
    enum Stop {
        Asked(u64),
        Call,
    }
    impl From<CallError> for Stop {
        fn from(_: CallError) -> Self {
            Self::Call
        }
    }
    let (stage, media, _) = of_every_kind();
    let stopped = done(walk(&stage.model, start(&stage, &media, &[]), 1, |at| {
        Err(Stop::Asked(at.counts.objects))
    }));
    assert_eq!(stopped, Err(Stop::Asked(2)));
}

#[test]
fn only_where_objects_may_be_of_others_is_their_owner_asked_for() {
    let (stage, media, key) = of_every_kind();
    stage.model.set_object_owner(&media, "b.jpg", "999999999999");
    stage.model.set_object_owner(&media, "c.jpg", "999999999999");
    let census = whole(&stage, &media);
    assert_eq!(census.counts.foreign, group(2, "b.jpg"));
    assert_eq!(
        census.counts.keys[key.as_str()].objects,
        2,
        "counted under its key too"
    );
    let asked = stage.model.take_journal();
    assert_eq!(
        asked
            .iter()
            .filter(|call| call.operation == "GetBucketAcl")
            .count(),
        1
    );
}

#[test]
fn a_foreign_object_that_is_closed_to_us_is_both_foreign_and_unknown() {
    let (stage, media, _) = of_every_kind();
    stage.model.set_object_owner(&media, "a.jpg", "999999999999");
    stage
        .model
        .fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
    let census = whole(&stage, &media);
    assert_eq!(census.counts.foreign, group(1, "a.jpg"));
    assert_eq!(census.counts.unknown, group(1, "a.jpg"));
    assert!(!census.is_complete());
}

#[test]
fn where_the_owner_cannot_be_learned_nothing_is_said_of_the_objects() {
    for operation in ["GetBucketOwnershipControls", "GetBucketAcl"] {
        let (stage, media, _) = of_every_kind();
        stage.model.set_object_owner(&media, "a.jpg", "999999999999");
        stage.model.fail_next(operation, 1, CallErrorKind::AccessDenied);
        let (_, census) = walk_from(&stage, start(&stage, &media, &[]));
        assert_eq!(
            census.unwrap_err().kind,
            CallErrorKind::AccessDenied,
            "{operation}"
        );
    }
}

#[test]
fn an_object_that_goes_between_the_listing_and_the_look_proves_nothing_and_hides_nothing() {
    let (stage, media, _) = of_every_kind();
    let ana = stage.ana();
    let gone = media.clone();
    stage.model.interject("HeadObject", When::Before(2), move |_| {
        ana.delete_object(&gone, "b.jpg").unwrap();
    });
    let census = whole(&stage, &media);
    assert_eq!((census.counts.objects, census.counts.gone), (7, 1));
    assert!(census.is_complete());
}

#[test]
fn one_object_that_may_not_be_looked_at_keeps_the_census_from_being_complete() {
    let (stage, media, _) = of_every_kind();
    stage
        .model
        .fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
    let census = whole(&stage, &media);
    assert_eq!(census.counts.unknown, group(1, "a.jpg"));
    assert_eq!(census.counts.objects, 7);
    assert!(!census.is_complete());
}

#[test]
fn credentials_that_expire_on_the_way_leave_no_object_unknown() {
    let (stage, media, _) = of_every_kind();
    let expected = whole(&stage, &media);
    // On the second page every look fails, and so does whatever comes after it.
    stage.model.interject("HeadObject", When::Before(3), |model| {
        model.fail_next("HeadObject", 2, CallErrorKind::Other);
        model.fail_next("ListObjectsV2", 1, CallErrorKind::AccessDenied);
    });
    let (stands, failed) = walk_from(&stage, start(&stage, &media, &[]));
    assert_eq!(failed.unwrap_err().kind, CallErrorKind::AccessDenied);
    assert_eq!(stands.counts.objects, 2, "the first page");
    assert_eq!(stage.model.pending_faults(), 0);
    assert_eq!(walk_from(&stage, stands).1.unwrap(), expected);
}

#[test]
fn a_walk_over_prefixes_takes_in_nothing_else_and_is_not_whole() {
    let (stage, media, _) = of_every_kind();
    let (_, census) = walk_from(&stage, start(&stage, &media, &["img/", "nothing/", "a"]));
    let census = census.unwrap();
    assert_eq!(census.counts.objects, 3);
    assert!(!census.whole && !census.is_complete());
    // Broken off between the prefixes it goes on in the right one.
    let (stands, failed) = {
        stage.model.interject("ListObjectsV2", When::Before(2), |model| {
            model.fail_next("ListObjectsV2", 1, CallErrorKind::Transient);
        });
        walk_from(&stage, start(&stage, &media, &["img/", "nothing/", "a"]))
    };
    assert!(failed.is_err());
    assert_eq!(stands.counts.objects, 1);
    assert_eq!(walk_from(&stage, stands).1.unwrap().counts, census.counts);
}

#[test]
fn the_beginning_is_that_of_the_first_run_however_late_the_walk_goes_on() {
    let (stage, media, _) = of_every_kind();
    let began = stage.model.now();
    stage.model.interject("HeadObject", When::Before(5), |model| {
        model.fail_next("HeadObject", 1, CallErrorKind::Transient);
    });
    let (stands, _) = walk_from(&stage, start(&stage, &media, &[]));
    stage.model.advance(std::time::Duration::from_secs(3_600));
    let census = walk_from(&stage, stands).1.unwrap();
    assert_eq!(census.began, began);
    assert_eq!(census.ended, Some(Moment::from_unix(began.unix() + 3_600)));
}
