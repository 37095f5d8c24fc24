//! Which statement is ours, and what it should say.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::Grant;
use crate::document::PolicyKind;
use crate::principal::root_of;
use crate::statement::{Effect, Statement, one_or_many, texts};

/// In a key policy `*` is this key, whichever it is.
static THIS_KEY: LazyLock<[String; 1]> = LazyLock::new(|| ["*".to_owned()]);

/// The resources that the grant is about.
pub(super) fn asked<'q>(grant: &Grant<'q>, kind: PolicyKind) -> &'q [String] {
    if kind == PolicyKind::Key && grant.resources.is_empty() {
        THIS_KEY.as_slice()
    } else {
        grant.resources
    }
}

/// The resources as our statement has them.
fn resources<'q>(grant: &Grant<'q>, kind: PolicyKind) -> &'q [String] {
    if kind == PolicyKind::Key {
        THIS_KEY.as_slice()
    } else {
        grant.resources
    }
}

pub(super) fn new(grant: &Grant<'_>, kind: PolicyKind, sid: &str) -> Value {
    let resource = match resources(grant, kind) {
        [only] => json!(only),
        several => json!(several),
    };
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:{}:iam::{}:root", grant.partition, grant.account) },
        "Action": grant.actions,
        "Resource": resource,
    })
}

/// The statement extended to the whole grant, if it is ours and lacks something.
pub(super) fn extended(statement: &Statement<'_>, grant: &Grant<'_>, kind: PolicyKind) -> Option<Value> {
    if !is_ours(statement, grant, kind) {
        return None;
    }
    let is_listed =
        |element: &str, wanted: &str| texts(statement.element(element)).any(|text| text == wanted);
    let actions: Vec<&str> = grant
        .actions
        .iter()
        .filter(|action| !texts(statement.element("Action")).any(|own| own.eq_ignore_ascii_case(action)))
        .copied()
        .collect();
    let wanted = resources(grant, kind);
    let is_this_key = |own: &str| kind == PolicyKind::Key && grant.resources.iter().any(|key| key == own);
    let missing: Vec<&String> = if texts(statement.element("Resource")).any(is_this_key) {
        Vec::new()
    } else {
        wanted
            .iter()
            .filter(|resource| !is_listed("Resource", resource))
            .collect()
    };
    // More actions on resources beyond the grant would be more than was asked for.
    let beyond =
        texts(statement.element("Resource")).any(|own| !wanted.iter().any(|wanted| holds(wanted, own)));
    if (actions.is_empty() && missing.is_empty())
        || (!actions.is_empty() && beyond && kind != PolicyKind::Key)
    {
        return None;
    }
    let mut body: Map<String, Value> = statement.value().as_object()?.clone();
    join(
        &mut body,
        "Action",
        actions.iter().map(|action| json!(action)).collect(),
    );
    join(
        &mut body,
        "Resource",
        missing.iter().map(|resource| json!(resource)).collect(),
    );
    Some(Value::Object(body))
}

fn join(body: &mut Map<String, Value>, element: &str, more: Vec<Value>) {
    if more.is_empty() {
        return;
    }
    let mut all = body
        .get(element)
        .map(|value| one_or_many(value).to_vec())
        .unwrap_or_default();
    all.extend(more);
    let value = match all.as_slice() {
        [only] => only.clone(),
        _ => Value::Array(all),
    };
    body.insert(element.to_owned(), value);
}

fn is_ours(statement: &Statement<'_>, grant: &Grant<'_>, kind: PolicyKind) -> bool {
    !statement.has_condition() && only_grants(statement, grant, kind)
}

/// Whether the statement, under whatever Condition, does nothing but grant the account some of the grant.
pub(super) fn only_grants(statement: &Statement<'_>, grant: &Grant<'_>, kind: PolicyKind) -> bool {
    statement.effect() == Some(Effect::Allow)
        && statement.unknown_element().is_none()
        && names_only(statement, grant.account)
        && has_only_actions(statement, grant)
        && statement.element("NotResource").is_none()
        && texts(statement.element("Resource")).all(|own| is_of_the_kind(own, grant, kind))
        && (kind == PolicyKind::Key || texts(statement.element("Resource")).next().is_some())
}

fn names_only(statement: &Statement<'_>, account: &str) -> bool {
    let Some(kinds) = statement.element("Principal").and_then(Value::as_object) else {
        return false;
    };
    let mut kinds = kinds.iter().filter(|(_, names)| !one_or_many(names).is_empty());
    match (kinds.next(), kinds.next()) {
        (Some((kind, names)), None) if kind == "AWS" => one_or_many(names)
            .iter()
            .all(|name| name.as_str().and_then(root_of) == Some(account)),
        _ => false,
    }
}

fn has_only_actions(statement: &Statement<'_>, grant: &Grant<'_>) -> bool {
    let mut actions = texts(statement.element("Action")).peekable();
    actions.peek().is_some()
        && actions.all(|own| {
            grant
                .actions
                .iter()
                .any(|action| own.eq_ignore_ascii_case(action))
        })
}

/// For a bucket: an ARN of the same bucket, of its objects if the grant is about objects. For a key: this or
/// any key.
fn is_of_the_kind(own: &str, grant: &Grant<'_>, kind: PolicyKind) -> bool {
    if kind == PolicyKind::Key {
        return own == "*" || own.split(':').nth(2) == Some("kms");
    }
    let bucket = |arn: &str| arn.split_once('/').map(|(bucket, _)| bucket.to_owned());
    grant
        .resources
        .iter()
        .any(|wanted| match (bucket(wanted), bucket(own)) {
            (Some(wanted), Some(own)) => wanted == own,
            (None, None) => wanted == own,
            _ => false,
        })
}

/// Whether a pattern plainly holds another: `literal*`, or the same text.
fn holds(wide: &str, narrow: &str) -> bool {
    wide == narrow
        || wide
            .strip_suffix('*')
            .is_some_and(|literal| !literal.contains(['*', '?']) && narrow.starts_with(literal))
}
