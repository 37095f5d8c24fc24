//! Random policies, what is known of a request, and requests that fit what is known.

use std::collections::BTreeMap;

use guardian_policy::{Context, Described, Knowledge};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::plain::{Readings, Request};

pub(crate) const ACCOUNT: &str = "232482882421";
pub(crate) const OURS: &str = "vpce-ours";
pub(crate) const ARNS: [&str; 4] = [
    "arn:aws:iam::232482882421:role/a",
    "arn:aws:iam::232482882421:role/team/b",
    "arn:aws:iam::232482882421:user/a",
    "arn:aws:sts::232482882421:federated-user/a",
];
const ADDRESSES: [&str; 5] = [
    "3.5.7.9",
    "52.95.110.1",
    "203.0.113.7",
    "198.51.100.200",
    "99.1.2.3",
];

/// The keys of the tests, and the values that each may have.
pub(crate) const KEYS: [(&str, &[&str]); 8] = [
    ("k:Text", &["a", "ab", "B"]),
    ("k:Flag", &["true", "false"]),
    ("k:Number", &["1", "9", "10"]),
    ("k:Many", &["a", "b", "c"]),
    ("aws:SourceIp", &ADDRESSES),
    ("aws:SourceVpce", &["vpce-1", "vpce-2", OURS]),
    ("aws:PrincipalArn", &ARNS),
    (
        "aws:CurrentTime",
        &[
            "2025-01-01T00:00:00Z",
            "2026-06-01T00:00:00Z",
            "2027-12-31T23:59:59Z",
        ],
    ),
];

/// Keys as `a`, `b/a` or `*b?`, of a bucket.
pub(crate) fn object() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(vec!["a", "b", "/", "*", "?", "*"]), 0..4)
        .prop_map(|parts| format!("arn:aws:s3:::b/{}", parts.concat()))
}

fn resources() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        6 => object(),
        1 => Just("*".to_owned()),
        2 => Just("arn:aws:s3:::b/*".to_owned()),
        1 => Just("arn:aws:s3:::b".to_owned()),
        1 => Just("arn:aws:s3:::other/*".to_owned()),
    ];
    proptest::collection::vec(one, 1..3).prop_map(scalar_if_one)
}

fn scalar_if_one(mut texts: Vec<String>) -> Value {
    if texts.len() == 1 {
        json!(texts.remove(0))
    } else {
        json!(texts)
    }
}

fn principal() -> impl Strategy<Value = (bool, Value)> {
    let names = select(vec![
        ACCOUNT,
        "arn:aws:iam::232482882421:root",
        "111122223333",
        "arn:aws:iam::111122223333:role/a",
        ARNS[0],
        ARNS[2],
        "*",
        "AROAEXAMPLEROLEID1234",
    ]);
    let named = proptest::collection::vec(names, 1..3)
        .prop_map(|names| json!({ "AWS": scalar_if_one(names.into_iter().map(str::to_owned).collect()) }));
    prop_oneof![
        5 => Just((false, json!("*"))),
        5 => Just((false, json!({ "AWS": ACCOUNT }))),
        4 => named.clone().prop_map(|names| (false, names)),
        1 => named.prop_map(|names| (true, names)),
    ]
}

fn action() -> impl Strategy<Value = (bool, Value)> {
    prop_oneof![
        6 => Just((false, json!("s3:GetObject"))),
        2 => Just((false, json!(["s3:PutObject", "s3:get*"]))),
        1 => Just((false, json!("s3:PutObject"))),
        1 => Just((false, json!("*"))),
        1 => Just((true, json!("s3:Put*"))),
        1 => Just((true, json!(["s3:GetObject"]))),
    ]
}

