mod grants;
mod places;
mod states;

use serde_json::{Value, json};

use super::*;
use crate::declaration::Declaration;
use crate::finding::Finding;
use crate::judge::judge_bucket;
use crate::observation::{BucketObservation, DefaultEncryption, KeyDescription, KeyState, Presence};
use crate::settings::{CLOUDINARY_ACCOUNT, Ceilings};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const NOW: &str = "2026-11-23T10:15:00Z";

fn settings() -> Settings {
    Settings::new(
        "111122223333".parse().unwrap(),
        "us-east-1",
        CLOUDINARY_ACCOUNT.parse().unwrap(),
        Ceilings::open(Mode::Repair),
    )
}

fn now() -> Moment {
    NOW.parse().unwrap()
}

fn owner() -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"})
}

fn grant(actions: &[&str]) -> Value {
    json!({"Sid": "Cloudinary", "Effect": "Allow", "Principal": {"AWS": CLOUDINARY_ACCOUNT}, "Action": actions, "Resource": "*"})
}

fn read() -> Value {
    grant(&["kms:Decrypt", "kms:DescribeKey"])
}

fn policy(statements: &Value) -> KeyPolicy {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    KeyPolicy::Document(Box::new(PolicyDocument::parse(&text).unwrap()))
}

/// A key in the best of health, changed.
fn key(change: impl FnOnce(&mut KeyDescription)) -> KeyObservation {
    let mut description = KeyDescription::new(KEY.parse().unwrap());
    change(&mut description);
    KeyObservation {
        named: KEY.to_owned(),
        because: vec!["objects written earlier may be under it".to_owned()],
        named_by: Vec::new(),
        certain: true,
        description: Ok(description),
        policy: policy(&json!([owner(), read()])),
    }
}

fn reader() -> Reader {
    Reader {
        bucket: "media".parse().unwrap(),
        clouds: vec!["demo".parse().unwrap()],
        mode: Mode::Repair,
        hold: Hold::Settings,
    }
}

fn judged(seen: &KeyObservation) -> Judgement {
    judge_key(&settings(), seen, &[reader()], now())
}

/// The only finding.
fn told(seen: &KeyObservation) -> (Verdict, Finding) {
    let judgement = judged(seen);
    assert_eq!(judgement.findings.len(), 1, "{judgement:?}");
    (judgement.verdict(), judgement.findings[0].clone())
}

fn state(state: KeyState) -> KeyObservation {
    key(|description| description.state = state)
}

/// The only finding on a bucket that needs this key.
fn in_bucket(settings: &Settings, seen: KeyObservation) -> (Verdict, Finding) {
    let declaration = Declaration::ad_hoc("media".parse().unwrap(), Vec::new(), Mode::Repair);
    let grant = json!([{"Effect": "Allow", "Principal": {"AWS": CLOUDINARY_ACCOUNT},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}]);
    let text = json!({"Version": "2012-10-17", "Statement": grant}).to_string();
    let seen = BucketObservation {
        bucket: declaration.bucket.clone(),
        presence: Presence::Here,
        policy: Ok(Some(PolicyDocument::parse(&text).unwrap())),
        public_access_block: None,
        encryption: Ok(DefaultEncryption::SseS3),
        markers: Vec::new(),
        listed: Ok(Vec::new()),
        keys: vec![seen],
        notifications: None,
    };
    let judgement = judge_bucket(settings, &declaration, &seen, now());
    assert_eq!(judgement.findings.len(), 1, "{judgement:?}");
    (judgement.verdict(), judgement.findings[0].clone())
}
