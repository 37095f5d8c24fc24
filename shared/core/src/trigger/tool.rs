//! The tool behind a call, read from the user agent.
//!
//! A user agent is what the caller says of itself: good for telling people which tool to correct, never for
//! a decision.

use serde_json::Value;

use super::field::{is_true, shown, text};
use crate::cause::OWN_SOURCE;

/// Tools that know what they want, as they appear in a user agent in lower case. First match wins, so what
/// stands on top of something else comes before it: Pulumi drives Terraform's provider, Cloud Custodian
/// boto3, the AWS CLI botocore. OpenTofu is told apart only where it says so; its runs of HashiCorp's
/// provider read `Terraform`.
const TOOLS: &[(&str, &str)] = &[
    (OWN_SOURCE, OWN_SOURCE),
    ("pulumi", "Pulumi"),
    ("opentofu", "OpenTofu"),
    ("terraform", "Terraform"),
    ("custodian", "Cloud Custodian"),
    ("c7n/", "Cloud Custodian"),
    ("aws-cdk", "CDK"),
    ("ansible", "Ansible"),
    ("crossplane", "Crossplane"),
    ("aws-controllers-k8s", "ACK"),
    ("prowler", "Prowler"),
    ("s3console", "console"),
    ("aws-cli", "AWS CLI"),
    // The S3 console calls from the browser itself.
    ("mozilla/", "console"),
];

/// Libraries, which say little about what uses them.
const LIBRARIES: &[(&str, &str)] = &[
    ("boto3", "boto3"),
    ("botocore", "botocore"),
    ("aws-sdk-go", "AWS SDK for Go"),
    ("aws-sdk-java", "AWS SDK for Java"),
    ("aws-sdk-js", "AWS SDK for JavaScript"),
    ("aws-sdk-nodejs", "AWS SDK for JavaScript"),
    ("aws-sdk-rust", "AWS SDK for Rust"),
    ("aws-sdk-dotnet", "AWS SDK for .NET"),
    ("aws-sdk-php", "AWS SDK for PHP"),
    ("aws-sdk-ruby", "AWS SDK for Ruby"),
    ("aws-sdk-kotlin", "AWS SDK for Kotlin"),
    ("aws-sdk-cpp", "AWS SDK for C++"),
    ("aws internal", "AWS Internal"),
    ("aws-internal", "AWS Internal"),
];

/// Longest name taken from a user agent that is in no table.
const LONGEST: usize = 60;

/// The tool of a CloudTrail record.
pub(super) fn of_record(record: &Value) -> Option<String> {
    let agent = text(record, "/userAgent")
        .map(plain)
        .filter(|agent| !agent.is_empty());
    let invoked_by = text(record, "/userIdentity/invokedBy");
    let from_console = is_true(record, "/sessionCredentialFromConsole");
    let lower = agent.unwrap_or_default().to_ascii_lowercase();
    let called = |table: &[(&str, &'static str)]| {
        table
            .iter()
            .find(|(word, _)| lower.contains(word))
            .map(|(_, name)| (*name).to_owned())
    };
    called(TOOLS)
        .or_else(|| agent.and_then(of_service))
        .or_else(|| from_console.then(|| "console".to_owned()))
        .or_else(|| invoked_by.and_then(of_service))
        .or_else(|| called(LIBRARIES))
        .or_else(|| agent.and_then(product))
}

/// The service that made a call, where the agent is one.
fn of_service(agent: &str) -> Option<String> {
    let name = service_principal(agent)?;
    Some(match name {
        name if is_console(name) => "console".to_owned(),
        "cloudformation" => "CloudFormation".to_owned(),
        "config" => "AWS Config".to_owned(),
        "ssm" => "SSM Automation".to_owned(),
        _ => shown(agent),
    })
}

/// The name in a service principal: `ssm` in `ssm.amazonaws.com`.
pub(super) fn service_principal(text: &str) -> Option<&str> {
    let name = text
        .strip_suffix(".amazonaws.com")
        .or_else(|| text.strip_suffix(".amazonaws.com.cn"))?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
}

/// Whether a service principal is a person at the console.
pub(super) fn is_console(name: &str) -> bool {
    matches!(name, "signin" | "console") || name.starts_with("console.")
}

/// S3 puts the user agent in brackets.
fn plain(agent: &str) -> &str {
    agent.trim().trim_start_matches('[').trim_end_matches(']').trim()
}

/// The first product of a user agent, without its version.
fn product(agent: &str) -> Option<String> {
    let name = agent
        .split(|character: char| character == '/' || character.is_whitespace())
        .next()?;
    let name: String = shown(name).chars().take(LONGEST).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests;
