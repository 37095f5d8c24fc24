//! Nothing that can be read makes anything panic.

use guardian_policy::{
    Context, Grant, PolicyDocument, PolicyKind, Question, Setting, Surroundings, equivalent, evaluate_within,
    is_public, merge_grant, smallest_exception, writable,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const WORDS: [&str; 34] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "AWS",
    "Service",
    "Federated",
    "CanonicalUser",
    "StringEquals",
    "ForAllValues:ArnLike",
    "NumericLessThanIfExists",
    "DateGreaterThan",
    "NotIpAddress",
    "Null",
    "Bool",
    "BinaryEquals",
    "aws:SourceIp",
    "aws:PrincipalArn",
    "aws:CurrentTime",
    "Allow",
    "Deny",
    "2012-10-17",
    "*",
    "s3:*",
    "232482882421",
    "",
];
const TEXTS: [&str; 20] = [
    "arn:aws:s3:::b/*",
    "arn:aws:iam::232482882421:root",
    "${aws:username}",
    "${",
    "${*}",
    "${a,'b'}",
    "::::::",
    "é*?",
    "*a*a?*",
    "10.0.0.0/33",
    "::/0",
    "999999999999999999999",
    "-1.5",
    "2026-02-30T25:61:61Z",
    "0000-01-01",
    "AROA1234567890123456",
    "QQ==",
    "\u{0}",
    "arn:*",
    "?",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => select(WORDS.to_vec()).prop_map(|text| json!(text)),
        4 => select(TEXTS.to_vec()).prop_map(|text| json!(text)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|truth| json!(truth)),
        1 => Just(Value::Null),
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((select(WORDS.to_vec()), inner), 0..5).prop_map(|entries| {
                Value::Object(
                    entries
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

fn texts() -> impl Strategy<Value = Value> {
    proptest::collection::vec(prop_oneof![select(TEXTS.to_vec()), select(WORDS.to_vec())], 0..3)
        .prop_map(|texts| json!(texts))
}

/// A statement of the right shape with the strangest contents.
fn statement() -> impl Strategy<Value = Value> {
    let operators = select(vec![
        "StringEquals",
        "ForAnyValue:StringLike",
        "ArnNotLike",
        "NumericEquals",
        "DateLessThanEquals",
        "IpAddress",
        "NotIpAddress",
        "BinaryEquals",
        "Null",
        "BoolIfExists",
        "ForAllValues:StringNotEqualsIfExists",
    ]);
    let keys = select(vec![
        "aws:SourceIp",
        "aws:PrincipalArn",
        "aws:CurrentTime",
        "aws:SourceVpce",
        "s3:TlsVersion",
        "",
    ]);
    (
        select(vec!["Allow", "Deny"]),
        any::<[bool; 3]>(),
        texts(),
        texts(),
        texts(),
        operators,
        keys,
        texts(),
    )
        .prop_map(
            |(effect, not, principal, action, resource, operator, key, values)| {
                let name = |element: &str, not: bool| format!("{}{element}", if not { "Not" } else { "" });
                json!({
                    "Effect": effect,
                    name("Principal", not[0]): { "AWS": principal },
                    name("Action", not[1]): action,
                    name("Resource", not[2]): resource,
                    "Condition": { operator: { key: values } },
                })
            },
        )
}

/// Everything that can be done with a document.
fn exercise(document: &PolicyDocument) {
    let resources = ["arn:aws:s3:::b/*".to_owned(), "*a?".to_owned()];
    let context = Context::external_s3_read("232482882421");
    for kind in [PolicyKind::Bucket, PolicyKind::Key, PolicyKind::ResourceControl] {
        let question = Question {
            account: "232482882421",
            action: "s3:GetObject",
            resources: &resources,
            context: &context,
            kind,
        };
        let surroundings = Surroundings {
            restrict_public_buckets: Setting::On,
            resource_control_policies: std::slice::from_ref(document),
            ..Surroundings::default()
        };
        let decision = evaluate_within(Some(document), &question, &surroundings);
        assert!(!decision.to_string().is_empty() && decision.to_json().is_object());
        let grant = Grant {
            sid: "s",
            account: "232482882421",
            partition: "aws",
            actions: &["s3:GetObject"],
            resources: &resources,
            document_id: None,
        };
        let _ = merge_grant(Some(document), &grant, kind);
        let _ = writable(document, kind, true, Some("111122223333"));
        let _ = document.size(kind);
    }
    let _ = is_public(document);
    for statement in document.statements() {
        let _ = smallest_exception(statement, "232482882421", "aws");
    }
    assert!(equivalent(document, document));
    assert_eq!(document.canonical_hash().len(), 64);
    let again = PolicyDocument::parse(&document.to_compact_json()).expect("what was written can be read");
    assert_eq!(again.to_compact_json(), document.to_compact_json());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_json_is_read_or_refused(value in anything()) {
        if let Ok(document) = PolicyDocument::parse(&value.to_string()) {
            exercise(&document);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}", cut in 0_usize..200) {
        let _ = PolicyDocument::parse(&text);
        let whole = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
        let cut: String = whole.chars().take(cut).chain(text.chars()).collect();
        let _ = PolicyDocument::parse(&cut);
    }

    #[test]
    fn the_strangest_statements_are_answered(statements in proptest::collection::vec(statement(), 0..5)) {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        exercise(&PolicyDocument::parse(&text).unwrap());
    }
}
