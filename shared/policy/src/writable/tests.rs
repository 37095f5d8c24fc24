use serde_json::{Value, json};

use super::*;

fn document(statements: Value) -> PolicyDocument {
    PolicyDocument::parse(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string()).unwrap()
}

fn bucket(statements: Value) -> Vec<String> {
    let reasons = writable(
        &document(statements),
        PolicyKind::Bucket,
        true,
        Some("111122223333"),
    );
    reasons.iter().map(ToString::to_string).collect()
}

fn key(statements: Value) -> Vec<String> {
    let reasons = writable(&document(statements), PolicyKind::Key, true, Some("111122223333"));
    reasons.iter().map(ToString::to_string).collect()
}

fn grant() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": "232482882421" }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" })
}

fn enable() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "kms:*", "Resource": "*" })
}

#[test]
fn an_ordinary_policy_can_be_written() {
    assert!(bucket(json!([grant()])).is_empty());
    assert!(key(json!([enable()])).is_empty());
}

#[test]
fn dead_principals_are_named_one_by_one() {
    let statement = json!({ "Sid": "Old", "Effect": "Deny", "NotPrincipal": { "AWS": ["AIDAEXAMPLEUSERID1234", "111122223333", "AROAEXAMPLEROLEID1234"] }, "Action": "s3:DeleteObject", "Resource": "*" });
    assert_eq!(
        bucket(json!([grant(), statement])),
        [
            "statement 1 (`Old`) names `AIDAEXAMPLEUSERID1234`, a user or role that no longer exists",
            "statement 1 (`Old`) names `AROAEXAMPLEROLEID1234`, a user or role that no longer exists",
        ]
    );
}

#[test]
fn a_policy_over_the_limit_is_too_large() {
    let resources: Vec<String> = (0..700).map(|n| format!("arn:aws:s3:::b/{n:010}/*")).collect();
    let mut large = grant();
    large["Resource"] = json!(resources);
    let reasons = writable(&document(json!([large])), PolicyKind::Bucket, false, None);
    assert!(matches!(
        reasons.as_slice(),
        [Unwritable::TooLarge {
            size: 20_481..,
            limit: 20_480
        }]
    ));
}

#[test]
fn a_public_policy_is_refused_only_under_block_public_policy() {
    let public = json!([grant(), { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x" }]);
    assert_eq!(
        bucket(public.clone()),
        ["`BlockPublicPolicy` refuses it, because the policy is public by statement 1"]
    );
    assert!(writable(&document(public), PolicyKind::Bucket, false, None).is_empty());
}

#[test]
fn a_deny_of_every_policy_change_locks_the_owner_out() {
    let lock = |extra: Value| {
        let mut lock = json!({ "Sid": "Lock", "Effect": "Deny", "Principal": "*", "Action": "s3:PutBucket*", "Resource": "arn:aws:s3:::b" });
        lock.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        bucket(json!([grant(), lock]))
    };
    let locked = ["statement 1 (`Lock`) would keep the owner from ever changing the policy again"];
    assert_eq!(lock(json!({})), locked);
    assert_eq!(lock(json!({ "Principal": { "AWS": "111122223333" } })), locked);
    assert_eq!(
        lock(json!({ "Condition": { "StringNotEquals": { "aws:PrincipalAccount": "999999999999" } } })),
        locked
    );
    assert!(lock(json!({ "Principal": { "AWS": "232482882421" } })).is_empty());
    assert!(
        lock(json!({ "Condition": { "StringNotEquals": { "aws:PrincipalAccount": "111122223333" } } }))
            .is_empty()
    );
    assert!(lock(json!({ "Condition": { "ArnNotLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin" } } })).is_empty());
    assert!(lock(json!({ "Condition": { "Bool": { "aws:SecureTransport": "false" } } })).is_empty());
    assert!(lock(json!({ "Action": "s3:PutObject" })).is_empty());
}

#[test]
fn a_bucket_policy_needs_statements_and_resources() {
    assert_eq!(bucket(json!([])), ["`Statement` is missing"]);
    let mut without = grant();
    without.as_object_mut().unwrap().remove("Resource");
    assert_eq!(
        bucket(json!([grant(), without])),
        ["`Statement[1].Resource` is missing"]
    );
}

#[test]
fn a_key_policy_must_leave_somebody_who_can_change_it() {
    let locked = ["nobody of the owner's account could ever change the policy again"];
    let mut decrypt = enable();
    decrypt["Action"] = json!("kms:Decrypt");
    assert_eq!(key(json!([decrypt])), locked);
    let mut foreign = enable();
    foreign["Principal"] = json!({ "AWS": "232482882421" });
    assert_eq!(key(json!([foreign])), locked);
    // The writer may be that role.
    let mut role = enable();
    role["Principal"] = json!({ "AWS": "arn:aws:iam::111122223333:role/admin" });
    assert!(key(json!([role])).is_empty());
    let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*" });
    assert_eq!(
        key(json!([enable(), deny])),
        ["statement 1 would keep the owner from ever changing the policy again"]
    );
}

#[test]
fn a_key_policy_takes_latin_1_only() {
    let mut named = enable();
    named["Sid"] = json!("Schlüssel");
    assert!(key(json!([named.clone()])).is_empty());
    named["Sid"] = json!("Ключ");
    assert_eq!(
        key(json!([named])),
        ["the policy has the character `\\u{41a}`, which KMS does not take"]
    );
}