/// One operator with a key that it fits and values.
pub(crate) fn condition() -> impl Strategy<Value = (String, String, Value)> {
    let text = select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ]);
    let if_exists = select(vec!["", "IfExists"]);
    let texts = proptest::collection::vec(select(vec!["a", "A", "ab", "b", "a*", "?", "*b"]), 1..3);
    let set = select(vec!["ForAnyValue:", "ForAllValues:"]);
    let plain = |strategy: BoxedStrategy<(String, &'static str, Vec<&'static str>)>| {
        strategy.prop_map(|(operator, key, values)| {
            (
                operator,
                key.to_owned(),
                scalar_if_one(values.into_iter().map(str::to_owned).collect()),
            )
        })
    };
    let with = |operators: Vec<&'static str>, key: &'static str, values: Vec<&'static str>| {
        plain(
            (
                select(operators),
                if_exists.clone(),
                proptest::collection::vec(select(values), 1..3),
            )
                .prop_map(move |(operator, suffix, values)| (format!("{operator}{suffix}"), key, values))
                .boxed(),
        )
    };
    prop_oneof![
        plain(
            (text.clone(), if_exists.clone(), texts.clone())
                .prop_map(|(operator, suffix, values)| (format!("{operator}{suffix}"), "k:Text", values))
                .boxed()
        ),
        plain(
            (set, text, texts)
                .prop_map(|(set, operator, values)| (format!("{set}{operator}"), "k:Many", values))
                .boxed()
        ),
        with(vec!["Bool"], "k:Flag", vec!["true", "false"]),
        with(
            vec![
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericGreaterThanEquals"
            ],
            "k:Number",
            vec!["1", "5", "10"]
        ),
        with(
            vec!["IpAddress", "NotIpAddress"],
            "aws:SourceIp",
            vec![
                "203.0.113.0/24",
                "10.0.0.0/8",
                "0.0.0.0/0",
                "3.5.7.9",
                "96.0.0.0/6"
            ]
        ),
        with(
            vec!["StringEquals", "StringNotEquals"],
            "aws:sourcevpce",
            vec!["vpce-1", OURS]
        ),
        with(
            vec!["StringLike", "StringNotLike"],
            "aws:PrincipalArn",
            vec![
                "arn:aws:iam::232482882421:role/*",
                "arn:aws:*:232482882421:*",
                "*user*",
                "arn:aws:iam::1*"
            ]
        ),
        with(
            vec!["ArnLike", "ArnNotLike"],
            "aws:PrincipalArn",
            vec![
                "arn:aws:iam::232482882421:role/*",
                "arn:aws:*::232482882421:*",
                "arn:aws:iam::*:user/a",
                "arn:aws:iam::1*:role/a"
            ]
        ),
        with(
            vec!["DateLessThan"],
            "aws:CurrentTime",
            vec!["2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]
        ),
        (
            select(KEYS.map(|(key, _)| key).to_vec()),
            select(vec!["true", "false"])
        )
            .prop_map(|(key, wanted)| ("Null".to_owned(), key.to_owned(), json!(wanted))),
    ]
}

pub(crate) fn statement() -> impl Strategy<Value = Value> {
    let conditions = prop_oneof![
        3 => Just(Vec::new()),
        2 => proptest::collection::vec(condition(), 1..3),
    ];
    (
        select(vec!["Allow", "Allow", "Deny"]),
        principal(),
        action(),
        proptest::bool::weighted(0.15),
        resources(),
        conditions,
    )
        .prop_map(
            |(
                effect,
                (not_principal, principal),
                (not_action, action),
                not_resource,
                resource,
                conditions,
            )| {
                let name = |not: bool, element: &str| {
                    if not {
                        format!("Not{element}")
                    } else {
                        element.to_owned()
                    }
                };
                let mut body = Map::new();
                body.insert("Effect".into(), json!(effect));
                body.insert(name(not_principal, "Principal"), principal);
                body.insert(name(not_action, "Action"), action);
                body.insert(name(not_resource, "Resource"), resource);
                let mut operators = Map::new();
                for (operator, key, values) in conditions {
                    let keys = operators.entry(operator).or_insert_with(|| json!({}));
                    keys.as_object_mut().unwrap().insert(key, values);
                }
                if !operators.is_empty() {
                    body.insert("Condition".into(), Value::Object(operators));
                }
                Value::Object(body)
            },
        )
}

