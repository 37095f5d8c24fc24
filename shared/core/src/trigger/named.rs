//! The resources an event names, found by the form of their ARN and never by their place in a list: the
//! order differs from call to call, and an alias is typed `AWS::KMS::Key` too.

use serde_json::Value;

use super::field::text;
use crate::name::{AliasArn, BucketName, KeyArn};

/// The buckets, keys and aliases an event names, each once, in the order they were met.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) buckets: Vec<BucketName>,
    pub(super) keys: Vec<KeyArn>,
    pub(super) aliases: Vec<AliasArn>,
}

impl Named {
    pub(super) fn is_empty(&self) -> bool {
        self.buckets.is_empty() && self.keys.is_empty() && self.aliases.is_empty()
    }

    /// Adds a bucket if the text is the name of one.
    pub(super) fn add_bucket(&mut self, name: &str) {
        if let Ok(name) = name.parse()
            && !self.buckets.contains(&name)
        {
            self.buckets.push(name);
        }
    }

    /// Adds a key if the text is the ARN of one.
    pub(super) fn add_key(&mut self, arn: &str) {
        if let Ok(arn) = arn.parse::<KeyArn>()
            && !self.keys.contains(&arn)
        {
            self.keys.push(arn);
        }
    }

    /// Adds an alias if the text is the ARN of one.
    pub(super) fn add_alias(&mut self, arn: &str) {
        if let Ok(arn) = arn.parse::<AliasArn>()
            && !self.aliases.contains(&arn)
        {
            self.aliases.push(arn);
        }
    }
}

/// The ARNs in a list of resources: plain texts in an envelope, objects in a CloudTrail record.
pub(super) fn arns(event: &Value) -> impl Iterator<Item = &str> {
    let resources = event.get("resources").and_then(Value::as_array);
    resources
        .into_iter()
        .flatten()
        .filter_map(|resource| resource.as_str().or_else(|| text(resource, "/ARN")))
}

/// Bucket and object key of an S3 ARN. The ARN of an access point has a Region and is none.
pub(super) fn s3_parts(arn: &str) -> Option<(&str, Option<&str>)> {
    let mut parts = arn.splitn(6, ':');
    let head = [
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    ];
    let rest = parts.next()?;
    match head {
        ["arn", _, "s3", "", ""] => Some(match rest.split_once('/') {
            Some((bucket, key)) => (bucket, Some(key)),
            None => (rest, None),
        }),
        _ => None,
    }
}

/// Every text in a part of an event, however deep; by a list of our own, because an event's nesting must not
/// become ours.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => found.push(text.as_str()),
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}
