//! Who did it, where no event says so.

use guardian_core::call::CallErrorKind;
use guardian_model::Delivery;
use serde_json::json;

use crate::stage::Stage;
use crate::world::{MARKER, bucket, grant};

fn who(text: &str) -> &str {
    let line = text.lines().find(|line| line.starts_with("Who ")).unwrap();
    line.trim_start_matches("Who").trim()
}

/// What the reconciler asks CloudTrail.
fn asked(stage: &Stage) -> Vec<String> {
    let journal = stage.model.take_journal();
    let asked = journal.iter().filter(|call| call.operation == "LookupEvents");
    asked.map(|call| call.resource.clone()).collect()
}

#[test]
fn the_author_of_a_change_whose_event_was_lost_is_found_on_record() {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Dropped);
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    stage.model.take_journal();
    stage.sweep();
    stage.rest();
    assert_eq!(asked(&stage), ["PutBucketPolicy"]);
    let texts = stage.expect_told(&["repaired: grant-missing on media"]);
    assert!(who(&texts[0]).contains("Terraform"), "{}", texts[0]);
    assert!(
        who(&texts[0]).contains("the last PutBucketPolicy on record"),
        "{}",
        texts[0]
    );
    assert!(
        texts[0].contains("Seen after   PutBucketPolicy at "),
        "{}",
        texts[0]
    );
}

#[test]
fn a_policy_that_is_gone_is_asked_about_as_deleted() {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Dropped);
    stage.ana().delete_bucket_policy(&bucket("media")).unwrap();
    stage.rest();
    stage.model.take_journal();
    stage.sweep();
    stage.rest();
    assert_eq!(asked(&stage), ["DeleteBucketPolicy"]);
    let texts = stage.expect_told(&["repaired: grant-missing on media"]);
    assert!(who(&texts[0]).contains("user/ana"), "{}", texts[0]);
}

#[test]
fn an_event_that_says_it_all_asks_nothing() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    assert_eq!(asked(&stage), [""; 0]);
    let texts = stage.expect_told(&["repaired: grant-missing on media"]);
    assert!(!who(&texts[0]).contains("on record"), "{}", texts[0]);
}

#[test]
fn an_author_is_asked_for_once_and_not_at_every_look() {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Dropped);
    let deny = json!({"Sid": "Shut", "Effect": "Deny", "Principal": {"AWS": "232482882421"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"});
    stage.terraform_replaces(&bucket("media"), &[grant(&bucket("media")), deny]);
    stage.rest();
    stage.model.take_journal();
    for _ in 0..3 {
        stage.sweep();
        stage.rest();
    }
    assert_eq!(asked(&stage), ["PutBucketPolicy"]);
}

#[test]
fn a_marker_is_data_whose_author_only_data_events_name() {
    let stage = Stage::with_media();
    stage.ana().delete_object(&bucket("media"), MARKER).unwrap();
    stage.rest();
    assert_eq!(asked(&stage), [""; 0]);
    let texts = stage.expect_told(&["repaired: marker-missing on media"]);
    assert!(
        who(&texts[0]).contains("not knowable without data events"),
        "{}",
        texts[0]
    );
}

#[test]
fn an_answer_that_does_not_come_holds_up_no_repair() {
    for kind in [CallErrorKind::Transient, CallErrorKind::AccessDenied] {
        let stage = Stage::with_media();
        stage.model.deliver(Delivery::Dropped);
        stage.terraform_replaces(&bucket("media"), &[]);
        stage.rest();
        stage.model.fail_next("LookupEvents", 1, kind.clone());
        stage.model.take_journal();
        stage.sweep();
        stage.rest();
        assert_eq!(stage.take_repairs(), ["PutBucketPolicy media"], "{kind:?}");
        let texts = stage.expect_told(&["repaired: grant-missing on media"]);
        let mut why = kind.to_string();
        if kind == CallErrorKind::AccessDenied {
            why.push_str(
                ", `cloudtrail:LookupEvents`: statement AskWhoDidIt of ReconcilerRole in template.yaml",
            );
        }
        let said = format!("not known: CloudTrail could not be asked ({why})");
        assert_eq!(who(&texts[0]), said);
    }
}
