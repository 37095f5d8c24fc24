//! The smallest change to a Deny that lets one account through, offered and never applied.

use serde_json::{Map, Value, json};

use crate::condition::operator::{Family, Operator, Quantifier};
use crate::context::Context;
use crate::document::PolicyDocument;
use crate::principal::root_of;
use crate::statement::{Effect, Statement, one_or_many};
use crate::truth::Truth;

#[cfg(test)]
mod tests;

/// For a Deny: the statement that would let the account through and deny everyone else as before, ready to
/// paste.
///
/// The account joins a list of exceptions if the statement has one for accounts or principals, else it gets
/// `StringNotEquals` `aws:PrincipalAccount`; a Deny that names the account loses that name. `None` if the
/// statement is no Deny, or if nothing would be left of it.
pub fn smallest_exception(deny: Statement<'_>, account: &str, partition: &str) -> Option<Value> {
    if deny.effect() != Some(Effect::Deny) {
        return None;
    }
    let body = deny.value().as_object()?;
    if names_only(body, account) {
        return None;
    }
    let candidates = [
        without_principal(body, account),
        with_exception(body, "aws:PrincipalAccount", account),
        with_exception(
            body,
            "aws:PrincipalArn",
            &format!("arn:{partition}:*::{account}:*"),
        ),
        Some(with_condition(body, account)),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|statement| lets_through(statement, account, partition))
}

/// Whether the statement certainly does not apply to the account, whatever else the request is like.
fn lets_through(statement: &Value, account: &str, partition: &str) -> bool {
    let Some(statement) = Statement::of_value(statement) else {
        return false;
    };
    let document = PolicyDocument::new_with_id(None);
    let context = Context::new().known("aws:PrincipalAccount", [account]).one_of(
        "aws:PrincipalArn",
        crate::context::Described::PrincipalArnOfAccount {
            partition: partition.to_owned(),
            account: account.to_owned(),
        },
    );
    crate::evaluate::applies(&statement, account, &context, document.has_variables()) == Truth::False
}

fn names_only(body: &Map<String, Value>, account: &str) -> bool {
    let kinds = body.get("Principal").and_then(Value::as_object);
    kinds.is_some_and(|kinds| {
        kinds.iter().all(|(kind, names)| {
            kind == "AWS"
                && one_or_many(names)
                    .iter()
                    .all(|name| name.as_str().and_then(root_of) == Some(account))
        })
    })
}

/// Takes the account's name out of a list of principals, if others are left.
fn without_principal(body: &Map<String, Value>, account: &str) -> Option<Value> {
    let names = body.get("Principal")?.get("AWS")?;
    let kept: Vec<Value> = one_or_many(names)
        .iter()
        .filter(|name| name.as_str().and_then(root_of) != Some(account))
        .cloned()
        .collect();
    if kept.is_empty() || kept.len() == one_or_many(names).len() {
        return None;
    }
    let mut statement = body.clone();
    *statement.get_mut("Principal")?.get_mut("AWS")? = Value::Array(kept);
    Some(Value::Object(statement))
}

/// Adds a value to a negated test of that key, which exempts one value more.
fn with_exception(body: &Map<String, Value>, key: &str, value: &str) -> Option<Value> {
    let mut statement = body.clone();
    for (name, keys) in statement.get_mut("Condition")?.as_object_mut()? {
        let exempts = Operator::parse(name).is_some_and(|operator| {
            operator.negated
                && operator.quantifier == Quantifier::One
                && (matches!(operator.family, Family::TextLike | Family::Arn)
                    || (!value.contains('*') && operator.family == Family::Text))
        });
        let Some(keys) = keys.as_object_mut().filter(|_| exempts) else {
            continue;
        };
        if let Some((_, values)) = keys.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(key)) {
            let mut all = one_or_many(values).to_vec();
            all.push(json!(value));
            *values = Value::Array(all);
            return Some(Value::Object(statement));
        }
    }
    None
}

fn with_condition(body: &Map<String, Value>, account: &str) -> Value {
    let mut statement = body.clone();
    let condition = statement.entry("Condition").or_insert_with(|| json!({}));
    if let Some(operators) = condition.as_object_mut() {
        let keys = operators.entry("StringNotEquals").or_insert_with(|| json!({}));
        if let Some(keys) = keys.as_object_mut() {
            keys.insert("aws:PrincipalAccount".into(), json!(account));
        }
    }
    Value::Object(statement)
}
