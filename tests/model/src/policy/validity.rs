//! What S3 and KMS check of a document before they store it.

use serde_json::Value;

use super::directory::Directory;
use super::document::{Object, aws_principals, one_or_many, statements, texts};
use crate::pattern;

/// Which service reads the document, and for what.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reader<'a> {
    /// S3, for this bucket.
    Bucket(&'a str),
    /// KMS; `Resource` may be missing, which makes the statement inert (KMS Developer Guide, "Key policies").
    Key,
}

const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// Parses and checks a document; the error is AWS's wording of what is wrong with it.
pub(crate) fn check(text: &str, reader: Reader<'_>, directory: &Directory) -> Result<Value, String> {
    let document: Value =
        serde_json::from_str(text).map_err(|_| "This policy contains invalid Json".to_owned())?;
    let Some(top) = document.as_object() else {
        return Err("This policy contains invalid Json".to_owned());
    };
    if let Some(unknown) = top
        .keys()
        .find(|key| !["Version", "Id", "Statement"].contains(&key.as_str()))
    {
        return Err(format!("Unknown field {unknown}"));
    }
    // IAM User Guide, "Version": these two and no other.
    if top
        .get("Version")
        .is_some_and(|version| version != "2012-10-17" && version != "2008-10-17")
    {
        return Err("The policy must contain a valid version string".to_owned());
    }
    match top.get("Statement") {
        None => return Err("Missing required field Statement".to_owned()),
        Some(Value::Array(many)) if many.is_empty() => {
            return Err("Could not parse the policy: Statement is empty!".to_owned());
        }
        Some(Value::Array(many)) if many.iter().all(Value::is_object) => {}
        Some(Value::Object(_)) => {}
        Some(_) => return Err("Could not parse the policy: Statement is no object".to_owned()),
    }
    for statement in statements(&document) {
        check_statement(statement, reader, directory)?;
    }
    Ok(document)
}

fn check_statement(statement: &Object, reader: Reader<'_>, directory: &Directory) -> Result<(), String> {
    if let Some(unknown) = statement.keys().find(|key| !ELEMENTS.contains(&key.as_str())) {
        return Err(format!("Unknown field {unknown}"));
    }
    // IAM User Guide, "Effect": the two values are case-sensitive.
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        Some(other) => return Err(format!("Invalid effect: {other}")),
        None => return Err("Missing required field Effect".to_owned()),
    }
    let principal = exactly_one(statement, "Principal", "NotPrincipal")?;
    check_principal(principal, directory)?;
    let action = exactly_one(statement, "Action", "NotAction")?;
    if texts(Some(action)).next().is_none() {
        return Err("Policy has invalid action".to_owned());
    }
    match reader {
        Reader::Key => Ok(()),
        Reader::Bucket(bucket) => {
            let resources = exactly_one(statement, "Resource", "NotResource")?;
            let inside = one_or_many(Some(resources)).all(|resource| {
                resource
                    .as_str()
                    .is_some_and(|arn| lies_in(arn, bucket, &directory.partition))
            });
            let any = one_or_many(Some(resources)).next().is_some();
            if inside && any {
                Ok(())
            } else {
                Err("Policy has invalid resource".to_owned())
            }
        }
    }
}

fn exactly_one<'a>(statement: &'a Object, name: &str, opposite: &str) -> Result<&'a Value, String> {
    match (statement.get(name), statement.get(opposite)) {
        (Some(value), None) | (None, Some(value)) => Ok(value),
        (None, None) => Err(format!("Missing required field {name}")),
        (Some(_), Some(_)) => Err(format!("Policy has both {name} and {opposite}")),
    }
}

/// "Invalid principal in policy": one of the principals does not exist (S3 User Guide, "How Amazon S3 works
/// with IAM"; seen in ministryofjustice/analytical-platform#4932).
fn check_principal(principal: &Value, directory: &Directory) -> Result<(), String> {
    let invalid = || Err("Invalid principal in policy".to_owned());
    match principal {
        Value::String(everyone) if everyone == "*" => Ok(()),
        Value::Object(kinds) if !kinds.is_empty() => {
            let all_exist = kinds.iter().all(|(kind, named)| {
                let mut names = one_or_many(Some(named)).peekable();
                names.peek().is_some()
                    && match kind.as_str() {
                        "AWS" => names.all(|name| name.as_str().is_some_and(|name| directory.accepts(name))),
                        "Service" => names
                            .all(|name| name.as_str().is_some_and(|name| name.contains(".amazonaws.com"))),
                        "Federated" | "CanonicalUser" => names.all(Value::is_string),
                        _ => false,
                    }
            });
            if all_exist { Ok(()) } else { invalid() }
        }
        _ => invalid(),
    }
}

/// Whether a resource ARN can lie in the bucket: a bucket policy speaks of its own bucket only (S3 User Guide,
/// "Policy resources for Amazon S3").
fn lies_in(arn: &str, bucket: &str, partition: &str) -> bool {
    if arn == "*" {
        return true;
    }
    let Some(path) = arn
        .strip_prefix("arn:")
        .and_then(|rest| rest.strip_prefix(partition))
    else {
        return false;
    };
    let Some(path) = path.strip_prefix(":s3:::") else {
        return false;
    };
    let name = path.split_once('/').map_or(path, |(name, _)| name);
    pattern::matches(name, bucket)
}

/// The first AWS principal that does not exist, for KMS's own wording.
pub(crate) fn has_dead_principal(document: &Value, directory: &Directory) -> bool {
    statements(document)
        .filter_map(|statement| {
            statement
                .get("Principal")
                .or_else(|| statement.get("NotPrincipal"))
        })
        .any(|principal| aws_principals(principal).any(|name| !directory.accepts(name)))
}

/// The size that counts: "bucket policies are limited to 20 KB", and white space does not count (S3 User
/// Guide, "Adding a bucket policy").
pub(crate) fn size_without_white_space(document: &Value) -> usize {
    document.to_string().len()
}
