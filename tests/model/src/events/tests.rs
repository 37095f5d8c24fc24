mod data;
mod delivery;
mod native;
mod trail;

use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_core::name::BucketName;
use guardian_core::observation::{DefaultEncryption, MarkerEncryption, ObjectEncryption, PublicAccessBlock};
use guardian_reconcile::seam::Buckets;
use serde_json::{Value, json};

use crate::{Delivery, Model, Queue, Who, done};

const POLICY: &str = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"232482882421"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::media/*"}}"#;
const MARKER: &str = ".wellknown/cloudinary/demo";

fn media() -> BucketName {
    "media".parse().unwrap()
}

fn model() -> Model {
    let model = Model::new(1);
    model.add_bucket(&media());
    model
}

fn delivered(model: &Model) -> Vec<Value> {
    let messages = model.receive_ingest(usize::MAX);
    model.settle_ingest(&messages, &[]);
    messages
        .iter()
        .map(|message| serde_json::from_str(&message.body).unwrap())
        .collect()
}

fn the_only(model: &Model) -> Value {
    let mut all = delivered(model);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}
