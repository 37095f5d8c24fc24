//! Policies, what is known of a request, and requests that fit what is known, made from choices.
//!
//! Everything has the names of real services, so that an independent simulator can be asked the same.

pub(crate) mod known;
pub(crate) mod vocabulary;

use guardian_policy::PolicyKind;
use serde_json::{Map, Value, json};

use vocabulary::{ACCOUNT, CALLERS, KEY_ARN, KEYS, OWNER, Type};

use super::choices::Choices;

/// The account asks for one action on a set of resources.
pub(crate) struct Asked {
    pub(crate) action: &'static str,
    pub(crate) resource: String,
}

pub(crate) fn asked(choices: &mut Choices<'_>, kind: PolicyKind) -> Asked {
    if kind == PolicyKind::Key {
        return Asked {
            action: choices.pick(&["kms:Decrypt", "kms:DescribeKey"]),
            resource: KEY_ARN.to_owned(),
        };
    }
    Asked {
        action: choices.pick(&["s3:GetObject", "s3:GetObject", "s3:GetObjectVersion"]),
        resource: object(choices, 1),
    }
}

/// Keys as `a`, `b/a` or `*b?`, of a bucket.
fn object(choices: &mut Choices<'_>, least: usize) -> String {
    let parts = choices.list(least, 4, &["a", "b", "/", "*", "?", "*", "A", "."]);
    format!("arn:aws:s3:::b/{}", parts.concat())
}

/// A member of the set that a pattern stands for; a bucket's objects have keys.
pub(crate) fn member(pattern: &str, choices: &mut Choices<'_>) -> String {
    let letters = ["a", "b", "/", "z", "A", "é"];
    let mut text = String::new();
    for c in pattern.chars() {
        match c {
            '?' => text.push_str(choices.pick(&letters)),
            '*' => text.push_str(&choices.list(0, 3, &letters).concat()),
            c => text.push(c),
        }
    }
    if text == "arn:aws:s3:::b/" && pattern.ends_with('*') {
        text.push('a');
    }
    text
}

fn scalar_if_one<T: Copy + Into<Value>>(choices: &mut Choices<'_>, values: &[T]) -> Value {
    match values {
        [only] if !choices.one_in(4) => (*only).into(),
        _ => values.iter().map(|value| (*value).into()).collect(),
    }
}

/// Element and value.
fn principal(choices: &mut Choices<'_>, kind: PolicyKind) -> (&'static str, Value) {
    if kind == PolicyKind::ResourceControl {
        return ("Principal", json!("*"));
    }
    let names = [
        ACCOUNT,
        "arn:aws:iam::232482882421:root",
        OWNER,
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:role/a",
        "*",
        CALLERS[0].1,
        CALLERS[2].1,
        CALLERS[0].0,
        CALLERS[4].0,
        "arn:aws:iam::232482882421:role/other",
        "AROAEXAMPLEROLEID1234",
    ];
    let value = match choices.below(16) {
        0..=3 => json!("*"),
        4..=7 => json!({ "AWS": ACCOUNT }),
        8 => json!({ "AWS": "*" }),
        9 => json!({ "Service": "cloudtrail.amazonaws.com" }),
        10 => {
            json!({ "CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be" })
        }
        11 => json!({ "Federated": "arn:aws:iam::111122223333:saml-provider/p", "AWS": ACCOUNT }),
        _ => {
            let names = choices.list(1, 3, &names);
            json!({ "AWS": scalar_if_one(choices, &names) })
        }
    };
    let element = if choices.one_in(12) && value != json!("*") {
        "NotPrincipal"
    } else {
        "Principal"
    };
    (element, value)
}

fn action(choices: &mut Choices<'_>, kind: PolicyKind) -> (&'static str, Value) {
    let names: &[&str] = if kind == PolicyKind::Key {
        &[
            "kms:Decrypt",
            "kms:*",
            "kms:De*",
            "kms:describekey",
            "kms:Encrypt",
            "*",
        ]
    } else {
        &[
            "s3:GetObject",
            "s3:GetObject",
            "s3:GetObject*",
            "s3:get*",
            "s3:*",
            "s3:GetObjectVersion",
            "s3:PutObject",
            "s3:?etObject",
        ]
    };
    let names = choices.list(1, 2, names);
    let value = scalar_if_one(choices, &names);
    let is_negated = choices.one_in(8) && kind != PolicyKind::ResourceControl;
    (if is_negated { "NotAction" } else { "Action" }, value)
}

fn resource(choices: &mut Choices<'_>, kind: PolicyKind) -> (&'static str, Value) {
    let one = |choices: &mut Choices<'_>| match (kind, choices.below(16)) {
        (PolicyKind::Key, 0..=9) => "*".to_owned(),
        (PolicyKind::Key, 10..=13) => KEY_ARN.to_owned(),
        (PolicyKind::Key, _) => {
            "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000".to_owned()
        }
        (_, 0..=4) => "arn:aws:s3:::b/*".to_owned(),
        (_, 5) => "*".to_owned(),
        (_, 6) => "arn:aws:s3:::b".to_owned(),
        (_, 7) => "arn:aws:s3:::other/*".to_owned(),
        (_, 8) => "arn:aws:s3:::b*".to_owned(),
        (_, 9) => "arn:aws:s3:::b/${aws:PrincipalTag/team}*".to_owned(),
        (_, 10) => "arn:aws:s3:::b/${aws:userid}".to_owned(),
        _ => object(choices, 0),
    };
    let first = one(choices);
    let value = if choices.one_in(3) {
        json!([first, one(choices)])
    } else {
        json!(first)
    };
    // What NotResource would mean in a key policy is not written anywhere.
    let is_negated = choices.one_in(8) && kind != PolicyKind::Key;
    (if is_negated { "NotResource" } else { "Resource" }, value)
}

