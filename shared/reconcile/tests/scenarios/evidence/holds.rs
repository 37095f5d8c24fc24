//! How a bucket holds a key, as the key's page says it, and what the router makes of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CAT, crowd, item, page, set_default, swept, unheard, vault, walked};
use crate::data_events::put;
use crate::stage::Stage;
use crate::world::bucket;
use guardian_core::name::KeyArn;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn hold(stage: &Stage, key: &KeyArn) -> Value {
    item(stage, page(key), "reader#vault").unwrap()["hold"].clone()
}

#[test]
fn a_key_is_held_by_the_settings_then_by_objects_and_then_perhaps() {
    let (stage, key, second) = vault();
    assert_eq!(hold(&stage, &key), json!("settings"));
    set_default(&stage, &bucket("vault"), &second);
    stage.settled();
    assert_eq!(hold(&stage, &second), json!("settings"));
    assert_eq!(hold(&stage, &key), json!("objects"));
    // None of the samples of the week meets the one photo under it.
    crowd(&stage, &second);
    unheard(&stage, |stage| {
        stage.ana().put_object(&bucket("vault"), CAT, None).unwrap();
    });
    for _ in 0..4 {
        stage.model.advance(DAY);
        swept(&stage);
        assert_eq!(hold(&stage, &key), json!("objects"));
    }
    // A week after the sample that saw it.
    stage.model.advance(DAY);
    swept(&stage);
    assert_eq!(hold(&stage, &key), json!("perhaps"));
    // It stays until a census refutes it.
    walked(&stage, "walk-1");
    stage.rest();
    assert_eq!(item(&stage, page(&key), "reader#vault"), None);
}

#[test]
fn the_router_drops_a_record_of_a_key_that_the_settings_name_and_of_no_other() {
    let (mut stage, key, second) = vault();
    stage.settings.watches_objects = true;
    stage.model.inject(&put(1, "PutObject", "vault", CAT, &key));
    assert_eq!(stage.round(), []);
    stage.expect_calls("GetItem key:KEY reader#vault");
    set_default(&stage, &bucket("vault"), &second);
    stage.settled();
    stage.model.inject(&put(2, "PutObject", "vault", CAT, &key));
    stage.round();
    stage.expect_calls(
        "GetItem key:KEY reader#vault
        SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault
        HeadObject vault/photos/cat.jpg
        PutItem bucket:vault evidence",
    );
}
