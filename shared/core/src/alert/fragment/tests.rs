use serde_json::json;

use super::super::hcl::tests::evaluated;
use super::*;
use crate::visible::is_hidden;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// What would end a string, begin a template or break a line, in either language.
const HOSTILE: &str = "a\"}\n\\${file(\"/etc/passwd\")}%{if true}\r\u{2028}\u{202e}#'$(id)";

fn bucket() -> BucketName {
    "media".parse().unwrap()
}

fn grant(sid: &str, action: &Value, resource: &str) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": action, "Resource": resource})
}

fn deny(sid: &str) -> Value {
    json!({"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::media/*",
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1", "aws:PrincipalAccount": "232482882421"}}})
}

/// CloudFormation's template is YAML, of which JSON is a part.
fn parsed(fragment: &Fragment) -> Value {
    let seen = |c| c == '\n' || !is_hidden(c);
    assert!(fragment.text.chars().all(seen), "{}", fragment.text);
    serde_json::from_str(&format!("[{}]", fragment.text)).unwrap()
}

#[test]
fn a_grant_of_a_bucket_is_the_statement_in_both_languages() {
    let statement = grant("ForCloudinary", &json!("s3:GetObject"), "arn:aws:s3:::media/*");
    let pieces = fragments(&Desired::BucketStatement {
        bucket: bucket(),
        statement: statement.clone(),
    });
    assert_eq!(parsed(&pieces.cloudformation), json!([statement]));
    assert_eq!(
        evaluated(&pieces.terraform.text),
        json!({"statement": {
            "sid": "ForCloudinary", "effect": "Allow", "actions": ["s3:GetObject"],
            "resources": ["arn:aws:s3:::media/*"],
            "principals": {"type": "AWS", "identifiers": ["arn:aws:iam::232482882421:root"]},
        }})
    );
    assert!(pieces.terraform.place.contains("aws_s3_bucket_policy of media"));
    assert!(
        pieces
            .cloudformation
            .place
            .contains("AWS::S3::BucketPolicy of media")
    );
}

#[test]
fn a_grant_of_a_key_is_the_statement_in_both_languages() {
    let statement = grant("ForCloudinary", &json!(["kms:Decrypt", "kms:DescribeKey"]), "*");
    let pieces = fragments(&Desired::KeyStatement {
        key: KEY.parse().unwrap(),
        statement: statement.clone(),
    });
    assert_eq!(parsed(&pieces.cloudformation), json!([statement]));
    let value = evaluated(&pieces.terraform.text);
    assert_eq!(
        value["statement"]["actions"],
        json!(["kms:Decrypt", "kms:DescribeKey"])
    );
    assert!(pieces.terraform.place.contains(KEY) && pieces.cloudformation.place.contains(KEY));
}

#[test]
fn an_exception_is_every_deny_with_its_conditions() {
    let statements = vec![deny("One"), deny("Two")];
    let of_bucket = fragments(&Desired::BucketDeny {
        bucket: bucket(),
        statements: statements.clone(),
    });
    let of_key = fragments(&Desired::KeyDeny {
        key: KEY.parse().unwrap(),
        statements: statements.clone(),
    });
    for pieces in [of_bucket, of_key] {
        assert_eq!(parsed(&pieces.cloudformation), json!(statements));
        let value = evaluated(&pieces.terraform.text);
        for (place, sid) in ["One", "Two"].into_iter().enumerate() {
            let statement = &value["statement"][place];
            assert_eq!(statement["sid"], sid, "{value:#}");
            let mut conditions = statement["condition"].as_array().unwrap().clone();
            conditions.sort_by_key(|condition| condition["variable"].to_string());
            assert_eq!(
                json!(conditions),
                json!([
                    {"test": "StringNotEquals", "variable": "aws:PrincipalAccount", "values": ["232482882421"]},
                    {"test": "StringNotEquals", "variable": "aws:SourceVpce", "values": ["vpce-1"]},
                ])
            );
        }
        assert!(pieces.terraform.place.starts_with("in the place of the Deny"));
    }
}

#[test]
fn a_marker_is_an_empty_object_or_the_command_that_writes_one() {
    for (sse_s3, encryption) in [(true, json!("AES256")), (false, Value::Null)] {
        let pieces = fragments(&Desired::Marker {
            bucket: bucket(),
            key: ".wellknown/cloudinary/demo".to_owned(),
            sse_s3,
        });
        let object =
            &evaluated(&pieces.terraform.text)["resource"]["aws_s3_object"]["cloudinary_marker_media_demo"];
        assert_eq!(
            (&object["bucket"], &object["content"]),
            (&json!("media"), &json!(""))
        );
        assert_eq!(object["key"], ".wellknown/cloudinary/demo");
        assert_eq!(object["server_side_encryption"], encryption);
        let command = "# aws s3api put-object --bucket media --key .wellknown/cloudinary/demo";
        assert!(
            pieces.cloudformation.text.contains(command),
            "{}",
            pieces.cloudformation.text
        );
        assert_eq!(
            pieces
                .cloudformation
                .text
                .ends_with(" --server-side-encryption AES256"),
            sse_s3
        );
    }
}

#[test]
fn event_bridge_is_a_setting_of_the_one_resource_that_a_bucket_has_for_its_notifications() {
    let pieces = fragments(&Desired::EventBridge { bucket: bucket() });
    let resource = &evaluated(&pieces.terraform.text)["resource"]["aws_s3_bucket_notification"];
    assert_eq!(
        resource,
        &json!({"notifications_media": {"bucket": "media", "eventbridge": true}})
    );
    assert!(
        pieces
            .terraform
            .place
            .contains("what it does not list it takes away")
    );
    assert_eq!(
        parsed(&pieces.cloudformation),
        json!([{"EventBridgeConfiguration": {"EventBridgeEnabled": true}}])
    );
}

#[test]
fn hostile_names_stay_where_they_belong() {
    let statement = deny(HOSTILE);
    let pieces = fragments(&Desired::BucketDeny {
        bucket: bucket(),
        statements: vec![statement.clone()],
    });
    assert_eq!(parsed(&pieces.cloudformation), json!([statement]));
    let value = evaluated(&pieces.terraform.text);
    assert_eq!(value.as_object().unwrap().len(), 1);
    assert_eq!(value["statement"]["sid"], HOSTILE);

    let pieces = fragments(&Desired::Marker {
        bucket: bucket(),
        key: format!(".wellknown/cloudinary/{HOSTILE}"),
        sse_s3: true,
    });
    let value = evaluated(&pieces.terraform.text);
    let objects = value["resource"]["aws_s3_object"].as_object().unwrap();
    let [(name, object)] = objects.iter().collect::<Vec<_>>()[..] else {
        panic!("{value:#}");
    };
    assert!(
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        "{name}"
    );
    assert_eq!(object["key"], format!(".wellknown/cloudinary/{HOSTILE}"));
    let text = &pieces.cloudformation.text;
    assert!(
        text.lines().all(|line| line.starts_with("# ")),
        "every line is a comment: {text}"
    );
    assert!(!text.chars().any(|c| c != '\n' && is_hidden(c)), "{text}");
}

#[test]
fn what_cloudformation_would_resolve_is_not_offered_to_it() {
    let statement =
        serde_json::json!({"Sid": "{{resolve:secretsmanager:prod:SecretString:password}}", "Effect": "Deny"});
    let made = fragments(&Desired::BucketDeny {
        bucket: "media".parse().unwrap(),
        statements: vec![statement],
    });
    assert!(
        !made.cloudformation.text.contains("{{"),
        "{}",
        made.cloudformation.text
    );
    assert!(
        made.cloudformation.text.starts_with("# "),
        "{}",
        made.cloudformation.text
    );
    assert!(
        made.terraform.text.contains("{{resolve:"),
        "{}",
        made.terraform.text
    );
}
