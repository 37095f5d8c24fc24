//! The markers.

use guardian_core::finding::Verdict;
use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use serde_json::json;

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{MARKER, bucket, grant};

#[test]
fn a_deleted_marker_is_written_again_under_s3s_own_keys() {
    let (stage, _) = Stage::with_vault();
    let vault = bucket("vault");
    stage.ana().delete_object(&vault, MARKER).unwrap();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        [look at vault]
        DescribeKey KEY
        GetKeyPolicy KEY
        PutItem bucket:vault incident#marker-missing#marker:vault/…/demo
        PutObject vault/…/demo
        PutItem bucket:vault incident#marker-missing#marker:vault/…/demo
        Publish repaired: marker-missing on vault
        PutItem bucket:vault incident#marker-missing#marker:vault/…/demo
        SendMessage bucket:vault in 30 s",
    );
    expect_found(&report, &["marker-missing marker:vault/…/demo (repair)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    stage.expect_told(&["repaired: marker-missing on vault"]);
    let marker = &stage.model.objects(&vault)[MARKER];
    assert_eq!((&marker.encryption, marker.size), (&ObjectEncryption::SseS3, 0));
}

#[test]
fn where_a_deny_demands_kms_the_marker_is_written_as_the_bucket_does_by_default() {
    let (stage, key) = Stage::with_vault();
    let vault = bucket("vault");
    let only_kms = json!({"Sid": "OnlyKms", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::vault/*",
        "Condition": {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}});
    stage.terraform_replaces(&vault, &[grant(&vault), only_kms]);
    stage.settled();
    stage.ana().delete_object(&vault, MARKER).unwrap();
    let report = only(stage.round());
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    let marker = &stage.model.objects(&vault)[MARKER];
    assert_eq!(marker.encryption, ObjectEncryption::Kms(key.to_string()));
    assert_eq!(stage.model.cloudinary_reads(&vault, MARKER), Ok(()));
}

#[test]
fn a_marker_that_appeared_meanwhile_is_not_replaced() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.ana().delete_object(&media, MARKER).unwrap();
    stage
        .model
        .interject("PutObject", guardian_model::When::Before(1), |model| {
            let ana = model.act_as(guardian_model::Who::console("ana"));
            ana.put_object(&bucket("media"), MARKER, None).unwrap();
        });
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#marker-missing#marker:media/…/demo
        PutObject media/…/demo
        PutItem bucket:media incident#marker-missing#marker:media/…/demo
        Publish repaired: marker-missing on media
        PutItem bucket:media incident#marker-missing#marker:media/…/demo",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
}

#[test]
fn a_strangers_marker_is_told_and_left_alone() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let stranger = ".wellknown/cloudinary/stranger";
    stage.ana().put_object(&media, stranger, None).unwrap();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#marker-unexpected#marker:media/…/stranger
        Publish needs-you: marker-unexpected on media
        PutItem bucket:media incident#marker-unexpected#marker:media/…/stranger
        [standing of media]",
    );
    expect_found(&report, &["marker-unexpected marker:media/…/stranger (human)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
    stage.expect_told(&["needs-you: marker-unexpected on media"]);
    assert!(stage.model.objects(&media).contains_key(stranger));

    stage.ana().delete_object(&media, stranger).unwrap();
    stage.rest();
    stage.expect_told(&["resolved: marker-unexpected on media"]);
}

#[test]
fn a_cloud_name_that_is_no_longer_declared_leaves_an_unexpected_marker() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.declared(&media, r#"{"clouds": ["demo-staging"]}"#);
    stage.rest();
    stage.expect_told(&[
        "repaired: marker-missing on media",
        "needs-you: marker-unexpected on media",
    ]);
    assert_eq!(
        stage
            .model
            .objects(&media)
            .keys()
            .filter(|key| key.starts_with(".w"))
            .count(),
        2
    );
}

#[test]
fn a_marker_in_an_archive_is_for_a_person() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.model.set_storage_class(&media, MARKER, "GLACIER");
    stage.sweep();
    stage.round();
    let report = only(stage.round());
    expect_found(&report, &["marker-unreadable marker:media/…/demo (human)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Depends), 0));
    stage.expect_told(&["needs-you: marker-unreadable on media"]);
}

#[test]
fn a_marker_under_a_key_makes_the_key_needed() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let key = stage.key("KEY");
    stage.settled();
    stage
        .ana()
        .put_object(&media, MARKER, Some(key.as_str()))
        .unwrap();
    stage.rest();
    stage.expect_told(&["repaired: key-grant-missing on media"]);
    assert_eq!(stage.model.cloudinary_reads(&media, MARKER), Ok(()));
    assert_eq!(stage.needs(), ["bucket:media needs#KEY", "key:KEY reader#media"]);
    assert!(matches!(
        stage.model.objects(&media)[MARKER].encryption,
        ObjectEncryption::Kms(_)
    ));
    let default = DefaultEncryption::SseS3;
    stage.ana().put_bucket_encryption(&media, default).unwrap();
    stage.rest();
    stage.expect_told(&[]);
}
