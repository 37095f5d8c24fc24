//! What only a person can end is told again: a day after the first time, then every week, when it is looked at.

use std::time::Duration;

use guardian_core::call::CallErrorKind;
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::world::{bucket, grant};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `media` with a Deny that only its owner can lift; people were told just now.
fn denied() -> Stage {
    let stage = Stage::with_media();
    denies(&stage);
    stage
}

fn denies(stage: &Stage) {
    let media = bucket("media");
    let deny = json!({"Sid": "OnlyUs", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::media/*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}});
    stage.terraform_replaces(&media, &[grant(&media), deny]);
    stage.rest();
}

fn lifts(stage: &Stage) {
    stage.terraform_replaces(&bucket("media"), &[grant(&bucket("media"))]);
    stage.rest();
}

/// So much later somebody looks: what is told, as `transition, number of the reminder, id`.
fn looked_at_after(stage: &Stage, wait: Duration) -> Vec<(String, u64, String)> {
    stage.model.advance(wait);
    stage.sweep();
    stage.rest();
    told(stage)
}

fn told(stage: &Stage) -> Vec<(String, u64, String)> {
    let notices = stage.model.take_notices().into_iter();
    let told = notices.map(|notice| {
        let body: Value = serde_json::from_str(&notice.json).unwrap();
        let transition = &body["transition"];
        let text = |name: &str| transition[name].as_str().unwrap().to_owned();
        (text("kind"), transition["reminder"].as_u64().unwrap(), text("id"))
    });
    told.collect()
}

fn saying(kind: &str, reminder: u64, count: u64) -> Vec<(String, u64, String)> {
    vec![(
        kind.to_owned(),
        reminder,
        format!("grant-denied/bucket:media/{count}"),
    )]
}

#[test]
fn people_are_reminded_after_a_day_and_then_every_week() {
    let stage = denied();
    assert_eq!(told(&stage), saying("needs-you", 0, 1));
    assert_eq!(looked_at_after(&stage, DAY / 2), []);
    assert_eq!(looked_at_after(&stage, DAY / 2), saying("reminder", 1, 2));
    assert_eq!(looked_at_after(&stage, 6 * DAY), []);
    assert_eq!(looked_at_after(&stage, DAY), saying("reminder", 2, 3));
    assert_eq!(looked_at_after(&stage, DAY), []);
    // A late look is one reminder, not one for every week that went by.
    assert_eq!(looked_at_after(&stage, 30 * DAY), saying("reminder", 3, 4));
}

#[test]
fn nobody_is_reminded_of_what_nobody_looked_at() {
    let stage = denied();
    told(&stage);
    stage.model.advance(30 * DAY);
    stage.rest();
    assert_eq!(told(&stage), []);
}

#[test]
fn a_reminder_that_could_not_be_published_lies_in_the_outbox_and_goes_out_once() {
    let stage = denied();
    told(&stage);
    stage.model.fail_next("Publish", 1, CallErrorKind::Transient);
    stage.model.advance(DAY);
    stage.sweep();
    // The first round reads the schedule and the second looks.
    stage.round();
    stage.round();
    assert_eq!(told(&stage), []);
    let entries = stage.model.ledger_dump();
    let entry = entries
        .iter()
        .find(|entry| entry.name == "incident#grant-denied#bucket:media");
    let outbox = &entry.unwrap().body["outbox"];
    assert_eq!(outbox[0]["id"], "grant-denied/bucket:media/2", "{outbox:#}");
    assert_eq!(outbox[0]["kind"], "reminder");
    stage.rest();
    assert_eq!(told(&stage), saying("reminder", 1, 2));
    assert_eq!(looked_at_after(&stage, DAY), []);
}

#[test]
fn what_is_resolved_is_not_reminded_of_and_a_comeback_starts_over() {
    let stage = denied();
    looked_at_after(&stage, DAY);
    lifts(&stage);
    assert_eq!(told(&stage), saying("resolved", 1, 3));
    assert_eq!(looked_at_after(&stage, 30 * DAY), []);

    denies(&stage);
    assert_eq!(told(&stage), saying("needs-you", 0, 4));
    assert_eq!(looked_at_after(&stage, DAY / 2), []);
    assert_eq!(looked_at_after(&stage, DAY / 2), saying("reminder", 1, 5));
}
