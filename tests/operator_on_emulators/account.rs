//! An account on an emulator, with what is made in it by hand.

use serde_json::{Value, json};

use crate::boto::Boto;
use crate::emulator::{ACCOUNT, Emulator, Kind};
use crate::guardian::Ended;
use crate::witness::{Call, Witness};

/// Whom it is all about.
pub(crate) const CLOUDINARY: &str = "232482882421";

pub(crate) fn marker(cloud: &str) -> String {
    format!(".wellknown/cloudinary/{cloud}")
}

/// An emulator, boto3, and a witness of what the guardian does there.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) boto: Boto,
    witness: Witness,
    emulator: Emulator,
}

/// A run of the guardian and the calls that it made.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) ended: Ended,
    pub(crate) calls: Vec<Call>,
}

impl Run {
    /// Where it has to have written nothing.
    pub(crate) fn reading_only(self) -> Self {
        let writes: Vec<&Call> = self.calls.iter().filter(|call| call.is_write()).collect();
        assert!(writes.is_empty(), "{writes:?}");
        assert!(!self.calls.is_empty(), "the witness saw it");
        self
    }

    pub(crate) fn writes(&self) -> usize {
        self.calls.iter().filter(|call| call.is_write()).count()
    }

    /// Where it has to have ended with `status` and one line of JSON.
    pub(crate) fn answer(self, status: i32) -> Value {
        let mut lines = self.ended.expect(status).lines();
        assert_eq!(lines.len(), 1, "{lines:#?}");
        lines.remove(0)
    }
}

/// The codes of an answer's findings, in order.
pub(crate) fn codes(answer: &Value) -> Vec<&str> {
    let findings = answer["findings"].as_array().unwrap();
    let mut codes: Vec<&str> = findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    codes.sort_unstable();
    codes
}

impl Account {
    /// `None` where emulators cannot run.
    pub(crate) fn on(kind: Kind) -> Option<Self> {
        let emulator = Emulator::start(kind)?;
        Some(Self {
            boto: Boto::on(&emulator),
            witness: Witness::before(&emulator.endpoint()),
            emulator,
        })
    }

    /// A file that is there as long as the account is.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.emulator.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// Whether Cloudinary's and strangers' calls are judged by the bucket policy.
    pub(crate) fn judges_strangers(&self) -> bool {
        self.emulator.kind == Kind::Ministack
    }

    /// The guardian's way in.
    pub(crate) fn endpoint(&self) -> String {
        self.witness.endpoint()
    }

    pub(crate) fn guardian(&self, arguments: &[&str]) -> Run {
        self.guardian_with(arguments, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn guardian_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.witness.take();
        let run = self
            .emulator
            .guardian(arguments)
            .env("AWS_ENDPOINT_URL", &self.endpoint());
        let run = variables
            .iter()
            .fold(run, |run, (name, value)| run.env(name, value));
        let ended = run.run();
        Run {
            ended,
            calls: self.witness.take(),
        }
    }

    /// A bucket with an object in it, and old versions of everything kept: an object that is written again shows. Its
    /// notifications go to EventBridge; moto keeps that and does not say so, and of a bucket without any it says nothing at
    /// all, which is no answer.
    pub(crate) fn create_bucket(&self, bucket: &str) {
        let place = json!({"LocationConstraint": crate::emulator::REGION});
        self.boto.call(
            ("s3", "create_bucket"),
            &json!({"Bucket": bucket, "CreateBucketConfiguration": place}),
        );
        let versioning = json!({"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled"}});
        self.boto.call(("s3", "put_bucket_versioning"), &versioning);
        if self.emulator.kind == Kind::Ministack {
            self.notify(bucket, &json!({"EventBridgeConfiguration": {}}));
        }
        self.put_object(bucket, "photos/cat.jpg");
    }

