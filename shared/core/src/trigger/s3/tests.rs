//! Data events: which of them say that an object is under a key.

use serde_json::{Value, json};

use crate::trigger::{Action, Trigger, read};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0b9f6c1e-5a2d-4a67-9c1f-77d0c3b1e5aa";

fn call(event: &str, object: &str, response: &Value) -> Trigger {
    read(&json!({
        "eventVersion": "1.11", "eventSource": "s3.amazonaws.com", "eventName": event, "eventID": "e-1",
        "eventTime": "2026-11-23T10:15:00Z", "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
        "requestParameters": {"bucketName": "media", "key": object},
        "responseElements": response,
        "resources": [{"ARN": format!("arn:aws:s3:::media/{object}")}, {"ARN": "arn:aws:s3:::media"}],
    }))
}

fn response(algorithm: &str, key: &str) -> Value {
    json!({
        "x-amz-server-side-encryption": algorithm,
        "x-amz-server-side-encryption-aws-kms-key-id": key,
    })
}

fn resources(trigger: &Trigger) -> Vec<String> {
    trigger.resources().iter().map(ToString::to_string).collect()
}

#[test]
fn a_call_whose_answer_names_a_key_is_about_that_object_and_its_key() {
    for algorithm in ["aws:kms", "aws:kms:dsse"] {
        for (event, begun) in [
            ("PutObject", false),
            ("CopyObject", false),
            ("CompleteMultipartUpload", false),
            ("CreateMultipartUpload", true),
        ] {
            let trigger = call(event, "img/hero.jpg", &response(algorithm, KEY));
            let under = trigger.under.clone().unwrap();
            assert_eq!((under.object.as_str(), under.key.as_str()), ("img/hero.jpg", KEY));
            assert_eq!(under.begun, begun, "{event}");
            assert_eq!(resources(&trigger), ["bucket:media"], "{event}");
            assert_eq!(trigger.objects, [""; 0], "{event}");
        }
    }
}

#[test]
fn an_answer_without_a_key_that_can_be_read_is_ignored_with_the_reason() {
    let arn_of_an_alias = "arn:aws:kms:eu-west-1:111122223333:alias/media";
    for (response, reason) in [
        (Value::Null, "names no KMS key for it"),
        (json!("aws:kms"), "names no KMS key for it"),
        (
            json!({"x-amz-server-side-encryption": "aws:kms"}),
            "names no KMS key for it",
        ),
        (response("aws:kms", " "), "names no KMS key for it"),
        (response("AES256", KEY), "under no KMS key but `AES256`"),
        (response("aws:fsx", KEY), "under no KMS key but `aws:fsx`"),
        (
            response("aws:kms", "alias/media"),
            "`alias/media`, which is no key's ARN",
        ),
        (response("aws:kms", arn_of_an_alias), "which is no key's ARN"),
        (
            response("aws:kms", "0b9f6c1e-5a2d-4a67-9c1f-77d0c3b1e5aa"),
            "which is no key's ARN",
        ),
        (
            json!({"x-amz-server-side-encryption": ["aws:kms"]}),
            "names no KMS key for it",
        ),
    ] {
        for event in ["PutObject", "CreateMultipartUpload"] {
            let trigger = call(event, "img/hero.jpg", &response);
            assert_eq!(trigger.action, Action::Ignore, "{response}");
            assert!(trigger.reason.contains(reason), "{}", trigger.reason);
        }
    }
}

#[test]
fn a_marker_is_looked_at_whatever_it_is_under_once_it_is_there() {
    let marker = ".wellknown/cloudinary/demo";
    let put = call("PutObject", marker, &response("aws:kms", KEY));
    assert_eq!(put.reason, "the marker `.wellknown/cloudinary/demo` was written");
    assert_eq!(
        (put.under.clone(), resources(&put)),
        (None, vec!["bucket:media".to_owned()])
    );
    let begun = call("CreateMultipartUpload", marker, &response("aws:kms", KEY));
    assert_eq!(begun.action, Action::Ignore);
}

#[test]
fn a_copy_is_about_its_target_also_where_the_source_is_listed_first() {
    let trigger = read(&json!({
        "eventSource": "s3.amazonaws.com", "eventName": "CopyObject", "eventID": "e-1",
        "requestParameters": {"bucketName": "media", "key": "new/b.jpg", "x-amz-copy-source": "other/old/a.jpg"},
        "responseElements": response("aws:kms", KEY),
        "resources": [{"ARN": "arn:aws:s3:::other/old/a.jpg"}, {"ARN": "arn:aws:s3:::media/new/b.jpg"}],
    }));
    assert_eq!(trigger.under.clone().unwrap().object, "new/b.jpg");
    assert_eq!(resources(&trigger), ["bucket:media"]);
}

#[test]
fn whether_a_bucket_key_stands_between_is_said_and_changes_nothing_else() {
    let with = |value: Value| {
        let mut response = response("aws:kms", KEY);
        response["x-amz-server-side-encryption-bucket-key-enabled"] = value;
        call("PutObject", "img/hero.jpg", &response)
    };
    for value in [json!(true), json!("true")] {
        assert!(with(value).reason.ends_with("under a KMS key and a Bucket Key"));
    }
    for value in [json!(false), json!("false"), Value::Null, json!(1)] {
        assert!(
            with(value.clone())
                .reason
                .ends_with("was written under a KMS key"),
            "{value}"
        );
        assert_eq!(with(value).under, with(json!(true)).under);
    }
}

fn update(parameters: &Value) -> Trigger {
    read(&json!({
        "eventSource": "s3.amazonaws.com", "eventName": "UpdateObjectEncryption", "eventID": "e-1",
        "requestParameters": parameters,
    }))
}

#[test]
fn the_key_an_object_moves_to_is_found_however_deep_it_is_named() {
    let trigger = update(&json!({"bucketName": "media", "key": "a.jpg", "X": {"Y": [{"Z": KEY}]}}));
    let under = trigger.under.clone().unwrap();
    assert_eq!(
        (under.object.as_str(), under.key.as_str(), under.begun),
        ("a.jpg", KEY, false)
    );
    assert_eq!(resources(&trigger), ["bucket:media"]);
}

#[test]
fn an_object_that_moves_to_a_key_nobody_names_is_looked_at_itself() {
    let trigger = update(&json!({"bucketName": "media", "key": "a.jpg", "encryption": ""}));
    assert_eq!(
        (trigger.objects.as_slice(), &trigger.under),
        (["a.jpg".to_owned()].as_slice(), &None)
    );
    assert_eq!(resources(&trigger), ["bucket:media"]);
}

#[test]
fn a_marker_that_moves_to_another_key_has_bucket_and_key_looked_at() {
    let marker = ".wellknown/cloudinary/demo";
    let trigger = update(&json!({"bucketName": "media", "key": marker, "SSEKMS": {"KMSKeyArn": KEY}}));
    assert_eq!(
        resources(&trigger),
        ["bucket:media".to_owned(), format!("key:{KEY}")]
    );
    assert_eq!(trigger.under, None);
}
