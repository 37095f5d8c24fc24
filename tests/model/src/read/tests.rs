use guardian_core::name::BucketName;
use guardian_core::observation::{DefaultEncryption, KeyState, ObjectEncryption, PublicAccessBlock};
use serde_json::{Value, json};

use crate::{Model, Who};

fn media() -> BucketName {
    "media".parse().unwrap()
}

fn grant() -> Value {
    json!({
        "Effect": "Allow", "Principal": {"AWS": "232482882421"}, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::media/*",
    })
}

fn model(statements: Value) -> Model {
    let model = Model::new(1);
    model.add_bucket(&media());
    model.add_object(&media(), "a", ObjectEncryption::SseS3);
    model.set_policy(
        &media(),
        &json!({"Version": "2012-10-17", "Statement": statements}).to_string(),
    );
    model
}

fn reads(model: &Model) -> bool {
    model.cloudinary_reads(&media(), "a").is_ok()
}

#[test]
fn cloudinary_reads_what_the_policy_grants_and_nothing_else() {
    assert!(reads(&model(json!([grant()]))));
    let model = Model::new(1);
    model.add_bucket(&media());
    model.add_object(&media(), "a", ObjectEncryption::SseS3);
    assert!(!reads(&model), "no policy");
}

#[test]
fn a_deny_takes_the_read_away() {
    let deny = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::media/*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}},
    });
    assert!(!reads(&model(json!([grant(), deny]))));
}

#[test]
fn one_public_statement_under_restrict_public_buckets_shuts_every_other_account_out() {
    let public = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/public/*",
    });
    let model = model(json!([grant(), public]));
    assert!(!reads(&model));
    model.set_public_access_block(&media(), PublicAccessBlock::default());
    assert!(reads(&model));
}

#[test]
fn an_object_under_kms_needs_the_keys_grant_and_an_enabled_key() {
    let model = model(json!([grant()]));
    let key = model.add_key();
    model.add_object(&media(), "a", ObjectEncryption::Kms(key.to_string()));
    assert!(!reads(&model));
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": "232482882421"}, "Action": "kms:Decrypt", "Resource": "*",
         "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}},
    ]});
    model
        .act_as(Who::console("ana"))
        .put_key_policy(&key, &policy.to_string())
        .unwrap();
    assert!(reads(&model));
    model.set_key_state(&key, KeyState::Disabled);
    assert!(!reads(&model));
}

#[test]
fn an_object_under_the_aws_managed_key_cannot_be_shared() {
    let model = model(json!([grant()]));
    model
        .act_as(Who::cli("ana"))
        .put_object_with_aws_managed_key(&media(), "a")
        .unwrap();
    assert!(!reads(&model));
    assert!(
        model.act_as(Who::cli("ana")).get_object(&media(), "a").is_ok(),
        "its own account reads it"
    );
}

#[test]
fn a_missing_object_looks_like_a_forbidden_one_from_outside() {
    let model = model(json!([grant()]));
    let error = model.cloudinary_reads(&media(), "none").unwrap_err();
    assert_eq!(error.kind, guardian_core::call::CallErrorKind::AccessDenied);
}

#[test]
fn a_key_grant_bound_to_object_arns_stops_matching_under_a_bucket_key() {
    let model = model(json!([grant()]));
    let key = model.add_key();
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": "232482882421"}, "Action": "kms:Decrypt", "Resource": "*",
         "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::media/*"}}},
    ]});
    let ana = model.act_as(Who::console("ana"));
    ana.put_key_policy(&key, &policy.to_string()).unwrap();
    for (bucket_key, readable) in [(false, true), (true, false)] {
        let encryption = DefaultEncryption::Kms {
            key: Some(key.to_string()),
            bucket_key,
        };
        ana.put_bucket_encryption(&media(), encryption).unwrap();
        ana.put_object(&media(), "a", None).unwrap();
        assert_eq!(reads(&model), readable);
    }
}
