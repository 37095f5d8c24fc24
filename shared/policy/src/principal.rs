//! Whom a statement speaks of, seen from one account.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".

use serde_json::Value;

use crate::statement::{Effect, Statement, texts};
use crate::truth::Truth;

/// How one name in a Principal element relates to the account asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    Everyone,
    /// The account: bare id or root ARN.
    Account,
    /// A particular user, role or session of the account; or a canonical user or federated identity, which
    /// might be.
    Particular,
    /// Certainly nobody of the account.
    Other,
    /// Text that is no principal.
    Unclear,
}

/// What the Principal element of a statement says about a caller of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Every principal of the account.
    All,
    Nobody,
    /// Only particular principals of the account; whether the caller is one of them is not known.
    Particular,
    /// Some principals of the account, or perhaps none.
    Unclear,
}

pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The unique id that stands where a deleted user or role was named (S3 User Guide, "How Amazon S3 works with
/// IAM").
pub(crate) fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && ["AIDA", "AROA", "AGPA", "ANPA", "APKA", "ASIA", "AKIA"]
            .iter()
            .any(|kind| text.starts_with(kind))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The account that a principal of the `AWS` kind belongs to.
pub(crate) fn account_of(name: &str) -> Option<&str> {
    if is_account_id(name) {
        return Some(name);
    }
    let mut parts = name.splitn(6, ':');
    let (arn, _partition, service, region, account) = (
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next()?,
    );
    (arn == "arn" && (service == "iam" || service == "sts") && region.is_empty() && is_account_id(account))
        .then_some(account)
}

/// Bare id or root ARN of an account, in whatever partition: the account it names.
pub(crate) fn root_of(name: &str) -> Option<&str> {
    let account = account_of(name)?;
    let is_root = name == account || (name.ends_with(":root") && name.split(':').nth(2) == Some("iam"));
    is_root.then_some(account)
}

pub(crate) fn naming(kind: &str, name: &str, account: &str) -> Naming {
    match kind {
        "AWS" if name == "*" => Naming::Everyone,
        "AWS" if is_unique_id(name) => Naming::Other,
        "AWS" => match account_of(name) {
            Some(named) if named != account => Naming::Other,
            Some(_) if root_of(name).is_some() => Naming::Account,
            Some(_) => Naming::Particular,
            // An origin access identity of CloudFront is written as a user of an account called `cloudfront`.
            None if name.split(':').nth(4) == Some("cloudfront") => Naming::Other,
            None => Naming::Unclear,
        },
        "Service" => Naming::Other,
        _ => Naming::Particular,
    }
}

fn namings<'s>(element: &'s Value, account: &'s str) -> Vec<Naming> {
    match element {
        Value::String(text) if text == "*" => vec![Naming::Everyone],
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| texts(Some(names)).map(move |name| naming(kind, name, account)))
            .collect(),
        _ => vec![Naming::Unclear],
    }
}

/// Whom of the account a statement reaches. `arn` is the ARN of the caller, where it is known.
pub(crate) fn reach(statement: &Statement<'_>, account: &str, arn: Option<&str>) -> Reach {
    if let Some(element) = statement.element("Principal") {
        let named = namings(element, account);
        if named
            .iter()
            .any(|naming| matches!(naming, Naming::Everyone | Naming::Account))
        {
            return Reach::All;
        }
        if named.contains(&Naming::Particular) {
            return match arn {
                Some(arn) if statement.effect() == Some(Effect::Deny) => particular(element, arn),
                _ => Reach::Particular,
            };
        }
        return if named.contains(&Naming::Unclear) {
            Reach::Unclear
        } else {
            Reach::Nobody
        };
    }
    let Some(element) = statement.element("NotPrincipal") else {
        return Reach::Unclear;
    };
    let named = namings(element, account);
    if named.contains(&Naming::Everyone) {
        return Reach::Nobody;
    }
    // Naming the account in NotPrincipal need not exempt its roles and sessions: the services may compare the
    // account, then the role, then the session (IAM User Guide, "NotPrincipal"). So anything of the account
    // leaves it open.
    if named.iter().all(|naming| *naming == Naming::Other) {
        Reach::All
    } else {
        Reach::Unclear
    }
}

/// A known caller against the users and roles that a Deny names.
fn particular(element: &Value, arn: &str) -> Reach {
    let kinds = element.as_object();
    let names = || texts(element.get("AWS"));
    if kinds.is_some_and(|kinds| kinds.keys().any(|kind| kind != "AWS" && kind != "Service")) {
        return Reach::Particular;
    }
    // A session is compared with its own ARN, of which only the role is known; a federated user is also the user
    // whose credentials it has.
    let is_session = |name: &str| name.contains(":sts:") || name.contains('*') || name.contains('?');
    if names().any(|name| name == arn) {
        Reach::All
    } else if is_session(arn) || names().any(is_session) {
        Reach::Particular
    } else {
        Reach::Nobody
    }
}

impl Reach {
    /// Whether a statement of this effect applies to the caller. An Allow for particular roles is none for
    /// the account.
    pub(crate) fn applies(self, effect: Effect) -> Truth {
        match (self, effect) {
            (Self::All, _) => Truth::True,
            (Self::Nobody, _) | (Self::Particular, Effect::Allow) => Truth::False,
            (Self::Particular, Effect::Deny) | (Self::Unclear, _) => Truth::Unknown,
        }
    }
}
