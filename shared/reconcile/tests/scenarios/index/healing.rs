//! Items of the index that were lost, garbled or written by somebody else: the sweep puts them right.

use guardian_core::call::CallErrorKind;
use guardian_core::name::Resource;
use guardian_model::{Model, When};
use guardian_reconcile::seam::Entry;
use serde_json::{Value, json};

use super::{ALIAS, default_key, with_alias};
use crate::routing::reader;
use crate::stage::Stage;
use crate::told::{expect_found, only};
use crate::world::bucket;

/// The items that the pages of keys and aliases hold of `vault`, with what they say.
fn readers(stage: &Stage) -> Vec<(Resource, Value)> {
    let entries = stage.model.ledger_dump().into_iter();
    let readers = entries.filter(|entry| entry.name == "reader#vault" && entry.resource != Resource::Sweep);
    readers.map(|entry| (entry.resource, entry.body)).collect()
}

/// Everything the guardian wrote into its ledger.
fn ledger_writes(stage: &Stage) -> Vec<String> {
    let journal = stage.model.take_journal();
    let writes = journal
        .iter()
        .filter(|call| ["PutItem", "DeleteItem"].contains(&call.operation));
    writes.map(ToString::to_string).collect()
}

#[test]
fn the_sweep_puts_right_whatever_became_of_an_item_and_then_writes_nothing() {
    let (stage, key) = with_alias();
    let whole = readers(&stage);
    assert_eq!(whole.len(), 2);
    for page in [format!("key:{key}"), format!("alias:{ALIAS}")] {
        let item = reader(&page, "vault");
        let planted = |version: u64, body: Value| {
            Some(Entry {
                version,
                body,
                ..item.clone()
            })
        };
        for instead in [
            None,
            planted(77, json!({"bucket": "other", "clouds": []})),
            planted(3, Value::Null),
            planted(0, Value::Null),
        ] {
            stage.model.lose_entry(&item.resource, &item.name);
            if let Some(entry) = &instead {
                stage.model.plant_entry(entry.clone());
            }
            // An event is no reason to doubt the index.
            stage
                .ana()
                .put_bucket_notification(&bucket("vault"), true)
                .unwrap();
            stage.settled();
            assert_ne!(readers(&stage), whole, "{instead:?}");

            stage.sweep();
            stage.rest();
            assert_eq!(readers(&stage), whole, "{instead:?}");
            assert_eq!(ledger_writes(&stage).len(), 1, "{instead:?}");
            stage.sweep();
            stage.rest();
            assert_eq!(ledger_writes(&stage), [""; 0], "{instead:?}");
        }
    }
    assert_eq!(stage.model.dead_letters(), []);
}

#[test]
fn a_key_whose_item_was_lost_is_looked_at_because_its_events_were_lost_too() {
    let (stage, key) = Stage::with_vault();
    let page = Resource::Key(key.clone());
    assert!(stage.model.lose_entry(&page, "reader#vault"));
    stage.sweep();
    stage.round();
    stage.model.take_journal();
    stage.round();
    stage.expect_calls(
        "[look at vault]
        GetItem key:KEY reader#vault
        Query key:KEY incident#*
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY reader#vault
        SendMessageBatch key:KEY",
    );
    assert_eq!(only(stage.round()).resource, page);
}

#[test]
fn an_old_key_that_cannot_be_looked_at_keeps_its_item_too() {
    let (stage, key) = Stage::with_vault();
    let second = stage.key("SECOND");
    default_key(&stage, second.as_str());
    stage.settled();
    assert!(stage.model.lose_entry(&Resource::Key(key), "reader#vault"));
    // The bucket is gone: no key is looked at.
    stage
        .model
        .fail_next("HeadBucket", 1, CallErrorKind::NoSuchBucket);
    stage.sweep();
    stage.rest();
    assert_eq!(readers(&stage).len(), 2);
}

#[test]
fn a_need_that_was_lost_is_noted_again_and_the_item_that_stands_is_not_written() {
    let (stage, key) = Stage::with_vault();
    let page: Resource = "bucket:vault".parse().unwrap();
    assert!(stage.model.lose_entry(&page, &format!("needs#{key}")));
    stage.sweep();
    stage.round();
    stage.model.take_journal();
    stage.round();
    stage.expect_calls(
        "[look at vault]
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY reader#vault
        GetItem key:KEY reader#vault
        PutItem bucket:vault needs#KEY",
    );
}

#[test]
fn an_item_that_changes_while_it_is_deleted_is_deleted_by_the_next_delivery() {
    let (stage, _) = with_alias();
    stage
        .model
        .interject("DeleteItem", When::Before(1), |model: &Model| {
            let planted = reader(&format!("alias:{ALIAS}"), "vault");
            model.plant_entry(Entry {
                version: 999,
                ..planted
            });
        });
    stage
        .terraform()
        .delete_bucket_encryption(&bucket("vault"))
        .unwrap();
    assert_eq!(stage.round(), []);
    stage.rest();
    let left: Vec<String> = stage
        .needs()
        .into_iter()
        .filter(|item| item.contains("alias"))
        .collect();
    assert_eq!(left, [""; 0]);
    assert_eq!(stage.model.dead_letters(), []);
}

#[test]
fn a_sweep_whose_question_fails_is_delivered_again() {
    let (stage, _) = Stage::with_vault();
    stage.sweep();
    stage.round();
    stage.model.fail_next("GetItem", 1, CallErrorKind::Transient);
    assert_eq!(stage.round(), []);
    let report = stage.rest();
    expect_found(&only(report), &[]);
}
