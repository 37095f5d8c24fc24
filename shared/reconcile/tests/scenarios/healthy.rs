//! Everything is as it should be: what a look costs.

use guardian_core::finding::Verdict;
use guardian_core::observation::DefaultEncryption;

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{DEMO, bucket};

/// A sweep, and the look at the bucket that follows.
fn swept(stage: &Stage) {
    stage.sweep();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch sweep
        GetParametersByPath
        SendMessageBatch bucket:media
        Query sweep",
    );
    let report = only(stage.round());
    expect_found(&report, &[]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
    assert_eq!(report.later, None);
}

#[test]
fn a_healthy_bucket_costs_eight_calls_and_no_write() {
    let stage = Stage::with_media();
    swept(&stage);
    stage.expect_calls(
        "Query bucket:media
        GetParameter media
        HeadBucket media
        GetBucketPolicy media
        GetBucketEncryption media
        ListObjectsV2 media/…/
        HeadObject media/…/demo
        GetBucketNotificationConfiguration media",
    );
    stage.expect_told(&[]);
    assert!(stage.cloudinary_reads(&bucket("media")));
}

#[test]
fn a_further_cloud_name_costs_one_call_more() {
    let stage = Stage::with_media();
    stage.declared(&bucket("media"), r#"{"clouds": ["demo", "demo-staging"]}"#);
    stage.settled();
    swept(&stage);
    stage.expect_calls(
        "Query bucket:media
        GetParameter media
        HeadBucket media
        GetBucketPolicy media
        GetBucketEncryption media
        ListObjectsV2 media/…/
        HeadObject media/…/demo
        HeadObject media/…/demo-staging
        GetBucketNotificationConfiguration media",
    );
}

#[test]
fn a_key_costs_two_calls_more_and_in_the_sweep_two_to_see_that_the_index_is_whole_and_whether_it_was_in_trouble()
 {
    let (stage, key) = Stage::with_vault();
    stage.sweep();
    stage.round();
    stage.expect_calls(
        "SendMessageBatch sweep
        GetParametersByPath
        SendMessageBatch bucket:vault
        Query sweep",
    );
    let report = only(stage.round());
    expect_found(&report, &[]);
    stage.expect_calls(
        "[look at vault]
        GetItem key:KEY reader#vault
        Query key:KEY incident#*
        DescribeKey KEY
        GetKeyPolicy KEY",
    );
    assert!(stage.cloudinary_reads(&bucket("vault")));
    assert!(stage.model.key_policy(&key).unwrap().contains("232482882421"));

    let vault = bucket("vault");
    stage.ana().put_bucket_notification(&vault, true).unwrap();
    expect_found(&only(stage.round()), &[]);
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey KEY
        GetKeyPolicy KEY
        SendMessage bucket:vault in 30 s",
    );
}

#[test]
fn a_second_key_costs_as_much_again_and_is_kept_after_the_default_moved_on() {
    let (stage, _) = Stage::with_vault();
    let second = stage.key("SECOND");
    stage
        .terraform()
        .put_bucket_encryption(
            &bucket("vault"),
            DefaultEncryption::Kms {
                key: Some(second.to_string()),
                bucket_key: true,
            },
        )
        .unwrap();
    stage.settled();
    stage.sweep();
    stage.round();
    stage.model.take_journal();
    expect_found(&only(stage.round()), &[]);
    stage.expect_calls(
        "[look at vault]
        GetItem key:SECOND reader#vault
        GetItem key:KEY reader#vault
        Query key:SECOND incident#*
        Query key:KEY incident#*
        DescribeKey SECOND
        GetKeyPolicy SECOND
        DescribeKey KEY
        GetKeyPolicy KEY",
    );
}

#[test]
fn a_key_named_by_an_alias_is_looked_at_once_and_the_alias_costs_the_sweep_one_call() {
    let stage = Stage::new(3);
    let key = stage.key("KEY");
    stage.model.add_alias("alias/media", &key);
    stage.bucket_under(&bucket("vault"), "alias/media");
    stage.declared(&bucket("vault"), DEMO);
    stage.settled();
    stage.sweep();
    stage.round();
    stage.model.take_journal();
    expect_found(&only(stage.round()), &[]);
    stage.expect_calls(
        "[look at vault]
        GetItem key:KEY reader#vault
        GetItem alias:alias/media reader#vault
        Query key:KEY incident#*
        DescribeKey alias/media
        GetKeyPolicy KEY",
    );
}

#[test]
fn a_bucket_that_nobody_declares_costs_two_calls() {
    let stage = Stage::with_media();
    stage.model.add_bucket(&bucket("other"));
    stage.terraform_replaces(&bucket("other"), &[]);
    let report = only(stage.round());
    assert_eq!(report.note.as_deref(), Some("not declared"));
    stage.expect_calls(
        "SendMessageBatch bucket:other
        Query bucket:other
        GetParameter other",
    );
    assert_eq!(stage.rest(), []);
}

#[test]
fn a_key_that_no_declared_bucket_needs_costs_one_call() {
    let stage = Stage::with_media();
    stage.key("KEY");
    assert_eq!(stage.round(), []);
    stage.expect_calls("Query key:KEY reader*");
    assert_eq!(stage.rest(), []);
}
