//! Objects that cannot be read whatever the policies say.

use guardian_core::observation::ObjectEncryption;

use super::{HOUR, crowd, expect_quiet_sweeps, swept, vault, walked};
use crate::world::bucket;

#[test]
fn archived_and_sse_c_objects_are_told_from_a_sample_and_over_with_a_later_complete_census() {
    let (stage, key, _) = vault();
    let vault = bucket("vault");
    stage
        .model
        .add_object(&vault, "old/scan.tif", ObjectEncryption::SseS3);
    stage.model.set_storage_class(&vault, "old/scan.tif", "GLACIER");
    stage
        .model
        .add_object(&vault, "secret.jpg", ObjectEncryption::SseC);
    swept(&stage);
    let told = [
        "needs-you: objects-archived on vault",
        "needs-you: objects-customer-key on vault",
    ];
    stage.expect_told(&told);
    // Mended, but a sample that is not whole proves nothing.
    stage
        .model
        .add_object(&vault, "old/scan.tif", ObjectEncryption::SseS3);
    stage
        .model
        .add_object(&vault, "secret.jpg", ObjectEncryption::SseS3);
    crowd(&stage, &key);
    for _ in 0..3 {
        stage.model.advance(HOUR);
        swept(&stage);
    }
    stage.expect_told(&[]);
    walked(&stage, "walk-1");
    stage.rest();
    let over = [
        "resolved: objects-archived on vault",
        "resolved: objects-customer-key on vault",
    ];
    stage.expect_told(&over);
}

#[test]
fn where_no_count_is_ever_complete_they_are_over_a_week_after_they_were_last_met() {
    let (stage, key, _) = vault();
    let vault = bucket("vault");
    stage
        .model
        .add_object(&vault, "secret.jpg", ObjectEncryption::SseC);
    swept(&stage);
    stage.expect_told(&["needs-you: objects-customer-key on vault"]);
    stage
        .model
        .add_object(&vault, "secret.jpg", ObjectEncryption::SseS3);
    crowd(&stage, &key);
    stage.model.advance(HOUR * 24 * 7 - HOUR);
    swept(&stage);
    stage.expect_told(&["reminder: objects-customer-key on vault"]);
    stage.model.advance(HOUR);
    swept(&stage);
    stage.expect_told(&["resolved: objects-customer-key on vault"]);
}

#[test]
fn objects_of_others_are_told_from_a_census_and_over_with_the_next() {
    let (stage, _, _) = vault();
    let vault = bucket("vault");
    stage
        .model
        .add_object(&vault, "theirs.jpg", ObjectEncryption::SseS3);
    stage.model.set_object_owner(&vault, "theirs.jpg", "444455556666");
    swept(&stage);
    stage.expect_told(&[]);
    walked(&stage, "walk-1");
    stage.rest();
    stage.expect_told(&["needs-you: objects-foreign on vault"]);
    swept(&stage);
    stage.expect_told(&[]);
    stage.ana().delete_object(&vault, "theirs.jpg").unwrap();
    walked(&stage, "walk-2");
    stage.rest();
    stage.expect_told(&["resolved: objects-foreign on vault"]);
}

#[test]
fn what_a_sample_still_finds_is_not_written_down_again_with_every_sweep() {
    let (stage, _, _) = vault();
    let vault = bucket("vault");
    stage
        .model
        .add_object(&vault, "old/scan.tif", ObjectEncryption::SseS3);
    stage.model.set_storage_class(&vault, "old/scan.tif", "GLACIER");
    swept(&stage);
    expect_quiet_sweeps(&stage);
}
