use serde_json::{Value, json};

use super::IdentityPolicies;
use crate::{Access, Cause, Context};

const LEDGER: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/ledger";

fn policies(statements: &[Value]) -> Vec<Value> {
    statements
        .iter()
        .map(|statement| json!({"Version": "2012-10-17", "Statement": [statement]}))
        .collect()
}

fn answer(statements: &[Value], action: &str, resource: &str, context: &Context) -> Access {
    let policies = policies(statements);
    let policies = IdentityPolicies::from_values(&policies).unwrap();
    policies
        .evaluate(action, &[resource.to_owned()], context)
        .access()
}

#[test]
fn what_no_policy_allows_is_denied_and_what_one_of_them_allows_is_allowed() {
    let read =
        json!({"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
    let list =
        json!({"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"});
    let both = [read, list];
    let nothing = Context::new();
    assert_eq!(
        answer(&both, "s3:GetObject", "arn:aws:s3:::b/k", &nothing),
        Access::Allowed
    );
    assert_eq!(
        answer(&both, "s3:ListBucket", "arn:aws:s3:::b", &nothing),
        Access::Allowed
    );
    assert_eq!(
        answer(&both, "s3:ListBucket", "arn:aws:s3:::c", &nothing),
        Access::Denied
    );
    assert_eq!(
        answer(&both, "s3:PutObject", "arn:aws:s3:::b/k", &nothing),
        Access::Denied
    );
}

#[test]
fn a_deny_in_one_policy_wins_over_an_allow_in_another_and_is_named() {
    let write = json!({"Sid": "Write", "Effect": "Allow", "Action": "kms:PutKeyPolicy", "Resource": "*"});
    let never = json!({"Sid": "Never", "Effect": "Deny", "Action": "kms:PutKeyPolicy", "Resource": "*",
        "Condition": {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}});
    let both = [write, never];
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let ask = |bypass: &str| Context::new().known("kms:BypassPolicyLockoutSafetyCheck", [bypass]);
    assert_eq!(
        answer(&both, "kms:PutKeyPolicy", key, &ask("false")),
        Access::Allowed
    );
    let policies = policies(&both);
    let denied = IdentityPolicies::from_values(&policies).unwrap().evaluate(
        "kms:PutKeyPolicy",
        &[key.to_owned()],
        &ask("true"),
    );
    assert_eq!(denied.access(), Access::Denied);
    let reason = &denied.reasons()[0];
    assert_eq!(reason.cause, Cause::ExplicitDeny);
    assert_eq!(reason.statement.as_ref().unwrap().sid.as_deref(), Some("Never"));
    // Where nobody knows whether the request asks for the bypass, the answer is not an Allow.
    assert_eq!(
        answer(&both, "kms:PutKeyPolicy", key, &Context::new()),
        Access::Depends
    );
}

#[test]
fn every_value_of_a_key_with_several_counts() {
    let pages = [
        json!({"Effect": "Allow", "Action": "dynamodb:Query", "Resource": LEDGER,
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["key:*", "alias:*"]}}}),
    ];
    let ask = |keys: &[&str]| {
        let context = Context::new().known("dynamodb:LeadingKeys", keys.iter().copied());
        answer(&pages, "dynamodb:Query", LEDGER, &context)
    };
    assert_eq!(ask(&["key:a"]), Access::Allowed);
    assert_eq!(ask(&["key:a", "alias:b"]), Access::Allowed);
    assert_eq!(ask(&["bucket:a"]), Access::Denied);
    assert_eq!(ask(&["key:a", "bucket:a"]), Access::Denied);
}

#[test]
fn a_request_that_lacks_the_key_of_a_condition_is_not_allowed_by_it() {
    let own = [
        json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
        "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}}}),
    ];
    let ask = |context: &Context| answer(&own, "s3:ListBucket", "arn:aws:s3:::b", context);
    let key = "aws:ResourceAccount";
    assert_eq!(ask(&Context::new().known(key, ["111122223333"])), Access::Allowed);
    assert_eq!(ask(&Context::new().known(key, ["999999999999"])), Access::Denied);
    assert_eq!(ask(&Context::new().absent(key)), Access::Denied);
    assert_eq!(ask(&Context::new()), Access::Depends);
}

#[test]
fn what_is_no_identity_policy_is_refused_with_the_place() {
    let allow = |more: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": "s3:GetObject"});
        for (name, value) in more.as_object().unwrap() {
            statement[name] = value.clone();
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    for (policy, place) in [
        (
            allow(json!({"Resource": "*", "Principal": "*"})),
            "Statement[0].Principal",
        ),
        (
            allow(json!({"Resource": "*", "NotPrincipal": "*"})),
            "Statement[0].NotPrincipal",
        ),
        (allow(json!({})), "Statement[0].Resource"),
        (
            allow(json!({"Resource": "*", "Condition": {"Like": {}}})),
            "Statement[0].Condition.Like",
        ),
        (json!({"Version": "2012-10-17"}), "Statement"),
        (json!({"Statement": []}), "Version"),
        (json!({"Version": "2012-10-17", "Statement": "x"}), "Statement[0]"),
    ] {
        let error = IdentityPolicies::from_values([&policy]).unwrap_err();
        assert_eq!(error.place(), place, "{policy}");
    }
}

#[test]
fn no_policies_allow_nothing() {
    let none = IdentityPolicies::from_values([]).unwrap();
    let answer = none.evaluate("s3:GetObject", &["arn:aws:s3:::b/k".to_owned()], &Context::new());
    assert_eq!(answer.access(), Access::Denied);
    assert_eq!(none.statements().count(), 0);
}
