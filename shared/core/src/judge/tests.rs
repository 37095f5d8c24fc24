mod bucket;
mod key;
mod planned;

use serde_json::{Value, json};

use super::*;
use crate::call::{CallError, CallErrorKind};
use crate::declaration::Declaration;
use crate::finding::Remedy;
use crate::moment::Moment;
use crate::name::BucketName;
use crate::observation::*;
use crate::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn settings() -> Settings {
    Settings::new(
        "111122223333".parse().unwrap(),
        "us-east-1",
        CLOUDINARY_ACCOUNT.parse().unwrap(),
        Ceilings::open(Mode::Repair),
    )
}

fn now() -> Moment {
    "2026-11-23T10:15:00Z".parse().unwrap()
}

fn bucket() -> BucketName {
    "media".parse().unwrap()
}

fn declaration(clouds: &[&str]) -> Declaration {
    Declaration::ad_hoc(
        bucket(),
        clouds.iter().map(|cloud| cloud.parse().unwrap()).collect(),
        Mode::Repair,
    )
}

fn document(statements: Value) -> PolicyDocument {
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

fn grant(resource: &str) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": CLOUDINARY_ACCOUNT}, "Action": "s3:GetObject", "Resource": resource})
}

/// A bucket in which everything is as it should be.
fn healthy(declaration: &Declaration) -> BucketObservation {
    let head = ObjectHead {
        encryption: ObjectEncryption::SseS3,
        ..ObjectHead::default()
    };
    BucketObservation {
        bucket: declaration.bucket.clone(),
        presence: Presence::Here,
        policy: Ok(Some(document(json!([grant("arn:aws:s3:::media/*")])))),
        public_access_block: None,
        encryption: Ok(DefaultEncryption::SseS3),
        markers: declaration
            .clouds
            .iter()
            .map(|cloud| MarkerObservation {
                cloud: cloud.clone(),
                head: Ok(Some(head.clone())),
            })
            .collect(),
        listed: Ok(declaration
            .clouds
            .iter()
            .map(crate::cloudinary::marker_key)
            .collect()),
        keys: Vec::new(),
        notifications: None,
    }
}

fn key(state: KeyState, statements: Value) -> KeyObservation {
    KeyObservation {
        named: KEY.to_owned(),
        because: vec!["the bucket's default key".to_owned()],
        named_by: Vec::new(),
        certain: true,
        description: Ok(KeyDescription {
            state,
            ..KeyDescription::new(KEY.parse().unwrap())
        }),
        policy: KeyPolicy::Document(Box::new(document(statements))),
    }
}

fn key_statements(ours: bool) -> Value {
    let owner = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"});
    let grant = json!({"Effect": "Allow", "Principal": {"AWS": CLOUDINARY_ACCOUNT}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"});
    if ours {
        json!([owner, grant])
    } else {
        json!([owner])
    }
}

fn codes(judgement: &Judgement) -> Vec<Code> {
    judgement.findings.iter().map(|finding| finding.code).collect()
}

fn judged(change: impl FnOnce(&mut BucketObservation)) -> Judgement {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    change(&mut seen);
    judge_bucket(&settings(), &declaration, &seen, now())
}

fn denied(operation: &'static str) -> Unknown {
    Unknown::Call(CallError {
        operation,
        kind: CallErrorKind::AccessDenied,
        message: "AccessDenied".to_owned(),
    })
}
