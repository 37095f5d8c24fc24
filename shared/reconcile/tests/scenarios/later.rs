//! Looking again, and when to stop.

use guardian_core::finding::Verdict;
use guardian_model::Delivery;

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{MARKER, bucket, grant};

#[test]
fn an_event_that_finds_nothing_looks_again_after_30_s_and_after_5_min_and_then_stops() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[grant(&bucket("media"))]);
    let look = "SendMessageBatch bucket:media\n[look at media]\n";
    stage.round();
    stage.expect_calls(&format!("{look}SendMessage bucket:media in 30 s"));
    stage.model.advance(stage.model.next_due().unwrap());
    stage.round();
    stage.expect_calls(&format!("{look}SendMessage bucket:media in 300 s"));
    stage.model.advance(stage.model.next_due().unwrap());
    stage.round();
    stage.expect_calls(look);
    assert_eq!(stage.model.next_due(), None);
    stage.expect_told(&[]);
}

#[test]
fn a_change_that_becomes_visible_late_is_found_by_the_later_look() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.model.stale_reads(&media, 1);
    stage.terraform_replaces(&media, &[]);
    assert_eq!(outcome(&only(stage.round())), (Some(Verdict::Readable), 0));
    stage.model.stale_reads(&media, 0);
    stage.model.advance(stage.model.next_due().unwrap());
    let report = only(stage.round());
    expect_found(&report, &["grant-missing bucket:media (repair)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    let told = stage.expect_told(&["repaired: grant-missing on media"]);
    assert!(told[0].contains("terraform-deploy"), "{}", told[0]);
}

#[test]
fn the_echo_of_our_own_write_confirms_it_and_asks_for_nothing() {
    let stage = Stage::with_media();
    stage.ana().delete_bucket_policy(&bucket("media")).unwrap();
    stage.round();
    stage.model.take_journal();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]",
    );
    assert_eq!(report.event, "PutBucketPolicy");
    assert_eq!(
        (outcome(&report), report.later),
        ((Some(Verdict::Readable), 0), None)
    );
}

#[test]
fn the_whole_story_of_a_missing_marker_is_four_looks_and_one_write() {
    // S3's own event about our marker names no user agent: it cannot be told from anybody else's and looks
    // again like any other.
    let stage = Stage::with_media();
    stage.ana().delete_object(&bucket("media"), MARKER).unwrap();
    let reports = stage.rest();
    let looks: Vec<(&str, Option<u64>)> = reports
        .iter()
        .map(|report| (report.event.as_str(), report.later.map(|later| later.as_secs())))
        .collect();
    assert_eq!(
        looks,
        [
            ("Object Deleted", Some(30)),
            ("Object Created", Some(30)),
            ("Object Deleted", Some(300)),
            ("Object Deleted", None),
        ]
    );
    assert_eq!(stage.take_repairs(), ["PutObject media/…/demo"]);
    stage.expect_told(&["repaired: marker-missing on media"]);
}

#[test]
fn one_event_delivered_twice_is_one_look() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.model.deliver_next(Delivery::Duplicated);
    stage.terraform_replaces(&media, &[grant(&media)]);
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:media, bucket:media
        [look at media]
        SendMessage bucket:media in 30 s",
    );
}

#[test]
fn a_copy_that_comes_ten_minutes_later_costs_a_look_and_nothing_else() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.terraform_replaces(&media, &[]);
    let event = stage.model.events()[0].clone();
    stage.rest();
    stage.expect_told(&["repaired: grant-missing on media"]);
    stage.model.advance(std::time::Duration::from_secs(600));
    stage.model.take_journal();
    stage.model.inject(&event);
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&[]);
}
