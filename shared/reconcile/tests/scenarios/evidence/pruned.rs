//! Where the declaration asks for it, a grant that nobody needs goes: on fresh proof, once, and told.

use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_core::name::KeyArn;
use guardian_core::observation::DefaultEncryption;
use guardian_core::settings::Mode;

use super::{HOUR, PRUNE, is_granted, item, moved, page, set_default, swept, unheard, walked};
use crate::stage::Stage;
use crate::told::only;
use crate::world::{DEMO, bucket, owners_key_policy};

fn set_default_to(stage: &Stage, key: &str) {
    let default = DefaultEncryption::Kms {
        key: Some(key.to_owned()),
        bucket_key: true,
    };
    let ana = stage.ana();
    ana.put_bucket_encryption(&bucket("vault"), default).unwrap();
}

fn pruning() -> (Stage, KeyArn, KeyArn) {
    let (stage, key, second) = moved();
    stage.declared(&bucket("vault"), PRUNE);
    stage.settled();
    (stage, key, second)
}

#[test]
fn with_prune_the_grant_is_taken_away_once_and_told() {
    let (stage, key, second) = pruning();
    walked(&stage, "walk-1");
    only(stage.round());
    stage.model.take_journal();
    stage.round();
    stage.expect_calls(
        "Query key:KEY
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY incident#key-grant-unused#key:KEY
        GetKeyPolicy KEY
        PutKeyPolicy KEY
        GetKeyPolicy KEY
        PutItem key:KEY incident#key-grant-unused#key:KEY
        Publish repaired: key-grant-unused on vault
        PutItem key:KEY incident#key-grant-unused#key:KEY
        SendMessage key:KEY in 30 s",
    );
    let told = stage.expect_told(&["repaired: key-grant-unused on vault"]);
    assert!(
        told[0].contains("walk-1") || told[0].contains("census"),
        "{}",
        told[0]
    );
    let policy: serde_json::Value = serde_json::from_str(&stage.model.key_policy(&key).unwrap()).unwrap();
    assert_eq!(policy, owners_key_policy(&[]));
    assert!(is_granted(&stage, &second) && stage.cloudinary_reads(&bucket("vault")));
    stage.rest();
    for _ in 0..3 {
        stage.model.advance(HOUR * 5);
        swept(&stage);
    }
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&[]);
}

#[test]
fn what_was_proved_more_than_an_hour_ago_takes_nothing_away() {
    let (stage, key, _) = pruning();
    walked(&stage, "walk-1");
    only(stage.round());
    // The key is not looked at in time: its look fails again and again.
    stage.model.fail_next("DescribeKey", 1, CallErrorKind::Transient);
    stage.round();
    stage.model.advance(HOUR + Duration::from_secs(1));
    stage.rest();
    swept(&stage);
    assert_eq!(stage.take_repairs(), [""; 0]);
    assert!(is_granted(&stage, &key));
    let told = stage.expect_told(&["needs-you: key-grant-unused on vault"]);
    assert!(told[0].contains("the guardian leaves it"), "{}", told[0]);
    // A new census is fresh proof.
    walked(&stage, "walk-2");
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy KEY"]);
    stage.expect_told(&["repaired: key-grant-unused on vault"]);
}

#[test]
fn a_census_that_nobody_could_act_on_in_time_takes_nothing_away() {
    let (stage, key, second) = pruning();
    super::crowd(&stage, &second);
    stage.model.add_alias("alias/media", &second);
    set_default_to(&stage, "alias/media");
    stage.settled();
    // What the settings name is not known when the census ends.
    stage.ana().delete_alias("alias/media").unwrap();
    stage.rest();
    walked(&stage, "walk-1");
    stage.rest();
    assert!(item(&stage, page(&key), "reader#vault").is_some());
    stage.settled();
    // The sweep finds it mended, and takes a sample beside that.
    unheard(&stage, |stage| {
        stage.ana().update_alias("alias/media", &second).unwrap()
    });
    swept(&stage);
    assert!(item(&stage, page(&key), "reader-former#vault").is_some());
    assert_eq!(stage.take_repairs(), [""; 0]);
    assert!(is_granted(&stage, &key));
}

#[test]
fn who_takes_the_wish_back_or_only_observes_now_is_heard_at_once() {
    for text in [DEMO, r#"{"clouds": ["demo"], "prune": true, "mode": "observe"}"#] {
        let (stage, key, second) = pruning();
        super::crowd(&stage, &second);
        stage.settled();
        walked(&stage, "walk-1");
        only(stage.round());
        stage.model.fail_next("DescribeKey", 1, CallErrorKind::Transient);
        stage.round();
        // The key waits for its next delivery.
        stage.declared(&bucket("vault"), text);
        stage.rest();
        assert_eq!(stage.take_repairs(), [""; 0], "{text}");
        assert!(is_granted(&stage, &key));
        stage.expect_told(&["needs-you: key-grant-unused on vault"]);
    }
}

#[test]
fn a_key_that_another_bucket_needs_keeps_its_grant() {
    let (stage, key, _) = pruning();
    stage.bucket_under(&bucket("attic"), key.as_str());
    stage.declared(&bucket("attic"), DEMO);
    stage.settled();
    walked(&stage, "walk-1");
    stage.rest();
    assert!(item(&stage, page(&key), "reader-former#vault").is_some());
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&[]);
    assert!(stage.cloudinary_reads(&bucket("attic")));
    // When that is over as well the proof for the first is an old one.
    stage.model.advance(HOUR * 2);
    stage.terraform().delete_parameter("attic").unwrap();
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&["needs-you: key-grant-unused on vault"]);
    assert!(is_granted(&stage, &key));
}

#[test]
fn where_the_stack_or_the_declaration_only_observes_nothing_is_taken_away() {
    for of_the_stack in [true, false] {
        let (mut stage, key, _) = pruning();
        if of_the_stack {
            stage.settings.ceilings.mode = Mode::Observe;
        } else {
            let text = r#"{"clouds": ["demo"], "prune": true, "mode": "observe"}"#;
            stage.declared(&bucket("vault"), text);
            stage.settled();
        }
        walked(&stage, "walk-1");
        stage.rest();
        assert_eq!(stage.take_repairs(), [""; 0]);
        assert!(is_granted(&stage, &key));
        let told = stage.expect_told(&["needs-you: key-grant-unused on vault"]);
        assert!(told[0].contains("observe"), "{}", told[0]);
    }
}

#[test]
fn who_asks_for_it_after_the_census_waits_for_the_next_proof() {
    let (stage, key, second) = moved();
    super::crowd(&stage, &second);
    stage.settled();
    walked(&stage, "walk-1");
    stage.rest();
    stage.expect_told(&["needs-you: key-grant-unused on vault"]);
    stage.declared(&bucket("vault"), PRUNE);
    stage.rest();
    swept(&stage);
    assert_eq!(stage.take_repairs(), [""; 0]);
    walked(&stage, "walk-2");
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy KEY"]);
    assert!(!is_granted(&stage, &key));
}

#[test]
fn a_key_that_the_settings_name_again_before_its_turn_keeps_its_grant() {
    let (stage, key, _) = pruning();
    walked(&stage, "walk-1");
    only(stage.round());
    assert!(item(&stage, page(&key), "reader-former#vault").is_some());
    // The key is queued; the bucket goes back to it.
    set_default(&stage, &bucket("vault"), &key);
    stage.rest();
    assert!(is_granted(&stage, &key));
    assert_eq!(item(&stage, page(&key), "reader-former#vault"), None);
    assert!(item(&stage, page(&key), "reader#vault").is_some());
}
