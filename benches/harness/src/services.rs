//! The services, as far as the functions and their peers call them.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{self, Answer, Request};
use crate::world::{ACCOUNT, Bucket, REGION, World, key_arn};

const JSON: &str = "application/x-amz-json-1.0";
const XML: &str = "application/xml";

/// A call, with when it came and when its answer went, counted from the beginning of the invocation.
struct Call {
    operation: String,
    came: Instant,
    answered: Instant,
}

#[derive(Default)]
pub(crate) struct Services {
    world: Mutex<World>,
    remembered: Mutex<World>,
    calls: Mutex<Vec<Call>>,
    since: Mutex<Option<Instant>>,
    handshakes: AtomicU64,
    delay: AtomicU64,
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Services {
    pub(crate) fn make(&self, buckets: u64, under_key: bool) {
        *held(&self.world) = World::new(buckets, under_key);
        self.remember();
    }

    pub(crate) fn remember(&self) {
        *held(&self.remembered) = held(&self.world).clone();
    }

    pub(crate) fn restore(&self) {
        *held(&self.world) = held(&self.remembered).clone();
    }

    pub(crate) fn damage(&self, what: &str) {
        held(&self.world).damage(what);
    }

    pub(crate) fn healthy(&self) -> usize {
        held(&self.world).healthy()
    }

    pub(crate) fn delay_by(&self, milliseconds: u64) {
        self.delay.store(milliseconds, Ordering::Relaxed);
    }

    pub(crate) fn shake_hands(&self) {
        self.handshakes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_from(&self, moment: Instant) {
        *held(&self.since) = Some(moment);
    }

    /// The calls since the last time, in the order in which they came: operation, when it came, when it was answered.
    pub(crate) fn take_calls(&self) -> Value {
        let calls = std::mem::take(&mut *held(&self.calls));
        let since = held(&self.since).unwrap_or_else(Instant::now);
        let after = |moment: Instant| moment.saturating_duration_since(since).as_secs_f64() * 1000.0;
        let mut calls: Vec<(&str, f64, f64)> = calls
            .iter()
            .map(|call| (call.operation.as_str(), after(call.came), after(call.answered)))
            .collect();
        calls.sort_by(|one, other| one.1.total_cmp(&other.1));
        json!({"calls": calls, "handshakes": self.handshakes.swap(0, Ordering::Relaxed)})
    }

    /// Answers whatever is asked over one connection.
    pub(crate) fn talk<S: Read + Write>(&self, stream: S) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = http::read(&mut stream)? {
            let came = Instant::now();
            let (operation, answer) = self.answer(&request);
            match self.delay.load(Ordering::Relaxed) {
                0 => {}
                milliseconds => {
                    thread::sleep(Duration::from_millis(milliseconds).saturating_sub(came.elapsed()))
                }
            }
            let answered = Instant::now();
            held(&self.calls).push(Call {
                operation,
                came,
                answered,
            });
            http::write(stream.get_mut(), &request.method, &answer)?;
        }
        Ok(())
    }

    fn answer(&self, request: &Request) -> (String, Answer) {
        let mut world = held(&self.world);
        if let Some((_, operation)) = request.header("x-amz-target").rsplit_once('.') {
            let body = serde_json::from_slice(&request.body).unwrap_or_default();
            return (operation.to_owned(), of_json(&mut world, operation, &body));
        }
        let form = String::from_utf8_lossy(&request.body);
        match form.split('&').find_map(|field| field.strip_prefix("Action=")) {
            Some("Publish") => {
                let id = "<MessageId>1</MessageId>";
                (
                    "Publish".to_owned(),
                    Answer::new(200, "text/xml", result("Publish", id)),
                )
            }
            Some("GetCallerIdentity") => {
                let caller = format!(
                    "<Account>{ACCOUNT}</Account><Arn>arn:aws:iam::{ACCOUNT}:user/bench</Arn><UserId>U</UserId>"
                );
                let operation = "GetCallerIdentity";
                (
                    operation.to_owned(),
                    Answer::new(200, "text/xml", result(operation, &caller)),
                )
            }
            _ => of_s3(&mut world, request),
        }
    }
}

fn result(operation: &str, inner: &str) -> String {
    format!("<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>")
}

fn of_json(world: &mut World, operation: &str, body: &Value) -> Answer {
    let fine = |value: Value| Answer::new(200, JSON, value.to_string());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match operation {
        "Query" => {
            let page = text(&body["ExpressionAttributeValues"][":pk"]["S"]);
            let items: Vec<&Value> = world
                .items
                .range((page.clone(), String::new())..)
                .take_while(|((pk, _), _)| *pk == page)
                .map(|(_, item)| item)
                .collect();
            fine(json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()}))
        }
        "GetItem" => {
            let name = (text(&body["Key"]["pk"]["S"]), text(&body["Key"]["sk"]["S"]));
            fine(
                world
                    .items
                    .get(&name)
                    .map_or_else(|| json!({}), |item| json!({"Item": item})),
            )
        }
        // One writer only: every condition holds.
        "PutItem" => {
            let item = &body["Item"];
            world
                .items
                .insert((text(&item["pk"]["S"]), text(&item["sk"]["S"])), item.clone());
            fine(json!({}))
        }
        "DeleteItem" => {
            world
                .items
                .remove(&(text(&body["Key"]["pk"]["S"]), text(&body["Key"]["sk"]["S"])));
            fine(json!({}))
        }
        "GetParameter" => {
            let name = text(&body["Name"]);
            let known = world
                .buckets
                .keys()
                .any(|bucket| name.ends_with(&format!("/{bucket}")));
            if !known {
                return Answer::new(400, JSON, json!({"__type": "ParameterNotFound"}).to_string());
            }
            fine(
                json!({"Parameter": {"Name": name, "Type": "String", "Version": 1, "Value": r#"{"clouds": ["demo"]}"#}}),
            )
        }
        "DescribeKey" => fine(json!({"KeyMetadata": {
            "KeyId": key_arn().rsplit('/').next(), "Arn": key_arn(), "AWSAccountId": ACCOUNT, "Enabled": true,
            "KeyState": "Enabled", "KeyManager": "CUSTOMER", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS",
            "KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "MultiRegion": false,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "CreationDate": 1_700_000_000.0, "Description": "",
        }})),
        "GetKeyPolicy" => fine(json!({"Policy": world.keys.get(&key_arn()), "PolicyName": "default"})),
        "PutKeyPolicy" => {
            world.keys.insert(key_arn(), text(&body["Policy"]));
            fine(json!({}))
        }
        "SendMessage" => fine(json!({"MessageId": "1", "MD5OfMessageBody": "0"})),
        "SendMessageBatch" => {
            let entries = body["Entries"].as_array().into_iter().flatten();
            let sent: Vec<Value> = entries
                .map(|entry| json!({"Id": entry["Id"], "MessageId": "1", "MD5OfMessageBody": "0"}))
                .collect();
            fine(json!({"Successful": sent, "Failed": []}))
        }
        "LookupEvents" => fine(json!({"Events": []})),
        _ => Answer::new(
            400,
            JSON,
            json!({"__type": "UnknownOperationException"}).to_string(),
        ),
    }
}

/// What a subresource of a bucket is called in calls, and what S3 says where there is none.
const SUBRESOURCES: [(&str, &str, &str); 12] = [
    ("acl", "BucketAcl", ""),
    ("encryption", "BucketEncryption", ""),
    (
        "lifecycle",
        "BucketLifecycleConfiguration",
        "NoSuchLifecycleConfiguration",
    ),
    ("location", "BucketLocation", ""),
    ("logging", "BucketLogging", ""),
    ("notification", "BucketNotificationConfiguration", ""),
    ("policy", "BucketPolicy", "NoSuchBucketPolicy"),
    (
        "publicAccessBlock",
        "PublicAccessBlock",
        "NoSuchPublicAccessBlockConfiguration",
    ),
    (
        "replication",
        "BucketReplication",
        "ReplicationConfigurationNotFoundError",
    ),
    ("tagging", "BucketTagging", "NoSuchTagSet"),
    ("versioning", "BucketVersioning", ""),
    ("website", "BucketWebsite", "NoSuchWebsiteConfiguration"),
];

fn of_s3(world: &mut World, request: &Request) -> (String, Answer) {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let path = path.trim_start_matches('/');
    let host = request.header("host");
    // `bucket.s3.<region>.amazonaws.com`, or the bucket in the path.
    let (name, key) = match host.split_once(".s3.") {
        Some((bucket, _)) => (bucket, path),
        None => path.split_once('/').unwrap_or((path, "")),
    };
    let parameters: BTreeMap<&str, &str> = query
        .split('&')
        .map(|field| field.split_once('=').unwrap_or((field, "")))
        .collect();
    let method = request.method.as_str();
    if name.is_empty() {
        let owner = "<Owner><ID>owner</ID></Owner>";
        let buckets: String = world
            .buckets
            .keys()
            .map(|name| format!("<Bucket><Name>{name}</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>"))
            .collect();
        let text =
            format!("<ListAllMyBucketsResult>{owner}<Buckets>{buckets}</Buckets></ListAllMyBucketsResult>");
        return ("ListBuckets".to_owned(), Answer::new(200, XML, text));
    }
    let Some(bucket) = world.buckets.get_mut(name) else {
        return ("NoSuchBucket".to_owned(), failed(404, "NoSuchBucket"));
    };
    if !key.is_empty() {
        return of_object(bucket, method, key);
    }
    if let Some((subresource, noun, absent)) = SUBRESOURCES
        .into_iter()
        .find(|(name, ..)| parameters.contains_key(name))
    {
        let verb = match method {
            "PUT" => "Put",
            "DELETE" => "Delete",
            _ => "Get",
        };
        return (
            format!("{verb}{noun}"),
            of_subresource(bucket, method, subresource, absent, &request.body),
        );
    }
    if method == "HEAD" {
        let mut answer = Answer::new(200, XML, "");
        answer.headers.push(("x-amz-bucket-region", REGION.to_owned()));
        return ("HeadBucket".to_owned(), answer);
    }
    let prefix = parameters
        .get("prefix")
        .map(|prefix| prefix.replace("%2F", "/"))
        .unwrap_or_default();
    let contents: String = bucket
        .objects
        .keys()
        .filter(|key| key.starts_with(&prefix))
        .map(|key| {
            format!(
                "<Contents><Key>{key}</Key><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>"
            )
        })
        .collect();
    let text = format!(
        "<ListBucketResult><Name>{name}</Name><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>{contents}</ListBucketResult>"
    );
    ("ListObjectsV2".to_owned(), Answer::new(200, XML, text))
}

fn of_subresource(bucket: &mut Bucket, method: &str, subresource: &str, absent: &str, body: &[u8]) -> Answer {
    if subresource == "policy" {
        return match (method, &bucket.policy) {
            ("PUT", _) => {
                bucket.policy = Some(String::from_utf8_lossy(body).into_owned());
                Answer::new(204, XML, "")
            }
            (_, Some(policy)) => Answer::new(200, "application/json", policy.as_str()),
            (_, None) => failed(404, absent),
        };
    }
    let text = match subresource {
        "acl" => "<AccessControlPolicy><Owner><ID>owner</ID></Owner><AccessControlList></AccessControlList></AccessControlPolicy>".to_owned(),
        "encryption" => {
            let rule = bucket.key.as_ref().map_or_else(
                || "<SSEAlgorithm>AES256</SSEAlgorithm>".to_owned(),
                |key| format!("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>"),
            );
            format!("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{rule}</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>")
        }
        "location" => format!("<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{REGION}</LocationConstraint>"),
        "logging" => "<BucketLoggingStatus></BucketLoggingStatus>".to_owned(),
        "notification" => "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EventBridgeConfiguration></EventBridgeConfiguration></NotificationConfiguration>".to_owned(),
        "versioning" => "<VersioningConfiguration></VersioningConfiguration>".to_owned(),
        _ => return failed(404, absent),
    };
    Answer::new(200, XML, text)
}

fn of_object(bucket: &mut Bucket, method: &str, key: &str) -> (String, Answer) {
    if method == "PUT" {
        bucket.objects.insert(key.to_owned(), ());
        return ("PutObject".to_owned(), Answer::new(200, XML, ""));
    }
    let operation = if method == "HEAD" {
        "HeadObject"
    } else {
        "GetObject"
    };
    if !bucket.objects.contains_key(key) {
        return (operation.to_owned(), failed(404, "NoSuchKey"));
    }
    let mut answer = Answer::new(200, "binary/octet-stream", "");
    answer
        .headers
        .push(("x-amz-server-side-encryption", "AES256".to_owned()));
    (operation.to_owned(), answer)
}

fn failed(status: u16, code: &str) -> Answer {
    Answer::new(
        status,
        XML,
        format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>"),
    )
}
