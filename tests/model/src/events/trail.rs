//! What a call leaves behind in CloudTrail: the part that depends on the call.

use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::{DefaultEncryption, PublicAccessBlock};
use serde_json::{Map, Value, json};

/// The namespace that S3's XML bodies bring along.
const XMLNS: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What was called and with what.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(crate) event: &'static str,
    pub(crate) subject: Subject,
    pub(crate) request: Map<String, Value>,
    pub(crate) response: Value,
}

/// What it was about.
#[derive(Debug)]
pub(crate) enum Subject {
    /// A bucket; `listed` under `resources` unless it is only just being created.
    Bucket {
        name: BucketName,
        listed: bool,
        region: Option<String>,
    },
    /// An object, by its bucket and its key: a data event.
    Object(BucketName, String),
    /// The account's own S3 settings.
    Account(String),
    /// KMS ARNs, keys and aliases alike, in the order the record lists them.
    Kms(Vec<String>),
    /// A parameter.
    Parameter(String),
    /// A user or role.
    Principal,
    /// A trail, or a part of the guardian's stack: the service.
    Own(&'static str),
}

impl Trail {
    /// A call on a bucket's sub-resource. `requestParameters` holds the body under its own name, the bucket,
    /// and the query key of the REST call with an empty value.
    pub(crate) fn bucket(
        event: &'static str,
        name: &BucketName,
        sub_resource: &'static str,
        body: Option<(&'static str, Value)>,
    ) -> Self {
        let mut request = Map::new();
        if let Some((root, body)) = body {
            request.insert(root.to_owned(), body);
        }
        request.insert("bucketName".to_owned(), name.as_str().into());
        request.insert(sub_resource.to_owned(), "".into());
        Self::of(
            event,
            Subject::Bucket {
                name: name.clone(),
                listed: true,
                region: None,
            },
            request,
        )
    }

    pub(crate) fn create_bucket(name: &BucketName, region: &str) -> Self {
        let mut request = Map::new();
        // "us-east-1" cannot be named as a constraint (S3 API Reference, CreateBucket).
        if region != "us-east-1" {
            let constraint = json!({"xmlns": XMLNS, "LocationConstraint": region});
            request.insert("CreateBucketConfiguration".to_owned(), constraint);
        }
        request.insert("bucketName".to_owned(), name.as_str().into());
        let subject = Subject::Bucket {
            name: name.clone(),
            listed: false,
            region: Some(region.to_owned()),
        };
        Self::of("CreateBucket", subject, request)
    }

    pub(crate) fn delete_bucket(name: &BucketName) -> Self {
        let mut request = Map::new();
        request.insert("bucketName".to_owned(), name.as_str().into());
        Self::of(
            "DeleteBucket",
            Subject::Bucket {
                name: name.clone(),
                listed: true,
                region: None,
            },
            request,
        )
    }

    /// A call on the account's settings.
    pub(crate) fn account(event: &'static str, account: &str, body: Option<(&'static str, Value)>) -> Self {
        let mut request = Map::new();
        if let Some((root, body)) = body {
            request.insert(root.to_owned(), body);
        }
        request.insert("accountId".to_owned(), account.into());
        Self::of(event, Subject::Account(account.to_owned()), request)
    }

