use guardian_policy::{
    Access, Context, Effect, Grant, Merge, MergeError, PolicyDocument, PolicyKind, Question, StatementChange,
    equivalent, evaluate, foreign_statements_kept, merge_grant,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::worlds::{self, ACCOUNT};

pub(crate) const READ: &[&str] = &["s3:GetObject"];
pub(crate) const BACKUP: &[&str] = &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];

/// A statement that is ours or nearly so.
fn like_ours() -> impl Strategy<Value = Value> {
    let principal = select(vec![
        json!({ "AWS": ACCOUNT }),
        json!({ "AWS": ["arn:aws:iam::232482882421:root"] }),
        json!({ "AWS": [ACCOUNT, "111122223333"] }),
        json!("*"),
    ]);
    let action = select(vec![
        json!("s3:GetObject"),
        json!(["s3:GETOBJECT", "s3:PutObject"]),
        json!("s3:*"),
        json!([]),
    ]);
    let resource = select(vec![
        json!("arn:aws:s3:::b/*"),
        json!(["arn:aws:s3:::b/public/*"]),
        json!(["arn:aws:s3:::b/.wellknown/*", "arn:aws:s3:::b/a*"]),
        json!("arn:aws:s3:::b"),
        json!("arn:aws:s3:::other/*"),
    ]);
    let condition =
        proptest::option::weighted(0.2, Just(json!({ "Bool": { "aws:SecureTransport": "true" } })));
    (
        principal,
        action,
        resource,
        condition,
        proptest::option::of(Just("Ours")),
    )
        .prop_map(|(principal, action, resource, condition, sid)| {
            let mut statement =
                json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource });
            let body = statement.as_object_mut().unwrap();
            if let Some(condition) = condition {
                body.insert("Condition".into(), condition);
            }
            if let Some(sid) = sid {
                body.insert("Sid".into(), json!(sid));
            }
            statement
        })
}

pub(crate) fn document() -> impl Strategy<Value = Value> {
    let statements = proptest::collection::vec(prop_oneof![worlds::statement(), like_ours()], 0..5);
    let version = select(vec![Some("2012-10-17"), Some("2008-10-17"), None]);
    (statements, version, any::<bool>()).prop_map(|(statements, version, single)| {
        let mut document = json!({ "Id": "theirs", "Comment": { "kept": [1, 2.5, null] } });
        let body = document.as_object_mut().unwrap();
        if let Some(version) = version {
            body.insert("Version".into(), json!(version));
        }
        let single = single && statements.len() == 1;
        body.insert(
            "Statement".into(),
            if single {
                statements[0].clone()
            } else {
                json!(statements)
            },
        );
        document
    })
}

pub(crate) fn resources() -> impl Strategy<Value = Vec<String>> {
    select(vec![
        vec!["arn:aws:s3:::b/*"],
        vec![
            "arn:aws:s3:::b/public/*",
            "arn:aws:s3:::b/.wellknown/cloudinary/*",
        ],
        vec!["arn:aws:s3:::b/*", "arn:aws:s3:::b"],
    ])
    .prop_map(|texts| texts.into_iter().map(str::to_owned).collect())
}

pub(crate) fn grant<'a>(actions: &'a [&'a str], resources: &'a [String]) -> Grant<'a> {
    Grant {
        sid: "Ours",
        account: ACCOUNT,
        partition: "aws",
        actions,
        resources,
        document_id: Some("new"),
    }
}

pub(crate) fn statements(document: &PolicyDocument) -> Vec<Value> {
    document
        .statements()
        .map(|statement| statement.value().clone())
        .collect()
}

/// Whether the Allows of the document grant all of it, whatever else is known.
fn grants(document: &PolicyDocument, grant: &Grant<'_>) -> bool {
    let mut value = document.as_value().clone();
    value["Statement"] = document
        .statements()
        .filter(|statement| statement.effect() == Some(Effect::Allow))
        .map(|statement| statement.value().clone())
        .collect();
    let allows = PolicyDocument::from_value(value).unwrap();
    let context = Context::new();
    grant.actions.iter().all(|action| {
        let question = Question {
            account: grant.account,
            action,
            resources: grant.resources,
            context: &context,
            kind: PolicyKind::Bucket,
        };
        evaluate(Some(&allows), &question).access() == Access::Allowed
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn a_merge_grants_everything_and_touches_nothing_else(
        value in document(), actions in select(vec![READ, BACKUP]), resources in resources(),
    ) {
        let before = PolicyDocument::parse(&value.to_string()).unwrap();
        let grant = grant(actions, &resources);
        match merge_grant(Some(&before), &grant, PolicyKind::Bucket) {
            Ok(Merge::Unchanged) => {}
            Ok(Merge::Changed { document: after, change }) => {
                prop_assert!(grants(&after, &grant));
                prop_assert!(foreign_statements_kept(Some(&before), &after, &change));
                // Not only equivalent: the same JSON in the same order.
                let (mut old, mut new) = (statements(&before), statements(&after));
                match &change {
                    StatementChange::Removed { .. } => prop_assert!(false, "a merge removes nothing"),
                    StatementChange::Added { statement } => prop_assert_eq!(&new.pop().unwrap(), statement),
                    StatementChange::Updated { index, before, after } => {
                        prop_assert_eq!(&old.remove(*index), before);
                        prop_assert_eq!(&new.remove(*index), after);
                        // Extended, never narrowed.
                        for element in ["Action", "Resource"] {
                            let has = |value: &Value, wanted: &Value| match value {
                                Value::Array(values) => values.contains(wanted),
                                one => one == wanted,
                            };
                            let kept = match &before[element] {
                                Value::Array(values) => values.iter().all(|old| has(&after[element], old)),
                                one => has(&after[element], one),
                            };
                            prop_assert!(kept);
                        }
                    }
                }
                prop_assert_eq!(old, new);
                for element in ["Version", "Id", "Comment"] {
                    prop_assert_eq!(before.as_value().get(element), after.as_value().get(element));
                }
                // Repairing twice is repairing once.
                prop_assert_eq!(merge_grant(Some(&after), &grant, PolicyKind::Bucket), Ok(Merge::Unchanged));
                prop_assert!(!equivalent(&before, &after));
            }
            Err(MergeError::DeniedThroughout { statement }) => {
                let effect = before.statements().nth(statement.index).and_then(|statement| statement.effect());
                prop_assert_eq!(effect, Some(Effect::Deny));
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn there_is_never_a_second_copy(value in document(), resources in resources()) {
        let before = PolicyDocument::parse(&value.to_string()).unwrap();
        let grant = grant(READ, &resources);
        if let Ok(Merge::Changed { change: StatementChange::Added { .. }, .. }) =
            merge_grant(Some(&before), &grant, PolicyKind::Bucket)
        {
            // Nothing there was ours: only the account, only the action, no condition, the same bucket's
            // objects.
            let is_ours = |statement: &Value| {
                let one = |value: &Value| match value {
                    Value::Array(values) if values.len() == 1 => values[0].clone(),
                    value => value.clone(),
                };
                let names = one(&statement["Principal"]["AWS"]);
                let resource = statement["Resource"].to_string();
                statement["Effect"] == "Allow"
                    && statement.get("Condition").is_none()
                    && (names == ACCOUNT || names == "arn:aws:iam::232482882421:root")
                    && one(&statement["Action"]).as_str().is_some_and(|action| action.eq_ignore_ascii_case("s3:GetObject"))
                    && !resource.is_empty()
                    && statement["Resource"] == json!("arn:aws:s3:::b/*")
            };
            prop_assert!(!statements(&before).iter().any(is_ours));
        }
    }
}
