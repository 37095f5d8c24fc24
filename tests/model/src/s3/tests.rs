mod notifications;
mod objects;
mod policies;

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::name::BucketName;
use guardian_core::observation::{
    DefaultEncryption, KeyState, MarkerEncryption, MarkerWrite, ObjectEncryption, PublicAccessBlock,
};
use guardian_reconcile::seam::{Account, Buckets};
use serde_json::{Value, json};

use crate::{Model, Who, done};

const MARKER: &str = ".wellknown/cloudinary/demo";

fn media() -> BucketName {
    "media".parse().unwrap()
}

fn model() -> Model {
    let model = Model::new(1);
    model.add_bucket(&media());
    model
}

fn policy(statement: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn grant(principal: &Value) -> String {
    policy(&json!({
        "Effect": "Allow", "Principal": principal, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::media/*"],
    }))
}

fn deny(action: &str) -> String {
    policy(&json!({
        "Effect": "Deny", "Principal": "*", "Action": action,
        "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
    }))
}

fn put(model: &Model, text: &str) -> Result<(), CallError> {
    done(model.put_bucket_policy(&media(), text))
}

fn refused(model: &Model, text: &str) -> (CallErrorKind, String) {
    let before = model.policy(&media());
    let error = put(model, text).unwrap_err();
    assert_eq!(model.policy(&media()), before, "a refused write changes nothing");
    assert_eq!(error.operation, "s3:PutBucketPolicy");
    (error.kind, error.message)
}
