//! The documents and the question of the benchmarks.

use guardian_policy::{BUCKET_POLICY_LIMIT, Context, PolicyDocument, PolicyKind, Question};
use serde_json::{Value, json};

/// The account that asks.
pub(crate) const ACCOUNT: &str = "232482882421";
pub(crate) const ACTION: &str = "s3:GetObject";
pub(crate) const OBJECT: &str = "arn:aws:s3:::media/2026/summer/beach.jpg";
pub(crate) const OBJECTS: &str = "arn:aws:s3:::media/*";

pub(crate) fn ours() -> Value {
    json!({
        "Sid": "AllowAccessForCloudinary", "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": [ACTION],
        "Resource": OBJECTS,
    })
}

fn document(statements: Vec<Value>) -> PolicyDocument {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    PolicyDocument::parse(&text).unwrap()
}

pub(crate) fn one_statement() -> PolicyDocument {
    document(vec![ours()])
}

/// As large as S3 takes: other teams' grants, Denies for everyone, and our own statement among them.
pub(crate) fn twenty_kilobytes() -> PolicyDocument {
    let foreign = |number: usize| match number % 4 {
        0 => json!({
            "Sid": format!("Insecure{number}"), "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::media", OBJECTS],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }),
        1 => json!({
            "Sid": format!("Office{number}"), "Effect": "Allow", "Principal": { "AWS": "111122223333" },
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [format!("arn:aws:s3:::media/office-{number}/*"), "arn:aws:s3:::media"],
            "Condition": { "IpAddress": { "aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"] } },
        }),
        2 => json!({
            "Sid": format!("Pipeline{number}"), "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::111122223333:role/pipeline-{number}") },
            "Action": "s3:Put*", "Resource": format!("arn:aws:s3:::media/in/{number}/*"),
        }),
        _ => json!({
            "Sid": format!("Reserved{number}"), "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::media/reserved/{number}/*"),
            "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/*" } },
        }),
    };
    let mut statements = vec![ours()];
    loop {
        statements.push(foreign(statements.len()));
        let larger = document(statements.clone());
        if larger.size(PolicyKind::Bucket) > BUCKET_POLICY_LIMIT {
            statements.pop();
            // Where a reader comes across it last but one.
            let at = statements.len() - 1;
            statements.swap(0, at);
            return document(statements);
        }
    }
}

/// What is known of a read: of one whose every key is known, for the simulator can say nothing about another.
pub(crate) fn keys() -> Value {
    json!({
        "aws:PrincipalArn": "arn:aws:iam::232482882421:role/reader", "aws:PrincipalAccount": ACCOUNT,
        "aws:SecureTransport": "true", "aws:SourceIp": "3.5.7.9",
    })
}

pub(crate) fn context() -> Context {
    keys()
        .as_object()
        .unwrap()
        .iter()
        .fold(Context::new(), |context, (key, value)| {
            context.known(key, [value.as_str().unwrap()])
        })
}

pub(crate) fn question<'q>(resources: &'q [String], context: &'q Context) -> Question<'q> {
    Question {
        account: ACCOUNT,
        action: ACTION,
        resources,
        context,
        kind: PolicyKind::Bucket,
    }
}
