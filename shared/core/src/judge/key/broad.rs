//! Whether a key policy gives Cloudinary more than reading takes.

use std::collections::BTreeMap;

use guardian_policy::{
    Access, Context, Effect, PolicyDocument, PolicyKind, Question, Statement, StatementRef, evaluate,
};
use serde_json::{Value, json};

use super::{Judgement, Objects};
use crate::alert::plain;
use crate::cloudinary::{KEY_ACTIONS, Reading, key_grant};
use crate::finding::{Code, Desired, Finding, Subject, Verdict};
use crate::name::KeyArn;
use crate::plan::documented_statement;

/// What no read needs: other uses of the key that KMS allows across accounts, and rights over the key itself, which
/// it does not but which nobody should have been given (Service Authorization Reference, "Actions defined by AWS
/// Key Management Service").
const BEYOND: [&str; 16] = [
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateDataKeyPair",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:CreateGrant",
    "kms:ListGrants",
    "kms:RevokeGrant",
    "kms:GetKeyPolicy",
    "kms:PutKeyPolicy",
    "kms:DisableKey",
    "kms:ScheduleKeyDeletion",
    "kms:DeleteImportedKeyMaterial",
    "kms:UpdateAlias",
    "kms:TagResource",
];

/// A statement that allows more, and what.
struct Broad<'a> {
    statement: Statement<'a>,
    actions: Vec<&'static str>,
}

/// Judges the breadth of what the policy of a needed key grants. Only what is proven to be allowed counts.
pub(super) fn judge_breadth(
    reading: &Reading<'_>,
    key: &KeyArn,
    document: &PolicyDocument,
    objects: &[Objects],
) -> Judgement {
    let mut contexts = vec![reading.description()];
    // One bucket stands for all: what differs between them is the encryption context alone.
    contexts.extend(
        objects
            .first()
            .map(|(bucket, objects)| reading.decryption(bucket, objects, None)),
    );
    let resources = [key.to_string()];
    let allows = |document: &PolicyDocument, action: &str, context: &Context| {
        let question = Question {
            account: reading.account,
            action,
            resources: &resources,
            context,
            kind: PolicyKind::Key,
        };
        evaluate(Some(document), &question).access() == Access::Allowed
    };
    let mut broad: BTreeMap<usize, Broad<'_>> = BTreeMap::new();
    for action in BEYOND {
        for context in contexts
            .iter()
            .filter(|context| allows(document, action, context))
        {
            for statement in document.statements() {
                let allowed_here = statement.effect() == Some(Effect::Allow)
                    && alone(document, &statement).is_some_and(|alone| allows(&alone, action, context));
                if !allowed_here {
                    continue;
                }
                let known = broad.entry(statement.index()).or_insert(Broad {
                    statement,
                    actions: Vec::new(),
                });
                if !known.actions.contains(&action) {
                    known.actions.push(action);
                }
            }
        }
    }
    if broad.is_empty() {
        return Judgement::default();
    }
    let grants = |statement: &Statement<'_>, action: &str| {
        alone(document, statement)
            .is_some_and(|alone| contexts.iter().any(|context| allows(&alone, action, context)))
    };
    let mut narrowed: Vec<Value> = Vec::new();
    for found in broad.values() {
        for statement in narrow(reading, key, &found.statement, &grants) {
            if !narrowed.contains(&statement) {
                narrowed.push(statement);
            }
        }
    }
    let told: Vec<String> = broad
        .values()
        .map(|found| {
            let statement: StatementRef = found.statement.reference();
            format!(
                "{} allows {}",
                plain(&statement.to_string()),
                found.actions.join(", ")
            )
        })
        .collect();
    let instead = if narrowed.is_empty() {
        "remove it, for it grants nothing that a read needs".to_owned()
    } else {
        format!("in its place put {}", plain(&in_words(&narrowed)))
    };
    let message = format!(
        "Cloudinary's account {} may do more with the key {key} than reads need, which is `kms:Decrypt` and `kms:DescribeKey`: {}; {instead}",
        reading.account,
        told.join("; ")
    );
    let evidence = json!({
        "statements": broad
            .values()
            .map(|found| json!({
                "index": found.statement.index(),
                "allows": found.actions,
                "statement": found.statement.value(),
            }))
            .collect::<Vec<_>>(),
    });
    let desired = (!narrowed.is_empty()).then(|| Desired::KeyNarrowed {
        key: key.clone(),
        statements: narrowed,
    });
    let finding = Finding::new(Code::KeyGrantBroad, Subject::Key(key.clone()), message, evidence);
    Judgement::of(Verdict::Readable, finding.with_desired(desired))
}

fn in_words(statements: &[Value]) -> String {
    let texts: Vec<String> = statements.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// The document with this statement alone.
fn alone(document: &PolicyDocument, statement: &Statement<'_>) -> Option<PolicyDocument> {
    let mut value = document.as_value().clone();
    *value.get_mut("Statement")? = json!([statement.value()]);
    PolicyDocument::from_value(value).ok()
}

/// What a statement has to become: for the account alone, the same with the actions of a read; for several, the same
/// without the account, and the account's own beside it. Whom a wildcard means only its owner can say.
fn narrow(
    reading: &Reading<'_>,
    key: &KeyArn,
    statement: &Statement<'_>,
    grants: &impl Fn(&Statement<'_>, &str) -> bool,
) -> Vec<Value> {
    let own = [key.to_string()];
    let documented = || documented_statement(&key_grant(reading, &own), PolicyKind::Key);
    let actions: Vec<&str> = KEY_ACTIONS
        .into_iter()
        .filter(|action| grants(statement, action))
        .collect();
    let needed = !actions.is_empty();
    let (ours, others) = names(statement, reading.account);
    let mut value = statement.value().clone();
    let Value::Object(body) = &mut value else {
        return Vec::new();
    };
    if ours && others.is_empty() {
        if !needed {
            return Vec::new();
        }
        body.remove("NotAction");
        body.insert("Action".to_owned(), json!(actions));
        return vec![value];
    }
    if ours && let Some(names) = body.get_mut("Principal").and_then(|kinds| kinds.get_mut("AWS")) {
        *names = json!(others);
        return std::iter::once(value)
            .chain(documented().filter(|_| needed))
            .collect();
    }
    documented().filter(|_| needed).into_iter().collect()
}

/// Whether the statement names the account, and whom of the `AWS` kind it names besides.
fn names<'s>(statement: &Statement<'s>, account: &str) -> (bool, Vec<&'s str>) {
    let names = statement.element("Principal").and_then(|kinds| kinds.get("AWS"));
    let names: Vec<&str> = match names {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) => vec![name],
        _ => Vec::new(),
    };
    let root = format!(":iam::{account}:root");
    let is_account = |name: &&str| *name == account || (name.starts_with("arn:") && name.ends_with(&root));
    let (own, others): (Vec<&str>, Vec<&str>) = names.into_iter().partition(is_account);
    (!own.is_empty(), others)
}
