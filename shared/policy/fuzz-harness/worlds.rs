//! Policies, what is known of a request, and requests that fit what is known, made from choices.
//!
//! Everything has the names of real services, so that an independent simulator can be asked the same.

use guardian_policy::{Context, Described, Knowledge, PolicyKind};
use serde_json::{Map, Value, json};

use super::choices::Choices;

/// The account that asks.
pub(crate) const ACCOUNT: &str = "232482882421";
/// The account that owns bucket and key.
pub(crate) const OWNER: &str = "111122223333";
pub(crate) const KEY_ARN: &str =
    "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const OURS: &str = "vpce-0aaaaaaaaaaaaaaaa";

/// Who may ask: the principal that signs, and the `aws:PrincipalArn` it has.
pub(crate) const CALLERS: [(&str, &str); 5] = [
    (
        "arn:aws:sts::232482882421:assumed-role/a/session",
        "arn:aws:iam::232482882421:role/a",
    ),
    (
        "arn:aws:sts::232482882421:assumed-role/b/session",
        "arn:aws:iam::232482882421:role/team/b",
    ),
    (
        "arn:aws:iam::232482882421:user/a",
        "arn:aws:iam::232482882421:user/a",
    ),
    (
        "arn:aws:iam::232482882421:user/team/b",
        "arn:aws:iam::232482882421:user/team/b",
    ),
    (
        "arn:aws:sts::232482882421:federated-user/a",
        "arn:aws:sts::232482882421:federated-user/a",
    ),
];

/// How the values of a key are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Texts,
    Flag,
    Number,
    Date,
    Address,
    Arn,
}

/// The condition keys, and the values that each may have in a request.
pub(crate) const KEYS: [(&str, Type, &[&str]); 12] = [
    (
        "aws:PrincipalArn",
        Type::Arn,
        &[
            CALLERS[0].1,
            CALLERS[1].1,
            CALLERS[2].1,
            CALLERS[3].1,
            CALLERS[4].1,
        ],
    ),
    (
        "aws:PrincipalTag/team",
        Type::Text,
        &["a", "ab", "B", "a*", "arn:aws:s3:::b/a"],
    ),
    ("aws:SecureTransport", Type::Flag, &["true", "false"]),
    ("aws:MultiFactorAuthAge", Type::Number, &["1", "9", "10", "-1"]),
    ("aws:PrincipalOrgPaths", Type::Texts, &["a", "b", "c"]),
    (
        "aws:SourceIp",
        Type::Address,
        &[
            "3.5.7.9",
            "52.95.110.1",
            "203.0.113.7",
            "198.51.100.200",
            "2001:db8::7",
            "2600:1f18::1",
        ],
    ),
    (
        "aws:SourceVpce",
        Type::Text,
        &["vpce-0bbbbbbbbbbbbbbbb", "vpce-0cccccccccccccccc", OURS],
    ),
    (
        "aws:CurrentTime",
        Type::Date,
        &[
            "2025-01-01T00:00:00Z",
            "2026-06-01T00:00:00Z",
            "2027-12-31T23:59:59Z",
        ],
    ),
    ("aws:userid", Type::Text, &["AROAEXAMPLEROLEID1234:session", "a"]),
    (
        "aws:PrincipalOrgID",
        Type::Text,
        &["o-a1b2c3d4e5", "o-zzzzzzzzzz"],
    ),
    (
        "aws:SourceArn",
        Type::Arn,
        &["arn:aws:s3:::b", "arn:aws:sns:eu-west-1:111122223333:t:x"],
    ),
    ("aws:ViaAWSService", Type::Flag, &["false", "true"]),
];

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

/// What is known of each key of `KEYS`, in their order.
pub(crate) type Known = Vec<Knowledge>;

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The values of a key in a request; none for a key that is not there.
fn values(choices: &mut Choices<'_>, key: usize) -> Knowledge {
    let (name, kind, all) = KEYS[key];
    if name != "aws:PrincipalArn" && choices.one_in(4) {
        return Knowledge::Absent;
    }
    let mut values = choices.list(1, if kind == Type::Texts { 3 } else { 1 }, all);
    values.dedup();
    Knowledge::Known(owned(&values))
}

/// Everything is known; the caller is the one of that number.
pub(crate) fn fully_known(choices: &mut Choices<'_>, caller: usize) -> Known {
    let mut known: Known = (0..KEYS.len()).map(|key| values(choices, key)).collect();
    known[0] = Knowledge::Known(owned(&[CALLERS[caller].1]));
    known
}

/// Less than that request shows is known.
pub(crate) fn less_known(choices: &mut Choices<'_>, request: &Known) -> Known {
    let vague = |choices: &mut Choices<'_>, key: usize| -> Knowledge {
        let (name, _, all) = KEYS[key];
        let actual = &request[key];
        if choices.one_in(3) {
            return actual.clone();
        }
        match (name, actual) {
            ("aws:PrincipalArn", _) if choices.one_in(2) => {
                Knowledge::OneOf(Described::PrincipalArnOfAccount {
                    partition: "aws".into(),
                    account: ACCOUNT.into(),
                })
            }
            ("aws:SourceIp", Knowledge::Known(_)) if choices.one_in(3) => {
                Knowledge::OneOf(Described::PublicIp)
            }
            ("aws:SourceIp", Knowledge::Known(_)) if choices.one_in(2) => {
                Knowledge::OneOf(Described::PublicIpOrAbsent)
            }
            ("aws:SourceIp", Knowledge::Absent) if choices.one_in(2) => {
                Knowledge::OneOf(Described::PublicIpOrAbsent)
            }
            ("aws:SourceVpce", Knowledge::Absent) if choices.one_in(2) => {
                Knowledge::OneOf(Described::ForeignVpc { ours: owned(&[OURS]) })
            }
            ("aws:SourceVpce", Knowledge::Known(values)) if choices.one_in(2) && values[0] != OURS => {
                Knowledge::OneOf(Described::ForeignVpc { ours: owned(&[OURS]) })
            }
            (_, Knowledge::Known(values)) if values.len() == 1 => match choices.below(5) {
                0 => Knowledge::OneOf(Described::Present),
                1 | 2 => {
                    let mut some = owned(&choices.list(0, 2, all));
                    some.push(values[0].clone());
                    if choices.one_in(2) {
                        Knowledge::OneOf(Described::Values(some))
                    } else {
                        Knowledge::OneOf(Described::ValuesOrAbsent(some))
                    }
                }
                3 => Knowledge::OneOf(Described::Matching(vec!["*".into()])),
                _ => Knowledge::Unknown,
            },
            (_, Knowledge::Absent) if choices.one_in(2) => {
                Knowledge::OneOf(Described::ValuesOrAbsent(owned(&choices.list(1, 2, all))))
            }
            _ => Knowledge::Unknown,
        }
    };
    (0..KEYS.len()).map(|key| vague(choices, key)).collect()
}

pub(crate) fn context(known: &Known) -> Context {
    KEYS.iter()
        .zip(known)
        .fold(Context::new(), |context, ((key, _, _), known)| {
            context.with(key, known.clone())
        })
}
