//! Data events: what a trail records of calls on objects, where it is told to.

use guardian_core::name::BucketName;
use guardian_core::observation::ObjectEncryption;
use serde_json::{Map, Value, json};

use super::trail::{Subject, Trail};
use crate::bucket::{Encrypted, Object};

const ALGORITHM: &str = "x-amz-server-side-encryption";
const KMS_KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";

impl Trail {
    /// PutObject. The request holds the headers as they were sent, the answer names the key by its ARN (S3 User Guide,
    /// bucket-encryption-tracking).
    pub(crate) fn put_object(
        bucket: &BucketName,
        key: &str,
        encrypted: Encrypted<'_>,
        object: &Object,
    ) -> Self {
        Self::write("PutObject", bucket, key, encrypted, object)
    }

    /// CopyObject of an object onto itself.
    pub(crate) fn copy_object(
        bucket: &BucketName,
        key: &str,
        encrypted: Encrypted<'_>,
        object: &Object,
    ) -> Self {
        let mut trail = Self::write("CopyObject", bucket, key, encrypted, object);
        trail
            .request
            .insert("x-amz-copy-source".to_owned(), format!("{bucket}/{key}").into());
        trail
    }

    /// UpdateObjectEncryption. No record of it is public; the body follows those of other calls.
    pub(crate) fn update_object_encryption(
        bucket: &BucketName,
        key: &str,
        kms_key: &str,
        bucket_key: bool,
    ) -> Self {
        let mut request = of_object(bucket, key);
        let target = json!({"KMSKeyArn": kms_key, "BucketKeyEnabled": bucket_key});
        let body = json!({"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/", "SSEKMS": target});
        request.insert("ObjectEncryption".to_owned(), body);
        request.insert("encryption".to_owned(), "".into());
        let subject = Subject::Object(bucket.clone(), key.to_owned());
        Self::of("UpdateObjectEncryption", subject, request)
    }

    fn write(
        event: &'static str,
        bucket: &BucketName,
        key: &str,
        encrypted: Encrypted<'_>,
        object: &Object,
    ) -> Self {
        let mut request = of_object(bucket, key);
        match encrypted {
            Encrypted::ByDefault => {}
            Encrypted::SseS3 => drop(request.insert(ALGORITHM.to_owned(), "AES256".into())),
            Encrypted::Kms(named) => {
                request.insert(ALGORITHM.to_owned(), "aws:kms".into());
                if let Some(named) = named {
                    request.insert(KMS_KEY.to_owned(), named.into());
                }
            }
        }
        let mut response = Map::new();
        match &object.encryption {
            ObjectEncryption::SseS3 => drop(response.insert(ALGORITHM.to_owned(), "AES256".into())),
            ObjectEncryption::Kms(arn) => {
                response.insert(ALGORITHM.to_owned(), "aws:kms".into());
                response.insert(KMS_KEY.to_owned(), arn.as_str().into());
                if object.bucket_key {
                    response.insert(BUCKET_KEY.to_owned(), "true".into());
                }
            }
            ObjectEncryption::SseC => {}
        }
        let subject = Subject::Object(bucket.clone(), key.to_owned());
        let mut trail = Self::of(event, subject, request);
        trail.response = Value::Object(response);
        trail
    }
}

fn of_object(bucket: &BucketName, key: &str) -> Map<String, Value> {
    let mut request = Map::new();
    request.insert("key".to_owned(), key.into());
    request.insert("bucketName".to_owned(), bucket.as_str().into());
    request
}
