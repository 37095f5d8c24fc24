use serde_json::{Value, json};

use super::*;
use crate::context::Described;

const ACCOUNT: &str = "232482882421";

fn grant(resource: &str) -> Value {
    json!({ "Sid": "Grant", "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "s3:GetObject", "Resource": resource })
}

fn deny(elements: Value) -> Value {
    let mut deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" });
    deny.as_object_mut()
        .unwrap()
        .extend(elements.as_object().unwrap().clone());
    deny
}

fn ask(statements: Value, resources: &[&str]) -> Decision {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let document = PolicyDocument::parse(&document.to_string()).unwrap();
    let resources: Vec<String> = resources.iter().map(|resource| (*resource).to_owned()).collect();
    let context = Context::external_s3_read(ACCOUNT);
    let question = Question {
        account: ACCOUNT,
        action: "s3:GetObject",
        resources: &resources,
        context: &context,
        kind: PolicyKind::Bucket,
    };
    evaluate(Some(&document), &question)
}

const ALL: &[&str] = &["arn:aws:s3:::b/*"];

#[test]
fn an_allow_says_which_statement_allows() {
    let decision = ask(json!([grant("arn:aws:s3:::b/*")]), ALL);
    assert_eq!(
        decision.to_string(),
        "allowed: `s3:GetObject` on `arn:aws:s3:::b/*`\n  statement 0 (`Grant`) allows it on `arn:aws:s3:::b/*`"
    );
    assert_eq!(
        decision.to_json(),
        json!({
            "verdict": "allowed",
            "action": "s3:GetObject",
            "resources": ["arn:aws:s3:::b/*"],
            "because": [{
                "cause": "allow",
                "text": "statement 0 (`Grant`) allows it on `arn:aws:s3:::b/*`",
                "statement": 0,
                "sid": "Grant",
                "resources": ["arn:aws:s3:::b/*"],
            }],
        })
    );
}

#[test]
fn a_prefix_grant_says_what_is_left_out_and_is_partial() {
    let decision = ask(json!([grant("arn:aws:s3:::b/public/*")]), ALL);
    assert_eq!(
        decision.to_string(),
        "denied: `s3:GetObject` on `arn:aws:s3:::b/*`\n  nothing allows it on `arn:aws:s3:::b/*` except \
         `arn:aws:s3:::b/public/*`, for example on `arn:aws:s3:::b/x`"
    );
    assert!(decision.partially_allowed());
    assert!(!decision.part_denied_explicitly());
}

#[test]
fn nothing_allowed_is_not_partial() {
    assert!(!ask(json!([]), ALL).partially_allowed());
    assert!(!ask(json!([grant("arn:aws:s3:::other/*")]), ALL).partially_allowed());
}

#[test]
fn what_a_deny_takes_back_is_not_partial() {
    let decision = ask(json!([grant("arn:aws:s3:::b/public/*"), deny(json!({}))]), ALL);
    assert!(!decision.partially_allowed());
    assert!(decision.part_denied_explicitly());
}

#[test]
fn a_denied_part_is_named() {
    let secret =
        deny(json!({ "Sid": "Secret", "Resource": ["arn:aws:s3:::b/secret/*", "arn:aws:s3:::other/*"] }));
    let decision = ask(json!([grant("arn:aws:s3:::b/*"), secret]), ALL);
    assert_eq!(
        decision.to_string(),
        "denied: `s3:GetObject` on `arn:aws:s3:::b/*`\n  statement 1 (`Secret`) denies it on `arn:aws:s3:::b/secret/*`"
    );
    assert_eq!(decision.reasons().len(), 1);
}

#[test]
fn a_part_outside_a_prefix_is_named_by_its_exception() {
    let mut outside = deny(json!({ "NotResource": "arn:aws:s3:::b/public/*" }));
    outside.as_object_mut().unwrap().remove("Resource");
    let decision = ask(json!([grant("arn:aws:s3:::b/*"), outside]), ALL);
    assert_eq!(decision.reasons()[0].resources, ["arn:aws:s3:::b/*"]);
    assert_eq!(decision.reasons()[0].except, ["arn:aws:s3:::b/public/*"]);
}

#[test]
fn a_depends_names_the_keys() {
    let perimeter =
        deny(json!({ "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "o-example" } } }));
    let decision = ask(json!([grant("arn:aws:s3:::b/*"), perimeter]), ALL);
    assert_eq!(
        decision.to_string(),
        "depends: `s3:GetObject` on `arn:aws:s3:::b/*`\n  statement 1 denies it on `arn:aws:s3:::b/*`, depending on \
         `aws:PrincipalOrgID`"
    );
    assert_eq!(decision.hinges_on(), ["aws:PrincipalOrgID"]);
}

#[test]
fn reasons_that_differ_only_in_their_part_are_one() {
    let decision = ask(
        json!([grant("arn:aws:s3:::b/*")]),
        &["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/c/*"],
    );
    assert_eq!(decision.reasons().len(), 1);
    assert_eq!(
        decision.reasons()[0].resources,
        ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/c/*"]
    );
}

#[test]
fn a_long_list_of_reasons_is_cut_to_three_lines() {
    let denies: Vec<Value> = (0..5).map(|n| deny(json!({ "Sid": format!("D{n}") }))).collect();
    let text = ask(json!(denies), ALL).to_string();
    assert_eq!(text.lines().count(), 3);
    assert!(text.ends_with("(and 4 more)"), "{text}");
}

#[test]
fn patterns_beyond_the_budget_are_too_complex() {
    let hard: Vec<String> = (0..60)
        .map(|n| format!("arn:aws:s3:::b/*a{}", "?".repeat(n)))
        .collect();
    let mut statement = grant("");
    statement["Resource"] = json!(hard);
    let decision = ask(json!([statement]), &["arn:aws:s3:::b/*a*b*a*b*a*"]);
    assert_ne!(decision.access(), Access::Allowed);
}

fn ask_knowing(statements: Value, context: &Context) -> Access {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let question = Question {
        account: ACCOUNT,
        action: "s3:GetObject",
        resources: &["arn:aws:s3:::b/a".to_owned()],
        context,
        kind: PolicyKind::Bucket,
    };
    evaluate(
        Some(&PolicyDocument::parse(&document.to_string()).unwrap()),
        &question,
    )
    .access()
}

fn granted_if(condition: Value) -> Value {
    let mut grant = grant("arn:aws:s3:::b/*");
    grant["Condition"] = condition;
    json!([grant])
}

#[test]
fn any_value_if_exists_of_a_missing_key_is_left_open() {
    let context = Context::new().absent("aws:PrincipalOrgPaths");
    for operator in [
        "ForAnyValue:StringLikeIfExists",
        "ForAnyValue:StringNotLikeIfExists",
    ] {
        let statements = granted_if(json!({ operator: { "aws:PrincipalOrgPaths": "o-a/*" } }));
        assert_eq!(ask_knowing(statements, &context), Access::Depends, "{operator}");
    }
}

#[test]
fn text_that_is_no_arn_leaves_an_arn_operator_open() {
    let arn = "arn:aws:iam::232482882421:role/a";
    let role = Described::PrincipalArnOfAccount {
        partition: "aws".into(),
        account: ACCOUNT.into(),
    };
    for context in [
        Context::new().known("aws:PrincipalArn", [arn]),
        Context::new().one_of("aws:PrincipalArn", role),
    ] {
        for operator in ["ArnLike", "ArnNotLike"] {
            let open = granted_if(json!({ operator: { "aws:PrincipalArn": "*user*" } }));
            assert_eq!(ask_knowing(open, &context), Access::Depends, "{operator}");
        }
        let other = granted_if(json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::1*:*" } }));
        assert_eq!(ask_knowing(other, &context), Access::Allowed);
    }
    let context = Context::new().known("aws:PrincipalArn", ["no ARN"]);
    let open = granted_if(json!({ "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::1*:*" } }));
    assert_eq!(ask_knowing(open, &context), Access::Depends);
}

/// Whatever a variable that may be missing leads to, knowing that it is missing does not make it worse.
#[test]
fn a_variable_that_may_be_missing_is_no_better_than_a_missing_one() {
    let (missing, unknown) = (Context::new().absent("aws:username"), Context::new());
    let there = Context::new().one_of("aws:username", Described::Present);
    let all_but = json!([{
        "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "s3:GetObject",
        "NotResource": "arn:aws:s3:::b/home/${aws:username}/*",
    }]);
    let unlike = granted_if(json!({ "StringNotEquals": { "aws:PrincipalAccount": "x${aws:username}" } }));
    for statements in [all_but, unlike] {
        for (context, expected) in [
            (&missing, Access::Depends),
            (&unknown, Access::Depends),
            (&there, Access::Allowed),
        ] {
            let context = context.clone().known("aws:PrincipalAccount", [ACCOUNT]);
            assert_eq!(
                ask_knowing(statements.clone(), &context),
                expected,
                "{statements}"
            );
        }
    }
    // A Deny reaches no further than a value could.
    let elsewhere = deny(json!({ "Resource": "arn:aws:s3:::b/home/${aws:username}/*" }));
    for context in [&missing, &unknown, &there] {
        let statements = json!([grant("arn:aws:s3:::b/*"), elsewhere]);
        assert_eq!(ask_knowing(statements, context), Access::Allowed);
    }
}

/// The work that goes into the answer to a question of all objects, by what it goes into: so many statements allow a part
/// each, the last allows all, and a Deny keeps plain HTTP out. Why it is so is put into words within a budget of its own.
fn work_of(statements: usize) -> [u64; 4] {
    let tls = json!({ "Bool": { "aws:SecureTransport": "false" } });
    let parts = (0..statements).map(|number| grant(&format!("arn:aws:s3:::b/team-{number}/*")));
    let parts = std::iter::once(deny(json!({ "Condition": tls }))).chain(parts);
    let statements: Vec<Value> = parts.chain([grant("arn:aws:s3:::b/*")]).collect();
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let document = PolicyDocument::parse(&document.to_string()).unwrap();
    let context = Context::external_s3_read(ACCOUNT);
    let question = Question {
        account: ACCOUNT,
        action: "s3:GetObject",
        resources: &["arn:aws:s3:::b/*".to_owned()],
        context: &context,
        kind: PolicyKind::Bucket,
    };
    let mut budgets = Budgets::new();
    let voices = Voices::gather(Some(&document), &question, &mut budgets);
    let part = voices.answer("arn:aws:s3:::b/*", &mut budgets);
    assert_eq!(part.access, Access::Allowed);
    let full = Budgets::new();
    [
        full.scan.left() - budgets.scan.left(),
        full.conditions.left() - budgets.conditions.left(),
        full.covers.left() - budgets.covers.left(),
        full.denies.left() - budgets.denies.left(),
    ]
}

#[test]
fn the_work_of_an_ordinary_policy_grows_in_proportion_to_its_statements() {
    let (small, large) = (work_of(100), work_of(1000));
    assert!(small[0] >= 100, "every statement is counted: {small:?}");
    for (small, large) in small.into_iter().zip(large) {
        assert!(large <= small * 10, "100 statements: {small}, 1000: {large}");
    }
}