    pub(crate) fn notify(&self, bucket: &str, configuration: &Value) {
        let arguments = json!({"Bucket": bucket, "NotificationConfiguration": configuration});
        self.boto
            .call(("s3", "put_bucket_notification_configuration"), &arguments);
    }

    pub(crate) fn put_object(&self, bucket: &str, key: &str) {
        self.boto.call(
            ("s3", "put_object"),
            &json!({"Bucket": bucket, "Key": key, "Body": "purr"}),
        );
    }

    /// What the owner wrote for himself: nothing without TLS.
    pub(crate) fn owners_statement(&self, bucket: &str) -> Value {
        let arn = format!("arn:aws:s3:::{bucket}");
        let resource = match self.emulator.kind {
            Kind::Ministack => json!([arn, format!("{arn}/*")]),
            // It takes a Deny for met whatever its condition says, on object calls only: no marker could be written.
            Kind::Moto => json!([arn]),
        };
        json!({
            "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}
        })
    }

    pub(crate) fn put_policy(&self, bucket: &str, statements: &[Value]) {
        let policy = json!({"Version": "2012-10-17", "Id": "by-hand", "Statement": statements}).to_string();
        self.boto.call(
            ("s3", "put_bucket_policy"),
            &json!({"Bucket": bucket, "Policy": policy}),
        );
    }

    /// The policy as it is stored; none where there is none.
    pub(crate) fn policy(&self, bucket: &str) -> Option<Value> {
        match self
            .boto
            .try_call(("s3", "get_bucket_policy"), &json!({"Bucket": bucket}))
        {
            Ok(answer) => Some(serde_json::from_str(answer["Policy"].as_str().unwrap()).unwrap()),
            Err(code) => {
                assert_eq!(code, "NoSuchBucketPolicy");
                None
            }
        }
    }

    /// A key of the owner's own with the statements that he wants there, as the bucket's default. Answers with its
    /// ARN.
    pub(crate) fn encrypt(&self, bucket: &str, statements: &[Value]) -> String {
        let made = self.boto.call(("kms", "create_key"), &json!({}));
        let arn = made["KeyMetadata"]["Arn"].as_str().unwrap();
        self.put_key_policy(arn, statements);
        let default = json!({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn});
        let rules = json!([{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": true}]);
        let encryption = json!({"Bucket": bucket, "ServerSideEncryptionConfiguration": {"Rules": rules}});
        self.boto.call(("s3", "put_bucket_encryption"), &encryption);
        arn.to_owned()
    }

    pub(crate) fn put_key_policy(&self, key: &str, statements: &[Value]) {
        let policy = json!({"Version": "2012-10-17", "Id": "by-hand", "Statement": statements}).to_string();
        let arguments = json!({"KeyId": key, "PolicyName": "default", "Policy": policy});
        self.boto.call(("kms", "put_key_policy"), &arguments);
    }

    pub(crate) fn key_policy(&self, key: &str) -> Value {
        let answer = self.boto.call(
            ("kms", "get_key_policy"),
            &json!({"KeyId": key, "PolicyName": "default"}),
        );
        serde_json::from_str(answer["Policy"].as_str().unwrap()).unwrap()
    }

    pub(crate) fn declare(&self, bucket: &str, declaration: &str) {
        let name = format!("/cloudinary-guardian/buckets/{bucket}");
        let arguments = json!({"Name": name, "Value": declaration, "Type": "String", "Overwrite": true});
        self.boto.call(("ssm", "put_parameter"), &arguments);
    }

    /// Everything of a bucket that the guardian might change, down to versions and times.
    pub(crate) fn state(&self, bucket: &str) -> Value {
        let versions = self
            .boto
            .call(("s3", "list_object_versions"), &json!({"Bucket": bucket}));
        json!({"policy": self.policy(bucket), "versions": versions["Versions"], "deleted": versions["DeleteMarkers"]})
    }
}

/// What AWS gives every new key.
pub(crate) fn owners_key_statement() -> Value {
    json!({
        "Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}
    })
}
