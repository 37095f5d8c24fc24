//! The index of keys and aliases: kept by the bucket's looks, healed by the sweep, and ahead of every event.

use guardian_core::call::CallErrorKind;
use guardian_core::name::{KeyArn, Resource};
use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use guardian_model::{Model, When, Who};
use guardian_reconcile::seam::Entry;
use serde_json::{Value, json};

use crate::routing::{reader, route};
use crate::stage::Stage;
use crate::told::{expect_found, only};
use crate::world::{DEMO, MARKER, bucket, grant, owners_key_policy};

const ALIAS: &str = "arn:aws:kms:us-east-1:111122223333:alias/media";

/// `vault` with the default key `alias/media`, which means a key called `KEY`, declared and at rest.
fn with_alias() -> (Stage, KeyArn) {
    let stage = Stage::new(3);
    let key = stage.key("KEY");
    stage.model.add_alias("alias/media", &key);
    stage.bucket_under(&bucket("vault"), "alias/media");
    stage.declared(&bucket("vault"), DEMO);
    stage.settled();
    (stage, key)
}

fn default_key(stage: &Stage, key: &str) {
    let default = DefaultEncryption::Kms {
        key: Some(key.to_owned()),
        bucket_key: true,
    };
    stage
        .terraform()
        .put_bucket_encryption(&bucket("vault"), default)
        .unwrap();
}

fn decrypt() -> Value {
    json!({"Sid": "AllowAccessForCloudinary", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"})
}

fn is_granted(stage: &Stage, key: &KeyArn) -> bool {
    stage.model.key_policy(key).unwrap().contains("232482882421")
}

#[test]
fn the_alias_is_noted_before_it_is_resolved_and_only_once() {
    let (stage, key) = Stage::with_vault();
    stage.model.add_alias("alias/media", &key);
    default_key(&stage, "alias/media");
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        PutItem alias:alias/media reader#vault
        PutItem bucket:vault names#alias/media
        DescribeKey alias/media
        GetKeyPolicy KEY
        SendMessage bucket:vault in 30 s",
    );
    let index = [
        "bucket:vault names#alias/media",
        "bucket:vault needs#KEY",
        "key:KEY reader#vault",
        "alias:alias/media reader#vault",
    ];
    assert_eq!(stage.needs(), index);
    stage.model.advance(stage.model.next_due().unwrap());
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey alias/media
        GetKeyPolicy KEY
        SendMessage bucket:vault in 300 s",
    );
}

#[test]
fn an_alias_that_moves_to_a_key_without_the_grant_has_it_granted_and_the_old_key_is_kept() {
    let (stage, key) = with_alias();
    let second = stage.key("SECOND");
    stage.settled();
    stage.ana().update_alias("alias/media", &second).unwrap();
    let report = only(stage.round());
    expect_found(&report, &["key-grant-missing key:SECOND (repair)"]);
    stage.expect_calls(
        "Query key:SECOND reader#*
        Query alias:alias/media reader#*
        SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey alias/media
        GetKeyPolicy SECOND
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:SECOND reader#vault
        PutItem bucket:vault needs#SECOND
        SendMessageBatch key:SECOND
        SendMessage bucket:vault in 30 s",
    );
    stage.rest();
    let told = stage.expect_told(&["repaired: key-grant-missing on vault"]);
    assert!(
        told[0].contains("ana") && told[0].contains("UpdateAlias"),
        "{}",
        told[0]
    );
    assert!(is_granted(&stage, &second) && is_granted(&stage, &key));
    let needs = stage.needs();
    for item in [
        "bucket:vault needs#KEY",
        "bucket:vault needs#SECOND",
        "key:KEY reader#vault",
    ] {
        assert!(needs.contains(&item.to_owned()), "{needs:?}");
    }
    assert!(stage.cloudinary_reads(&bucket("vault")));
}

#[test]
fn an_alias_that_is_deleted_and_made_again_leads_to_the_bucket_both_times() {
    let (stage, key) = with_alias();
    stage.ana().delete_alias("alias/media").unwrap();
    let reports = stage.rest();
    assert!(
        reports
            .iter()
            .any(|report| report.resource.to_string() == "bucket:vault")
    );
    stage.model.take_notices();
    stage.ana().update_alias("alias/media", &key).unwrap();
    let reports = stage.rest();
    let vault = reports
        .iter()
        .rfind(|report| report.resource.to_string() == "bucket:vault");
    expect_found(vault.unwrap(), &[]);
}

