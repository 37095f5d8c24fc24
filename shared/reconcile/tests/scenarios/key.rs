//! Keys: one reconcile of their own for all the buckets that need them.

use guardian_core::finding::Verdict;
use guardian_core::observation::DefaultEncryption;
use guardian_model::{Call, Delivery};
use serde_json::json;

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{DEMO, bucket, name_key, owners_key_policy};

#[test]
fn a_bucket_queues_the_key_it_needs_and_the_key_is_written_once() {
    let (stage, key) = Stage::with_vault();
    stage.model.deliver_next(Delivery::Dropped);
    stage
        .terraform()
        .put_key_policy(&key, &owners_key_policy(&[]).to_string())
        .unwrap();
    stage.sweep();
    stage.round();
    stage.model.take_journal();

    let report = only(stage.round());
    stage.expect_calls(
        "[look at vault]
        GetItem key:KEY reader#vault
        Query key:KEY incident#*
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem bucket:vault needs#KEY
        SendMessageBatch key:KEY
        SendMessage bucket:vault in 30 s
        [standing of vault]",
    );
    expect_found(&report, &["key-grant-missing key:KEY (repair)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    stage.expect_told(&[]);

    let report = only(stage.round());
    stage.expect_calls(
        "Query key:KEY
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY incident#key-grant-missing#key:KEY
        GetKeyPolicy KEY
        PutKeyPolicy KEY
        GetKeyPolicy KEY
        LookupEvents PutKeyPolicy
        PutItem key:KEY incident#key-grant-missing#key:KEY
        Publish repaired: key-grant-missing on vault
        PutItem key:KEY incident#key-grant-missing#key:KEY
        SendMessage key:KEY in 30 s",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    stage.expect_told(&["repaired: key-grant-missing on vault"]);
    let statement = json!({"Sid": "AllowAccessForCloudinary", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"});
    let policy: serde_json::Value = serde_json::from_str(&stage.model.key_policy(&key).unwrap()).unwrap();
    assert_eq!(policy, owners_key_policy(&[statement]));
    assert!(stage.cloudinary_reads(&bucket("vault")));
}

#[test]
fn an_event_about_the_key_goes_straight_to_the_key() {
    let (stage, key) = Stage::with_vault();
    stage
        .terraform()
        .put_key_policy(&key, &owners_key_policy(&[]).to_string())
        .unwrap();
    let report = only(stage.round());
    stage.expect_calls(
        "Query key:KEY reader*
        SendMessageBatch key:KEY
        Query key:KEY
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY incident#key-grant-missing#key:KEY
        GetKeyPolicy KEY
        PutKeyPolicy KEY
        GetKeyPolicy KEY
        PutItem key:KEY incident#key-grant-missing#key:KEY
        Publish repaired: key-grant-missing on vault
        PutItem key:KEY incident#key-grant-missing#key:KEY
        SendMessage key:KEY in 30 s",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
}

#[test]
fn two_buckets_on_one_key_are_one_write_and_one_message() {
    let (stage, key) = Stage::with_vault();
    let cellar = bucket("cellar");
    stage.bucket_under(&cellar, key.as_str());
    stage.declared(&cellar, DEMO);
    stage.settled();
    stage.model.deliver_next(Delivery::Dropped);
    stage
        .terraform()
        .put_key_policy(&key, &owners_key_policy(&[]).to_string())
        .unwrap();
    stage.sweep();
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy KEY"]);
    let told = stage.expect_told(&["repaired: key-grant-missing on 2 buckets"]);
    assert!(told[0].contains("cellar, vault"), "{}", told[0]);
    assert!(stage.cloudinary_reads(&cellar) && stage.cloudinary_reads(&bucket("vault")));
}

#[test]
fn a_new_default_key_is_granted_and_the_old_one_is_not_forgotten() {
    let (stage, key) = Stage::with_vault();
    let second = stage.key("SECOND");
    stage.settled();
    let default = DefaultEncryption::Kms {
        key: Some(second.to_string()),
        bucket_key: false,
    };
    stage
        .terraform()
        .put_bucket_encryption(&bucket("vault"), default)
        .unwrap();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey KEY
        GetKeyPolicy KEY
        DescribeKey SECOND
        GetKeyPolicy SECOND
        PutItem key:SECOND reader#vault
        PutItem bucket:vault needs#SECOND
        GetItem key:KEY reader#vault
        PutItem key:KEY reader#vault
        PutItem bucket:vault needs#KEY
        PutItem bucket:vault evidence
        SendMessageBatch key:SECOND
        SendMessage bucket:vault in 30 s
        [standing of vault]",
    );
    stage.rest();
    stage.expect_told(&["repaired: key-grant-missing on vault"]);
    assert!(stage.model.key_policy(&key).unwrap().contains("232482882421"));
}

#[test]
fn a_changed_declaration_is_noted_in_the_page_of_the_key() {
    let (stage, _) = Stage::with_vault();
    stage.declared(&bucket("vault"), r#"{"clouds": ["demo"], "mode": "observe"}"#);
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey KEY
        GetKeyPolicy KEY
        GetItem key:KEY reader#vault
        PutItem key:KEY reader#vault
        PutItem bucket:vault needs#KEY
        SendMessage bucket:vault in 30 s",
    );
}

/// Something about the key that only a person can mend: told by the key, seen in the bucket's verdict.
#[track_caller]
fn expect_for_a_person(stage: &Stage, code: &str, verdict: Verdict) {
    let reports = stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&[&format!("needs-you: {code} on vault")]);
    stage.sweep();
    stage.rest();
    stage.expect_told(&[]);
    let of_bucket = reports
        .iter()
        .rfind(|report| report.resource.to_string() == "bucket:vault");
    if let Some(report) = of_bucket {
        expect_found(report, &[&format!("{code} key:KEY (human)")]);
        assert_eq!(report.verdict, Some(verdict));
    }
}

#[test]
fn a_disabled_key_is_for_a_person_and_over_when_it_is_enabled() {
    let (stage, key) = Stage::with_vault();
    stage.ana().disable_key(&key).unwrap();
    stage.round();
    stage.expect_calls(
        "Query key:KEY reader*
        SendMessageBatch key:KEY
        Query key:KEY
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem key:KEY incident#key-disabled#key:KEY
        Publish needs-you: key-disabled on vault
        PutItem key:KEY incident#key-disabled#key:KEY",
    );
    stage.expect_told(&["needs-you: key-disabled on vault"]);
    stage.sweep();
    stage.rest();
    stage.expect_told(&[]);
    stage.ana().enable_key(&key).unwrap();
    stage.rest();
    stage.expect_told(&["resolved: key-disabled on vault"]);
}

#[test]
fn that_a_key_is_enabled_again_is_seen_by_the_sweep_where_nobody_heard_of_it() {
    let (stage, key) = Stage::with_vault();
    stage.ana().disable_key(&key).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: key-disabled on vault"]);
    stage.model.deliver(Delivery::Dropped);
    stage.ana().enable_key(&key).unwrap();
    stage.model.deliver(Delivery::Normal);
    stage.rest();
    stage.expect_told(&[]);
    stage.sweep();
    stage.rest();
    stage.expect_told(&["resolved: key-disabled on vault"]);
}

#[test]
fn a_sweep_looks_once_at_a_key_that_was_in_trouble_however_many_buckets_need_it() {
    let (stage, key) = Stage::with_vault();
    for number in 0..25 {
        let name = bucket(&format!("store-{number}"));
        stage.bucket_under(&name, key.as_str());
        stage.declared(&name, DEMO);
    }
    stage.settled();
    stage.ana().disable_key(&key).unwrap();
    stage.rest();
    stage.model.deliver(Delivery::Dropped);
    stage.ana().enable_key(&key).unwrap();
    stage.model.deliver(Delivery::Normal);
    stage.model.take_journal();
    stage.sweep();
    stage.rest();
    let journal = stage.model.take_journal();
    let page = format!("key:{key}");
    let is_look = |call: &&Call| call.operation == "Query" && call.resource == page;
    assert_eq!(journal.iter().filter(is_look).count(), 1);
}

#[test]
fn a_key_that_waits_for_its_deletion_is_for_a_person() {
    let (stage, key) = Stage::with_vault();
    stage.ana().schedule_key_deletion(&key, 7).unwrap();
    stage.round();
    let told = stage.expect_told(&["needs-you: key-pending-deletion on vault"]);
    assert!(
        told[0].contains("2026-12-01") && told[0].contains("cancel-key-deletion"),
        "{}",
        told[0]
    );
    stage.rest();
    stage.expect_told(&[]);
}

#[test]
fn a_key_of_another_account_is_for_its_owner() {
    let stage = Stage::with_media();
    let foreign = stage
        .model
        .add_key_of(&"444455556666".parse().unwrap(), "us-east-1");
    name_key(&foreign, "KEY");
    let default = DefaultEncryption::Kms {
        key: Some(foreign.to_string()),
        bucket_key: false,
    };
    stage
        .ana()
        .put_bucket_encryption(&bucket("media"), default)
        .unwrap();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        DescribeKey KEY
        PutItem key:KEY reader#media
        PutItem bucket:media needs#KEY
        PutItem bucket:media evidence
        SendMessageBatch key:KEY
        SendMessage bucket:media in 30 s
        [standing of media]",
    );
    expect_found(&report, &["key-foreign key:KEY (human)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Depends), 0));
    stage.rest();
    let told = stage.expect_told(&["needs-you: key-foreign on media"]);
    assert!(told[0].contains("444455556666"), "{}", told[0]);
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn an_aws_managed_key_can_be_granted_by_nobody() {
    let stage = Stage::new(5);
    let managed = stage.model.aws_managed_key();
    name_key(&managed, "KEY");
    stage.plain_bucket(&bucket("vault"));
    stage.declared(&bucket("vault"), DEMO);
    stage.settled();
    let default = DefaultEncryption::Kms {
        key: None,
        bucket_key: false,
    };
    stage
        .ana()
        .put_bucket_encryption(&bucket("vault"), default)
        .unwrap();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey alias/aws/s3
        PutItem key:KEY reader#vault
        PutItem bucket:vault needs#KEY
        PutItem bucket:vault evidence
        SendMessageBatch key:KEY
        SendMessage bucket:vault in 30 s
        [standing of vault]",
    );
    expect_for_a_person(&stage, "key-aws-managed", Verdict::Blocked);
}

#[test]
fn a_default_key_that_does_not_exist_is_for_a_person() {
    let stage = Stage::with_media();
    let gone = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000";
    name_key(&gone.parse().unwrap(), "GONE");
    let default = DefaultEncryption::Kms {
        key: Some(gone.to_owned()),
        bucket_key: false,
    };
    stage
        .ana()
        .put_bucket_encryption(&bucket("media"), default)
        .unwrap();
    let report = only(stage.round());
    expect_found(&report, &["key-missing key:GONE (human)"]);
    stage.rest();
    stage.expect_told(&["needs-you: key-missing on media"]);
}

#[test]
fn a_key_that_is_well_again_is_looked_at_though_it_could_not_be_queued_at_once() {
    let (stage, key) = Stage::with_vault();
    stage.ana().disable_key(&key).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: key-disabled on vault"]);
    stage.sweep();
    stage.rest();
    stage.model.deliver(Delivery::Dropped);
    stage.ana().enable_key(&key).unwrap();
    stage.model.deliver(Delivery::Normal);
    stage.sweep();
    stage.round();
    stage.model.fail_next(
        "SendMessageBatch",
        1,
        guardian_core::call::CallErrorKind::Transient,
    );
    stage.rest();
    assert_eq!(stage.model.pending_faults(), 0);
    stage.expect_told(&["resolved: key-disabled on vault"]);
}
