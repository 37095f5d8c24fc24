//! Repairs that the declaration pauses for a while: everything is looked at and told, nothing is written, and the pause
//! ends by itself.

use std::time::Duration;

use guardian_core::finding::Verdict;
use guardian_core::name::BucketName;
use guardian_reconcile::seam::Clock;

use crate::stage::Stage;
use crate::told::{expect_found, only};
use crate::world::bucket;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn pause(stage: &Stage, bucket: &BucketName, hours: u32) {
    let until = stage.model.now().plus(HOUR * hours);
    stage.declared(
        bucket,
        &format!(r#"{{"clouds": ["demo"], "pause_until": "{until}"}}"#),
    );
}

fn later(stage: &Stage, wait: Duration) {
    stage.model.advance(wait);
    stage.sweep();
    stage.rest();
}

#[test]
fn a_pause_is_told_and_while_it_lasts_nothing_is_written() {
    let stage = Stage::with_media();
    let media = bucket("media");
    pause(&stage, &media, 6);
    let report = only(stage.round());
    assert_eq!(report.verdict, Some(Verdict::Readable));
    expect_found(&report, &["repairs-paused bucket:media (human)"]);
    stage.rest();
    let told = stage.expect_told(&["needs-you: repairs-paused on media"]);
    assert!(
        told[0].contains("the declaration pauses repairs until "),
        "{}",
        told[0]
    );

    stage.terraform_replaces(&media, &[]);
    let before = stage.policy(&media);
    stage.rest();
    let told = stage.expect_told(&["needs-you: grant-missing on media"]);
    assert!(
        told[0].contains("Repairs are paused until ") && !told[0].contains("The guardian only observes here"),
        "{}",
        told[0]
    );
    later(&stage, HOUR * 5);
    assert_eq!(stage.policy(&media), before);
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn the_first_sweep_after_the_pause_repairs() {
    let stage = Stage::with_media();
    let media = bucket("media");
    pause(&stage, &media, 6);
    stage.rest();
    stage.terraform_replaces(&media, &[]);
    stage.rest();
    stage.model.take_notices();
    assert!(!stage.cloudinary_reads(&media));

    later(&stage, HOUR * 7);
    assert!(stage.cloudinary_reads(&media));
    stage.expect_told(&[
        "repaired: grant-missing on media",
        "resolved: repairs-paused on media",
    ]);
}

#[test]
fn a_key_of_a_paused_bucket_is_left_alone_too_unless_another_needs_it() {
    let (stage, key) = Stage::with_vault();
    let vault = bucket("vault");
    pause(&stage, &vault, 6);
    stage.rest();
    stage
        .terraform()
        .put_key_policy(&key, &crate::world::owners_key_policy(&[]).to_string())
        .unwrap();
    stage.rest();
    assert!(!stage.cloudinary_reads(&vault));
    let other = bucket("other");
    stage.bucket_under(&other, key.as_str());
    stage.declared(&other, crate::world::DEMO);
    stage.rest();
    assert!(
        stage.cloudinary_reads(&vault),
        "one statement serves both buckets"
    );
}

#[test]
fn a_pause_that_is_over_says_nothing() {
    let stage = Stage::with_media();
    let media = bucket("media");
    pause(&stage, &media, 6);
    stage.model.advance(HOUR * 6);
    stage.terraform_replaces(&media, &[]);
    stage.rest();
    assert!(stage.cloudinary_reads(&media));
    stage.expect_told(&["repaired: grant-missing on media"]);
}