#[test]
fn a_default_that_no_longer_names_the_alias_takes_the_bucket_out_of_its_page() {
    let (stage, key) = with_alias();
    default_key(&stage, key.as_str());
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        GetItem alias:alias/media reader#vault
        DeleteItem alias:alias/media reader#vault
        DeleteItem bucket:vault names#alias/media
        DescribeKey KEY
        GetKeyPolicy KEY
        SendMessage bucket:vault in 30 s",
    );
    assert_eq!(stage.needs(), ["bucket:vault needs#KEY", "key:KEY reader#vault"]);
    stage.settled();
    let other = stage.model.add_key();
    stage.ana().update_alias("alias/media", &other).unwrap();
    assert_eq!(stage.rest(), [], "it concerns nobody any more");
}

#[test]
fn a_default_that_names_another_alias_moves_the_bucket_there_and_back() {
    let (stage, key) = with_alias();
    stage.model.add_alias("alias/new", &key);
    let alias_pages = |stage: &Stage| {
        let mut needs = stage.needs();
        needs.retain(|item| item.starts_with("alias:"));
        needs
    };
    for (default, page) in [
        ("alias/new", "alias:alias/new reader#vault"),
        (ALIAS, "alias:alias/media reader#vault"),
        ("alias/new", "alias:alias/new reader#vault"),
    ] {
        default_key(&stage, default);
        stage.settled();
        assert_eq!(alias_pages(&stage), [page]);
    }
    stage
        .terraform()
        .delete_bucket_encryption(&bucket("vault"))
        .unwrap();
    stage.settled();
    assert_eq!(alias_pages(&stage), [""; 0]);
}

#[test]
fn an_alias_in_full_stays_as_it_is_and_what_is_none_of_ours_to_move_is_not_noted() {
    let foreign = "arn:aws:kms:us-east-1:444455556666:alias/media";
    for (default, page) in [
        (ALIAS, Some(format!("alias:{ALIAS}"))),
        (
            "alias/team/media_2",
            Some("alias:arn:aws:kms:us-east-1:111122223333:alias/team/media_2".to_owned()),
        ),
        (foreign, Some(format!("alias:{foreign}"))),
        ("alias/aws/s3", None),
        ("alias/", None),
        ("alias/no such name", None),
    ] {
        let stage = Stage::with_media();
        stage.model.set_default_encryption(
            &bucket("media"),
            DefaultEncryption::Kms {
                key: Some(default.to_owned()),
                bucket_key: false,
            },
        );
        stage.sweep();
        stage.rest();
        let pages: Vec<String> = stage
            .model
            .ledger_dump()
            .iter()
            .filter(|entry| matches!(entry.resource, Resource::Alias(_)))
            .map(|entry| entry.resource.to_string())
            .collect();
        assert_eq!(pages, Vec::from_iter(page), "{default}");
    }
}

#[test]
fn an_encryption_that_cannot_be_read_leaves_the_index_as_it_is() {
    let (stage, _) = with_alias();
    let before = stage.model.ledger_dump();
    for operation in ["GetBucketEncryption", "HeadBucket"] {
        stage.model.fail_next(operation, 1, CallErrorKind::AccessDenied);
        stage
            .ana()
            .put_bucket_notification(&bucket("vault"), true)
            .unwrap();
        stage.round();
        let index = |entries: Vec<Entry>| -> Vec<Entry> {
            let entries = entries.into_iter();
            entries
                .filter(|entry| !entry.name.starts_with("incident#"))
                .collect()
        };
        assert_eq!(
            index(stage.model.ledger_dump()),
            index(before.clone()),
            "{operation}"
        );
    }
}

#[test]
fn a_bucket_that_is_no_longer_declared_leaves_every_page() {
    let (stage, _) = with_alias();
    stage.terraform().delete_parameter("vault").unwrap();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault
        GetItem key:KEY reader#vault
        DeleteItem key:KEY reader#vault
        SendMessageBatch key:KEY
        GetItem alias:alias/media reader#vault
        DeleteItem alias:alias/media reader#vault
        DeleteItem bucket:vault names#alias/media
        DeleteItem bucket:vault needs#KEY
        GetItem sweep reader#vault
        DeleteItem sweep reader#vault
        DeleteItem bucket:vault standing",
    );
    assert_eq!(stage.needs(), [""; 0]);
}

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
    assert_eq!(tried, 17, "all calls of a first look");
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
    assert_eq!(tried, 17, "all calls of a first look");
}
