//! What S3 calls public (S3 User Guide, "Blocking public access", section "The meaning of public").

use serde_json::Value;

use super::document::{Object, aws_principals, statements, texts};

/// Keys that make a statement non-public when held to a fixed value.
const NARROWING: [&str; 10] = [
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalorgid",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Operators that hold a key to what they name; the negated ones and those with `IfExists` do not.
const HOLDING: [&str; 6] = [
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "arnequals",
    "arnlike",
    "ipaddress",
];

/// Whether the document is public as a whole: one public statement is enough.
pub(crate) fn is_public(document: &Value) -> bool {
    statements(document).any(is_public_statement)
}

fn is_public_statement(statement: &Object) -> bool {
    if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
        return false;
    }
    let for_everyone = match statement.get("Principal") {
        Some(principal) => aws_principals(principal).any(|name| name == "*"),
        // S3 starts from "public"; an Allow for everybody but a few is not held to fixed principals.
        None => true,
    };
    for_everyone && !is_narrowed(statement)
}

fn is_narrowed(statement: &Object) -> bool {
    let Some(operators) = statement.get("Condition").and_then(Value::as_object) else {
        return false;
    };
    operators.iter().any(|(operator, keys)| {
        HOLDING.contains(&operator.to_ascii_lowercase().as_str())
            && keys.as_object().is_some_and(|keys| {
                keys.iter().any(|(key, values)| {
                    let key = key.to_ascii_lowercase();
                    NARROWING.contains(&key.as_str())
                        && texts(Some(values)).all(|value| is_fixed(&key, &value))
                        && texts(Some(values)).next().is_some()
                })
            })
    })
}

/// A fixed value has no wildcard and no policy variable. An address range is fixed down to /8 (IPv4) and /32
/// (IPv6).
fn is_fixed(key: &str, value: &str) -> bool {
    if key == "aws:sourceip" {
        let Some((address, bits)) = value.split_once('/') else {
            return !value.is_empty();
        };
        let least = if address.contains(':') { 32 } else { 8 };
        return bits.parse::<u8>().is_ok_and(|bits| bits >= least);
    }
    // "aws:userid, outside the pattern AROLEID:*"; "s3:DataAccessPointArn can contain a wildcard for the
    // access point name without being public, as long as the account id is fixed".
    if key == "s3:dataaccesspointarn" {
        let account = value.split(':').nth(4).unwrap_or_default();
        return super::directory::is_account(account);
    }
    !value.contains(['*', '?']) && !value.contains("${")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn allow(principal: &Value, condition: Value) -> Value {
        json!({"Statement": [{
            "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::media/*", "Condition": condition,
        }]})
    }

    #[test]
    fn a_grant_to_everyone_is_public_and_one_to_an_account_is_not() {
        assert!(is_public(&allow(&json!("*"), json!({}))));
        assert!(is_public(&allow(&json!({"AWS": "*"}), json!({}))));
        assert!(is_public(&allow(
            &json!({"AWS": ["232482882421", "*"]}),
            json!({})
        )));
        assert!(!is_public(&allow(&json!({"AWS": "232482882421"}), json!({}))));
        assert!(!is_public(&allow(
            &json!({"Service": "cloudfront.amazonaws.com"}),
            json!({})
        )));
    }

    #[test]
    fn a_fixed_value_of_a_listed_key_makes_it_non_public() {
        let narrowed = |condition| !is_public(&allow(&json!("*"), condition));
        assert!(narrowed(
            json!({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})
        ));
        assert!(narrowed(
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}})
        ));
        assert!(narrowed(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})));
        assert!(!narrowed(json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}})));
        assert!(!narrowed(json!({"StringLike": {"aws:SourceVpce": "vpce-*"}})));
        assert!(!narrowed(
            json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1a2b3c4d"}})
        ));
        assert!(!narrowed(
            json!({"StringEquals": {"aws:PrincipalAccount": "232482882421"}})
        ));
        assert!(!narrowed(json!({"Bool": {"aws:SecureTransport": "true"}})));
    }

    #[test]
    fn a_deny_is_never_public() {
        let document = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]});
        assert!(!is_public(&document));
    }
}
