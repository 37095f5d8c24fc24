use serde_json::{Value, json};

use super::*;

const ACCOUNT: &str = "232482882421";

fn exception(deny: &Value) -> Option<Value> {
    smallest_exception(Statement::of_value(deny).unwrap(), ACCOUNT, "aws")
}

fn deny(elements: Value) -> Value {
    let mut deny =
        json!({ "Sid": "Perimeter", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" });
    deny.as_object_mut()
        .unwrap()
        .extend(elements.as_object().unwrap().clone());
    deny
}

#[test]
fn a_plain_deny_gets_a_condition_on_the_account() {
    let expected = deny(json!({ "Condition": { "StringNotEquals": { "aws:PrincipalAccount": ACCOUNT } } }));
    assert_eq!(exception(&deny(json!({}))), Some(expected));
}

#[test]
fn a_deny_with_conditions_keeps_them() {
    let original = deny(json!({ "Condition": { "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" } } }));
    let expected = deny(json!({ "Condition": {
        "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" },
        "StringNotEquals": { "aws:PrincipalAccount": ACCOUNT },
    } }));
    assert_eq!(exception(&original), Some(expected));
}

#[test]
fn a_list_of_exempt_accounts_is_joined() {
    let condition = |accounts: Value| {
        deny(
            json!({ "Condition": { "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-x", "aws:PrincipalAccount": accounts } } }),
        )
    };
    assert_eq!(
        exception(&condition(json!("111122223333"))),
        Some(condition(json!(["111122223333", ACCOUNT])))
    );
}

#[test]
fn a_list_of_exempt_principals_is_joined() {
    let condition =
        |arns: Value| deny(json!({ "Condition": { "ArnNotLike": { "aws:PrincipalArn": arns } } }));
    assert_eq!(
        exception(&condition(json!("arn:aws:iam::111122223333:role/admin"))),
        Some(condition(json!([
            "arn:aws:iam::111122223333:role/admin",
            "arn:aws:*::232482882421:*"
        ])))
    );
}

#[test]
fn an_account_named_among_others_loses_its_name() {
    assert_eq!(
        exception(&deny(
            json!({ "Principal": { "AWS": ["arn:aws:iam::232482882421:root", "111122223333"] } })
        )),
        Some(deny(json!({ "Principal": { "AWS": ["111122223333"] } })))
    );
}

#[test]
fn a_deny_for_all_but_some_gets_the_condition_too() {
    let original = json!({ "Effect": "Deny", "NotPrincipal": { "AWS": "111122223333" }, "Action": "s3:*", "Resource": "*" });
    let expected = json!({
        "Effect": "Deny", "NotPrincipal": { "AWS": "111122223333" }, "Action": "s3:*", "Resource": "*",
        "Condition": { "StringNotEquals": { "aws:PrincipalAccount": ACCOUNT } },
    });
    assert_eq!(exception(&original), Some(expected));
}

#[test]
fn an_allow_has_no_exception() {
    let mut allow = deny(json!({}));
    allow["Effect"] = json!("Allow");
    assert_eq!(exception(&allow), None);
}

#[test]
fn a_deny_that_names_only_the_account_has_no_rest() {
    assert_eq!(exception(&deny(json!({ "Principal": { "AWS": ACCOUNT } }))), None);
}
