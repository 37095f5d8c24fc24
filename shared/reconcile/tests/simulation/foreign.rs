//! What others wrote, as it can be told from ours: by the account it names.

use std::collections::BTreeMap;

use guardian_core::settings::CLOUDINARY_ACCOUNT;
use serde_json::{Value, json};

use crate::step::{Bucket, Key};

/// The role that is deleted and made again.
pub(crate) const LEAVER: &str = "arn:aws:iam::111122223333:role/leaver";

/// A document that others write too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Document {
    Policy(Bucket),
    KeyPolicy(Key),
    Notifications(Bucket),
}

/// A statement of somebody else's, one for each number.
pub(crate) fn statement(arn: &str, number: u32) -> Value {
    let sid = format!("F{number}");
    let folder = format!("{arn}/f{number}/*");
    match number % 6 {
        0 => {
            json!({"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, folder],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
        }
        1 => json!({"Sid": sid, "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [arn, folder]}),
        3 => json!({"Sid": sid, "Effect": "Allow", "Principal": {"AWS": LEAVER}, "Action": "s3:PutObject",
            "Resource": folder}),
        _ => {
            json!({"Sid": sid, "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/reports"},
            "Action": "s3:GetObject", "Resource": folder})
        }
    }
}

/// The statement that Terraform has where it knows of Cloudinary.
pub(crate) fn grant(arn: &str) -> Value {
    json!({"Sid": "CloudinaryRead", "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("{arn}/*"),
        "Principal": {"AWS": format!("arn:aws:iam::{CLOUDINARY_ACCOUNT}:root")}})
}

/// A Deny that shuts out whoever is not of the account.
pub(crate) fn deny(arn: &str) -> Value {
    json!({"Sid": "FDeny", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": format!("{arn}/*"),
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}})
}

/// The statement of a key's owner.
pub(crate) fn owner() -> Value {
    json!({"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*", "Resource": "*"})
}

/// A key statement of somebody else's.
pub(crate) fn key_statement(number: u32) -> Value {
    json!({"Sid": format!("F{number}"), "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*", "Principal": {"AWS": "arn:aws:iam::111122223333:role/reports"},
        "Condition": {"StringEquals": {"kms:CallerAccount": format!("{number:012}")}}})
}

/// Whether a statement is about Cloudinary: ours, or one that somebody wrote in its place.
pub(crate) fn is_about_cloudinary(statement: &Value) -> bool {
    statement["Principal"].to_string().contains(CLOUDINARY_ACCOUNT)
}

pub(crate) fn statements(policy: Option<&str>) -> Vec<Value> {
    let policy: Option<Value> = policy.and_then(|text| serde_json::from_str(text).ok());
    let statements = policy.and_then(|policy| policy.get("Statement").cloned());
    match statements {
        Some(Value::Array(statements)) => statements,
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// What of a document is somebody else's, by its name.
pub(crate) fn foreign(document: Document, text: Option<&str>) -> BTreeMap<String, Value> {
    let Some(text) = text else { return BTreeMap::new() };
    if let Document::Notifications(_) = document {
        let entries = text.split("<Id>").skip(1);
        let ids = entries.filter_map(|rest| rest.split("</Id>").next());
        return ids.map(|id| (id.to_owned(), Value::Null)).collect();
    }
    let statements = statements(Some(text));
    let others = statements.into_iter().filter(|one| !is_about_cloudinary(one));
    others
        .map(|one| (one["Sid"].as_str().unwrap_or_default().to_owned(), one))
        .collect()
}

/// What stands around the statements.
pub(crate) fn frame(text: Option<&str>) -> Option<Value> {
    let mut policy: Value = serde_json::from_str(text?).ok()?;
    policy.as_object_mut()?.shift_remove("Statement");
    Some(policy)
}
