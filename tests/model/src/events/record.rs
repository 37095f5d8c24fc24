//! The CloudTrail record around a call, and the EventBridge envelope around the record.

use serde_json::{Map, Value, json};

use super::trail::{Subject, Trail};
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

/// Whose trail a record lies in, where, and what it says about the service.
struct Place {
    service: &'static str,
    account: String,
    region: String,
    host: String,
    resources: Option<Value>,
}

impl State {
    /// Records a call and passes its outcome on. A refused one is recorded only if that was asked for.
    pub(crate) fn record(
        &mut self,
        caller: &Caller,
        trail: Trail,
        outcome: Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        if outcome.is_ok() || self.records_failures {
            let envelope = self.envelope(caller, trail, outcome.as_ref().err());
            self.remember(&envelope);
            self.emit(envelope);
        }
        outcome
    }

    fn envelope(&mut self, caller: &Caller, trail: Trail, refusal: Option<&Refusal>) -> Value {
        let place = self.place(caller, &trail.subject);
        let management = !matches!(trail.subject, Subject::Object(..));
        let s3 = place.service == "s3";
        let time = self.moment().to_string();
        let mut request = trail.request;
        if s3 {
            request.insert("Host".to_owned(), place.host.as_str().into());
        }
        let sent = if request.is_empty() {
            0
        } else {
            Value::from(request.clone()).to_string().len()
        };
        let mut record = Map::new();
        let mut put = |key: &str, value: Value| drop(record.insert(key.to_owned(), value));
        put("eventVersion", "1.11".into());
        put("userIdentity", caller.user_identity(&time));
        put("eventTime", time.as_str().into());
        put("eventSource", format!("{}.amazonaws.com", place.service).into());
        put("eventName", trail.event.into());
        put("awsRegion", place.region.as_str().into());
        put("sourceIPAddress", caller.address().into());
        // S3 puts the user agent into brackets, KMS and the others do not.
        let bracketed = s3 && caller.service().is_none();
        put(
            "userAgent",
            if bracketed {
                format!("[{}]", caller.agent())
            } else {
                caller.agent().to_owned()
            }
            .into(),
        );
        if let Some(refusal) = refusal {
            put("errorCode", refusal.code.into());
            put("errorMessage", refusal.message.as_str().into());
        }
        put("requestParameters", request.into());
        put(
            "responseElements",
            if refusal.is_some() {
                Value::Null
            } else {
                trail.response
            },
        );
        if s3 {
            put(
                "additionalEventData",
                json!({
                    "SignatureVersion": "SigV4",
                    "CipherSuite": "TLS_AES_128_GCM_SHA256",
                    "bytesTransferredIn": sent,
                    "AuthenticationMethod": "AuthHeader",
                    "x-amz-id-2": format!("{}=", self.random.base64(75)),
                    "bytesTransferredOut": 0,
                }),
            );
        }
        let request_id = if s3 {
            self.random.capitals(16)
        } else {
            self.random.uuid()
        };
        put("requestID", request_id.into());
        put("eventID", self.random.uuid().into());
        put("readOnly", false.into());
        if let Some(resources) = place.resources {
            put("resources", resources);
        }
        put("eventType", "AwsApiCall".into());
        put("managementEvent", management.into());
        put("recipientAccountId", place.account.as_str().into());
        let category = if management { "Management" } else { "Data" };
        put("eventCategory", category.into());
        if caller.service().is_none() {
            put(
                "tlsDetails",
                json!({
                    "tlsVersion": "TLSv1.3",
                    "cipherSuite": "TLS_AES_128_GCM_SHA256",
                    "clientProvidedHostHeader": place.host,
                }),
            );
        }
        if caller.is_console() {
            put("sessionCredentialFromConsole", "true".into());
        }
        json!({
            "version": "0",
            "id": self.random.uuid(),
            "detail-type": "AWS API Call via CloudTrail",
            "source": format!("aws.{}", place.service),
            "account": place.account,
            "time": time,
            "region": place.region,
            "resources": [],
            "detail": record,
        })
    }

    fn place(&self, caller: &Caller, subject: &Subject) -> Place {
        match subject {
            Subject::Bucket { name, listed, region } => {
                let bucket = self.buckets.get(name);
                let region = region
                    .clone()
                    .or_else(|| bucket.map(|bucket| bucket.region.clone()))
                    .unwrap_or_else(|| self.home.region.clone());
                let account = bucket.map_or(&caller.account, |bucket| &bucket.owner).clone();
                let resources = listed.then(|| {
                    json!([{
                        "accountId": account, "type": "AWS::S3::Bucket", "ARN": self.bucket_arn(name, None),
                    }])
                });
                let host = format!("{name}.s3.{region}.amazonaws.com");
                Place {
                    service: "s3",
                    account,
                    region,
                    host,
                    resources,
                }
            }
            Subject::Object(name, key) => {
                let of_bucket = Subject::Bucket {
                    name: name.clone(),
                    listed: true,
                    region: None,
                };
                let mut place = self.place(caller, &of_bucket);
                // The object first, without an account, and then the bucket.
                if let Some(Value::Array(listed)) = &mut place.resources {
                    let arn = self.bucket_arn(name, Some(key));
                    listed.insert(0, json!({"type": "AWS::S3::Object", "ARN": arn}));
                }
                place
            }
            Subject::Account(account) => {
                let region = self.home.region.clone();
                let host = format!("{account}.s3-control.{region}.amazonaws.com");
                Place {
                    service: "s3",
                    account: account.clone(),
                    region,
                    host,
                    resources: None,
                }
            }
            Subject::Kms(arns) => {
                // Region and account are those of the key.
                let part = |at: usize, or: &str| {
                    let first = arns.first().and_then(|arn| arn.split(':').nth(at));
                    first.unwrap_or(or).to_owned()
                };
                let (region, account) = (part(3, &self.home.region), part(4, &self.home.account));
                let listed = arns
                    .iter()
                    .map(|arn| json!({"accountId": account, "type": "AWS::KMS::Key", "ARN": arn}));
                let resources = Some(listed.collect());
                let host = format!("kms.{region}.amazonaws.com");
                Place {
                    service: "kms",
                    account,
                    region,
                    host,
                    resources,
                }
            }
            Subject::Parameter(name) => {
                let region = self.home.region.clone();
                let arn = self.parameter_arn(name);
                let resources = Some(json!([{"accountId": caller.account, "ARN": arn}]));
                let host = format!("ssm.{region}.amazonaws.com");
                Place {
                    service: "ssm",
                    account: caller.account.clone(),
                    region,
                    host,
                    resources,
                }
            }
            Subject::Own(service) => Place {
                service,
                account: caller.account.clone(),
                region: self.home.region.clone(),
                host: format!("{service}.{}.amazonaws.com", self.home.region),
                resources: None,
            },
            // IAM is a global service; its records lie in us-east-1 (CloudTrail User Guide, "Global service
            // events").
            Subject::Principal => Place {
                service: "iam",
                account: caller.account.clone(),
                region: "us-east-1".to_owned(),
                host: "iam.amazonaws.com".to_owned(),
                resources: None,
            },
        }
    }
}
