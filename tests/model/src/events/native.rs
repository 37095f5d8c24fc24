//! Events that services send themselves, without CloudTrail.

use guardian_core::name::{BucketName, KeyArn};
use serde_json::{Map, Value, json};

use crate::bucket::Object;
use crate::state::State;
use crate::who::Caller;

/// How an object went.
#[derive(Debug)]
pub(crate) enum Deletion {
    /// A delete marker (of this version) now hides it.
    MarkerCreated(String),
    /// It, or the version that is named, is gone for good.
    Permanent(Option<String>),
}

impl State {
    /// "Object Created" (S3 User Guide, "EventBridge event message structure", schema 1.2). It does not say
    /// how the object is encrypted. `reason` is the call.
    pub(crate) fn object_created(
        &mut self,
        caller: &Caller,
        bucket: &BucketName,
        key: &str,
        object: &Object,
        reason: &str,
    ) {
        let mut fields = Map::new();
        fields.insert("key".to_owned(), key.into());
        fields.insert("size".to_owned(), object.size.into());
        fields.insert("etag".to_owned(), object.etag.as_str().into());
        if let Some(version) = &object.version {
            fields.insert("version-id".to_owned(), version.as_str().into());
        }
        self.object_event("Object Created", caller, bucket, fields, reason, None);
    }

    /// "Object Deleted". `etag` appears only with delete markers.
    pub(crate) fn object_deleted(
        &mut self,
        caller: &Caller,
        bucket: &BucketName,
        key: &str,
        deletion: &Deletion,
    ) {
        let mut fields = Map::new();
        fields.insert("key".to_owned(), key.into());
        let deletion_type = match deletion {
            Deletion::MarkerCreated(version) => {
                fields.insert("etag".to_owned(), "d41d8cd98f00b204e9800998ecf8427e".into());
                fields.insert("version-id".to_owned(), version.as_str().into());
                "Delete Marker Created"
            }
            Deletion::Permanent(version) => {
                if let Some(version) = version {
                    fields.insert("version-id".to_owned(), version.as_str().into());
                }
                "Permanently Deleted"
            }
        };
        let reason = if caller.service().is_some() {
            "Lifecycle Expiration"
        } else {
            "DeleteObject"
        };
        self.object_event(
            "Object Deleted",
            caller,
            bucket,
            fields,
            reason,
            Some(deletion_type),
        );
    }

    fn object_event(
        &mut self,
        detail_type: &str,
        caller: &Caller,
        name: &BucketName,
        mut object: Map<String, Value>,
        reason: &str,
        deletion_type: Option<&str>,
    ) {
        let Ok(bucket) = self.bucket(name) else { return };
        if !bucket.notified.get().event_bridge {
            return;
        }
        let (account, region) = (bucket.owner.clone(), bucket.region.clone());
        self.courier.sequence += 1;
        let seconds = self.moment().unix();
        // Orders the events of one key; lifecycle's ends in zeros.
        let low = if caller.service().is_some() {
            0
        } else {
            self.courier.sequence & 0xffff_ffff
        };
        object.insert("sequencer".to_owned(), format!("{seconds:08x}{low:08x}").into());
        let mut detail = Map::new();
        let mut put = |key: &str, value: Value| drop(detail.insert(key.to_owned(), value));
        put("version", "0".into());
        put("event-version", "1.2".into());
        put("bucket", json!({"name": name.as_str()}));
        put("object", object.into());
        put("request-id", self.random.capitals(16).into());
        // An account or a service, never an ARN; a service has no address.
        put("requester", caller.service().unwrap_or(&caller.account).into());
        if caller.service().is_none() {
            put("source-ip-address", caller.address().into());
        }
        put("reason", reason.into());
        if let Some(deletion_type) = deletion_type {
            put("deletion-type", deletion_type.into());
        }
        let arn = self.bucket_arn(name, None);
        self.service_event("aws.s3", detail_type, &account, &region, &arn, detail.into());
    }

    /// A key is gone: CloudTrail's service event, which names no parameters and no principal, and KMS's own
    /// (KMS Developer Guide, "Monitoring with EventBridge").
    pub(crate) fn key_deleted(&mut self, arn: &KeyArn) {
        self.key_service_record(arn, "DeleteKey", Value::Null);
        self.key_event(arn, "KMS CMK Deletion", json!({"key-id": arn.id()}));
    }

    /// What KMS did to a key by itself, as CloudTrail records it: no parameters, no principal. The record of
    /// DeleteKey has no details at all.
    pub(crate) fn key_service_record(&mut self, arn: &KeyArn, event: &str, details: Value) {
        let (account, region) = (arn.account().to_string(), arn.region().to_owned());
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": {"accountId": account, "invokedBy": "AWS Internal"},
            "eventTime": self.moment().to_string(),
            "eventSource": "kms.amazonaws.com",
            "eventName": event,
            "awsRegion": region,
            "sourceIPAddress": "AWS Internal",
            "userAgent": "AWS Internal",
            "requestParameters": null,
            "responseElements": null,
            "eventID": self.random.uuid(),
            "readOnly": false,
            "resources": [{"accountId": account, "type": "AWS::KMS::Key", "ARN": arn.as_str()}],
            "eventType": "AwsServiceEvent",
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        if let (Value::Object(record), false) = (&mut record, details.is_null()) {
            record.insert("serviceEventDetails".to_owned(), details);
        }
        let envelope = json!({
            "version": "0",
            "id": self.random.uuid(),
            "detail-type": "AWS Service Event via CloudTrail",
            "source": "aws.kms",
            "account": account,
            "time": self.moment().to_string(),
            "region": region,
            "resources": [],
            "detail": record,
        });
        self.emit(envelope);
    }

    /// KMS's own event.
    pub(crate) fn key_event(&mut self, arn: &KeyArn, detail_type: &str, detail: Value) {
        let (account, region) = (arn.account().to_string(), arn.region().to_owned());
        self.service_event("aws.kms", detail_type, &account, &region, arn.as_str(), detail);
    }

    /// "Parameter Store Change" (Systems Manager User Guide, "Monitoring with EventBridge"); it does not say
    /// who did it.
    pub(crate) fn parameter_changed(&mut self, name: &str, operation: &str) {
        let home = self.home.clone();
        let arn = self.parameter_arn(name);
        let detail = json!({"operation": operation, "name": name, "type": "String"});
        self.service_event(
            "aws.ssm",
            "Parameter Store Change",
            &home.account,
            &home.region,
            &arn,
            detail,
        );
    }

    pub(crate) fn parameter_arn(&self, name: &str) -> String {
        let home = &self.home;
        let slash = if name.starts_with('/') { "" } else { "/" };
        format!(
            "arn:{}:ssm:{}:{}:parameter{slash}{name}",
            home.partition, home.region, home.account
        )
    }

    fn service_event(
        &mut self,
        source: &str,
        detail_type: &str,
        account: &str,
        region: &str,
        resource: &str,
        detail: Value,
    ) {
        let envelope = json!({
            "version": "0",
            "id": self.random.uuid(),
            "detail-type": detail_type,
            "source": source,
            "account": account,
            "time": self.moment().to_string(),
            "region": region,
            "resources": [resource],
            "detail": detail,
        });
        self.emit(envelope);
    }
}
