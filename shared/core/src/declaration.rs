//! What the owner of a bucket declares: a small JSON document in Parameter Store, read strictly.

use std::collections::BTreeSet;
use std::time::Duration;

use guardian_policy::matches;
use serde_json::{Map, Value};

use crate::cloudinary::bucket_arn;
use crate::moment::Moment;
use crate::name::{BucketName, CloudName, KeyArn};
use crate::settings::{Ceilings, Mode};

/// The command that declares a bucket, with names to be put in: the first thing there is to do in a new stack.
pub const DECLARE: &str = "aws ssm put-parameter --name /cloudinary-guardian/buckets/BUCKET --type String \
                           --value '{\"clouds\":[\"CLOUD\"]}'";

/// A declaration that can be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The bucket.
    pub bucket: BucketName,
    /// Cloud names that may read, in the order declared.
    pub clouds: Vec<CloudName>,
    /// What may be done, already under the stack's ceiling, and only to observe while repairs are paused.
    pub mode: Mode,
    /// Until when repairs are paused; `None` where they are not, or would not be made anyway.
    pub paused_until: Option<Moment>,
    /// Object key patterns that Cloudinary must be able to read.
    pub prefixes: Vec<String>,
    /// Keys to keep granted besides those found by themselves.
    pub keys: Vec<KeyArn>,
    /// Whether the grant is taken from keys that a complete census proves unused.
    pub prune: bool,
}

/// Why a declaration cannot be followed: what is wrong, where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclarationError {
    /// Not JSON at all.
    #[error("the declaration is not JSON: {reason} at line {line}, column {column}")]
    NotJson {
        /// What the parser met.
        reason: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A field no version of the guardian knows.
    #[error(
        "unknown field `{field}`; known are `clouds`, `mode`, `prefixes`, `keys`, `prune` and `pause_until`"
    )]
    UnknownField {
        /// The field.
        field: String,
    },
    /// A field whose behaviour is not built yet.
    #[error("field `{field}` is not supported yet; remove it")]
    NotSupportedYet {
        /// The field.
        field: String,
    },
    /// A required field is absent.
    #[error("field `{field}` is missing; {remedy}")]
    Missing {
        /// The field.
        field: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// A value that is not of the right form.
    #[error("`{place}`: {reason}")]
    Wrong {
        /// The field, with the index where it is a list.
        place: String,
        /// What is wrong, and what to write instead.
        reason: String,
    },
    /// The stack's `AllowedClouds` does not take in this cloud name.
    #[error("`{place}`: the cloud name `{cloud}` is outside the stack's AllowedClouds ({allowed})")]
    CloudNotAllowed {
        /// The field with its index.
        place: String,
        /// The cloud name.
        cloud: CloudName,
        /// The ceiling.
        allowed: String,
    },
    /// The stack's `BucketArns` does not take in this bucket.
    #[error("the bucket `{bucket}` is outside the stack's BucketArns ({allowed})")]
    BucketNotAllowed {
        /// The bucket.
        bucket: BucketName,
        /// The ceiling.
        allowed: String,
    },
}

const FIELDS: [&str; 6] = ["clouds", "mode", "prefixes", "keys", "prune", "pause_until"];

/// The longest that repairs may be paused ahead: a pause that nobody remembers must not outlast the week.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Fields of the design whose behaviour is not built yet. Accepting them would be a silent promise.
const LATER_FIELDS: [&str; 6] = [
    "context",
    "accept",
    "unexpected_markers",
    "purpose",
    "on_removal",
    "optimizer",
];

impl Declaration {
    /// A declaration made on the spot: what `--cloud` on the command line means.
    #[must_use]
    pub fn ad_hoc(bucket: BucketName, clouds: Vec<CloudName>, mode: Mode) -> Self {
        Self {
            bucket,
            clouds: without_repeats(clouds),
            mode,
            paused_until: None,
            prefixes: vec!["*".to_owned()],
            keys: Vec::new(),
            prune: false,
        }
    }

