//! A key is kept until a complete census refutes it, and what proves nothing refutes nothing.

use guardian_core::call::CallErrorKind;
use guardian_core::observation::ObjectEncryption;
use guardian_core::settings::CensusLevel;
use guardian_reconcile::census::{finish, head_batch};

use super::{
    CAT, begun, crowd, ended, expect_quiet_sweeps, is_granted, item, moved, page, set_default, swept,
    unheard, vault, walked,
};
use crate::stage::done;
use crate::told::only;
use crate::world::{DEMO, bucket};

#[test]
fn the_old_default_key_is_kept_without_a_census() {
    let (stage, key, second) = vault();
    crowd(&stage, &key);
    set_default(&stage, &bucket("vault"), &second);
    stage.settled();
    for _ in 0..5 {
        swept(&stage);
        stage.model.advance(super::HOUR * 24);
    }
    assert!(is_granted(&stage, &key) && is_granted(&stage, &second));
    for need in ["bucket:vault needs#KEY", "bucket:vault needs#SECOND"] {
        assert!(stage.needs().contains(&need.to_owned()), "{need}");
    }
}

#[test]
fn a_complete_census_lets_the_old_key_go_and_its_grant_is_told() {
    let (stage, key, _) = moved();
    stage.settled();
    assert!(item(&stage, page(&key), "reader#vault").is_some());
    walked(&stage, "walk-1");
    let report = only(stage.round());
    assert_eq!(report.event, "Census");
    stage.expect_calls(
        "[look at vault]
        ListObjectsV2 vault/
        ListObjectsV2 vault/
        HeadObject vault/photos/cat.jpg
        DescribeKey SECOND
        GetKeyPolicy SECOND
        PutItem key:KEY reader-former#vault
        PutItem bucket:vault needs#KEY
        GetItem key:KEY reader#vault
        DeleteItem key:KEY reader#vault
        DeleteItem bucket:vault needs#KEY
        PutItem bucket:vault evidence
        SendMessageBatch key:KEY
        SendMessage bucket:vault in 30 s",
    );
    let former = item(&stage, page(&key), "reader-former#vault").unwrap();
    assert_eq!(former["objects"], 1);
    assert_eq!(item(&stage, page(&key), "reader#vault"), None);
    stage.round();
    stage.expect_calls(
        "Query key:KEY
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY incident#key-grant-unused#key:KEY
        Publish needs-you: key-grant-unused on vault
        PutItem key:KEY incident#key-grant-unused#key:KEY",
    );
    let told = stage.expect_told(&["needs-you: key-grant-unused on vault"]);
    assert!(told[0].contains("AllowAccessForCloudinary"), "{}", told[0]);
    assert!(told[0].contains("does not say"), "{}", told[0]);
    assert!(is_granted(&stage, &key));
    stage.rest();
    // Said once.
    expect_quiet_sweeps(&stage);
    stage.expect_told(&[]);
}

#[test]
fn where_no_sample_is_whole_the_census_is_the_proof() {
    let (stage, key, second) = moved();
    crowd(&stage, &second);
    stage.settled();
    swept(&stage);
    assert!(item(&stage, page(&key), "reader#vault").is_some());
    let census = walked(&stage, "walk-1");
    assert!(census.is_complete());
    stage.rest();
    let former = item(&stage, page(&key), "reader-former#vault").unwrap();
    assert_eq!(
        (&former["census"], &former["objects"]),
        (&"walk-1".into(), &62.into())
    );
    let told = stage.expect_told(&["needs-you: key-grant-unused on vault"]);
    assert!(
        told[0].contains("none of the 62 current objects") && told[0].contains("walk-1"),
        "{}",
        told[0]
    );
}

#[test]
fn an_object_that_came_under_it_while_the_census_ran_keeps_it() {
    let (stage, key, second) = moved();
    crowd(&stage, &second);
    stage.settled();
    let walk = begun(&stage, "walk-1");
    let names: Vec<String> = stage.model.objects(&walk.bucket).into_keys().collect();
    done(head_batch(&stage.model, &walk, &names)).unwrap();
    // The census does not know of it; the trail does.
    stage.model.watch_objects(true);
    stage.model.record_data_events(true);
    let ana = stage.ana();
    ana.copy_in_place(&walk.bucket, CAT, key.as_str()).unwrap();
    stage.model.record_data_events(false);
    stage.rest();
    let census = done(finish(&stage.model, &walk, names.len() as u64)).unwrap();
    assert!(census.is_complete() && !census.counts.keys.contains_key(key.as_str()));
    stage.rest();
    assert!(item(&stage, page(&key), "reader#vault").is_some());
    assert_eq!(item(&stage, page(&key), "reader-former#vault"), None);
    assert!(stage.cloudinary_reads(&bucket("vault")));
    stage.expect_told(&[]);
}

