//! What S3 and KMS refuse on meaning, though it is a policy document: told, and evaluated as it stands.

use guardian_policy::{PolicyDocument, Statement, matches};
use serde_json::{Value, json};

use crate::alert::plain;
use crate::cloudinary::bucket_arn;
use crate::finding::{Code, Finding, Subject};
use crate::name::{BucketName, KeyArn};

/// Condition keys of S3 that only list requests carry (Service Authorization Reference, "Condition keys for
/// Amazon S3").
const OF_LISTS: [&str; 3] = ["s3:prefix", "s3:delimiter", "s3:max-keys"];

/// What S3 would refuse of a bucket policy: "Policy has invalid resource", "Action does not apply to any
/// resource(s) in statement", "Conditions do not apply to combination of actions and resources in statement".
pub(super) fn to_bucket(policy: &PolicyDocument, partition: &str, bucket: &BucketName) -> Vec<Finding> {
    let subject = Subject::Bucket(bucket.clone());
    let arn = bucket_arn(partition, bucket);
    let mut findings = Vec::new();
    for statement in policy.statements() {
        for resource in texts(statement.element("Resource")) {
            if !could_name(resource, &arn) {
                let message = format!(
                    "{} names `{}`, which is not of this bucket; S3 refuses such a policy",
                    statement.reference(),
                    plain(resource)
                );
                findings.push(finding(Code::ResourceNotOfBucket, &subject, message, &statement));
            }
        }
        for action in texts(statement.element("Action")) {
            if let Some(why) = misses(action, &statement, &arn) {
                let message = format!(
                    "`{}` in {} {why}; S3 refuses such a policy",
                    plain(action),
                    statement.reference()
                );
                findings.push(finding(Code::ActionNotApplicable, &subject, message, &statement));
            }
        }
        findings.extend(keys_that_miss(&statement, &subject, "s3:"));
    }
    findings
}

/// What KMS takes and ignores in a key policy.
pub(super) fn to_key(policy: &PolicyDocument, key: &KeyArn) -> Vec<Finding> {
    let subject = Subject::Key(key.clone());
    let mut findings = Vec::new();
    for statement in policy.statements() {
        for action in texts(statement.element("Action")) {
            if !speaks_of(action, "kms:") {
                let message = format!(
                    "`{}` in {} is no action on a key",
                    plain(action),
                    statement.reference()
                );
                findings.push(finding(Code::ActionNotApplicable, &subject, message, &statement));
            }
        }
        findings.extend(keys_that_miss(&statement, &subject, "kms:"));
    }
    findings
}

fn finding(code: Code, subject: &Subject, message: String, statement: &Statement<'_>) -> Finding {
    Finding::new(
        code,
        subject.clone(),
        message,
        json!({"statement": statement.value()}),
    )
}

fn texts(element: Option<&Value>) -> Vec<&str> {
    match element {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a Resource can mean the bucket or objects in it.
fn could_name(resource: &str, arn: &str) -> bool {
    resource == "*" || resource.starts_with(&format!("{arn}/")) || matches(resource, arn) || {
        // A pattern that reaches beyond the bucket's name: `arn:aws:s3:::media*`.
        let head = resource.split(['*', '?']).next().unwrap_or_default();
        resource.contains(['*', '?']) && (arn.starts_with(head) || head.starts_with(&format!("{arn}/")))
    }
}

/// Whether an action pattern can mean an action of the service.
fn speaks_of(action: &str, service: &str) -> bool {
    let head: String = action.chars().take(service.len()).collect();
    let head = head.split('*').next().unwrap_or_default();
    service.starts_with(&head.to_ascii_lowercase())
}

/// Why an action does not apply to the statement's resources.
fn misses(action: &str, statement: &Statement<'_>, arn: &str) -> Option<&'static str> {
    if !speaks_of(action, "s3:") {
        return Some("is no action of S3");
    }
    let resources = texts(statement.element("Resource"));
    if resources.is_empty() || action.contains(['*', '?']) {
        return None;
    }
    let lower = action.to_ascii_lowercase();
    let names_bucket = resources.iter().any(|resource| matches(resource, arn));
    let objects = format!("{arn}/");
    let names_objects = resources.iter().any(|resource| {
        let head = resource.split(['*', '?']).next().unwrap_or_default();
        resource.starts_with(&objects) || (resource.contains(['*', '?']) && objects.starts_with(head))
    });
    if lower.contains("object") && !is_of_bucket(&lower) && !names_objects {
        return Some("is about objects, and the statement names only the bucket (add `/*`)");
    }
    if is_of_bucket(&lower) && !names_bucket {
        return Some("is about the bucket, and the statement names only objects");
    }
    None
}

/// Actions on the bucket itself, by their names.
fn is_of_bucket(action: &str) -> bool {
    action.contains("bucket") || (action.starts_with("s3:list") && action != "s3:listmultipartuploadparts")
}

fn keys_that_miss(statement: &Statement<'_>, subject: &Subject, service: &str) -> Vec<Finding> {
    let Some(Value::Object(operators)) = statement.element("Condition") else {
        return Vec::new();
    };
    let actions = texts(statement.element("Action"));
    let lists = actions.is_empty()
        || actions
            .iter()
            .any(|action| action.contains('*') || action.to_ascii_lowercase().starts_with("s3:list"));
    let keys = operators
        .values()
        .filter_map(Value::as_object)
        .flat_map(serde_json::Map::keys);
    keys.filter_map(|key| {
        let lower = key.to_ascii_lowercase();
        let other = lower
            .split_once(':')
            .is_some_and(|(prefix, _)| matches!(prefix, "s3" | "kms") && !service.starts_with(prefix));
        let of_lists = OF_LISTS.contains(&lower.as_str()) && !lists;
        (other || of_lists).then(|| {
            let message = format!(
                "the condition key `{key}` in {} never comes with its actions",
                statement.reference()
            );
            finding(Code::ConditionKeyNotApplicable, subject, message, statement)
        })
    })
    .collect()
}
