//! What a request asks for: the operation, and which of several calls of it.

use std::fmt;

use guardian_core::cloudinary::MARKER_PREFIX;
use serde_json::Value;

use crate::wire::{Answer, head_end, header};

/// One call of a look: the operation, what it is about, and how many of the same came before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Site {
    pub(crate) operation: String,
    /// In words that are the same for every bucket and key.
    pub(crate) about: String,
    /// From 1.
    pub(crate) nth: u32,
}

impl Site {
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (&self.operation, &self.about) == (&other.operation, &other.about)
    }

    /// The name of the operation without its service.
    pub(crate) fn name(&self) -> &str {
        self.operation.split_once(':').unwrap().1
    }

    /// Whether it changes nothing anywhere.
    pub(crate) fn is_read(&self) -> bool {
        let reads = ["Get", "Head", "List", "Describe", "Query", "Lookup"];
        reads.iter().any(|verb| self.name().starts_with(verb))
    }

    /// Whether it changes a bucket or a key.
    pub(crate) fn is_repair(&self) -> bool {
        matches!(
            self.name(),
            "PutBucketPolicy" | "PutObject" | "PutKeyPolicy" | "PutBucketNotificationConfiguration"
        )
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if !self.about.is_empty() {
            write!(f, " of {}", self.about)?;
        }
        match self.nth {
            1 => Ok(()),
            2 => f.write_str(", the second"),
            3 => f.write_str(", the third"),
            nth => write!(f, ", number {nth}"),
        }
    }
}

/// The services by what their operations are called in `X-Amz-Target`.
const TARGETS: [(&str, &str); 7] = [
    ("DynamoDB_", "DynamoDB"),
    ("TrentService", "KMS"),
    ("AmazonSQS", "SQS"),
    ("AmazonSSM", "SSM"),
    ("AWSEvents", "EventBridge"),
    ("CloudTrail_", "CloudTrail"),
    ("AWSStepFunctions", "SFN"),
];

/// A request, read.
#[derive(Debug)]
pub(crate) struct Request {
    /// As it goes on to the emulator.
    pub(crate) raw: Vec<u8>,
    pub(crate) is_head: bool,
    pub(crate) site: Site,
    pub(crate) call: String,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let (head, body) = raw.split_at(head_end(raw).unwrap());
        let head = String::from_utf8_lossy(head).into_owned();
        let body_text = String::from_utf8_lossy(body).into_owned();
        let mut line = head.split(' ');
        let (method, target) = (line.next().unwrap(), line.next().unwrap());
        let (operation, about) = match header(&head, "x-amz-target") {
            Some(name) => of_json(name, &body_text),
            None => match form_field(&body_text, "Action") {
                Some(action) => (format!("SNS:{action}"), String::new()),
                None => of_s3(method, target),
            },
        };
        let call = header(&head, "amz-sdk-invocation-id")
            .unwrap_or_default()
            .to_owned();
        let (mut head_on, mut body_on) = (at_home(&head), body.to_vec());
        if body_text.contains(OF_A_CASE) && operation.starts_with("SNS:") {
            // The topic is in the Region of its ARN. Of what is stored nothing may be changed.
            body_on = at_home(&body_text).into_bytes();
            let (old, new) = (body.len(), body_on.len());
            head_on = head_on.replace(
                &format!("content-length: {old}\r"),
                &format!("content-length: {new}\r"),
            );
        }
        Self {
            raw: [head_on.into_bytes(), body_on].concat(),
            is_head: method == "HEAD",
            site: Site {
                operation,
                about,
                nth: 1,
            },
            call,
            body: body_text,
        }
    }

    /// What the emulator is not asked: it has no state machine.
    pub(crate) fn canned(&self) -> Option<Answer> {
        let execution = "arn:aws:states:eu-west-1:123456789012:execution:guardian-census:walk";
        (self.site.name() == "StartExecution").then(|| {
            let body = format!(r#"{{"executionArn":"{execution}","startDate":1750000000.0}}"#);
            Answer::new(200, "application/x-amz-json-1.0", body)
        })
    }
}

/// What the credential scope's Region ends with, so that each case has a quota of retries of its own: the SDK keeps one for
/// each service and Region in a process.
pub(crate) const OF_A_CASE: &str = "-case-";

