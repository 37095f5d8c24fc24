//! Nothing that people should hear is lost, and what is repeated says so by its id.

use guardian_core::call::CallErrorKind;
use guardian_model::When;

use crate::stage::Stage;
use crate::told::only;
use crate::world::{MARKER, bucket};

/// The ids of the transitions that were told.
fn transitions(stage: &Stage) -> Vec<String> {
    let notices = stage.model.take_notices();
    notices
        .iter()
        .map(|notice| {
            let body: serde_json::Value = serde_json::from_str(&notice.json).unwrap();
            body["transition"]["id"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn a_crash_between_telling_and_noting_it_repeats_the_message_with_the_same_id() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.model.interject("Publish", When::After(1), |model| {
        model.fail_next("PutItem", 1, CallErrorKind::Transient);
    });
    assert_eq!(stage.round(), []);
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media",
    );
    stage.model.advance(stage.model.next_due().unwrap());
    // The echo of the write is there by now, and is the same look.
    only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s",
    );
    let told = transitions(&stage);
    assert_eq!(told.len(), 2);
    assert_eq!(told[0], told[1]);
    stage.rest();
    assert_eq!(transitions(&stage), [""; 0]);
}

#[test]
fn a_message_that_could_not_be_published_is_published_by_the_next_look() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.model.fail_next("Publish", 1, CallErrorKind::Transient);
    assert_eq!(stage.round(), []);
    assert!(stage.cloudinary_reads(&bucket("media")), "repaired is repaired");
    stage.model.take_journal();
    stage.model.advance(stage.model.next_due().unwrap());
    // The echo of the write is there by now, and is the same look.
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s",
    );
    assert_eq!(transitions(&stage).len(), 1);
}

#[test]
fn a_topic_that_is_down_for_hours_delays_the_message_and_stops_no_repair() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage
        .model
        .fail_next("Publish", 1000, CallErrorKind::AccessDenied);
    stage.terraform_replaces(&media, &[]);
    stage.rest();
    assert!(stage.cloudinary_reads(&media));
    stage.ana().delete_object(&media, MARKER).unwrap();
    stage.rest();
    assert!(stage.model.objects(&media).contains_key(MARKER));
    assert_eq!(transitions(&stage), [""; 0]);
    stage.model.clear_faults();
    stage.sweep();
    stage.rest();
    assert_eq!(
        transitions(&stage),
        [
            "grant-missing/bucket:media/2",
            "marker-missing/marker:media/.wellknown/cloudinary/demo/2"
        ]
    );
    assert_eq!(
        stage.take_repairs(),
        ["PutBucketPolicy media", "PutObject media/…/demo"]
    );
}

#[test]
fn a_repair_is_stored_before_it_is_made_so_that_a_ledger_that_is_down_keeps_us_from_writing() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.model.fail_next("PutItem", 1, CallErrorKind::Transient);
    assert_eq!(stage.round(), []);
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media",
    );
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutBucketPolicy media"]);
    assert_eq!(transitions(&stage).len(), 1);
}

#[test]
fn a_crash_right_after_the_write_is_told_as_the_repair_it_was() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.model.interject("PutBucketPolicy", When::After(1), |model| {
        model.fail_next("GetBucketPolicy", 1, CallErrorKind::Transient);
    });
    assert_eq!(stage.round(), []);
    assert_eq!(transitions(&stage), [""; 0]);
    stage.rest();
    assert_eq!(transitions(&stage), ["grant-missing/bucket:media/2"]);
    assert_eq!(stage.take_repairs(), ["PutBucketPolicy media"]);
}

#[test]
fn one_transition_is_one_message_however_often_the_event_comes() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[]);
    let event = stage.model.events()[0].clone();
    for _ in 0..12 {
        stage.model.inject(&event);
    }
    stage.rest();
    assert_eq!(transitions(&stage).len(), 1);
    for _ in 0..3 {
        stage.model.advance(std::time::Duration::from_secs(900));
        stage.model.inject(&event);
        stage.rest();
    }
    assert_eq!(transitions(&stage), [""; 0]);
}
