//! A sample is taken beside the other reads.

use guardian_core::call::CallErrorKind;
use guardian_core::cause::{Cause, Work};
use guardian_core::name::Resource;
use guardian_core::settings::CensusLevel;
use guardian_reconcile::seam::Queues;

use super::{CAT, is_granted, swept, unheard, vault};
use crate::stage::{Stage, done};
use crate::told::{expect_found, only};
use crate::world::{DEMO, bucket, owners_key_policy};

#[test]
fn the_first_look_takes_a_sample_beside_the_other_reads() {
    let mut stage = Stage::new(2);
    stage.settings.census = CensusLevel::Sample;
    let key = stage.key("KEY");
    stage.bucket_under(&bucket("vault"), key.as_str());
    stage.declared(&bucket("vault"), DEMO);
    stage.round();
    stage.expect_calls(
        "Query key:KEY reader*
        SendMessageBatch bucket:vault
        [look at vault]
        ListObjectsV2 vault/
        ListObjectsV2 vault/
        HeadObject vault/photos/cat.jpg
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY reader#vault
        PutItem bucket:vault needs#KEY
        PutItem bucket:vault evidence
        SendMessageBatch key:KEY
        PutItem bucket:vault incident#grant-missing#bucket:vault
        PutItem bucket:vault incident#marker-missing#marker:vault/…/demo
        GetBucketPolicy vault
        PutBucketPolicy vault
        GetBucketPolicy vault
        PutObject vault/…/demo
        PutItem bucket:vault incident#grant-missing#bucket:vault
        PutItem bucket:vault incident#marker-missing#marker:vault/…/demo
        Publish repaired: grant-missing on vault
        Publish repaired: marker-missing on vault
        PutItem bucket:vault incident#grant-missing#bucket:vault
        PutItem bucket:vault incident#marker-missing#marker:vault/…/demo
        SendMessage bucket:vault in 30 s
        PutItem sweep reader#vault
        PutItem bucket:vault standing",
    );
}

#[test]
fn a_sweep_of_a_healthy_bucket_costs_fifteen_calls_and_one_write() {
    let (stage, _, _) = vault();
    stage.sweep();
    stage.round();
    stage.model.take_journal();
    expect_found(&only(stage.round()), &[]);
    let writes = stage.model.journal().iter().filter(|call| call.write).count();
    assert_eq!(writes, 1);
    stage.expect_calls(
        "[look at vault]
        GetItem key:KEY reader#vault
        Query key:KEY incident#*
        ListObjectsV2 vault/
        ListObjectsV2 vault/
        HeadObject vault/photos/cat.jpg
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem bucket:vault evidence",
    );
    assert_eq!(stage.rest(), []);
}

#[test]
fn any_other_event_takes_no_sample() {
    let (stage, _, _) = vault();
    let vault = bucket("vault");
    stage.ana().put_bucket_notification(&vault, true).unwrap();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey KEY
        GetKeyPolicy KEY
        SendMessage bucket:vault in 30 s",
    );
}

#[test]
fn an_object_under_a_key_nobody_heard_of_is_found_by_the_sample_alone() {
    let (stage, _, second) = vault();
    unheard(&stage, |stage| {
        let ana = stage.ana();
        ana.put_object(&bucket("vault"), "photos/dog.jpg", Some(second.as_str()))
            .unwrap();
    });
    assert_eq!(stage.rest(), []);
    stage.sweep();
    stage.round();
    stage.model.take_journal();
    let report = only(stage.round());
    stage.expect_calls(
        "[look at vault]
        GetItem key:KEY reader#vault
        Query key:KEY incident#*
        ListObjectsV2 vault/
        ListObjectsV2 vault/
        HeadObject vault/photos/cat.jpg
        HeadObject vault/photos/dog.jpg
        DescribeKey KEY
        GetKeyPolicy KEY
        DescribeKey SECOND
        GetKeyPolicy SECOND
        PutItem key:SECOND reader#vault
        PutItem bucket:vault needs#SECOND
        PutItem bucket:vault evidence
        SendMessageBatch key:SECOND
        SendMessage bucket:vault in 30 s
        [standing of vault]",
    );
    expect_found(&report, &["key-grant-missing key:SECOND (repair)"]);
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);
    stage.expect_told(&["repaired: key-grant-missing on vault"]);
    assert!(
        stage
            .model
            .cloudinary_reads(&bucket("vault"), "photos/dog.jpg")
            .is_ok()
    );
}

