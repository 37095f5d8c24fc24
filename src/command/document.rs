//! Policy documents in files: bare, or as the AWS CLI prints them.

use std::path::Path;

use guardian_core::observation::PublicAccessBlock;
use guardian_policy::PolicyDocument;
use serde_json::Value;

use super::CommandError;
use super::route::read_file;

fn wrong(path: &Path, reason: impl ToString) -> CommandError {
    CommandError::Document {
        file: path.display().to_string(),
        reason: reason.to_string(),
    }
}

/// Reads a policy: the document itself, `{"Policy": "…"}` (`aws s3api get-bucket-policy`, `aws kms
/// get-key-policy`) or `{"Policy": {"Content": "…"}}` (`aws organizations describe-policy`).
pub(super) fn read_policy(path: &Path) -> Result<PolicyDocument, CommandError> {
    let text = read_file(path)?;
    let text = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(fields)) if !fields.contains_key("Statement") => match fields.get("Policy") {
            Some(Value::String(inner)) => inner.clone(),
            Some(Value::Object(policy)) => match policy.get("Content") {
                Some(Value::String(inner)) => inner.clone(),
                _ => Value::Object(policy.clone()).to_string(),
            },
            _ => text,
        },
        _ => text,
    };
    PolicyDocument::parse(&text).map_err(|error| wrong(path, error))
}

/// Reads Block Public Access: the four switches, bare or in `{"PublicAccessBlockConfiguration": …}`.
pub(super) fn read_public_access_block(path: &Path) -> Result<PublicAccessBlock, CommandError> {
    let text = read_file(path)?;
    let value: Value =
        serde_json::from_str(&text).map_err(|error| wrong(path, format!("not JSON: {error}")))?;
    let fields = value.get("PublicAccessBlockConfiguration").unwrap_or(&value);
    let Value::Object(fields) = fields else {
        return Err(wrong(
            path,
            "expected an object with `BlockPublicPolicy`, `RestrictPublicBuckets`, …",
        ));
    };
    const KNOWN: [&str; 4] = [
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ];
    if let Some(unknown) = fields.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(wrong(
            path,
            format!("unknown field `{unknown}`; known are `{}`", KNOWN.join("`, `")),
        ));
    }
    let switch = |name: &str| match fields.get(name) {
        None => Ok(false),
        Some(Value::Bool(on)) => Ok(*on),
        Some(other) => Err(wrong(
            path,
            format!("`{name}`: expected true or false, found `{other}`"),
        )),
    };
    Ok(PublicAccessBlock {
        block_public_acls: switch("BlockPublicAcls")?,
        ignore_public_acls: switch("IgnorePublicAcls")?,
        block_public_policy: switch("BlockPublicPolicy")?,
        restrict_public_buckets: switch("RestrictPublicBuckets")?,
    })
}