    pub(crate) fn encryption(encryption: &DefaultEncryption) -> (&'static str, Value) {
        let rule = match encryption {
            DefaultEncryption::SseS3 => {
                json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false})
            }
            DefaultEncryption::Kms { key, bucket_key } => {
                let mut apply = Map::new();
                apply.insert("SSEAlgorithm".to_owned(), "aws:kms".into());
                if let Some(key) = key {
                    apply.insert("KMSMasterKeyID".to_owned(), key.as_str().into());
                }
                json!({"ApplyServerSideEncryptionByDefault": apply, "BucketKeyEnabled": bucket_key})
            }
        };
        (
            "ServerSideEncryptionConfiguration",
            json!({"xmlns": XMLNS, "Rule": rule}),
        )
    }

    pub(crate) fn public_access_block(block: PublicAccessBlock) -> (&'static str, Value) {
        let body = json!({
            "xmlns": XMLNS,
            "BlockPublicAcls": block.block_public_acls,
            "IgnorePublicAcls": block.ignore_public_acls,
            "BlockPublicPolicy": block.block_public_policy,
            "RestrictPublicBuckets": block.restrict_public_buckets,
        });
        ("PublicAccessBlockConfiguration", body)
    }

    /// A configuration that clears everything is only its namespace.
    pub(crate) fn notification(elements: Map<String, Value>) -> (&'static str, Value) {
        let mut body = Map::new();
        body.insert("xmlns".to_owned(), XMLNS.into());
        body.extend(elements);
        ("NotificationConfiguration", Value::Object(body))
    }

    pub(crate) fn versioning() -> (&'static str, Value) {
        (
            "VersioningConfiguration",
            json!({"xmlns": XMLNS, "Status": "Enabled"}),
        )
    }

    /// A call whose only parameter is the key, as the caller typed it: most type the bare id.
    pub(crate) fn key(event: &'static str, arn: &KeyArn) -> Self {
        let mut request = Map::new();
        request.insert("keyId".to_owned(), arn.id().into());
        let mut trail = Self::of(event, Subject::Kms(vec![arn.to_string()]), request);
        if event == "CancelKeyDeletion" {
            trail.response = json!({"keyId": arn.as_str()});
        }
        trail
    }

    pub(crate) fn create_key(arn: &KeyArn) -> Self {
        let mut trail = Self::key("CreateKey", arn);
        trail.request = Map::new();
        trail
            .request
            .insert("keySpec".to_owned(), "SYMMETRIC_DEFAULT".into());
        trail
            .request
            .insert("keyUsage".to_owned(), "ENCRYPT_DECRYPT".into());
        trail.response = json!({"keyMetadata": {
            "aWSAccountId": arn.account().as_str(), "keyId": arn.id(), "arn": arn.as_str(), "keyManager": "CUSTOMER",
            "keyState": "Enabled", "enabled": true, "origin": "AWS_KMS", "multiRegion": false,
        }});
        trail
    }

    pub(crate) fn create_external_key(arn: &KeyArn) -> Self {
        let mut trail = Self::create_key(arn);
        trail.request.insert("origin".to_owned(), "EXTERNAL".into());
        if let Some(metadata) = trail.response.get_mut("keyMetadata") {
            for (name, value) in [
                ("keyState", json!("PendingImport")),
                ("enabled", json!(false)),
                ("origin", json!("EXTERNAL")),
            ] {
                metadata[name] = value;
            }
        }
        trail
    }

    pub(crate) fn import_key_material(arn: &KeyArn, expires: Option<Moment>) -> Self {
        let mut trail = Self::key("ImportKeyMaterial", arn);
        let model = match expires {
            Some(date) => {
                trail
                    .request
                    .insert("validTo".to_owned(), human_date(date).into());
                "KEY_MATERIAL_EXPIRES"
            }
            None => "KEY_MATERIAL_DOES_NOT_EXPIRE",
        };
        trail.request.insert("expirationModel".to_owned(), model.into());
        trail
    }

    pub(crate) fn delete_imported_key_material(arn: &KeyArn, material: Option<&str>) -> Self {
        let mut trail = Self::key("DeleteImportedKeyMaterial", arn);
        if let Some(material) = material {
            trail.request.insert("keyMaterialId".to_owned(), material.into());
            trail.response = json!({"keyId": arn.as_str(), "keyMaterialId": material});
        }
        trail
    }

    pub(crate) fn rotate_key_on_demand(arn: &KeyArn) -> Self {
        let mut trail = Self::key("RotateKeyOnDemand", arn);
        trail.response = json!({"keyId": arn.as_str()});
        trail
    }

    /// `policy` is a string here, where S3's record holds an object.
    pub(crate) fn put_key_policy(arn: &KeyArn, policy: &str, bypass: bool) -> Self {
        let mut trail = Self::key("PutKeyPolicy", arn);
        trail.request.insert("policyName".to_owned(), "default".into());
        trail.request.insert("policy".to_owned(), policy.into());
        trail
            .request
            .insert("bypassPolicyLockoutSafetyCheck".to_owned(), bypass.into());
        trail
    }

    pub(crate) fn schedule_key_deletion(arn: &KeyArn, days: u32, date: Moment) -> Self {
        let mut trail = Self::key("ScheduleKeyDeletion", arn);
        trail
            .request
            .insert("pendingWindowInDays".to_owned(), days.into());
        let date = human_date(date);
        trail.response = json!({"keyId": arn.as_str(), "keyState": "PendingDeletion", "deletionDate": date});
        trail
    }

    /// CreateAlias lists [key, alias], the other two [alias, key].
    pub(crate) fn alias(event: &'static str, alias: &str, alias_arn: &str, key: Option<&KeyArn>) -> Self {
        let mut request = Map::new();
        request.insert("aliasName".to_owned(), alias.into());
        let mut arns = vec![alias_arn.to_owned()];
        if let Some(key) = key {
            if event != "DeleteAlias" {
                request.insert("targetKeyId".to_owned(), key.id().into());
            }
            arns.insert(usize::from(event != "CreateAlias"), key.to_string());
        }
        Self::of(event, Subject::Kms(arns), request)
    }

    pub(crate) fn put_parameter(name: &str, _value: &str) -> Self {
        let mut trail = Self::parameter("PutParameter", name);
        trail
            .request
            .insert("value".to_owned(), "HIDDEN_DUE_TO_SECURITY_REASONS".into());
        trail.request.insert("type".to_owned(), "String".into());
        trail.request.insert("overwrite".to_owned(), true.into());
        trail
    }

    pub(crate) fn delete_parameter(name: &str) -> Self {
        Self::parameter("DeleteParameter", name)
    }

    fn parameter(event: &'static str, name: &str) -> Self {
        let mut request = Map::new();
        request.insert("name".to_owned(), name.into());
        Self::of(event, Subject::Parameter(name.to_owned()), request)
    }

    pub(crate) fn delete_principal(arn: &str) -> Self {
        let user = arn.contains(":user/");
        let name = arn.rsplit('/').next().unwrap_or_default();
        let mut request = Map::new();
        request.insert(if user { "userName" } else { "roleName" }.to_owned(), name.into());
        Self::of(
            if user { "DeleteUser" } else { "DeleteRole" },
            Subject::Principal,
            request,
        )
    }

    pub(crate) fn of(event: &'static str, subject: Subject, request: Map<String, Value>) -> Self {
        Self {
            event,
            subject,
            request,
            response: Value::Null,
        }
    }
}

/// KMS writes dates as people do: `Dec 3, 2026 10:15:00 AM`.
fn human_date(moment: Moment) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = moment.to_string();
    let mut parts = text.split(['-', 'T', 'Z', ':']);
    let mut next = || parts.next().unwrap_or_default();
    let (year, month, day) = (next(), next(), next());
    let (hour, minute, second) = (next(), next(), next());
    let number = |text: &str| text.parse::<usize>().unwrap_or_default();
    let month = MONTHS.get(number(month).wrapping_sub(1)).unwrap_or(&"");
    let half = if number(hour) < 12 { "AM" } else { "PM" };
    let hour = (number(hour) + 11) % 12 + 1;
    format!("{month} {}, {year} {hour}:{minute}:{second} {half}", number(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kms_writes_dates_as_people_do() {
        assert_eq!(
            human_date(Moment::from_unix(1_795_428_900)),
            "Nov 23, 2026 10:15:00 AM"
        );
        assert_eq!(
            human_date(Moment::from_unix(1_795_446_000)),
            "Nov 23, 2026 3:00:00 PM"
        );
    }
}
