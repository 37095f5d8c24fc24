//! Walks over every object that the guardian starts by itself, with the census level `full`.

use std::collections::BTreeSet;
use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_core::census::{Census, Counts, Source};
use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::ObjectEncryption;
use guardian_core::settings::CensusLevel;
use guardian_reconcile::Report;
use guardian_reconcile::census::record;
use guardian_reconcile::seam::Clock;

use crate::stage::{Stage, done};
use crate::told::{expect_found, only};
use crate::world::{DEMO, bucket};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn with_walks(mut stage: Stage) -> Stage {
    stage.settings.census = CensusLevel::Full;
    stage
}

/// So many hours, each with a sweep. Answers with the hours after which walks were started, and over which buckets.
fn hours(stage: &Stage, count: usize) -> Vec<(usize, String)> {
    let mut started = Vec::new();
    for hour in 0..count {
        stage.sweep();
        stage.rest();
        let executions = stage.model.take_executions();
        started.extend(executions.into_iter().map(|one| (hour, one.bucket.to_string())));
        stage.model.advance(HOUR);
    }
    stage.model.take_journal();
    started
}

/// A walk began at this moment and took an hour.
fn walked(stage: &Stage, name: &str, began: Moment) -> Census {
    let census = Census {
        scope: vec!["*".to_owned()],
        id: "walk".to_owned(),
        source: Source::Walk,
        began,
        ended: Some(began.plus(HOUR)),
        whole: true,
        counts: Counts::default(),
    };
    assert_eq!(done(record(&stage.model, &bucket(name), &census)), Ok(true));
    census
}

/// `media` sampled and walked over an hour ago.
fn fresh() -> Stage {
    let stage = with_walks(Stage::with_media());
    hours(&stage, 25);
    walked(&stage, "media", stage.model.now());
    stage.model.advance(HOUR);
    assert_eq!(hours(&stage, 1), []);
    stage
}

fn photo_under(stage: &Stage, name: &str, key: &KeyArn) {
    let encryption = ObjectEncryption::Kms(key.to_string());
    stage.model.add_object(&bucket("media"), name, encryption);
}

/// A sweep, and what came of `media`.
fn swept(stage: &Stage) -> Report {
    stage.sweep();
    stage.round();
    stage.model.take_journal();
    only(stage.round())
}

#[test]
fn the_first_walks_begin_within_a_day_one_for_each_bucket_and_not_all_at_once() {
    let stage = Stage::new(1);
    let names: Vec<String> = (0..12).map(|number| format!("media-{number}")).collect();
    for name in &names {
        stage.plain_bucket(&bucket(name));
        stage.declared(&bucket(name), DEMO);
    }
    stage.settled();
    let stage = with_walks(stage);
    let started = hours(&stage, 25);
    let buckets: BTreeSet<&String> = started.iter().map(|(_, bucket)| bucket).collect();
    assert_eq!((started.len(), buckets.len()), (12, 12), "{started:?}");
    let at: BTreeSet<usize> = started.iter().map(|(hour, _)| *hour).collect();
    assert!(at.len() >= 6 && !at.contains(&0), "{started:?}");
}

#[test]
fn a_walk_that_is_due_costs_one_call_and_the_report_says_why() {
    let stage = with_walks(Stage::with_media());
    swept(&stage);
    stage.model.advance(DAY);
    let report = swept(&stage);
    let began = stage.model.take_executions();
    let name = &began[0].name;
    assert_eq!((began.len(), began[0].bucket.to_string().as_str()), (1, "media"));
    assert!(name.starts_with("media-"), "{name}");
    let note = report.note.as_deref().unwrap();
    assert_eq!(
        note,
        format!("the walk `{name}` over every object is under way: there was none so far")
    );
    expect_found(&report, &[]);
    stage.expect_calls(&format!(
        "[look at media]
        ListObjectsV2 media/
        ListObjectsV2 media/
        HeadObject media/photos/cat.jpg
        PutItem bucket:media evidence
        StartExecution media/{name}"
    ));
    // To ask again is to ask for the same.
    let report = swept(&stage);
    assert_eq!((stage.model.take_executions(), report.note), (vec![], None));
}

#[test]
fn a_walk_that_comes_to_no_end_is_begun_again_every_other_day() {
    let stage = with_walks(Stage::with_media());
    let started = hours(&stage, 24 * 10);
    assert_eq!(started.len(), 5, "{started:?}");
    assert!(
        started.windows(2).all(|two| two[1].0 - two[0].0 == 48),
        "{started:?}"
    );
}

#[test]
fn nothing_is_started_while_a_census_is_fresh_and_one_walk_when_it_is_not() {
    let mut stage = fresh();
    stage.settings.census_every = 3 * DAY;
    assert_eq!(hours(&stage, 69), [], "the third day is not over");
    assert_eq!(hours(&stage, 24), [(1, "media".to_owned())]);
    walked(&stage, "media", stage.model.now());
    assert_eq!(hours(&stage, 71), []);
}

