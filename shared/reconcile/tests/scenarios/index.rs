//! The index of keys and aliases: kept by the bucket's looks, healed by the sweep, and ahead of every event.

mod again;
mod healing;
mod race;

use guardian_core::call::CallErrorKind;
use guardian_core::name::{KeyArn, Resource};
use guardian_core::observation::DefaultEncryption;
use guardian_reconcile::seam::Entry;
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::told::{expect_found, only};
use crate::world::{DEMO, bucket};

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
        DescribeKey KEY
        GetKeyPolicy KEY
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
        "Query key:SECOND reader*
        Query alias:alias/media reader#*
        SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey alias/media
        GetKeyPolicy SECOND
        DescribeKey KEY
        GetKeyPolicy KEY
        GetItem key:KEY reader#vault
        PutItem key:KEY reader#vault
        PutItem bucket:vault needs#KEY
        PutItem key:SECOND reader#vault
        PutItem bucket:vault needs#SECOND
        PutItem bucket:vault evidence
        SendMessageBatch key:SECOND
        SendMessage bucket:vault in 30 s
        [standing of vault]",
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
        PutItem bucket:vault names#alias/media
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
                .filter(|entry| !entry.name.starts_with("incident#") && entry.name != "standing")
                .filter(|entry| entry.resource != Resource::Sweep)
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
        PutItem bucket:vault needs#KEY
        GetItem key:KEY reader#vault
        DeleteItem key:KEY reader#vault
        SendMessageBatch key:KEY
        PutItem bucket:vault names#alias/media
        GetItem alias:alias/media reader#vault
        DeleteItem alias:alias/media reader#vault
        DeleteItem bucket:vault names#alias/media
        DeleteItem bucket:vault evidence
        DeleteItem bucket:vault needs#KEY
        PutItem bucket:vault standing
        GetItem sweep reader#vault
        DeleteItem sweep reader#vault
        DeleteItem bucket:vault standing",
    );
    assert_eq!(stage.needs(), [""; 0]);
}
