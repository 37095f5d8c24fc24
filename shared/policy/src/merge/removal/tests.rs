use serde_json::json;

use super::*;

const ACCOUNT: &str = "232482882421";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn remove(statements: &Value, kind: PolicyKind) -> Result<Removal, RemovalError> {
    let (actions, resource): (&[&str], &str) = match kind {
        PolicyKind::Key => (&["kms:Decrypt", "kms:DescribeKey"], KEY),
        _ => (&["s3:GetObject"], "arn:aws:s3:::b/*"),
    };
    let resources = [resource.to_owned()];
    let grant = Grant {
        sid: "Cloudinary",
        account: ACCOUNT,
        partition: "aws",
        actions,
        resources: &resources,
        document_id: None,
    };
    let text = json!({ "Version": "2012-10-17", "Id": "theirs", "Statement": statements }).to_string();
    remove_grant(&PolicyDocument::parse(&text).unwrap(), &grant, kind)
}

/// What stays, the places of what was kept, and whether the account may still do something.
fn removed(statements: &Value, kind: PolicyKind) -> (Value, Vec<usize>, bool) {
    match remove(statements, kind) {
        Ok(Removal::Changed {
            document,
            kept,
            remaining,
            ..
        }) => (
            document.as_value()["Statement"].clone(),
            kept.iter().map(|statement| statement.index).collect(),
            !remaining.is_empty(),
        ),
        other => panic!("{other:?}"),
    }
}

fn kept(statements: &Value, kind: PolicyKind) -> Vec<usize> {
    match remove(statements, kind) {
        Ok(Removal::Unchanged { kept }) => kept.iter().map(|statement| statement.index).collect(),
        other => panic!("{other:?}"),
    }
}

fn owner() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "kms:*", "Resource": "*" })
}

fn allow(principal: &str, actions: &[&str]) -> Value {
    json!({ "Sid": "Cloudinary", "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions, "Resource": "*" })
}

#[test]
fn the_grant_goes_in_whatever_spelling_and_under_whatever_condition() {
    let mut conditional = allow("arn:aws-us-gov:iam::232482882421:root", &["KMS:decrypt"]);
    conditional["Condition"] = json!({ "StringEquals": { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } });
    let mut other_key = allow(ACCOUNT, &["kms:Decrypt"]);
    other_key["Resource"] = json!([KEY.replace("1234abcd", "ffffffff")]);
    let statements = json!([
        allow(ACCOUNT, &["kms:Decrypt", "kms:DescribeKey"]),
        owner(),
        conditional,
        other_key,
    ]);
    assert_eq!(
        removed(&statements, PolicyKind::Key),
        (json!([owner()]), vec![], false)
    );
}

#[test]
fn a_statement_that_says_more_stays_and_is_named() {
    let mut shared = allow(ACCOUNT, &["kms:Decrypt"]);
    shared["Principal"] = json!({ "AWS": [ACCOUNT, "444455556666"] });
    let mut not_action = allow(ACCOUNT, &[]);
    not_action.as_object_mut().unwrap().remove("Action");
    not_action["NotAction"] = json!("kms:PutKeyPolicy");
    for more in [
        shared,
        not_action,
        allow(ACCOUNT, &["kms:Decrypt", "kms:Encrypt"]),
        allow(ACCOUNT, &["kms:Decryp?"]),
        allow("*", &["kms:Decrypt"]),
    ] {
        let statements = json!([owner(), more, allow(ACCOUNT, &["kms:Decrypt"])]);
        assert_eq!(
            removed(&statements, PolicyKind::Key),
            (json!([owner(), more]), vec![1], true)
        );
        assert_eq!(kept(&json!([owner(), more]), PolicyKind::Key), [1]);
    }
    // It may be used, though not by the account as a whole.
    let role = allow("arn:aws:iam::232482882421:role/reader", &["kms:Decrypt"]);
    assert_eq!(kept(&json!([owner(), role]), PolicyKind::Key), [1]);
}

#[test]
fn a_statement_that_can_never_apply_to_the_account_is_not_named() {
    let mut own = allow("*", &["kms:Decrypt"]);
    own["Condition"] = json!({ "StringEquals": { "kms:CallerAccount": "111122223333" } });
    assert_eq!(kept(&json!([owner(), own]), PolicyKind::Key), [] as [usize; 0]);
}

#[test]
fn a_deny_is_nobody_elses_allow() {
    let mut deny = allow(ACCOUNT, &["kms:Decrypt"]);
    deny["Effect"] = json!("Deny");
    let statements = json!([owner(), deny, allow(ACCOUNT, &["kms:Decrypt"])]);
    assert_eq!(
        removed(&statements, PolicyKind::Key),
        (json!([owner(), deny]), vec![], false)
    );
}

#[test]
fn a_key_policy_is_never_left_empty_and_a_bucket_policy_may_be() {
    let only = json!([allow(ACCOUNT, &["kms:Decrypt"])]);
    assert_eq!(remove(&only, PolicyKind::Key), Err(RemovalError::NothingLeft));
    let only = json!({ "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" });
    assert_eq!(removed(&only, PolicyKind::Bucket), (json!([]), vec![], false));
}

#[test]
fn the_grant_of_another_bucket_stays() {
    let other = json!([{ "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::c/*" }]);
    assert_eq!(kept(&other, PolicyKind::Bucket), [0]);
}

#[test]
fn an_account_that_is_no_account_is_refused() {
    let document = PolicyDocument::parse(r#"{"Statement":[]}"#).unwrap();
    let grant = Grant {
        sid: "s",
        account: "*",
        partition: "aws",
        actions: &["kms:Decrypt"],
        resources: &[],
        document_id: None,
    };
    assert!(matches!(
        remove_grant(&document, &grant, PolicyKind::Key),
        Err(RemovalError::InvalidGrant { .. })
    ));
}

#[test]
fn a_removal_that_lies_is_found_out() {
    let before = json!({ "Version": "2012-10-17", "Statement": [owner(), allow(ACCOUNT, &["kms:Decrypt"])] });
    let before = PolicyDocument::parse(&before.to_string()).unwrap();
    let after = json!({ "Version": "2012-10-17", "Statement": [owner()] });
    let after = PolicyDocument::parse(&after.to_string()).unwrap();
    let change = |index: usize, statement: Value| StatementChange::Removed {
        statements: vec![RemovedStatement { index, statement }],
    };
    let ours = allow(ACCOUNT, &["kms:Decrypt"]);
    assert!(foreign_statements_kept(
        Some(&before),
        &after,
        &change(1, ours.clone())
    ));
    // Another place, another statement, nothing at all, and a document that was never there.
    assert!(!foreign_statements_kept(
        Some(&before),
        &after,
        &change(0, ours.clone())
    ));
    assert!(!foreign_statements_kept(
        Some(&before),
        &after,
        &change(0, owner())
    ));
    assert!(!foreign_statements_kept(
        Some(&before),
        &after,
        &StatementChange::Removed { statements: vec![] }
    ));
    assert!(!foreign_statements_kept(None, &after, &change(1, ours)));
}
