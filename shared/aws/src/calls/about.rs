//! What a request is about, read off the wire: what the SDK really sends decides which right it needs.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What a request is about, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Bucket or `bucket/key`, table name, queue URL, key id, parameter name or path, topic ARN, ARN of a state machine
    /// or execution; empty where the request names nothing.
    pub resource: String,
    /// Condition keys of IAM that take their values from the request itself, with those values.
    pub condition_keys: Vec<(&'static str, Vec<String>)>,
}

/// Reads a request of the service, called as the SDK calls it.
pub(super) fn about(service: &str, operation: &str, request: &HttpRequest) -> About {
    match service {
        "S3" => About {
            resource: object(request.uri()),
            // S3 refuses the call where the bucket is another account's.
            condition_keys: (request.headers().get("x-amz-expected-bucket-owner"))
                .map(|owner| ("aws:ResourceAccount", vec![owner.to_owned()]))
                .into_iter()
                .collect(),
        },
        // The query protocol: a form.
        "SNS" => About {
            resource: field(body(request), "TopicArn").unwrap_or_default(),
            condition_keys: Vec::new(),
        },
        _ => of_json(
            operation,
            &serde_json::from_slice(body(request)).unwrap_or_default(),
        ),
    }
}

fn body(request: &HttpRequest) -> &[u8] {
    request.body().bytes().unwrap_or_default()
}

/// What of a JSON request names the resource, whichever service it is for.
const NAMES: [&str; 11] = [
    "TableName",
    "QueueUrl",
    "KeyId",
    "Name",
    "Path",
    "TopicArn",
    "stateMachineArn",
    "executionArn",
    "mapRunArn",
    "TrailName",
    "Rule",
];

fn of_json(operation: &str, body: &Value) -> About {
    let named = NAMES.iter().find_map(|name| body.get(name)?.as_str());
    let mut condition_keys = Vec::new();
    if body.get("TableName").is_some() {
        // "Represents the first key element of a table, in other words the partition key" (Amazon DynamoDB Developer Guide,
        // "Using IAM policy conditions for fine-grained access control").
        let keys = partition_keys(body).map(str::to_owned).collect();
        condition_keys.push(("dynamodb:LeadingKeys", keys));
    }
    if operation == "PutKeyPolicy" {
        // The default counts where the request is silent (KMS Developer Guide, "AWS KMS condition keys").
        let bypass = body
            .get("BypassPolicyLockoutSafetyCheck")
            .and_then(Value::as_bool);
        let bypass = bypass.unwrap_or_default().to_string();
        condition_keys.push(("kms:BypassPolicyLockoutSafetyCheck", vec![bypass]));
    }
    About {
        resource: named.unwrap_or_default().to_owned(),
        condition_keys,
    }
}

/// The value of `pk`: in `Key` or `Item`, and in a Query under the name its expression gives it.
fn partition_keys(body: &Value) -> impl Iterator<Item = &str> {
    let places = ["/Key/pk/S", "/Item/pk/S", "/ExpressionAttributeValues/:pk/S"];
    places
        .into_iter()
        .filter_map(|place| body.pointer(place)?.as_str())
}

/// `bucket` or `bucket/key` of a URL in path style, or with the bucket in the host's name.
fn object(uri: &str) -> String {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = percent_decode_str(path.trim_end_matches('/')).decode_utf8_lossy();
    match host.split_once(".s3.") {
        Some((bucket, _)) if path.is_empty() => bucket.to_owned(),
        Some((bucket, _)) => format!("{bucket}/{path}"),
        None => path.into_owned(),
    }
}

/// A field of a form.
fn field(form: &[u8], name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(form);
    let (_, value) = fields.find(|(field, _)| field == name)?;
    Some(value.into_owned())
}
