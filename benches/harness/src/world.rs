//! What lies in AWS: buckets that Cloudinary is to read, their key, their declarations, the guardian's ledger.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";
const CLOUDINARY: &str = "arn:aws:iam::232482882421:root";
const MARKER: &str = ".wellknown/cloudinary/demo";

/// A bucket.
#[derive(Clone, Default)]
pub(crate) struct Bucket {
    pub(crate) policy: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) objects: BTreeMap<String, ()>,
}

#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) buckets: BTreeMap<String, Bucket>,
    /// Key policies, by ARN.
    pub(crate) keys: BTreeMap<String, String>,
    /// Items of the table, by partition and sort key.
    pub(crate) items: BTreeMap<(String, String), Value>,
}

/// The key of the buckets that are under one.
pub(crate) fn key_arn() -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab")
}

/// What a typical owner keeps beside the grant: a Deny of plain HTTP and somebody of their own.
fn policy(bucket: &str, more: Option<Value>) -> String {
    let mut statements = vec![
        json!({"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
        json!({"Sid": "Thumbnailer", "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/thumbnailer")},
            "Action": ["s3:GetObject", "s3:PutObject"], "Resource": format!("arn:aws:s3:::{bucket}/thumbnails/*")}),
    ];
    statements.extend(more);
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn key_policy(more: Option<Value>) -> String {
    let mut statements = vec![json!({"Sid": "Owner", "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"})];
    statements.extend(more);
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

impl World {
    /// Healthy buckets, `media-0` and on, each declared for the cloud `demo`.
    pub(crate) fn new(buckets: u64, under_key: bool) -> Self {
        let mut world = Self::default();
        for number in 0..buckets {
            let name = format!("media-{number}");
            let grant = json!({"Sid": "Cloudinary", "Effect": "Allow", "Principal": {"AWS": CLOUDINARY},
                "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*")});
            let bucket = Bucket {
                policy: Some(policy(&name, Some(grant))),
                key: under_key.then(key_arn),
                objects: BTreeMap::from([(MARKER.to_owned(), ()), ("photos/cat.jpg".to_owned(), ())]),
            };
            world.buckets.insert(name, bucket);
        }
        if under_key {
            let grant = json!({"Sid": "Cloudinary", "Effect": "Allow", "Principal": {"AWS": CLOUDINARY},
                "Action": "kms:Decrypt", "Resource": "*"});
            world.keys.insert(key_arn(), key_policy(Some(grant)));
        }
        world
    }

    /// Somebody's Terraform takes ours away.
    pub(crate) fn damage(&mut self, what: &str) {
        match what {
            "key" => self
                .keys
                .values_mut()
                .for_each(|policy| *policy = key_policy(None)),
            _ => {
                for (name, bucket) in &mut self.buckets {
                    match what {
                        "grant" => bucket.policy = Some(policy(name, None)),
                        "marker" => drop(bucket.objects.remove(MARKER)),
                        _ => {}
                    }
                }
            }
        }
    }

    /// How many buckets have policy grant, marker and the grant in their key.
    pub(crate) fn healthy(&self) -> usize {
        let grants = |policy: &str| policy.contains("232482882421");
        let keys = self.keys.values().all(|policy| grants(policy));
        let healthy = self.buckets.values().filter(|bucket| {
            keys && bucket.policy.as_deref().is_some_and(grants) && bucket.objects.contains_key(MARKER)
        });
        healthy.count()
    }
}
