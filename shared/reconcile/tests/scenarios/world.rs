//! Buckets, keys and the people around them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use guardian_model::{Delivery, Outsider, Who};
use serde_json::{Value, json};

use crate::stage::Stage;

/// What a bucket is declared with where nothing else is said.
pub(crate) const DEMO: &str = r#"{"clouds": ["demo"]}"#;

pub(crate) const MARKER: &str = ".wellknown/cloudinary/demo";

thread_local! {
    static KEY_NAMES: RefCell<BTreeMap<String, &'static str>> = const { RefCell::new(BTreeMap::new()) };
}

/// Keys have random ids: in the lists they go by the name they were given.
pub(crate) fn name_key(key: &KeyArn, name: &'static str) {
    KEY_NAMES.with_borrow_mut(|names| names.insert(key.to_string(), name));
}

pub(crate) fn with_key_names(line: &str) -> String {
    KEY_NAMES.with_borrow(|names| {
        names
            .iter()
            .fold(line.to_owned(), |line, (arn, name)| line.replace(arn, name))
    })
}

pub(crate) fn bucket(name: &str) -> BucketName {
    name.parse().unwrap()
}

/// The policy the owner keeps in Terraform: it knows nothing of Cloudinary. What it denies to plain HTTP
/// denies Cloudinary nothing.
pub(crate) fn owners_policy(bucket: &BucketName, more: &[Value]) -> Value {
    let mut statements = vec![
        json!({
            "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}
        }),
        json!({
            "Sid": "Thumbnailer", "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/thumbnailer"},
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": format!("arn:aws:s3:::{bucket}/thumbnails/*")
        }),
    ];
    statements.extend_from_slice(more);
    json!({"Version": "2012-10-17", "Id": "owners", "Statement": statements})
}

/// Our statement, as S3 gives it back.
pub(crate) fn grant(bucket: &BucketName) -> Value {
    json!({
        "Sid": format!("AWSConsoleStmt-{bucket}-cloudinary"), "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket}/*")
    })
}

/// The key policy the owner keeps in Terraform.
pub(crate) fn owners_key_policy(more: &[Value]) -> Value {
    let mut statements = vec![json!({
        "Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*", "Resource": "*"
    })];
    statements.extend_from_slice(more);
    json!({"Version": "2012-10-17", "Id": "owners-key", "Statement": statements})
}

impl Stage {
    /// The bucket `media`, under SSE-S3 and declared for `demo`, at rest in its healthy state for a day.
    pub(crate) fn with_media() -> Self {
        let stage = Self::new(1);
        stage.plain_bucket(&bucket("media"));
        stage.declared(&bucket("media"), DEMO);
        stage.settled();
        stage
    }

    /// The same, with the grant taken away a moment ago. No echo of what we write will come.
    pub(crate) fn without_grant() -> Self {
        let stage = Self::with_media();
        stage.terraform_replaces(&bucket("media"), &[]);
        stage.model.deliver(Delivery::Dropped);
        stage
    }

    /// The bucket `vault`, under SSE-KMS with a key of ours called `KEY`, declared for `demo`, at rest.
    pub(crate) fn with_vault() -> (Self, KeyArn) {
        let stage = Self::new(2);
        let key = stage.key("KEY");
        stage.bucket_under(&bucket("vault"), key.as_str());
        stage.declared(&bucket("vault"), DEMO);
        stage.settled();
        (stage, key)
    }

    /// A bucket that nobody declares yet, with the owner's policy and one object.
    pub(crate) fn plain_bucket(&self, bucket: &BucketName) {
        self.model.add_bucket(bucket);
        self.model
            .set_policy(bucket, &owners_policy(bucket, &[]).to_string());
        self.model
            .add_object(bucket, "photos/cat.jpg", ObjectEncryption::SseS3);
    }

    /// The same with a default key, named in any way.
    pub(crate) fn bucket_under(&self, bucket: &BucketName, key: &str) {
        self.plain_bucket(bucket);
        self.model.set_default_encryption(
            bucket,
            DefaultEncryption::Kms {
                key: Some(key.to_owned()),
                bucket_key: true,
            },
        );
        // A write under a key that does not work fails, and leaves the object as it was.
        let _written = self.terraform().put_object(bucket, "photos/cat.jpg", None);
    }

    /// A key of ours with the owner's policy.
    pub(crate) fn key(&self, name: &'static str) -> KeyArn {
        let key = self.model.add_key();
        name_key(&key, name);
        self.terraform()
            .put_key_policy(&key, &owners_key_policy(&[]).to_string())
            .unwrap();
        key
    }

    pub(crate) fn declared(&self, bucket: &BucketName, declaration: &str) {
        self.terraform()
            .put_parameter(bucket.as_str(), declaration)
            .unwrap();
    }

    /// Comes to rest, lets a quiet day pass and forgets what was said.
    pub(crate) fn settled(&self) {
        self.rest();
        self.model.advance(Duration::from_secs(24 * 60 * 60));
        self.model.take_journal();
        self.model.take_notices();
        self.model.take_events();
    }

    pub(crate) fn terraform(&self) -> Outsider {
        self.model.act_as(Who::terraform())
    }

    pub(crate) fn ana(&self) -> Outsider {
        self.model.act_as(Who::console("ana"))
    }

    /// Terraform puts the owner's policy in the place of whatever is there.
    pub(crate) fn terraform_replaces(&self, bucket: &BucketName, more: &[Value]) {
        self.terraform()
            .put_bucket_policy(bucket, &owners_policy(bucket, more).to_string())
            .unwrap();
    }

    /// A bucket's policy as it truly is.
    pub(crate) fn policy(&self, bucket: &BucketName) -> Value {
        let text = self.model.policy(bucket).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Whether Cloudinary reads the one object, by the model's own rules.
    pub(crate) fn cloudinary_reads(&self, bucket: &BucketName) -> bool {
        self.model.cloudinary_reads(bucket, "photos/cat.jpg").is_ok()
    }
}

/// How often each bucket was looked at.
pub(crate) fn looks(stage: &Stage) -> BTreeMap<String, usize> {
    let mut looks = BTreeMap::new();
    for call in stage.model.take_journal() {
        if call.operation == "HeadBucket" {
            *looks.entry(call.resource).or_default() += 1;
        }
    }
    looks
}