#[test]
fn the_sample_beside_the_end_of_a_census_keeps_what_it_sees() {
    let (stage, key, _) = moved();
    stage.settled();
    let walk = begun(&stage, "walk-1");
    let census = ended(&stage, &walk);
    assert!(!census.counts.keys.contains_key(key.as_str()));
    unheard(&stage, |stage| {
        let ana = stage.ana();
        ana.put_object(&bucket("vault"), "photos/late.jpg", Some(key.as_str()))
            .unwrap();
    });
    stage.rest();
    assert!(item(&stage, page(&key), "reader#vault").is_some());
    stage.expect_told(&[]);
}

#[test]
fn a_census_with_an_object_that_could_not_be_looked_at_refutes_nothing() {
    let (stage, key, second) = moved();
    crowd(&stage, &second);
    stage.settled();
    let walk = begun(&stage, "walk-1");
    stage
        .model
        .fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
    let census = ended(&stage, &walk);
    assert_eq!(census.counts.unknown.objects, 1);
    stage.rest();
    assert!(item(&stage, page(&key), "reader#vault").is_some());
    stage.expect_told(&[]);
}

#[test]
fn a_census_that_began_before_the_switch_refutes_nothing() {
    let (stage, key, second) = vault();
    let walk = begun(&stage, "walk-1");
    set_default(&stage, &bucket("vault"), &second);
    crowd(&stage, &second);
    stage.ana().put_object(&bucket("vault"), CAT, None).unwrap();
    stage.rest();
    ended(&stage, &walk);
    stage.rest();
    assert!(item(&stage, page(&key), "reader#vault").is_some());
    walked(&stage, "walk-2");
    stage.rest();
    assert_eq!(item(&stage, page(&key), "reader#vault"), None);
}

#[test]
fn what_a_newer_sample_refutes_an_older_census_does_not_bring_back() {
    let (stage, key, second) = vault();
    set_default(&stage, &bucket("vault"), &second);
    walked(&stage, "walk-1");
    stage.settled();
    assert!(item(&stage, page(&key), "reader#vault").is_some());
    stage.ana().put_object(&bucket("vault"), CAT, None).unwrap();
    // The sample is whole.
    swept(&stage);
    assert!(item(&stage, page(&key), "reader-former#vault").is_some());
    expect_quiet_sweeps(&stage);
}

#[test]
fn an_older_census_does_not_take_the_place_of_the_sample_that_let_a_key_go() {
    let (stage, key, second) = vault();
    // A census of long ago, when nothing was under the old key yet.
    unheard(&stage, |stage| {
        stage
            .model
            .add_object(&bucket("vault"), CAT, ObjectEncryption::SseS3);
    });
    walked(&stage, "walk-1");
    stage.settled();
    set_default(&stage, &bucket("vault"), &second);
    stage.settled();
    swept(&stage);
    let former = item(&stage, page(&key), "reader-former#vault").unwrap();
    assert_ne!(former["census"], "walk-1");
    // From now on no sample is whole.
    crowd(&stage, &second);
    stage.settled();
    swept(&stage);
    assert_eq!(item(&stage, page(&key), "reader-former#vault"), Some(former));
}

#[test]
fn a_census_of_less_than_what_is_declared_by_now_refutes_nothing() {
    for widened in [false, true] {
        let (mut stage, key, _) = moved();
        // What a sample would meet is not to help here.
        stage.settings.census = CensusLevel::Off;
        stage.declared(
            &bucket("vault"),
            r#"{"clouds": ["demo"], "prefixes": ["photos/*"]}"#,
        );
        stage.settled();
        let under = ObjectEncryption::Kms(key.to_string());
        stage.model.add_object(&bucket("vault"), "archive/old.jpg", under);
        assert!(walked(&stage, "walk-1").is_complete());
        if widened {
            stage.declared(&bucket("vault"), DEMO);
        }
        stage.rest();
        assert_eq!(item(&stage, page(&key), "reader#vault").is_some(), widened);
    }
}
