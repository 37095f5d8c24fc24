//! The grant in the bucket policy: missing, partial.

use guardian_core::finding::Verdict;
use serde_json::json;

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{bucket, grant, owners_policy};

#[test]
fn a_grant_that_terraform_took_away_is_added_again_and_told_once() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.terraform_replaces(&media, &[]);
    assert!(!stage.cloudinary_reads(&media));

    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s",
    );
    expect_found(&report, &["grant-missing bucket:media (repair)"]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    let told = stage.expect_told(&["repaired: grant-missing on media"]);
    for part in [
        "role/terraform-deploy",
        "Terraform",
        "198.51.100.24",
        "AWSConsoleStmt-media-cloudinary",
    ] {
        assert!(told[0].contains(part), "{part}: {}", told[0]);
    }
    assert_eq!(stage.policy(&media), owners_policy(&media, &[grant(&media)]));
    assert!(stage.cloudinary_reads(&media));
    stage.expect_incidents(&[
        "grant-missing bucket:media: repaired",
        "marker-missing marker:media/…/demo: repaired",
    ]);

    stage.rest();
    stage.expect_told(&[]);
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn a_policy_that_was_deleted_altogether_is_written_anew() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.ana().delete_bucket_policy(&media).unwrap();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-missing#bucket:media
        Publish repaired: grant-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        SendMessage bucket:media in 30 s",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 1));
    assert_eq!(
        stage.policy(&media),
        json!({
            "Version": "2012-10-17",
            "Id": "AWSConsole-AccessLogs-Policy-media-cloudinary",
            "Statement": [grant(&media)]
        })
    );
}

#[test]
fn a_grant_for_the_declared_prefix_but_not_the_marker_is_extended_in_place() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.declared(&media, r#"{"clouds": ["demo"], "prefixes": ["photos/*"]}"#);
    stage.settled();
    let statement = |resource| {
        json!({"Sid": "Cloudinary", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
            "Action": "s3:GetObject", "Resource": resource})
    };
    stage.terraform_replaces(&media, &[statement(json!("arn:aws:s3:::media/photos/*"))]);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        [look at media]
        PutItem bucket:media incident#grant-partial#bucket:media
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutItem bucket:media incident#grant-partial#bucket:media
        Publish repaired: grant-partial on media
        PutItem bucket:media incident#grant-partial#bucket:media
        SendMessage bucket:media in 30 s",
    );
    expect_found(&report, &["grant-partial bucket:media (repair)"]);
    stage.expect_told(&["repaired: grant-partial on media"]);
    let both = json!([
        "arn:aws:s3:::media/photos/*",
        "arn:aws:s3:::media/.wellknown/cloudinary/demo"
    ]);
    assert_eq!(stage.policy(&media), owners_policy(&media, &[statement(both)]));
}

#[test]
fn a_deny_of_plain_http_is_known_to_be_harmless() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[grant(&bucket("media"))]);
    let report = only(stage.round());
    expect_found(&report, &[]);
    assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
}
