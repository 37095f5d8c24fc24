//! Events that come while a bucket is looked at for the first time: none falls between.

use guardian_core::name::KeyArn;
use guardian_core::observation::ObjectEncryption;
use guardian_model::{Model, When, Who};

use super::{decrypt, is_granted};
use crate::routing::route;
use crate::stage::Stage;
use crate::world::{DEMO, MARKER, bucket, grant, owners_key_policy};

/// A bucket under `alias/media` is declared for the first time, with a key that is granted already; somebody
/// acts, and the router hears of it at once, right after the nth of the calls that the first look makes.
/// `None` if it makes fewer. No later look and no sweep comes to help.
fn first_look(
    nth: usize,
    act: impl Fn(&Model, &KeyArn, &KeyArn) + Copy + 'static,
) -> Option<(Stage, KeyArn, KeyArn)> {
    let new = || {
        let stage = Stage::new(9);
        let (key, second) = (stage.key("KEY"), stage.key("SECOND"));
        let granted = owners_key_policy(&[decrypt()]).to_string();
        stage.terraform().put_key_policy(&key, &granted).unwrap();
        stage.model.add_alias("alias/media", &key);
        let vault = bucket("vault");
        stage.bucket_under(&vault, "alias/media");
        // Nothing is missing, so that no echo of a repair leads back to the bucket.
        stage.terraform_replaces(&vault, &[grant(&vault)]);
        stage.model.add_object(&vault, MARKER, ObjectEncryption::SseS3);
        stage.settled();
        stage.declared(&vault, DEMO);
        assert_eq!(route(&stage.model), 0);
        stage.model.take_journal();
        (stage, key, second)
    };
    // What is called when, from a look that nobody disturbs.
    let (undisturbed, ..) = new();
    undisturbed.round();
    let calls = undisturbed.model.take_journal();
    let operation = calls.get(nth)?.operation;
    let count = calls
        .iter()
        .take(nth + 1)
        .filter(|call| call.operation == operation)
        .count();

    let (stage, key, second) = new();
    let (old, fresh) = (key.clone(), second.clone());
    let when = When::After(u32::try_from(count).unwrap());
    stage.model.interject(operation, when, move |model| {
        act(model, &old, &fresh);
        assert_eq!(route(model), 0);
    });
    while !stage.round().is_empty() {}
    assert_eq!(stage.model.pending_faults(), 0);
    Some((stage, key, second))
}

#[test]
fn wherever_in_the_first_look_the_alias_moves_the_new_key_is_granted_at_once() {
    let moves = |model: &Model, _: &KeyArn, second: &KeyArn| {
        model
            .act_as(Who::console("ana"))
            .update_alias("alias/media", second)
            .unwrap();
    };
    let mut tried = 0;
    while let Some((stage, _, second)) = first_look(tried, moves) {
        assert!(is_granted(&stage, &second), "after call {tried}");
        tried += 1;
    }
    assert_eq!(tried, 19, "all calls of a first look");
}

#[test]
fn wherever_in_the_first_look_the_key_loses_its_grant_it_gets_it_back_at_once() {
    let takes = |model: &Model, key: &KeyArn, _: &KeyArn| {
        let policy = owners_key_policy(&[]).to_string();
        model
            .act_as(Who::terraform())
            .put_key_policy(key, &policy)
            .unwrap();
    };
    let mut tried = 0;
    while let Some((stage, key, _)) = first_look(tried, takes) {
        assert!(is_granted(&stage, &key), "after call {tried}");
        tried += 1;
    }
    assert_eq!(tried, 19, "all calls of a first look");
}
