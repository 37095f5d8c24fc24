use serde_json::{Value, json};

use super::*;
use crate::context::Context;

const ACCOUNT: &str = "232482882421";

fn document(statements: Value) -> PolicyDocument {
    PolicyDocument::parse(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string()).unwrap()
}

fn grant() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" })
}

fn public() -> Value {
    json!({ "Sid": "Web", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/web/*" })
}

fn ask(statements: Value, surroundings: &Surroundings<'_>) -> Decision {
    let context = Context::external_s3_read(ACCOUNT);
    let question = Question {
        account: ACCOUNT,
        action: "s3:GetObject",
        resources: &["arn:aws:s3:::b/*".to_owned()],
        context: &context,
        kind: PolicyKind::Bucket,
    };
    evaluate_within(Some(&document(statements)), &question, surroundings)
}

fn restricted() -> Surroundings<'static> {
    Surroundings {
        restrict_public_buckets: Setting::On,
        ..Surroundings::default()
    }
}

#[test]
fn nothing_around_it_changes_nothing() {
    assert_eq!(
        ask(json!([grant()]), &Surroundings::default()).access(),
        Access::Allowed
    );
    assert_eq!(ask(json!([grant()]), &restricted()).access(), Access::Allowed);
}

#[test]
fn one_public_statement_stops_the_account_under_restrict_public_buckets() {
    let decision = ask(json!([grant(), public()]), &restricted());
    assert_eq!(decision.access(), Access::Denied);
    assert!(decision.part_denied_explicitly());
    assert_eq!(
        decision.to_string(),
        "denied: `s3:GetObject` on `arn:aws:s3:::b/*`\n  \
         statement 1 (`Web`) makes the policy public, and `RestrictPublicBuckets` then stops other accounts"
    );
    assert_eq!(
        ask(json!([grant(), public()]), &Surroundings::default()).access(),
        Access::Allowed
    );
}

#[test]
fn an_unknown_setting_matters_only_to_a_public_policy() {
    let unknown = Surroundings {
        restrict_public_buckets: Setting::Unknown,
        ..Surroundings::default()
    };
    assert_eq!(
        ask(json!([grant(), public()]), &unknown).access(),
        Access::Depends
    );
    assert_eq!(ask(json!([grant()]), &unknown).access(), Access::Allowed);
}

#[test]
fn a_policy_that_is_perhaps_public_leaves_it_open() {
    let narrowed = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
        "Condition": { "StringEquals": { "aws:PrincipalAccount": ACCOUNT } },
    });
    assert_eq!(
        ask(json!([narrowed.clone()]), &restricted()).access(),
        Access::Depends
    );
    assert_eq!(
        ask(json!([narrowed]), &Surroundings::default()).access(),
        Access::Allowed
    );
}

#[test]
fn the_owners_own_principals_are_not_restricted() {
    let own = Surroundings {
        owner: Some(ACCOUNT),
        ..restricted()
    };
    assert_eq!(ask(json!([grant(), public()]), &own).access(), Access::Allowed);
}

#[test]
fn foreign_objects_and_requester_pays_leave_it_open() {
    let foreign = Surroundings {
        foreign_objects: Setting::On,
        ..Surroundings::default()
    };
    let pays = Surroundings {
        requester_pays: Setting::On,
        ..Surroundings::default()
    };
    assert_eq!(ask(json!([grant()]), &foreign).access(), Access::Depends);
    assert_eq!(ask(json!([grant()]), &pays).access(), Access::Depends);
    // What is denied anyway stays denied.
    assert_eq!(ask(json!([]), &foreign).access(), Access::Denied);
}

#[test]
fn a_resource_control_policy_only_takes_away() {
    let perimeter = document(json!([{
        "Sid": "EnforceOrgIdentities", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": { "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-example" } },
    }]));
    let harmless =
        document(json!([{ "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*" }]));
    let policies = [harmless, perimeter];
    let around = Surroundings {
        resource_control_policies: &policies,
        ..Surroundings::default()
    };
    let decision = ask(json!([grant()]), &around);
    assert_eq!(decision.access(), Access::Depends);
    assert_eq!(decision.hinges_on(), ["aws:PrincipalOrgID"]);
    assert_eq!(
        decision.to_string(),
        "depends: `s3:GetObject` on `arn:aws:s3:::b/*`\n  resource control policy 1, statement 0 \
         (`EnforceOrgIdentities`) denies it on `arn:aws:s3:::b/*`, depending on `aws:PrincipalOrgID`"
    );
    assert_eq!(ask(json!([]), &around).access(), Access::Denied);
}

#[test]
fn what_the_definition_of_public_leaves_open_depends() {
    for (element, condition) in [
        (
            "Principal",
            json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:::b" } }),
        ),
        (
            "Principal",
            json!({ "StringEquals": { "aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t" } }),
        ),
        (
            "Principal",
            json!({ "StringEqualsIgnoreCase": { "aws:userid": "a" } }),
        ),
        (
            "Principal",
            json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/*" } }),
        ),
        (
            "NotPrincipal",
            json!({ "StringEquals": { "aws:PrincipalOrgID": "o-example" } }),
        ),
    ] {
        let mut statement = json!({
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/web/*", "Condition": condition,
        });
        statement[element] = json!({ "AWS": if element == "Principal" { "*" } else { "444455556666" } });
        let statements = json!([grant(), statement]);
        assert_eq!(
            ask(statements, &restricted()).access(),
            Access::Depends,
            "{condition}"
        );
    }
    let fixed = json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t" } });
    let statement = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/web/*",
        "Condition": fixed,
    });
    assert_eq!(
        ask(json!([grant(), statement]), &restricted()).access(),
        Access::Allowed
    );
}