pub(crate) fn policy() -> impl Strategy<Value = Value> {
    proptest::collection::vec(statement(), 0..6)
        .prop_map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// What is known of each key of `KEYS`, in their order.
pub(crate) type Known = Vec<Knowledge>;

pub(crate) fn known() -> impl Strategy<Value = Known> {
    let each: Vec<BoxedStrategy<Knowledge>> = KEYS
        .iter()
        .map(|(key, values)| {
            let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect::<Vec<_>>();
            let most = if *key == "k:Many" { 3 } else { 1 };
            let described: BoxedStrategy<Described> = match *key {
                "aws:SourceIp" => prop_oneof![Just(Described::PublicIp), Just(Described::PublicIpOrAbsent)].boxed(),
                "aws:SourceVpce" => Just(Described::ForeignVpc { ours: vec![OURS.to_owned()] }).boxed(),
                "aws:PrincipalArn" => Just(Described::PrincipalArnOfAccount {
                    partition: "aws".into(),
                    account: ACCOUNT.into(),
                })
                .boxed(),
                _ => prop_oneof![
                    Just(Described::Present),
                    proptest::sample::subsequence(values.to_vec(), 1..=values.len())
                        .prop_map(move |values| Described::Values(owned(values))),
                    proptest::sample::subsequence(values.to_vec(), 1..=values.len())
                        .prop_map(move |values| Described::ValuesOrAbsent(owned(values))),
                ]
                .boxed(),
            };
            prop_oneof![
                2 => Just(Knowledge::Unknown),
                1 => if *key == "aws:PrincipalArn" { Just(Knowledge::Unknown).boxed() } else { Just(Knowledge::Absent).boxed() },
                2 => proptest::sample::subsequence(values.to_vec(), 1..=most)
                    .prop_map(move |values| Knowledge::Known(owned(values))),
                2 => described.prop_map(Knowledge::OneOf),
            ]
            .boxed()
        })
        .collect();
    each
}

/// Everything is known.
pub(crate) fn fully_known() -> impl Strategy<Value = Known> {
    let each: Vec<BoxedStrategy<Knowledge>> = KEYS
        .iter()
        .map(|(key, values)| {
            let owned = |values: Vec<&str>| Knowledge::Known(values.into_iter().map(str::to_owned).collect());
            let most = if *key == "k:Many" { 3 } else { 1 };
            let known = proptest::sample::subsequence(values.to_vec(), 1..=most).prop_map(owned);
            if *key == "aws:PrincipalArn" {
                known.boxed()
            } else {
                prop_oneof![1 => Just(Knowledge::Absent), 3 => known].boxed()
            }
        })
        .collect();
    each
}

pub(crate) fn context(known: &Known) -> Context {
    KEYS.iter()
        .zip(known)
        .fold(Context::new(), |context, ((key, _), known)| {
            context.with(key, known.clone())
        })
}

/// A request that fits what is known; `choices` decide where there is a choice.
pub(crate) fn complete(known: &Known, choices: &[usize; 10], resource: &str) -> Request {
    let mut keys = BTreeMap::new();
    for (number, ((key, values), known)) in KEYS.iter().zip(known).enumerate() {
        let pick = |values: &[String], or_absent: bool| -> Option<Vec<String>> {
            let choice = choices[number] % (values.len() + usize::from(or_absent));
            values.get(choice).map(|value| vec![value.clone()])
        };
        let all: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let value = match known {
            Knowledge::Known(values) => Some(values.clone()),
            Knowledge::Absent => None,
            // The caller always has an ARN.
            Knowledge::Unknown => pick(&all, *key != "aws:PrincipalArn"),
            Knowledge::OneOf(Described::Values(values)) => pick(values, false),
            Knowledge::OneOf(Described::ValuesOrAbsent(values)) => pick(values, true),
            Knowledge::OneOf(Described::ForeignVpc { .. }) => pick(&all[..2], true),
            Knowledge::OneOf(Described::PublicIpOrAbsent) => pick(&all, true),
            Knowledge::OneOf(_) => pick(&all, false),
        };
        if let Some(value) = value {
            keys.insert(key.to_lowercase(), value);
        }
    }
    Request {
        account: ACCOUNT.into(),
        arn: keys["aws:principalarn"][0].clone(),
        action: "s3:GetObject".into(),
        resource: resource.to_owned(),
        keys,
        readings: Readings {
            account_exempts_roles: choices[8].is_multiple_of(2),
        },
    }
}

/// A member of the set that a pattern stands for.
pub(crate) fn member(pattern: &str, choices: &[usize; 10]) -> String {
    let mut number = 0;
    let mut next = |most: usize| {
        number += 1;
        choices[number % 10].rotate_left(u32::try_from(number).unwrap()) % most
    };
    let mut text = String::new();
    let letters = ['a', 'b', '/', 'z'];
    for c in pattern.chars() {
        match c {
            '?' => text.push(letters[next(4)]),
            '*' => (0..next(4)).for_each(|_| text.push(letters[next(4)])),
            c => text.push(c),
        }
    }
    // A bucket's objects have keys.
    if pattern.ends_with("b/*") && text.ends_with("b/") {
        text.push('a');
    }
    text
}
