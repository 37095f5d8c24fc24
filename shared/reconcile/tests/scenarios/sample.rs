//! Some of a bucket's objects, looked at to learn which keys they are under. In `media` there is one photo already.

use guardian_core::call::CallErrorKind;
use guardian_core::census::{Census, Source};
use guardian_core::declaration::Declaration;
use guardian_core::name::KeyArn;
use guardian_core::observation::ObjectEncryption;
use guardian_core::settings::Mode;
use guardian_reconcile::operator::look_with_sample;
use guardian_reconcile::sample::{self, Draw};
use guardian_reconcile::seam::Clock;

use crate::stage::{Stage, done};
use crate::world::{DEMO, bucket};

fn declaration() -> Declaration {
    Declaration::ad_hoc(bucket("media"), vec!["demo".parse().unwrap()], Mode::Repair)
}

fn with_photos(count: usize, key_of_last: Option<&KeyArn>, stage: &Stage) {
    for number in 0..count {
        let last = number + 1 == count;
        let encryption = match key_of_last {
            Some(key) if last => ObjectEncryption::Kms(key.to_string()),
            _ => ObjectEncryption::SseS3,
        };
        stage
            .model
            .add_object(&bucket("media"), &format!("photos/{number:04}.jpg"), encryption);
    }
    stage.model.take_journal();
}

fn sampled(stage: &Stage, declaration: &Declaration, seed: u64) -> Census {
    done(sample::draw(
        &stage.model,
        declaration,
        Draw {
            seed,
            ..draw(stage, 50)
        },
    ))
    .unwrap()
    .census
}

fn calls(stage: &Stage) -> (usize, usize) {
    let journal = stage.model.take_journal();
    let of = |operation: &str| journal.iter().filter(|call| call.operation == operation).count();
    let (listings, heads) = (of("ListObjectsV2"), of("HeadObject"));
    assert_eq!(listings + heads, journal.len(), "{journal:?}");
    (listings, heads)
}

#[test]
fn a_small_bucket_costs_two_listings_and_is_counted_whole() {
    let stage = Stage::with_media();
    let key = stage.key("OTHER");
    with_photos(3, Some(&key), &stage);
    let census = sampled(&stage, &declaration(), 1);
    stage.expect_calls(
        "ListObjectsV2 media/
        ListObjectsV2 media/
        HeadObject media/photos/0000.jpg
        HeadObject media/photos/0001.jpg
        HeadObject media/photos/0002.jpg
        HeadObject media/photos/cat.jpg",
    );
    assert_eq!(census.source, Source::Sample);
    assert!(census.is_complete(), "{census:?}");
    assert_eq!(census.counts.sse_s3, 3);
    assert_eq!(census.counts.keys[key.as_str()].example, "photos/0002.jpg");
}

#[test]
fn a_large_bucket_costs_twelve_listings_and_as_many_looks_as_were_asked_for() {
    let stage = Stage::with_media();
    with_photos(2_000, None, &stage);
    stage.model.set_page_sizes(20, 1000, 10, 100);
    let census = sampled(&stage, &declaration(), 1);
    assert_eq!(calls(&stage), (12, 50));
    assert!(!census.is_complete(), "{census:?}");
    assert_eq!((census.counts.objects, census.counts.sse_s3), (50, 50));
}

#[test]
fn only_what_is_declared_is_looked_at() {
    let stage = Stage::with_media();
    with_photos(3, None, &stage);
    stage
        .model
        .add_object(&bucket("media"), "drafts/a.jpg", ObjectEncryption::SseC);
    let declaration = Declaration {
        prefixes: vec!["drafts/*".to_owned()],
        ..declaration()
    };
    let census = sampled(&stage, &declaration, 1);
    stage.expect_calls(
        "ListObjectsV2 media/drafts/
        ListObjectsV2 media/drafts/
        HeadObject media/drafts/a.jpg",
    );
    assert_eq!(census.counts.customer_keys.example, "drafts/a.jpg");
}

#[test]
fn a_listing_that_is_refused_is_told_from_one_that_fails_for_the_moment() {
    let stage = Stage::with_media();
    with_photos(3, None, &stage);
    for (kind, is_transient) in [
        (CallErrorKind::AccessDenied, false),
        (CallErrorKind::Transient, true),
    ] {
        stage.model.fail_next("ListObjectsV2", 2, kind);
        let result = done(sample::draw(&stage.model, &declaration(), draw(&stage, 50)));
        assert_eq!(result.unwrap_err().is_transient(), is_transient);
        stage.model.clear_faults();
    }
}

#[test]
fn objects_that_may_not_be_looked_at_are_unknown_and_the_count_proves_nothing() {
    let stage = Stage::with_media();
    with_photos(2, None, &stage);
    stage
        .model
        .fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
    let census = sampled(&stage, &declaration(), 1);
    assert_eq!((census.counts.unknown.objects, census.counts.sse_s3), (1, 2));
    assert!(census.whole && !census.is_complete());
}

fn draw(stage: &Stage, size: usize) -> Draw {
    Draw {
        size,
        named: Vec::new(),
        seed: 1,
        began: stage.model.now(),
        id: "check".to_owned(),
    }
}

#[test]
fn by_hand_a_key_that_only_an_object_is_under_is_judged_and_would_be_granted() {
    let stage = Stage::with_media();
    let key = stage.key("OTHER");
    with_photos(3, Some(&key), &stage);
    let look = |size| {
        done(look_with_sample(
            &stage.model,
            &stage.settings,
            &declaration(),
            draw(&stage, size),
        ))
        .unwrap()
    };
    let (without, none) = look(0);
    assert!(without.plan.is_empty() && none.is_none());
    let (with, sampled) = look(50);
    assert_eq!(sampled.unwrap().unwrap().listed, 4);
    let codes: Vec<&str> = with
        .judgement
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    assert_eq!(codes, ["key-grant-missing"]);
    assert_eq!(with.plan.changes.len(), 1, "{}", with.plan);
}

#[test]
fn by_hand_a_bucket_is_judged_although_its_objects_may_not_be_listed() {
    let stage = Stage::with_media();
    stage.declared(&bucket("media"), DEMO);
    stage.model.take_journal();
    // The markers' listing is refused too.
    stage
        .model
        .fail_next("ListObjectsV2", 3, CallErrorKind::AccessDenied);
    let (look, sampled) = done(look_with_sample(
        &stage.model,
        &stage.settings,
        &declaration(),
        draw(&stage, 50),
    ))
    .unwrap();
    assert_eq!(sampled.unwrap().unwrap_err().kind, CallErrorKind::AccessDenied);
    assert!(look.seen.policy.is_ok() && look.seen.listed.is_err());
}