/// The head with the Region that the emulator knows.
fn at_home(head: &str) -> String {
    let Some((before, after)) = head.split_once(OF_A_CASE) else {
        return head.to_owned();
    };
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    format!("{before}{}", at_home(rest))
}

fn of_json(target: &str, body: &str) -> (String, String) {
    let (service, name) = target.rsplit_once('.').unwrap();
    let found = TARGETS.iter().find(|(part, _)| service.contains(part));
    let (_, service) = found.unwrap_or_else(|| panic!("{target} is a service that nobody here knows"));
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let about = match *service {
        "DynamoDB" => of_ledger(&body),
        "KMS" if body["KeyId"].as_str().is_some_and(|key| key.contains("alias/")) => "an alias".to_owned(),
        "EventBridge" => {
            let rule = body["Name"]
                .as_str()
                .or(body["Rule"].as_str())
                .unwrap_or_default();
            format!("`{}`", rule.trim_start_matches("guardian-"))
        }
        "SQS" if name == "GetQueueAttributes" => {
            let queue = body["QueueUrl"].as_str().unwrap_or_default();
            format!("`{}`", queue.rsplit('/').next().unwrap())
        }
        _ => String::new(),
    };
    (format!("{service}:{name}"), about)
}

/// The page, and which of its items.
fn of_ledger(body: &Value) -> String {
    let text = |places: [&str; 3]| {
        let mut found = places
            .into_iter()
            .filter_map(|place| body.pointer(place)?.as_str());
        found.next().unwrap_or_default().to_owned()
    };
    let page = text(["/Key/pk/S", "/Item/pk/S", "/ExpressionAttributeValues/:pk/S"]);
    let item = text(["/Key/sk/S", "/Item/sk/S", "/ExpressionAttributeValues/:prefix/S"]);
    let page = page.split(':').next().unwrap_or_default();
    let kind = match page {
        "sweep" | "stack" => format!("the {page}'s page"),
        page => format!("a {page}'s page"),
    };
    let item = item.split('#').next().unwrap_or_default();
    match item {
        "" => kind,
        item => format!("{kind}, `{item}`"),
    }
}

fn of_s3(method: &str, target: &str) -> (String, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = percent_decoded(path.trim_matches('/'));
    let query = percent_decoded(query);
    let asks = |word: &str| query.split('&').any(|part| part.split('=').next() == Some(word));
    let (_, key) = path.split_once('/').unwrap_or((&path, ""));
    let of = |text: &str| {
        if text.contains(MARKER_PREFIX) {
            "a marker".to_owned()
        } else {
            "other objects".to_owned()
        }
    };
    let (name, about) = match method {
        "HEAD" if key.is_empty() => ("HeadBucket", String::new()),
        "HEAD" => ("HeadObject", of(key)),
        "PUT" if asks("policy") => ("PutBucketPolicy", String::new()),
        "PUT" if asks("notification") => ("PutBucketNotificationConfiguration", String::new()),
        "PUT" => ("PutObject", String::new()),
        _ if asks("policy") => ("GetBucketPolicy", String::new()),
        _ if asks("encryption") => ("GetBucketEncryption", String::new()),
        _ if asks("publicAccessBlock") => ("GetPublicAccessBlock", String::new()),
        _ if asks("ownershipControls") => ("GetBucketOwnershipControls", String::new()),
        _ if asks("acl") => ("GetBucketAcl", String::new()),
        _ if asks("notification") => ("GetBucketNotificationConfiguration", String::new()),
        _ if asks("list-type") => ("ListObjectsV2", of(&query)),
        _ => panic!("{method} {target} is nothing that the guardian asks"),
    };
    (format!("S3:{name}"), about)
}

/// A field of a form.
pub(crate) fn form_field(form: &str, name: &str) -> Option<String> {
    let mut pairs = form.split('&');
    pairs.find_map(|pair| {
        let value = pair.strip_prefix(name)?.strip_prefix('=')?;
        Some(percent_decoded(value))
    })
}

fn percent_decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, behind @ ..]) => {
                let digits = String::from_utf8_lossy(&[*high, *low]).into_owned();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
                rest = behind;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
