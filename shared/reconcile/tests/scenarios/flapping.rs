//! Somebody keeps undoing the repair.

use std::time::Duration;

use guardian_core::finding::Verdict;

use crate::stage::Stage;
use crate::told::expect_found;
use crate::world::bucket;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Terraform takes the grant away, and everything comes to rest. Answers with what was written.
fn undone(stage: &Stage) -> Vec<String> {
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    stage.take_repairs()
}

fn swept(stage: &Stage) -> Vec<String> {
    stage.sweep();
    stage.rest();
    stage.take_repairs()
}

/// Five times repaired and undone a sixth time within the hour.
fn flapping() -> Stage {
    let stage = Stage::with_media();
    for _ in 0..5 {
        assert_eq!(undone(&stage), ["PutBucketPolicy media"]);
        stage.expect_told(&["repaired: grant-missing on media"]);
    }
    assert_eq!(undone(&stage), [""; 0]);
    let told = stage.expect_told(&["needs-you: flapping on media"]);
    for part in ["grant-missing", "role/terraform-deploy", "Terraform"] {
        assert!(told[0].contains(part), "{part}: {}", told[0]);
    }
    stage
}

#[test]
fn the_sixth_repair_within_an_hour_waits_and_people_hear_of_it_once() {
    let stage = flapping();
    stage.terraform_replaces(&bucket("media"), &[]);
    let report = stage.rest().pop().unwrap();
    expect_found(
        &report,
        &[
            "grant-missing bucket:media (repair)",
            "flapping bucket:media (human)",
        ],
    );
    assert_eq!(report.verdict, Some(Verdict::Blocked));
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&[]);
    assert!(!stage.cloudinary_reads(&bucket("media")));
}

#[test]
fn while_it_flaps_it_is_repaired_once_an_hour() {
    let stage = flapping();
    for _ in 0..3 {
        stage.model.advance(HOUR);
        assert_eq!(swept(&stage), ["PutBucketPolicy media"]);
        stage.expect_told(&["repaired: grant-missing on media"]);
        assert_eq!(undone(&stage), [""; 0]);
        stage.expect_told(&[]);
    }
}

#[test]
fn flapping_is_over_after_a_quiet_day() {
    let stage = flapping();
    stage.model.advance(HOUR);
    assert_eq!(swept(&stage), ["PutBucketPolicy media"]);
    stage.expect_told(&["repaired: grant-missing on media"]);
    for _ in 0..22 {
        stage.model.advance(HOUR);
        assert_eq!(swept(&stage), [""; 0]);
        stage.expect_told(&[]);
    }
    stage.model.advance(HOUR + HOUR);
    swept(&stage);
    stage.expect_told(&["resolved: flapping on media"]);
    stage.expect_incidents(&[
        "flapping bucket:media: resolved",
        "grant-missing bucket:media: repaired",
        "marker-missing marker:media/…/demo: repaired",
    ]);
    // And the budget is whole again.
    for _ in 0..5 {
        assert_eq!(undone(&stage), ["PutBucketPolicy media"]);
    }
}

#[test]
fn five_repairs_spread_over_a_day_are_no_flapping() {
    let stage = Stage::with_media();
    for _ in 0..8 {
        assert_eq!(undone(&stage), ["PutBucketPolicy media"]);
        stage.expect_told(&["repaired: grant-missing on media"]);
        stage.model.advance(Duration::from_secs(20 * 60));
    }
}
