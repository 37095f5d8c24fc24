use guardian_policy::{
    Access, Context, Effect, Grant, Merge, MergeError, PolicyDocument, PolicyKind, Question, StatementChange,
    equivalent, evaluate, foreign_statements_kept, merge_grant, writable,
};
use serde_json::Value;

use super::choices::Choices;
use super::worlds::vocabulary::{ACCOUNT, KEY_ARN};
use super::{document, kind};

/// The laws of merging, for any document.
pub(super) fn merge(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let kind = kind(&mut choices);
    let actions: &[&str] = match kind {
        PolicyKind::Key => &["kms:Decrypt", "kms:DescribeKey"],
        _ => choices.pick(&[
            &["s3:GetObject"] as &[&str],
            &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        ]),
    };
    let resources: Vec<String> = match kind {
        PolicyKind::Key => choices.pick(&[&[KEY_ARN] as &[&str], &[]]),
        _ => choices.pick(&[
            &["arn:aws:s3:::b/*"] as &[&str],
            &["arn:aws:s3:::b/a*", "arn:aws:s3:::b/.wellknown/*"],
            &["arn:aws:s3:::b/*", "arn:aws:s3:::b"],
            &["arn:aws:s3:::b/a"],
        ]),
    }
    .iter()
    .map(|text| (*text).to_owned())
    .collect();
    let grant = Grant {
        sid: choices.pick(&["Ours", ""]),
        account: ACCOUNT,
        partition: choices.pick(&["aws", "aws-cn"]),
        actions,
        resources: &resources,
        document_id: choices.pick(&[None, Some("id")]),
    };
    let before = if choices.one_in(16) {
        None
    } else {
        let Some(document) = document(choices, kind) else {
            return;
        };
        Some(document)
    };
    match merge_grant(before.as_ref(), &grant, kind) {
        Ok(Merge::Unchanged) => {
            let before = before.as_ref().map(allows);
            assert!(grants(before.as_ref(), &grant, kind));
        }
        Ok(Merge::Changed { document, change }) => {
            assert_kept(before.as_ref(), &document, &change);
            assert!(grants(Some(&allows(&document)), &grant, kind));
            // What is written can be read, and repairing twice is repairing once.
            let again = PolicyDocument::parse(&document.to_compact_json());
            assert_eq!(again.as_ref(), Ok(&document));
            assert_eq!(merge_grant(Some(&document), &grant, kind), Ok(Merge::Unchanged));
            let _ = writable(&document, kind, true, None);
        }
        Err(MergeError::DeniedThroughout { statement }) => {
            let denies = before
                .as_ref()
                .and_then(|document| document.statements().nth(statement.index));
            assert_eq!(
                denies.and_then(|statement| statement.effect()),
                Some(Effect::Deny)
            );
        }
        Err(MergeError::InvalidGrant { .. }) => assert_eq!(kind, PolicyKind::ResourceControl),
        Err(MergeError::NoKeyPolicy) => assert!(kind == PolicyKind::Key && before.is_none()),
        // The Allows of strangers can be too much to look through, never wrong.
        Err(error @ MergeError::NotProven { .. }) => {
            assert!(error.to_string().contains("too complex"), "{error}");
        }
    }
}

/// Nothing but our own statement differs, to the letter.
fn assert_kept(before: Option<&PolicyDocument>, after: &PolicyDocument, change: &StatementChange) {
    assert!(foreign_statements_kept(before, after, change));
    let statements = |document: Option<&PolicyDocument>| -> Vec<Value> {
        document
            .into_iter()
            .flat_map(PolicyDocument::statements)
            .map(|statement| statement.value().clone())
            .collect()
    };
    let (mut old, mut new) = (statements(before), statements(Some(after)));
    match change {
        StatementChange::Removed { .. } => panic!("a merge removes nothing"),
        StatementChange::Added { statement } => assert_eq!(new.pop().as_ref(), Some(statement)),
        StatementChange::Updated { index, before, after } => {
            assert_eq!(old.remove(*index), *before);
            assert_eq!(new.remove(*index), *after);
            assert_eq!(before["Effect"], after["Effect"]);
            assert_eq!(before["Principal"], after["Principal"]);
            assert_eq!(before.get("Sid"), after.get("Sid"));
            assert_eq!(after.get("Condition"), before.get("Condition"));
        }
    }
    assert_eq!(
        old.iter().map(Value::to_string).collect::<Vec<_>>(),
        new.iter().map(Value::to_string).collect::<Vec<_>>()
    );
    if let Some(before) = before {
        let around = |document: &PolicyDocument| -> Vec<(String, Value)> {
            let elements = document.as_value().as_object().into_iter().flatten();
            elements
                .filter(|(name, _)| *name != "Statement")
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        assert_eq!(around(before), around(after));
        assert!(!equivalent(before, after));
    }
}

fn allows(document: &PolicyDocument) -> PolicyDocument {
    let mut value = document.as_value().clone();
    value["Statement"] = document
        .statements()
        .filter(|statement| statement.effect() == Some(Effect::Allow))
        .map(|statement| statement.value().clone())
        .collect();
    super::read(&value)
}

/// Whether the document grants all of it to any request of the account.
fn grants(document: Option<&PolicyDocument>, grant: &Grant<'_>, kind: PolicyKind) -> bool {
    let context = Context::new().known("aws:PrincipalAccount", [grant.account]);
    let this_key = ["*".to_owned()];
    let resources = if grant.resources.is_empty() {
        &this_key
    } else {
        grant.resources
    };
    grant.actions.iter().all(|action| {
        let question = Question {
            account: grant.account,
            action,
            resources,
            context: &context,
            kind,
        };
        evaluate(document, &question).access() == Access::Allowed
    })
}
