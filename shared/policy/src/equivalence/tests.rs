use serde_json::{Value, json};

use super::*;

fn document(elements: Value) -> PolicyDocument {
    let mut statement = json!({
        "Sid": "s", "Effect": "Allow", "Principal": { "AWS": "111122223333" },
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
    });
    for (name, value) in elements.as_object().unwrap() {
        statement[name] = value.clone();
    }
    PolicyDocument::parse(&json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()).unwrap()
}

#[test]
fn these_spellings_are_the_same() {
    let pairs = [
        (
            json!({}),
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:root" } }),
        ),
        (
            json!({}),
            json!({ "Principal": { "AWS": ["arn:aws-cn:iam::111122223333:root"] } }),
        ),
        (
            json!({}),
            json!({ "Principal": { "AWS": ["111122223333", "arn:aws:iam::111122223333:root"] } }),
        ),
        (
            json!({}),
            json!({ "Principal": { "AWS": "111122223333", "Service": [] } }),
        ),
        (json!({}), json!({ "Effect": "ALLOW" })),
        (json!({}), json!({ "Action": ["S3:getobject"] })),
        (json!({}), json!({ "Resource": ["arn:aws:s3:::b/*"] })),
        (json!({}), json!({ "Condition": {} })),
        (
            json!({ "Principal": "*" }),
            json!({ "Principal": { "AWS": ["*"] } }),
        ),
        (
            json!({ "Action": ["a:b", "a:c"] }),
            json!({ "Action": ["a:c", "a:b", "a:c"] }),
        ),
        (
            json!({ "Condition": { "Bool": { "aws:SecureTransport": "false" }, "NumericLessThan": { "k": "10" } } }),
            json!({ "Condition": { "NumericLessThan": { "K": [10] }, "Bool": { "AWS:SecureTransport": [false] } } }),
        ),
    ];
    for (a, b) in pairs {
        assert!(equivalent(&document(a.clone()), &document(b.clone())), "{a}\n{b}");
    }
}

#[test]
fn these_are_different() {
    let pairs = [
        (json!({}), json!({ "Sid": "t" })),
        (json!({}), json!({ "Sid": "" })),
        (json!({}), json!({ "Principal": { "AWS": "111122223334" } })),
        (
            json!({}),
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/root" } }),
        ),
        (json!({}), json!({ "Principal": { "Service": "111122223333" } })),
        (json!({}), json!({ "Principal": "*" })),
        (json!({}), json!({ "Resource": "arn:aws:s3:::B/*" })),
        (
            json!({}),
            json!({ "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b"] }),
        ),
        (json!({}), json!({ "Note": "x" })),
        (
            json!({ "Condition": { "StringEquals": { "k": "a" } } }),
            json!({ "Condition": { "StringEquals": { "k": "A" } } }),
        ),
        (
            json!({ "Condition": { "StringEquals": { "k": "a" } } }),
            json!({ "Condition": { "StringLike": { "k": "a" } } }),
        ),
        (
            json!({ "Condition": { "StringEquals": { "k": "a", "K": "b" } } }),
            json!({ "Condition": { "StringEquals": { "k": ["a", "b"] } } }),
        ),
    ];
    for (a, b) in pairs {
        assert!(
            !equivalent(&document(a.clone()), &document(b.clone())),
            "{a}\n{b}"
        );
    }
}

#[test]
fn version_id_and_number_of_statements_count() {
    let parse = |text: &str| PolicyDocument::parse(text).unwrap();
    let plain = parse(r#"{"Statement":[]}"#);
    assert!(equivalent(
        &plain,
        &parse(r#"{"Version":"2008-10-17","Statement":[]}"#)
    ));
    assert!(!equivalent(
        &plain,
        &parse(r#"{"Version":"2012-10-17","Statement":[]}"#)
    ));
    assert!(!equivalent(&plain, &parse(r#"{"Id":"x","Statement":[]}"#)));
    let one = r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#;
    let single = parse(&format!(r#"{{"Statement":{one}}}"#));
    assert!(equivalent(
        &single,
        &parse(&format!(r#"{{"Statement":[{one}]}}"#))
    ));
    assert!(!equivalent(
        &single,
        &parse(&format!(r#"{{"Statement":[{one},{one}]}}"#))
    ));
}

#[test]
fn the_hash_is_that_of_the_sorted_compact_text() {
    let document = PolicyDocument::new_with_id(None);
    assert_eq!(
        document.canonical_hash(),
        "a48803b796029b4ad945f4aec0d1641ad8dcabcb95df2ec87594ffcb95d0eeb8"
    );
}

#[test]
fn a_difference_names_what_differs() {
    let parse = |text: &str| PolicyDocument::parse(text).unwrap();
    let read = r#"{"Sid":"Read","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}"#;
    let write = r#"{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"*"}"#;
    let first = parse(&format!(
        r#"{{"Version":"2012-10-17","Id":"x","Statement":[{write},{read},{write}]}}"#
    ));
    let second = parse(&format!(r#"{{"Id":"x","Statement":[{read},{write},{read}]}}"#));
    assert_eq!(
        difference(&first, &second).to_string(),
        "`Version` differs\nstatement 2 is only in the first\nstatement 2 (`Read`) is only in the second"
    );
    assert!(difference(&first, &first).is_empty());
}