#[test]
fn an_object_that_was_moved_in_place_unheard_is_found_by_the_next_sweep() {
    let (stage, _, second) = vault();
    unheard(&stage, |stage| {
        let ana = stage.ana();
        ana.update_object_encryption(&bucket("vault"), CAT, &second)
            .unwrap();
    });
    assert!(!stage.cloudinary_reads(&bucket("vault")));
    swept(&stage);
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);
    assert!(stage.cloudinary_reads(&bucket("vault")));
}

#[test]
fn a_sample_that_is_refused_or_fails_for_the_moment_stands_in_the_way_of_no_repair() {
    for kind in [CallErrorKind::AccessDenied, CallErrorKind::Transient] {
        for operation in ["ListObjectsV2", "HeadObject"] {
            let (stage, key, _) = vault();
            unheard(&stage, |stage| {
                let bare = owners_key_policy(&[]).to_string();
                stage.terraform().put_key_policy(&key, &bare).unwrap();
                stage.terraform_replaces(&bucket("vault"), &[]);
            });
            stage.sweep();
            stage.round();
            // The first listing is that of the markers, the first HeadObject that of the marker.
            let failing = (operation.to_owned(), kind.clone());
            let after_the_first = guardian_model::When::After(1);
            stage.model.interject(operation, after_the_first, move |model| {
                model.fail_next(&failing.0, 1, failing.1);
            });
            stage.round();
            stage.rest();
            assert_eq!(stage.model.pending_faults(), 0);
            assert_eq!(
                stage.take_repairs(),
                ["PutBucketPolicy vault", "PutKeyPolicy KEY"],
                "{operation}: {kind:?}"
            );
            assert!(is_granted(&stage, &key));
            assert!(stage.cloudinary_reads(&bucket("vault")));
        }
    }
}

#[test]
fn the_object_by_which_a_rare_key_is_known_is_looked_at_with_every_sample() {
    let (stage, key, second) = vault();
    for number in 0..600 {
        let name = format!("archive/{number:03}.jpg");
        let under = guardian_core::observation::ObjectEncryption::Kms(key.to_string());
        stage.model.add_object(&bucket("vault"), &name, under);
    }
    stage.model.watch_objects(true);
    let ana = stage.ana();
    ana.put_object(&bucket("vault"), "rare.jpg", Some(second.as_str()))
        .unwrap();
    stage.settled();
    for _ in 0..5 {
        swept(&stage);
        let journal = stage.model.take_journal();
        let looked_at = journal
            .iter()
            .filter(|call| call.to_string().contains("HeadObject vault/rare.jpg"));
        assert_eq!(looked_at.count(), 1);
    }
}

#[test]
fn a_sweep_takes_its_sample_also_where_an_event_or_a_later_look_comes_beside_it() {
    let vault_bucket = Resource::Bucket(bucket("vault"));
    let swept = Work {
        swept: true,
        ..Work::new(vault_bucket.clone(), Cause::of_event("s", "Scheduled Event"))
    };
    for look in [0, 1] {
        let heard = Work {
            look,
            ..Work::new(
                vault_bucket.clone(),
                Cause::of_event("e", "PutBucketNotification"),
            )
        };
        for both in [[swept.clone(), heard.clone()], [heard.clone(), swept.clone()]] {
            let (stage, _, second) = vault();
            unheard(&stage, |stage| {
                let ana = stage.ana();
                ana.update_object_encryption(&bucket("vault"), CAT, &second)
                    .unwrap();
            });
            assert_eq!(done(stage.model.send_work(&both)), Ok(vec![]));
            stage.rest();
            assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"], "look {look}");
        }
    }
}
