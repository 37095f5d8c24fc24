//! Whether a resource policy lets one request pass (IAM User Guide, "Policy evaluation logic").

use serde_json::Value;

use super::condition::{self, Context};
use super::directory::is_account;
use super::document::{Object, aws_principals, one_or_many, statements, texts};
use crate::pattern;
use crate::who::Caller;

/// One request.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: Context,
}

/// What a policy says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A statement denies it; nothing outweighs that.
    Denied,
    /// A statement allows it.
    Allowed,
    /// No statement speaks of it.
    Silent,
}

/// Whose policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// A bucket's.
    Bucket,
    /// A key's: a statement without `Resource` has no effect although PutKeyPolicy accepts it (KMS Developer
    /// Guide, "Key policies").
    Key,
}

/// Evaluates the whole document. The caller's own IAM policies are taken to allow everything.
pub(crate) fn evaluate(document: &Value, policy: Policy, request: &Request<'_>) -> Answer {
    let mut answer = Answer::Silent;
    for statement in statements(document) {
        if !applies(statement, policy, request) {
            continue;
        }
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Deny") => return Answer::Denied,
            Some("Allow") => answer = Answer::Allowed,
            _ => {}
        }
    }
    answer
}

fn applies(statement: &Object, policy: Policy, request: &Request<'_>) -> bool {
    let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
    names_principal(statement, request.caller)
        && names(statement, "Action", "NotAction", |wanted| {
            pattern::matches_ignoring_case(wanted, request.action)
        })
        .unwrap_or(false)
        && names(statement, "Resource", "NotResource", |wanted| {
            pattern::matches(wanted, request.resource)
        })
        .unwrap_or(policy == Policy::Bucket)
        && statement
            .get("Condition")
            .is_none_or(|condition| condition::holds(condition, &request.context).unwrap_or(denies))
}

/// Whether the element or its opposite covers something; `None` where the statement has neither.
fn names(statement: &Object, element: &str, opposite: &str, covers: impl Fn(&str) -> bool) -> Option<bool> {
    match (statement.get(element), statement.get(opposite)) {
        (Some(values), _) => Some(texts(Some(values)).any(|value| covers(&value))),
        (None, Some(values)) => Some(!texts(Some(values)).any(|value| covers(&value))),
        (None, None) => None,
    }
}

fn names_principal(statement: &Object, caller: &Caller) -> bool {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), _) => covers(principal, caller),
        (None, Some(principal)) => !covers(principal, caller),
        (None, None) => false,
    }
}

/// An account or its root stands for every principal in it; a role for all its sessions (IAM User Guide,
/// "Principal").
fn covers(principal: &Value, caller: &Caller) -> bool {
    let service = principal
        .get("Service")
        .is_some_and(|named| one_or_many(Some(named)).any(|name| name.as_str() == caller.service()));
    service
        || aws_principals(principal).any(|name| {
            if name == "*" {
                return true;
            }
            let account = if is_account(name) {
                Some(name)
            } else {
                name.strip_suffix(":root")
                    .and_then(|arn| arn.rsplit_once(':'))
                    .map(|(_, account)| account)
            };
            account == Some(caller.account.as_str())
                || name == caller.principal_arn()
                || caller.session_arn().as_deref() == Some(name)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::who::Who;

    fn answer(document: &Value, policy: Policy, action: &str) -> Answer {
        let caller = Who::cloudinary().resolve("111122223333", "aws");
        let context = Context::of(&caller, "2026-11-23T10:15:00Z");
        evaluate(
            document,
            policy,
            &Request {
                caller: &caller,
                action,
                resource: "arn:aws:s3:::media/a",
                context,
            },
        )
    }

    fn statement(effect: &str, principal: &Value, more: Value) -> Value {
        let mut statement = json!({"Effect": effect, "Principal": principal});
        statement
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        statement
    }

    #[test]
    fn an_account_is_named_by_its_id_its_root_or_everyone() {
        for principal in [
            json!("*"),
            json!({"AWS": "232482882421"}),
            json!({"AWS": ["x", "arn:aws:iam::232482882421:root"]}),
        ] {
            let document = json!({"Statement": statement("Allow", &principal,
                json!({"Action": "s3:getobject", "Resource": "arn:aws:s3:::media/*"}))});
            assert_eq!(answer(&document, Policy::Bucket, "s3:GetObject"), Answer::Allowed);
            assert_eq!(answer(&document, Policy::Bucket, "s3:PutObject"), Answer::Silent);
        }
    }

    #[test]
    fn a_deny_outweighs_every_allow_wherever_it_stands() {
        let everyone = json!("*");
        let rest = json!({"Action": "s3:*", "Resource": "*"});
        let document = json!({"Statement": [
            statement("Deny", &everyone, rest.clone()), statement("Allow", &everyone, rest),
        ]});
        assert_eq!(answer(&document, Policy::Bucket, "s3:GetObject"), Answer::Denied);
    }

    #[test]
    fn a_deny_for_plain_http_never_meets_a_request_over_https() {
        let document = json!({"Statement": statement("Deny", &json!("*"), json!({
            "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}))});
        assert_eq!(answer(&document, Policy::Bucket, "s3:GetObject"), Answer::Silent);
    }

    #[test]
    fn a_key_statement_without_resource_has_no_effect() {
        let mut document =
            json!({"Statement": statement("Allow", &json!("*"), json!({"Action": "kms:Decrypt"}))});
        assert_eq!(answer(&document, Policy::Key, "kms:Decrypt"), Answer::Silent);
        document["Statement"]["Resource"] = json!("*");
        assert_eq!(answer(&document, Policy::Key, "kms:Decrypt"), Answer::Allowed);
    }

    #[test]
    fn the_opposite_elements_cover_everything_but_what_they_name() {
        let document = json!({"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"},
            "NotAction": "s3:PutObject", "NotResource": "arn:aws:s3:::media/b"}});
        assert_eq!(answer(&document, Policy::Bucket, "s3:GetObject"), Answer::Denied);
        assert_eq!(answer(&document, Policy::Bucket, "s3:PutObject"), Answer::Silent);
    }
}