    /// Reads the declaration of `bucket` under the stack's ceilings, as it holds at the moment `now`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its place and what to write instead.
    pub fn parse(
        bucket: &BucketName,
        text: &str,
        partition: &str,
        ceilings: &Ceilings,
        now: Moment,
    ) -> Result<Self, DeclarationError> {
        let value: Value = serde_json::from_str(text).map_err(|error| DeclarationError::NotJson {
            reason: reason_without_place(&error),
            line: error.line(),
            column: error.column(),
        })?;
        let Value::Object(fields) = value else {
            return Err(wrong(
                "declaration",
                "expected a JSON object such as `{\"clouds\": [\"demo\"]}`",
            ));
        };
        for field in fields.keys() {
            if LATER_FIELDS.contains(&field.as_str()) {
                return Err(DeclarationError::NotSupportedYet { field: field.clone() });
            }
            if !FIELDS.contains(&field.as_str()) {
                return Err(DeclarationError::UnknownField { field: field.clone() });
            }
        }
        if !ceilings
            .bucket_arns
            .iter()
            .any(|pattern| matches(pattern, &bucket_arn(partition, bucket)))
        {
            return Err(DeclarationError::BucketNotAllowed {
                bucket: bucket.clone(),
                allowed: ceilings.bucket_arns.join(", "),
            });
        }
        let mode = mode(&fields)?.unwrap_or(ceilings.mode).min(ceilings.mode);
        let paused_until = pause(&fields, now)?.filter(|_| mode == Mode::Repair);
        Ok(Self {
            bucket: bucket.clone(),
            clouds: clouds(&fields, ceilings)?,
            mode: if paused_until.is_some() {
                Mode::Observe
            } else {
                mode
            },
            paused_until,
            prefixes: prefixes(&fields)?,
            keys: keys(&fields)?,
            prune: prune(&fields)?,
        })
    }
}

fn wrong(place: impl Into<String>, reason: impl Into<String>) -> DeclarationError {
    DeclarationError::Wrong {
        place: place.into(),
        reason: reason.into(),
    }
}

/// serde_json ends its messages with the place, which we give ourselves.
fn reason_without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn clouds(fields: &Map<String, Value>, ceilings: &Ceilings) -> Result<Vec<CloudName>, DeclarationError> {
    const REMEDY: &str = "write the cloud names that may read, for example `\"clouds\": [\"demo\"]`";
    let value = fields.get("clouds").ok_or(DeclarationError::Missing {
        field: "clouds",
        remedy: REMEDY,
    })?;
    let texts = texts("clouds", value)?;
    if texts.is_empty() {
        return Err(wrong("clouds", format!("the list is empty; {REMEDY}")));
    }
    let mut clouds = Vec::new();
    for (index, text) in texts.into_iter().enumerate() {
        let place = format!("clouds[{index}]");
        let cloud: CloudName = text.parse().map_err(|error| wrong(&place, format!("{error}")))?;
        if !ceilings
            .clouds
            .iter()
            .any(|pattern| matches(pattern, cloud.as_str()))
        {
            let allowed = ceilings.clouds.join(", ");
            return Err(DeclarationError::CloudNotAllowed {
                place,
                cloud,
                allowed,
            });
        }
        clouds.push(cloud);
    }
    Ok(without_repeats(clouds))
}

fn without_repeats(clouds: Vec<CloudName>) -> Vec<CloudName> {
    let mut seen = BTreeSet::new();
    clouds
        .into_iter()
        .filter(|cloud| seen.insert(cloud.clone()))
        .collect()
}

fn mode(fields: &Map<String, Value>) -> Result<Option<Mode>, DeclarationError> {
    match fields.get("mode") {
        None => Ok(None),
        Some(Value::String(text)) if text == "observe" => Ok(Some(Mode::Observe)),
        Some(Value::String(text)) if text == "repair" => Ok(Some(Mode::Repair)),
        Some(other) => Err(wrong(
            "mode",
            format!("`{other}` is no mode; write `\"observe\"` or `\"repair\"`"),
        )),
    }
}

