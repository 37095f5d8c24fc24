//! A bucket and its key as they are seen where all is well, and the statements of their policies.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::cloudinary::marker_key;
use guardian_core::declaration::Declaration;
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use guardian_core::observation::{
    BucketObservation, DefaultEncryption, KeyPolicy, MarkerObservation, ObjectEncryption, ObjectHead,
    Presence, Unknown,
};
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};
use guardian_policy::PolicyDocument;
use serde_json::{Value, json};

pub(crate) fn named(bucket: &str) -> BucketName {
    bucket.parse().unwrap()
}

pub(crate) fn now() -> Moment {
    "2026-11-23T10:15:00Z".parse().unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings::new(
        "111122223333".parse().unwrap(),
        "us-east-1",
        CLOUDINARY_ACCOUNT.parse().unwrap(),
        Ceilings::open(Mode::Repair),
    )
}

pub(crate) fn declaration(bucket: &str) -> Declaration {
    let clouds = vec!["demo".parse().unwrap(), "demo-staging".parse().unwrap()];
    Declaration::ad_hoc(named(bucket), clouds, Mode::Repair)
}

pub(crate) fn document(statements: &Value) -> PolicyDocument {
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "as an observation holds it")]
pub(crate) fn policy(statements: Value) -> Result<Option<PolicyDocument>, Unknown> {
    Ok(Some(document(&statements)))
}

pub(crate) fn key_policy(statements: Value) -> KeyPolicy {
    KeyPolicy::Document(Box::new(document(&statements)))
}

pub(crate) fn grant(resource: &str) -> Value {
    json!({"Sid": "AWSConsoleStmt-media-cloudinary", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232482882421:root"}, "Action": "s3:GetObject", "Resource": resource})
}

pub(crate) fn thumbnailer() -> Value {
    json!({"Sid": "Thumbnailer", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/thumbnailer"},
        "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::media/thumbnails/*"})
}

pub(crate) fn only_our_endpoint() -> Value {
    json!({"Sid": "OnlyThroughOurEndpoint", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}}})
}

pub(crate) fn owner() -> Value {
    json!({"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*", "Resource": "*"})
}

pub(crate) fn key_grant() -> Value {
    json!({"Sid": "AllowAccessForCloudinary", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"})
}

pub(crate) fn denied(operation: &'static str) -> Unknown {
    Unknown::Call(CallError {
        operation,
        kind: CallErrorKind::AccessDenied,
        message: "AccessDenied: explicit deny in a resource-based policy".to_owned(),
    })
}

pub(crate) fn healthy(declaration: &Declaration) -> BucketObservation {
    let head = ObjectHead {
        encryption: ObjectEncryption::SseS3,
        ..ObjectHead::default()
    };
    let marker = |cloud: &_| MarkerObservation {
        cloud: Clone::clone(cloud),
        head: Ok(Some(head.clone())),
    };
    BucketObservation {
        bucket: declaration.bucket.clone(),
        presence: Presence::Here,
        policy: policy(json!([grant("arn:aws:s3:::media/*")])),
        public_access_block: None,
        encryption: Ok(DefaultEncryption::SseS3),
        markers: declaration.clouds.iter().map(marker).collect(),
        listed: Ok(declaration.clouds.iter().map(marker_key).collect()),
        keys: Vec::new(),
        notifications: None,
    }
}
