//! Keys that were let go, and what brings them back or ends it.

use super::{CAT, is_granted, item, moved, page, set_default, unheard, vault, walked};
use crate::stage::Stage;
use crate::told::only;
use crate::world::bucket;
use guardian_core::name::KeyArn;

/// The key `KEY` was let go, and that is told.
fn let_go() -> (Stage, KeyArn, KeyArn) {
    let (stage, key, second) = moved();
    stage.settled();
    walked(&stage, "walk-1");
    stage.settled();
    assert!(item(&stage, page(&key), "reader-former#vault").is_some());
    (stage, key, second)
}

#[test]
fn a_key_that_is_used_again_comes_back() {
    let (stage, key, _) = let_go();
    set_default(&stage, &bucket("vault"), &key);
    only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey SECOND
        GetKeyPolicy SECOND
        DescribeKey KEY
        GetKeyPolicy KEY
        GetItem key:SECOND reader#vault
        PutItem key:SECOND reader#vault
        PutItem bucket:vault needs#SECOND
        PutItem key:KEY reader#vault
        PutItem bucket:vault needs#KEY
        GetItem key:KEY reader-former#vault
        DeleteItem key:KEY reader-former#vault
        PutItem bucket:vault evidence
        SendMessageBatch key:KEY
        SendMessage bucket:vault in 30 s",
    );
    stage.rest();
    stage.expect_told(&["resolved: key-grant-unused on vault"]);
    assert_eq!(item(&stage, page(&key), "reader-former#vault"), None);
}

#[test]
fn a_key_whose_grant_was_taken_away_is_granted_again_when_an_object_comes_under_it() {
    let (stage, key, _) = moved();
    stage.declared(&bucket("vault"), super::PRUNE);
    stage.settled();
    walked(&stage, "walk-1");
    stage.settled();
    assert!(!is_granted(&stage, &key));
    unheard(&stage, |stage| {
        let ana = stage.ana();
        ana.copy_in_place(&bucket("vault"), CAT, key.as_str()).unwrap();
    });
    stage.sweep();
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy KEY"]);
    stage.expect_told(&["repaired: key-grant-missing on vault"]);
    assert_eq!(item(&stage, page(&key), "reader-former#vault"), None);
    assert!(stage.cloudinary_reads(&bucket("vault")));
}

#[test]
fn a_bucket_that_nobody_declares_any_more_takes_its_former_keys_along() {
    let (stage, key, _) = let_go();
    stage.terraform().delete_parameter("vault").unwrap();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault
        PutItem bucket:vault needs#SECOND
        GetItem key:SECOND reader#vault
        DeleteItem key:SECOND reader#vault
        GetItem key:KEY reader-former#vault
        DeleteItem key:KEY reader-former#vault
        SendMessageBatch key:SECOND, key:KEY
        DeleteItem bucket:vault evidence
        DeleteItem bucket:vault census
        DeleteItem bucket:vault needs#SECOND
        PutItem bucket:vault standing
        GetItem sweep reader#vault
        DeleteItem sweep reader#vault
        DeleteItem bucket:vault standing",
    );
    stage.rest();
    assert_eq!(item(&stage, page(&key), "reader-former#vault"), None);
    stage.expect_told(&["resolved: key-grant-unused on vault"]);
    assert!(
        is_granted(&stage, &key),
        "what nobody proves is nobody's to take away"
    );
    stage.expect_incidents(&[
        "grant-missing bucket:vault: repaired",
        "marker-missing marker:vault/…/demo: repaired",
        "key-grant-missing key:SECOND: repaired",
        "key-grant-missing key:KEY: repaired",
        "key-grant-unused key:KEY: resolved",
    ]);
}

#[test]
fn a_key_that_waits_for_its_deletion_is_over_once_a_census_finds_nothing_under_it() {
    let (stage, key, second) = vault();
    stage.ana().schedule_key_deletion(&key, 30).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: key-pending-deletion on vault"]);
    set_default(&stage, &bucket("vault"), &second);
    stage.settled();
    stage
        .ana()
        .update_object_encryption(&bucket("vault"), CAT, &second)
        .unwrap();
    stage.rest();
    stage.expect_told(&[]);
    walked(&stage, "walk-1");
    stage.rest();
    stage.expect_told(&[
        "needs-you: key-grant-unused on vault",
        "resolved: key-pending-deletion on vault",
    ]);
    let state = stage.model.key_state(&key).unwrap();
    assert_eq!(state, guardian_core::observation::KeyState::PendingDeletion);
}