/// Until when repairs are paused, if that is still to come.
fn pause(fields: &Map<String, Value>, now: Moment) -> Result<Option<Moment>, DeclarationError> {
    const FIELD: &str = "pause_until";
    let Some(value) = fields.get(FIELD) else {
        return Ok(None);
    };
    // A moment also reads as `@` with seconds, which is no form for people.
    let Some(text) = value.as_str().filter(|text| !text.starts_with('@')) else {
        let reason =
            format!("`{value}` is not a time: expected RFC 3339, for example `2026-11-23T10:15:00Z`");
        return Err(wrong(FIELD, reason));
    };
    let until: Moment = text.parse().map_err(|error| wrong(FIELD, format!("{error}")))?;
    if until > now.plus(LONGEST_PAUSE) {
        let reason = format!(
            "`{text}` is more than 7 days ahead; write an earlier time, and a later one when that is near, or set `mode` to `observe`"
        );
        return Err(wrong(FIELD, reason));
    }
    Ok((until > now).then_some(until))
}

fn prune(fields: &Map<String, Value>) -> Result<bool, DeclarationError> {
    match fields.get("prune") {
        None => Ok(false),
        Some(Value::Bool(prune)) => Ok(*prune),
        Some(other) => Err(wrong(
            "prune",
            format!("`{other}` is neither; write `true` or `false`"),
        )),
    }
}

fn prefixes(fields: &Map<String, Value>) -> Result<Vec<String>, DeclarationError> {
    let Some(value) = fields.get("prefixes") else {
        return Ok(vec!["*".to_owned()]);
    };
    let texts = texts("prefixes", value)?;
    if texts.is_empty() {
        return Err(wrong(
            "prefixes",
            "the list is empty; leave the field out to mean every object",
        ));
    }
    for (index, text) in texts.iter().enumerate() {
        let place = format!("prefixes[{index}]");
        if text.is_empty() {
            return Err(wrong(
                place,
                "an empty pattern matches no object; write `*` for every object",
            ));
        }
        if text.starts_with('/') {
            let suggestion = text.trim_start_matches('/');
            return Err(wrong(
                place,
                format!("object keys do not begin with `/`; write `{suggestion}`"),
            ));
        }
        if text.ends_with('/') && !text.contains(['*', '?']) {
            return Err(wrong(
                place,
                format!("`{text}` matches only the object of exactly that name; write `{text}*`"),
            ));
        }
        if text.contains("${") {
            return Err(wrong(
                place,
                "policy variables are not supported; write a plain pattern",
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(wrong(place, "control characters are not supported in a pattern"));
        }
    }
    Ok(texts)
}

fn keys(fields: &Map<String, Value>) -> Result<Vec<KeyArn>, DeclarationError> {
    match fields.get("keys") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) if text == "auto" => Ok(Vec::new()),
        Some(value @ Value::Array(_)) => texts("keys", value)?
            .iter()
            .enumerate()
            .map(|(index, text)| {
                text.parse()
                    .map_err(|error| wrong(format!("keys[{index}]"), format!("{error}")))
            })
            .collect(),
        Some(other) => Err(wrong(
            "keys",
            format!("`{other}`: write `\"auto\"` or a list of key ARNs"),
        )),
    }
}

fn texts(field: &str, value: &Value) -> Result<Vec<String>, DeclarationError> {
    let Value::Array(items) = value else {
        return Err(wrong(field, "expected a list of texts"));
    };
    items
        .iter()
        .enumerate()
        .map(|(index, item)| match item {
            Value::String(text) => Ok(text.clone()),
            other => Err(wrong(
                format!("{field}[{index}]"),
                format!("expected a text, found `{other}`"),
            )),
        })
        .collect()
}

#[cfg(test)]
mod tests;