/// Operator, key and values that fit each other.
fn condition(choices: &mut Choices<'_>) -> (String, String, Value) {
    let (key, kind, known) = choices.pick(&KEYS);
    let spelt = if choices.one_in(6) {
        key.to_ascii_lowercase()
    } else {
        key.to_owned()
    };
    if choices.one_in(10) {
        return ("Null".into(), spelt, json!(choices.pick(&["true", "false"])));
    }
    let (operators, values): (&[&str], &[&str]) = match kind {
        Type::Text | Type::Texts => (
            &[
                "StringEquals",
                "StringNotEquals",
                "StringLike",
                "StringNotLike",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
            ],
            &[
                "a",
                "A",
                "ab",
                "b",
                "a*",
                "?",
                "*b",
                "*",
                "o-*",
                "vpce-*",
                "${aws:PrincipalTag/team}",
                "${aws:userid}*",
                "${*}",
            ],
        ),
        Type::Flag => (&["Bool"], &["true", "false", "True"]),
        Type::Number => (
            &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ],
            &["1", "5", "10", "-1", "9.0"],
        ),
        Type::Date => (
            &[
                "DateLessThan",
                "DateGreaterThanEquals",
                "DateEquals",
                "DateNotEquals",
                "DateLessThanEquals",
                "DateGreaterThan",
            ],
            &[
                "2026-01-01T00:00:00Z",
                "2026-06-01T00:00:00Z",
                "2028-01-01T00:00:00Z",
                "1735689600",
                "2027-01-01",
            ],
        ),
        Type::Address => (
            &["IpAddress", "NotIpAddress"],
            &[
                "203.0.113.0/24",
                "10.0.0.0/8",
                "0.0.0.0/0",
                "3.5.7.9",
                "96.0.0.0/6",
                "2001:db8::/32",
                "::/0",
                "0.0.0.0/1",
                "128.0.0.0/1",
            ],
        ),
        Type::Arn => (
            &[
                "ArnLike",
                "ArnNotLike",
                "ArnEquals",
                "ArnNotEquals",
                "StringLike",
                "StringNotLike",
                "StringEquals",
            ],
            &[
                "arn:aws:iam::232482882421:role/*",
                "arn:aws:*::232482882421:*",
                "arn:aws:iam::*:user/a",
                "arn:aws:iam::1*:role/a",
                "arn:aws:iam::232482882421:role/a",
                "arn:*:iam::*:role/*b",
                "arn:aws:sns:*:*:*",
                "arn:aws:s3:::b",
                "*",
                "*user*",
            ],
        ),
    };
    let set = match kind {
        Type::Texts => choices.pick(&["ForAnyValue:", "ForAllValues:"]),
        _ => "",
    };
    let operator = choices.pick(operators);
    let suffix = choices.pick(&["", "", "IfExists"]);
    // Half of the time what a request may have, so that a test is often true.
    let values = if choices.one_in(2) {
        choices.list(1, 2, known)
    } else {
        choices.list(1, 3, values)
    };
    let values = scalar_if_one(choices, &values);
    (format!("{set}{operator}{suffix}"), spelt, values)
}

pub(crate) fn statement(choices: &mut Choices<'_>, kind: PolicyKind) -> Value {
    let effect = if kind == PolicyKind::ResourceControl {
        "Deny"
    } else {
        choices.pick(&["Allow", "Allow", "Deny"])
    };
    let mut body = Map::new();
    body.insert("Effect".into(), json!(effect));
    for (name, value) in [
        principal(choices, kind),
        action(choices, kind),
        resource(choices, kind),
    ] {
        body.insert(name.to_owned(), value);
    }
    let mut operators = Map::new();
    let count = choices.pick(&[0, 0, 1, 1, 2]);
    for _ in 0..count {
        let (operator, key, values) = condition(choices);
        if let Some(keys) = operators
            .entry(operator)
            .or_insert_with(|| json!({}))
            .as_object_mut()
        {
            // Two spellings of one key under an operator are a question of their own.
            if !keys.keys().any(|known| known.eq_ignore_ascii_case(&key)) {
                keys.insert(key, values);
            }
        }
    }
    if !operators.is_empty() {
        body.insert("Condition".into(), Value::Object(operators));
    }
    Value::Object(body)
}

pub(crate) fn policy(choices: &mut Choices<'_>, kind: PolicyKind) -> Value {
    let mut statements = Vec::new();
    // Where something is allowed a Deny matters.
    if kind != PolicyKind::ResourceControl && choices.one_in(2) {
        let (action, resource) = match kind {
            PolicyKind::Key => ("kms:*", "*"),
            _ => ("s3:GetObject*", "arn:aws:s3:::b/*"),
        };
        statements.push(json!({
            "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": action, "Resource": resource,
        }));
    }
    let count = choices.below(5);
    statements.extend((0..count).map(|_| statement(choices, kind)));
    json!({ "Version": "2012-10-17", "Statement": statements })
}
