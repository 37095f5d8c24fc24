//! S3's own meaning of "public".
//!
//! Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", section "The meaning of
//! public": S3 takes a policy for public unless every Allow is for *fixed* values, without wildcard or policy
//! variable, of a principal or of one of a few condition keys.

use serde_json::Value;

use crate::condition::address::Range;
use crate::condition::operator::{Family, Operator, Quantifier};
use crate::document::PolicyDocument;
use crate::principal::is_account_id;
use crate::statement::{Effect, Statement, StatementRef, one_or_many, texts};

/// What S3 would say of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publicness {
    /// Public, because of these statements.
    Public(Vec<StatementRef>),
    /// Not public.
    NotPublic,
    /// S3's documentation does not say.
    Unsure(String),
}

/// Keys whose fixed values make a statement non-public.
const FIXING: [&str; 9] = [
    "aws:principalorgid",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Keys that narrow a statement as much, but that the documentation does not name.
const PERHAPS_FIXING: [&str; 7] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgpaths",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:vpceaccount",
    "aws:vpceorgid",
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fixed {
    No,
    Perhaps,
    Yes,
}

/// Whether S3 takes the document, as a bucket policy, for public.
pub fn is_public(document: &PolicyDocument) -> Publicness {
    let mut public = Vec::new();
    let mut unsure = None;
    for statement in document
        .statements()
        .filter(|statement| statement.effect() == Some(Effect::Allow))
    {
        match fixed(&statement) {
            Fixed::Yes => {}
            Fixed::No => public.push(statement.reference()),
            Fixed::Perhaps => unsure = unsure.or(Some(statement.reference())),
        }
    }
    match unsure {
        _ if !public.is_empty() => Publicness::Public(public),
        Some(statement) => Publicness::Unsure(format!(
            "{statement} is for everyone under a condition that S3's definition of public does not plainly name"
        )),
        None => Publicness::NotPublic,
    }
}

fn fixed(statement: &Statement<'_>) -> Fixed {
    let is_fixed_name = |name: &str| !name.contains(['*', '?']) && !name.contains("${");
    match statement.element("Principal") {
        Some(Value::Object(kinds)) if kinds.values().all(|names| texts(Some(names)).all(is_fixed_name)) => {
            return Fixed::Yes;
        }
        _ => {}
    }
    let operators = statement
        .element("Condition")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    // Whether a condition fixes anything of an Allow for all but some is not written.
    let most = if statement.element("NotPrincipal").is_some() {
        Fixed::Perhaps
    } else {
        Fixed::Yes
    };
    operators
        .flat_map(|(operator, keys)| {
            keys.as_object()
                .into_iter()
                .flatten()
                .map(move |(key, values)| narrows(operator, key, values))
        })
        .max()
        .unwrap_or(Fixed::No)
        .min(most)
}

fn narrows(operator: &str, key: &str, values: &Value) -> Fixed {
    let Some(operator) = Operator::parse(operator) else {
        return Fixed::No;
    };
    // A missing key satisfies these.
    if operator.negated || operator.if_exists || operator.quantifier == Quantifier::All {
        return Fixed::No;
    }
    let key = key.to_ascii_lowercase();
    let values = one_or_many(values);
    if values.is_empty() {
        return Fixed::No;
    }
    if key == "aws:sourceip" && operator.family == Family::Address {
        let narrow = |value: &Value| {
            value
                .as_str()
                .and_then(Range::parse)
                .is_some_and(|range| !range.is_broad())
        };
        return if values.iter().all(narrow) {
            Fixed::Yes
        } else {
            Fixed::No
        };
    }
    if !matches!(
        operator.family,
        Family::Text | Family::TextIgnoringCase | Family::TextLike | Family::Arn
    ) {
        return Fixed::No;
    }
    let worst = values
        .iter()
        .map(|value| fixes(&key, operator.family, value.as_str().unwrap_or_default()))
        .min();
    match worst {
        Some(Fixed::Yes) if FIXING.contains(&key.as_str()) => Fixed::Yes,
        Some(Fixed::Yes | Fixed::Perhaps)
            if FIXING.contains(&key.as_str()) || PERHAPS_FIXING.contains(&key.as_str()) =>
        {
            Fixed::Perhaps
        }
        _ => Fixed::No,
    }
}

fn fixes(key: &str, family: Family, value: &str) -> Fixed {
    if value.contains("${") {
        return Fixed::No;
    }
    let mut parts = value.splitn(6, ':');
    if !value.contains(['*', '?']) {
        // Whether text fixes anything that is compared without its case, or an ARN that is compared as text or is
        // in no account, as a bucket's, is not written.
        let is_plain = match key {
            "aws:sourcearn" => family == Family::Arn && parts.nth(4).is_some_and(is_account_id),
            _ => family != Family::TextIgnoringCase,
        };
        return if is_plain { Fixed::Yes } else { Fixed::Perhaps };
    }
    match key {
        // The name of the access point may be a wildcard as long as the account is fixed.
        "s3:dataaccesspointarn" if parts.nth(4).is_some_and(is_account_id) => Fixed::Yes,
        // The account is fixed, whichever of its principals are meant.
        "aws:principalarn" if parts.nth(4).is_some_and(is_account_id) => Fixed::Perhaps,
        // "Outside the pattern `AROLEID:*`" can be read both ways.
        "aws:userid" if value.ends_with(":*") && value.matches(['*', '?']).count() == 1 => Fixed::Perhaps,
        _ => Fixed::No,
    }
}