#[test]
fn a_census_that_was_broken_off_is_made_again_after_a_day() {
    let stage = fresh();
    let mut broken = walked(&stage, "media", stage.model.now());
    broken.whole = false;
    assert_eq!(done(record(&stage.model, &bucket("media"), &broken)), Ok(true));
    assert_eq!(hours(&stage, 24), []);
    assert_eq!(hours(&stage, 24), [(0, "media".to_owned())]);
}

#[test]
fn a_sample_that_meets_a_key_nobody_knew_starts_a_walk_and_a_second_one_that_day_does_not() {
    let stage = fresh();
    for (name, key, count) in [("photos/a.jpg", "ONE", 1), ("photos/b.jpg", "TWO", 0)] {
        let key = stage.key(key);
        photo_under(&stage, name, &key);
        let report = swept(&stage);
        stage.rest();
        assert_eq!(stage.model.take_executions().len(), count);
        let says_why = report.note.is_some_and(|note| note.contains(key.as_str()));
        assert_eq!(says_why, count == 1);
    }
    // Both are known from now on.
    assert_eq!(hours(&stage, 48), []);
    photo_under(&stage, "photos/c.jpg", &stage.key("THREE"));
    assert_eq!(hours(&stage, 1), [(0, "media".to_owned())]);
}

#[test]
fn an_object_that_was_just_written_under_a_new_key_starts_one_too() {
    let stage = fresh();
    stage.model.watch_objects(true);
    let key = stage.key("NEW");
    let media = bucket("media");
    stage
        .ana()
        .put_object(&media, "photos/a.jpg", Some(key.as_str()))
        .unwrap();
    stage.rest();
    assert_eq!(stage.model.take_executions().len(), 1);
    assert_eq!(hours(&stage, 24), []);
}

#[test]
fn the_keys_of_the_very_first_sample_are_no_reason() {
    let stage = with_walks(Stage::with_media());
    photo_under(&stage, "photos/a.jpg", &stage.key("OLD"));
    let report = swept(&stage);
    expect_found(&report, &["key-grant-missing key:OLD (repair)"]);
    assert_eq!((stage.model.take_executions(), report.note), (vec![], None));
}

#[test]
fn a_key_that_a_walk_found_starts_no_other() {
    let stage = fresh();
    let key = stage.key("OLD");
    photo_under(&stage, "photos/a.jpg", &key);
    let mut census = walked(&stage, "media", stage.model.now());
    let group = guardian_core::census::Group::of("photos/a.jpg");
    census.counts.keys.insert(key.to_string(), group);
    assert_eq!(done(record(&stage.model, &bucket("media"), &census)), Ok(true));
    assert_eq!(hours(&stage, 24), []);
}

#[test]
fn a_start_that_is_refused_hurts_nothing_and_is_made_up_for_by_the_next_sweep() {
    for kind in [CallErrorKind::AccessDenied, CallErrorKind::Transient] {
        let stage = with_walks(Stage::with_media());
        swept(&stage);
        stage.model.advance(DAY);
        stage.terraform_replaces(&bucket("media"), &[]);
        stage.rest();
        stage.model.fail_next("StartExecution", 1, kind);
        let report = swept(&stage);
        expect_found(&report, &[]);
        assert_eq!((stage.model.take_executions(), report.note), (vec![], None));
        assert_eq!(stage.model.pending_faults(), 0, "it was asked for");
        stage.rest();
        assert_eq!(stage.model.dead_letters(), []);
        assert!(stage.cloudinary_reads(&bucket("media")));
        swept(&stage);
        assert_eq!(stage.model.take_executions().len(), 1);
    }
}

#[test]
fn an_event_starts_nothing_that_is_due() {
    let stage = with_walks(Stage::with_media());
    swept(&stage);
    stage.model.advance(DAY);
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    assert_eq!(stage.model.take_executions(), []);
}

#[test]
fn a_bucket_that_is_elsewhere_or_nowhere_is_not_walked_over() {
    let stage = Stage::new(1);
    let account = stage.settings.account.clone();
    stage
        .model
        .add_bucket_of(&bucket("elsewhere"), &account, "eu-west-1");
    for name in ["elsewhere", "nowhere"] {
        stage.declared(&bucket(name), DEMO);
    }
    stage.settled();
    assert_eq!(hours(&with_walks(stage), 25), []);
}

#[test]
fn without_walks_none_is_started_and_their_time_begins_anew_when_they_are_wanted_again() {
    for level in [CensusLevel::Off, CensusLevel::Sample] {
        let mut stage = with_walks(Stage::with_media());
        hours(&stage, 1);
        stage.settings.census = level;
        assert_eq!(hours(&stage, 48), []);
        if level == CensusLevel::Sample {
            photo_under(&stage, "photos/a.jpg", &stage.key("NEW"));
            assert_eq!(hours(&stage, 1), []);
        }
        let stage = with_walks(stage);
        let started = hours(&stage, 25);
        assert!(started.len() == 1 && started[0].0 > 0, "{level:?}: {started:?}");
    }
}
