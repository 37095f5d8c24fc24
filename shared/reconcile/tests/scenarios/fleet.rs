//! The fleet: a declaration that went without an event, and how every bucket stands.

use std::time::Duration;

use guardian_core::settings::Digest;
use guardian_model::Delivery;
use guardian_reconcile::seam::{Ledger, Stored};
use serde_json::json;

use crate::stage::{Stage, done};
use crate::world::{DEMO, bucket, grant};

/// The items of the sweep's page, with what they say.
fn fleet(stage: &Stage) -> Vec<String> {
    let entries = stage.model.ledger_dump().into_iter();
    entries
        .filter(|entry| entry.resource.to_string() == "sweep" && entry.name != "digest")
        .map(|entry| format!("{} {}", entry.name, entry.body))
        .collect()
}

#[test]
fn a_bucket_joins_the_fleet_once_and_a_healthy_one_is_never_written_again() {
    let stage = Stage::with_media();
    assert_eq!(fleet(&stage), [r#"reader#media {"verdict":"readable"}"#]);
    for _ in 0..3 {
        stage.sweep();
        stage.rest();
    }
    let journal = stage.model.take_journal();
    let writes: Vec<_> = journal
        .iter()
        .filter(|call| call.operation == "PutItem")
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn a_declaration_deleted_without_an_event_is_noticed_by_the_sweep() {
    let (stage, key) = Stage::with_vault();
    stage.ana().disable_key(&key).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: key-disabled on vault"]);
    stage.model.deliver(Delivery::Dropped);
    stage.terraform().delete_parameter("vault").unwrap();
    stage.rest();
    stage.expect_told(&[]);
    stage.sweep();
    stage.rest();
    stage.expect_told(&["resolved: key-disabled on vault"]);
    assert_eq!(stage.needs(), [""; 0]);
    assert_eq!(fleet(&stage), [""; 0]);
    // And it is over: no further sweep comes back to it.
    stage.model.take_journal();
    stage.sweep();
    stage.rest();
    stage.expect_calls(
        "SendMessageBatch sweep
        GetParametersByPath
        Query sweep",
    );
}

#[test]
fn a_bucket_declared_again_joins_again() {
    let stage = Stage::with_media();
    stage.terraform().delete_parameter("media").unwrap();
    stage.rest();
    assert_eq!(fleet(&stage), [""; 0]);
    stage.declared(&bucket("media"), DEMO);
    stage.rest();
    assert_eq!(fleet(&stage), [r#"reader#media {"verdict":"readable"}"#]);
    assert_eq!(stage.model.dead_letters(), []);
}

#[test]
fn the_fleet_says_how_each_bucket_stands() {
    let stage = Stage::with_media();
    assert_eq!(fleet(&stage), [r#"reader#media {"verdict":"readable"}"#]);
    let deny = json!({"Sid": "Shut", "Effect": "Deny", "Principal": {"AWS": "232482882421"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"});
    stage.terraform_replaces(&bucket("media"), &[grant(&bucket("media")), deny]);
    stage.rest();
    let [standing] = <[String; 1]>::try_from(fleet(&stage)).unwrap();
    assert!(standing.contains(r#""verdict":"blocked""#), "{standing}");
    assert!(standing.contains(r#""code":"grant-denied""#), "{standing}");
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    assert_eq!(fleet(&stage), [r#"reader#media {"verdict":"readable"}"#]);
}

#[test]
fn an_item_of_the_fleet_that_somebody_else_wrote_is_no_dead_end() {
    let stage = Stage::with_media();
    let mut entries = stage.model.ledger_dump().into_iter();
    let mut entry = entries
        .find(|entry| entry.resource.to_string() == "sweep")
        .unwrap();
    entry.body = json!("nonsense");
    assert!(matches!(done(stage.model.put_entry(&entry)), Ok(Stored::Done(_))));
    // It is written over as soon as the bucket stands otherwise.
    let deny = json!({"Sid": "Shut", "Effect": "Deny", "Principal": {"AWS": "232482882421"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"});
    stage.terraform_replaces(&bucket("media"), &[grant(&bucket("media")), deny]);
    stage.rest();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    assert_eq!(fleet(&stage), [r#"reader#media {"verdict":"readable"}"#]);
    assert_eq!(stage.model.dead_letters(), []);
}

#[test]
fn a_digest_comes_with_the_sweep_once_a_day_and_says_how_everything_stands() {
    let mut stage = Stage::with_media();
    let archive = bucket("archive");
    stage.plain_bucket(&archive);
    stage.declared(&archive, DEMO);
    stage.settled();
    stage.settings.digest = Some(Digest::Daily);
    let deny = json!({"Sid": "Shut", "Effect": "Deny", "Principal": {"AWS": "232482882421"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"});
    stage.terraform_replaces(&bucket("media"), &[grant(&bucket("media")), deny]);
    stage.rest();
    stage.expect_told(&["needs-you: grant-denied on media"]);
    for _ in 0..3 {
        stage.sweep();
        stage.rest();
        stage.model.advance(Duration::from_secs(60 * 60));
    }
    let digests = stage.model.take_notices();
    assert_eq!(digests.len(), 1, "{digests:?}");
    assert_eq!(digests[0].attributes["transition"], "digest");
    for part in ["2 buckets declared", "1 blocked", "media", "grant-denied"] {
        assert!(digests[0].text.contains(part), "{part}: {}", digests[0].text);
    }
    stage.model.advance(Duration::from_secs(24 * 60 * 60));
    stage.sweep();
    stage.rest();
    let second = stage.model.take_notices();
    let digests: Vec<_> = second
        .iter()
        .filter(|notice| notice.attributes["transition"] == "digest")
        .collect();
    assert_eq!(digests.len(), 1);
    assert!(digests[0].text.contains("1 readable"), "{}", digests[0].text);
}

#[test]
fn without_being_asked_for_there_is_no_digest() {
    let stage = Stage::with_media();
    for _ in 0..3 {
        stage.sweep();
        stage.rest();
        stage.model.advance(Duration::from_secs(24 * 60 * 60));
    }
    stage.expect_told(&[]);
}
