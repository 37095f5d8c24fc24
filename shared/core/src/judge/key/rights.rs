//! What the guardian itself was refused about a key, and what lets it in.

use serde_json::{Value, json};

use super::super::not_observed;
use crate::alert::plain;
use crate::call::{CallError, CallErrorKind};
use crate::finding::{Finding, Subject};
use crate::name::KeyArn;
use crate::observation::Unknown;
use crate::right;
use crate::settings::Settings;

/// What could not be read of a key. Where it was refused, the right to give is said to the letter: to the role,
/// and in the key's policy, which has the last word wherever it does not leave the decision to the account's IAM
/// policies (KMS Developer Guide, "Default key policy").
pub(super) fn refused(
    settings: &Settings,
    subject: Subject,
    key: Option<&KeyArn>,
    unknown: &Unknown,
) -> Finding {
    let mut finding = not_observed(subject, unknown);
    let Unknown::Call(
        error @ CallError {
            kind: CallErrorKind::AccessDenied,
            ..
        },
    ) = unknown
    else {
        return finding;
    };
    let role = role_of(&error.message).unwrap_or_else(|| "GUARDIAN_ROLE_ARN".to_owned());
    // An alias in a policy's Resource does not stand for the key behind it (KMS Developer Guide, "Specifying KMS keys
    // in IAM policy statements").
    let resource = key.map_or_else(
        || {
            format!(
                "arn:{}:kms:{}:{}:key/*",
                settings.partition, settings.region, settings.account
            )
        },
        ToString::to_string,
    );
    let of_role = json!({"Effect": "Allow", "Action": error.operation, "Resource": resource});
    let of_key = json!({
        "Sid": "AllowGuardianToLook", "Effect": "Allow", "Principal": {"AWS": role}, "Action": error.operation, "Resource": "*",
    });
    let to_role = format!("to the guardian's role {role} the statement {of_role}");
    let to_key = format!("to the policy of the key {of_key}");
    let advice = match reason(&error.message) {
        Reason::Denied => {
            format!("a Deny refuses it: except {role} from it; if nothing allows it either, add {to_role}")
        }
        Reason::Role => format!("add {to_role}"),
        Reason::Key => format!("add {to_key}"),
        Reason::NotSaid => format!(
            "add {to_role}, and, if the key's policy does not leave it to the account's IAM policies (an Allow of `kms:*` for arn:{}:iam::{}:root), {to_key}; if a Deny refuses it, except the role from it",
            settings.partition, settings.account
        ),
    };
    let given = right::given(right::Role::Reconciler, error.operation);
    let given = given.map_or(String::new(), |given| format!(" (what should allow it: {given})"));
    finding.message = format!("{}{given}; {advice}", plain(&error.to_string()));
    if let Value::Object(evidence) = &mut finding.evidence {
        evidence.insert("role_statement".to_owned(), of_role);
        evidence.insert("key_statement".to_owned(), of_key);
    }
    finding
}

/// Why it was refused, where the answer says so (IAM User Guide, "Troubleshoot access denied error messages").
enum Reason {
    Denied,
    Role,
    Key,
    NotSaid,
}

fn reason(message: &str) -> Reason {
    if message.contains("explicit deny") {
        Reason::Denied
    } else if message.contains("no identity-based policy allows") {
        Reason::Role
    } else if message.contains("no resource-based policy allows") {
        Reason::Key
    } else {
        Reason::NotSaid
    }
}

/// The role behind the session that an answer names. The path of a role is not part of its sessions' ARNs; the roles
/// of the stack have none.
fn role_of(message: &str) -> Option<String> {
    let session = message
        .split_whitespace()
        .find(|word| word.starts_with("arn:") && word.contains(":assumed-role/"))?;
    let mut parts = session.splitn(6, ':');
    let (partition, account) = (parts.nth(1)?, parts.nth(2)?);
    let role = parts.next()?.split('/').nth(1)?;
    let is_word = |text: &str, more: &[u8]| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    // IAM User Guide, "IAM and AWS STS quotas": what a role's name is made of.
    (is_word(partition, b"-") && is_word(account, b"") && is_word(role, b"+=,.@_-"))
        .then(|| format!("arn:{partition}:iam::{account}:role/{role}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_is_read_from_the_session_and_nothing_else_is_believed() {
        let message =
            |who: &str| format!("AccessDeniedException: User: {who} is not authorized to perform: x");
        let session = "arn:aws:sts::111122223333:assumed-role/guardian-reconciler/guardian";
        assert_eq!(
            role_of(&message(session)).as_deref(),
            Some("arn:aws:iam::111122223333:role/guardian-reconciler")
        );
        for other in [
            "arn:aws:iam::111122223333:user/ana",
            "arn:aws:sts::111122223333:assumed-role/",
            "arn:aws:sts::111122223333:assumed-role/a\"b/c",
            "nobody",
        ] {
            assert_eq!(role_of(&message(other)), None, "{other}");
        }
    }
}
