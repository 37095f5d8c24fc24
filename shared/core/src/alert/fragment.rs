//! What to put into Terraform or CloudFormation, so that the source stops drifting.

use serde_json::Value;

use super::hcl;
use super::step::quoted;
use crate::finding::Desired;
use crate::name::{BucketName, KeyArn};

/// A piece of somebody's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Where it goes.
    pub place: String,
    /// The piece, ready to paste.
    pub text: String,
}

/// The same thing for either tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragments {
    /// For Terraform.
    pub terraform: Fragment,
    /// For CloudFormation. A piece of a policy is JSON, which is YAML as well; what CloudFormation has no resource
    /// for is a comment with the command instead.
    pub cloudformation: Fragment,
}

/// What the source of a resource has to hold.
#[must_use]
pub fn fragments(desired: &Desired) -> Fragments {
    match desired {
        Desired::BucketStatement { bucket, statement } => added(&of_bucket(bucket), statement),
        Desired::KeyStatement { key, statement } => added(&of_key(key), statement),
        Desired::BucketDeny { bucket, statements } => several(DENY, &of_bucket(bucket), statements),
        Desired::KeyDeny { key, statements } => several(DENY, &of_key(key), statements),
        Desired::KeyNarrowed { key, statements } => {
            several("in the place of what allows more, in", &of_key(key), statements)
        }
        Desired::KeyRemoval { key, statements } => several("to be taken out of", &of_key(key), statements),
        Desired::EventBridge { bucket } => event_bridge(bucket),
        Desired::Marker { bucket, key, sse_s3 } => marker(bucket, key, *sse_s3),
    }
}

/// Where a policy is written down: for Terraform and for CloudFormation.
type Places = [String; 2];

fn of_bucket(bucket: &BucketName) -> Places {
    [
        format!("the aws_iam_policy_document behind the aws_s3_bucket_policy of {bucket}"),
        format!("PolicyDocument.Statement of the AWS::S3::BucketPolicy of {bucket}"),
    ]
}

fn of_key(key: &KeyArn) -> Places {
    [
        format!("the aws_iam_policy_document behind the policy of the aws_kms_key {key}"),
        format!("KeyPolicy.Statement of the AWS::KMS::Key {key}"),
    ]
}

fn added([terraform, cloudformation]: &Places, statement: &Value) -> Fragments {
    Fragments {
        terraform: Fragment {
            place: terraform.clone(),
            text: hcl::statement(statement),
        },
        cloudformation: Fragment {
            place: cloudformation.clone(),
            text: json(statement),
        },
    }
}

const DENY: &str = "in the place of the Deny, in";

/// Statements, and what to do with them there.
fn several(what: &str, [terraform, cloudformation]: &Places, statements: &[Value]) -> Fragments {
    let all = |render: fn(&Value) -> String, between: &str| {
        let rendered: Vec<String> = statements.iter().map(render).collect();
        rendered.join(between)
    };
    Fragments {
        terraform: Fragment {
            place: format!("{what} {terraform}"),
            text: all(hcl::statement, "\n\n"),
        },
        cloudformation: Fragment {
            place: format!("{what} {cloudformation}"),
            text: all(json, ",\n"),
        },
    }
}

/// A bucket has one notification configuration, and Terraform's resource is all of it: two of them for one bucket undo
/// each other (Terraform AWS provider, aws_s3_bucket_notification).
fn event_bridge(bucket: &BucketName) -> Fragments {
    let resource = hcl::identifier(&format!("notifications_{bucket}"));
    let settings = [
        ("bucket", hcl::quoted(bucket.as_str())),
        ("eventbridge", "true".to_owned()),
    ];
    Fragments {
        terraform: Fragment {
            place: format!(
                "the aws_s3_bucket_notification of {bucket}; a bucket has one, and what it does not list it takes away: where there is none yet, list every other destination too"
            ),
            text: format!(
                "resource \"aws_s3_bucket_notification\" \"{resource}\" {{\n{}}}",
                hcl::aligned(&settings, 1)
            ),
        },
        cloudformation: Fragment {
            place: format!("NotificationConfiguration of the AWS::S3::Bucket {bucket}, beside what is there"),
            text: json(&serde_json::json!({"EventBridgeConfiguration": {"EventBridgeEnabled": true}})),
        },
    }
}

fn marker(bucket: &BucketName, key: &str, sse_s3: bool) -> Fragments {
    let name = key.rsplit('/').next().unwrap_or(key);
    let resource = hcl::identifier(&format!("cloudinary_marker_{bucket}_{name}"));
    let mut settings = vec![
        ("bucket", hcl::quoted(bucket.as_str())),
        ("key", hcl::quoted(key)),
        ("content", hcl::quoted("")),
    ];
    let mut encryption = "";
    if sse_s3 {
        settings.push(("server_side_encryption", hcl::quoted("AES256")));
        encryption = " --server-side-encryption AES256";
    }
    let command = format!(
        "aws s3api put-object --bucket {} --key {}{encryption}",
        quoted(bucket.as_str()),
        // Every line of a comment has to be one.
        quoted(&visible(key).replace('\n', "\\u000a"))
    );
    Fragments {
        terraform: Fragment {
            place: format!("beside the bucket {bucket}"),
            text: format!(
                "resource \"aws_s3_object\" \"{resource}\" {{\n{}}}",
                hcl::aligned(&settings, 1)
            ),
        },
        cloudformation: Fragment {
            place: "CloudFormation has no resource for an object".to_owned(),
            text: format!(
                "# Leave the marker to the guardian (mode `repair`), or write it in the pipeline, after the stack:\n# {command}"
            ),
        },
    }
}

/// Pretty JSON in which everything that cannot be seen is escaped.
///
/// CloudFormation knows no way to write a dynamic reference that is none (CloudFormation User Guide, "Dynamic
/// references"): it would put the parameter or the secret that somebody named in a policy in its place.
fn json(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    if text.contains("{{resolve:") {
        return "# A text in it begins like a dynamic reference, which CloudFormation would resolve: paste it into no template."
            .to_owned();
    }
    visible(&text)
}

/// Escapes what cannot be seen.
pub(super) fn visible(text: &str) -> String {
    crate::visible::visible(text).into_owned()
}

#[cfg(test)]
mod tests;
