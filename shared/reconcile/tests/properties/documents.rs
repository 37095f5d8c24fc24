//! Policies as people and tools write them, and worse.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Lives while the policy is written and is deleted afterwards, so that its unique id stands in its place.
pub(crate) const LEAVER: &str = "arn:aws:iam::111122223333:role/leaver";
const CLOUDINARY: &str = "arn:aws:iam::232482882421:root";

/// What statements of one kind of policy may speak of.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    pub(crate) actions: &'static [&'static str],
    pub(crate) resources: &'static [&'static str],
    /// Whether the document is stored past the service's checks, so that anything may stand in it.
    pub(crate) unchecked: bool,
}

fn one_or_many(texts: Vec<&'static str>, always_many: bool) -> Value {
    match texts.as_slice() {
        [one] if !always_many => json!(one),
        many => json!(many),
    }
}

fn texts(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    (vec(select(words), 1..4), any::<bool>()).prop_map(|(texts, many)| one_or_many(texts, many))
}

fn principal(unchecked: bool) -> BoxedStrategy<(&'static str, Value)> {
    let living = [
        "111122223333",
        "444455556666",
        "arn:aws:iam::444455556666:root",
        "arn:aws:iam::111122223333:role/reports",
        "arn:aws:iam::111122223333:user/team/ana",
        "arn:aws:sts::111122223333:assumed-role/reports/session",
        CLOUDINARY,
        "232482882421",
        LEAVER,
    ];
    let named = (vec(select(living.to_vec()), 1..4), any::<bool>())
        .prop_map(|(names, many)| json!({"AWS": one_or_many(names, many)}));
    let mixed = named.clone().prop_map(|mut names| {
        names["Service"] = json!(["delivery.logs.amazonaws.com"]);
        names
    });
    let dead = select(vec!["AIDAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE123"]);
    prop_oneof![
        8 => named.prop_map(|names| ("Principal", names)),
        2 => mixed.prop_map(|names| ("Principal", names)),
        2 => Just(("Principal", json!("*"))),
        2 => Just(("Principal", json!({"AWS": "*"}))),
        2 => Just(("Principal", json!({"Service": "cloudfront.amazonaws.com"}))),
        1 => Just(("Principal", json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}))),
        1 => Just(("NotPrincipal", json!({"AWS": ["arn:aws:iam::111122223333:root", "232482882421"]}))),
        u32::from(unchecked) => dead.prop_map(|id| ("Principal", json!({"AWS": id}))),
    ]
    .boxed()
}

fn condition() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"Bool": {"aws:SecureTransport": "false"}}),
        json!({"Bool": {"aws:SecureTransport": true}}),
        json!({"StringNotEquals": {"aws:PrincipalAccount": ["111122223333", "232482882421"]}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
        json!({"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}),
        json!({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reports"}}),
        json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
        json!({"Null": {"s3:x-amz-server-side-encryption": "true"}, "NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}),
    ])
}

fn statement(words: Words) -> impl Strategy<Value = Value> {
    let sid = select(vec![
        "One",
        "One",
        "Two",
        "AWSConsoleStmt-media-cloudinary",
        "AllowAccessForCloudinary",
        "",
    ]);
    (
        option::of(sid),
        prop_oneof![7 => Just("Allow"), 3 => Just("Deny")],
        principal(words.unchecked),
        (proptest::bool::weighted(0.1), texts(words.actions)),
        (proptest::bool::weighted(0.1), texts(words.resources)),
        option::weighted(0.4, condition()),
        proptest::bool::weighted(if words.unchecked { 0.05 } else { 0.0 }),
    )
        .prop_map(
            |(
                sid,
                effect,
                (element, principal),
                (not_action, action),
                (not_resource, resource),
                condition,
                odd,
            )| {
                let mut body = Map::new();
                if odd {
                    body.insert("Comment".to_owned(), json!({"ticket": 17}));
                }
                // The order of the elements is the writer's affair.
                if let Some(condition) = condition {
                    body.insert("Condition".to_owned(), condition);
                }
                if let Some(sid) = sid {
                    body.insert("Sid".to_owned(), json!(sid));
                }
                body.insert("Effect".to_owned(), json!(effect));
                body.insert(element.to_owned(), principal);
                body.insert(if not_action { "NotAction" } else { "Action" }.to_owned(), action);
                body.insert(
                    if not_resource { "NotResource" } else { "Resource" }.to_owned(),
                    resource,
                );
                Value::Object(body)
            },
        )
}

/// A document of foreign statements.
pub(crate) fn policy(words: Words) -> impl Strategy<Value = Value> {
    let version = prop_oneof![
        8 => Just(Some("2012-10-17")),
        1 => Just(Some("2008-10-17")),
        1 => Just(None),
    ];
    let length = prop_oneof![20 => Just(0_usize), 1 => 15_000..20_400_usize, 1 => 20_400..40_000_usize];
    (
        version,
        option::of(Just("an-id")),
        vec(statement(words), 0..5),
        any::<bool>(),
        length,
    )
        .prop_map(|(version, id, mut statements, single, length)| {
            let mut document = Map::new();
            if let Some(id) = id {
                document.insert("Id".to_owned(), json!(id));
            }
            if length > 0
                && let Some(first) = statements.first_mut()
            {
                first["Condition"] = json!({"StringLike": {"aws:UserAgent": "x".repeat(length)}});
            }
            let statements = match statements.as_slice() {
                [one] if single => one.clone(),
                many => json!(many),
            };
            document.insert("Statement".to_owned(), statements);
            if let Some(version) = version {
                document.insert("Version".to_owned(), json!(version));
            }
            Value::Object(document)
        })
}
