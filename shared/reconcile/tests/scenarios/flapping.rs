//! Somebody keeps undoing the repair.

use std::time::Duration;

use guardian_core::finding::Verdict;
use guardian_model::When;

use crate::stage::Stage;
use crate::told::expect_found;
use crate::world::{bucket, owners_key_policy, owners_policy};

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

#[test]
fn a_key_that_flapped_is_over_it_after_a_quiet_day_though_nothing_is_wrong_with_it_any_more() {
    let (stage, key) = Stage::with_vault();
    let granted = stage.model.key_policy(&key).unwrap();
    let put = |policy: &str| {
        stage.terraform().put_key_policy(&key, policy).unwrap();
        stage.rest();
    };
    for _ in 0..5 {
        put(&owners_key_policy(&[]).to_string());
        stage.expect_told(&["repaired: key-grant-missing on vault"]);
    }
    put(&owners_key_policy(&[]).to_string());
    stage.expect_told(&["needs-you: flapping on vault"]);
    put(&granted);
    stage.take_repairs();
    stage.model.advance(25 * HOUR);
    assert_eq!(swept(&stage), [""; 0]);
    stage.expect_told(&["resolved: flapping on vault"]);
}

#[test]
fn whoever_undoes_each_repair_before_it_can_be_seen_uses_up_the_budget_too() {
    let stage = Stage::with_media();
    for nth in 1..=50 {
        stage
            .model
            .interject("PutBucketPolicy", When::After(nth), |model| {
                let media = bucket("media");
                let terraform = model.act_as(guardian_model::Who::terraform());
                terraform
                    .put_bucket_policy(&media, &owners_policy(&media, &[]).to_string())
                    .unwrap();
            });
    }
    let written = undone(&stage).len();
    assert!((5..=10).contains(&written), "{written} writes");
    stage.expect_told(&["needs-you: flapping on media"]);
    stage.model.clear_faults();
    stage.model.advance(HOUR);
    assert_eq!(swept(&stage), ["PutBucketPolicy media"]);
    stage.expect_told(&["repaired: grant-missing on media"]);
}

#[test]
fn a_repair_that_was_counted_and_never_came_to_its_write_is_still_made() {
    let stage = Stage::with_media();
    for _ in 0..4 {
        assert_eq!(undone(&stage), ["PutBucketPolicy media"]);
    }
    stage.model.take_notices();
    stage.model.lose_response("PutItem");
    assert_eq!(undone(&stage), ["PutBucketPolicy media"]);
    stage.expect_told(&["repaired: grant-missing on media"]);
}
