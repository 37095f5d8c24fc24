use guardian_policy::{
    PolicyDocument, PolicyKind, difference, equivalent, is_public, smallest_exception, writable,
};
use serde_json::Value;

use super::worlds::vocabulary::ACCOUNT;

/// Any text is read or refused, with a place; what was read can be written, read again and is the same.
pub(super) fn parse(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let plain: Result<Value, _> = serde_json::from_str(&text);
    let document = match PolicyDocument::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    // Nothing that is no JSON is a policy, and nothing is read differently from any other reader.
    assert_eq!(plain.ok().as_ref(), Some(document.as_value()));
    let written = document.to_compact_json();
    let again = PolicyDocument::parse(&written);
    assert_eq!(again.as_ref(), Ok(&document));
    assert_eq!(PolicyDocument::from_value(document.as_value().clone()), again);
    assert!(equivalent(&document, &document) && difference(&document, &document).is_empty());
    assert_eq!(document.canonical_hash().len(), 64);
    for kind in [PolicyKind::Bucket, PolicyKind::Key, PolicyKind::ResourceControl] {
        assert!(document.size(kind) <= written.len());
        for reason in writable(&document, kind, true, Some(ACCOUNT)) {
            assert!(!reason.to_string().is_empty());
        }
        let _ = writable(&document, kind, false, None);
    }
    let _ = is_public(&document);
    for statement in document.statements() {
        assert!(statement.effect().is_some());
        let _ = smallest_exception(statement, ACCOUNT, "aws");
        let condition = statement.element("Condition").and_then(Value::as_object);
        for operator in condition.into_iter().flat_map(|operators| operators.keys()) {
            assert!(is_operator(operator), "`{operator}` was taken for an operator");
        }
    }
}

/// The operators of the IAM User Guide, written down apart from the crate.
fn is_operator(name: &str) -> bool {
    const NAMES: [&str; 27] = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    ];
    let name = name.to_ascii_lowercase();
    let plain = ["forallvalues:", "foranyvalue:"]
        .iter()
        .find_map(|set| name.strip_prefix(set))
        .unwrap_or(&name);
    let plain = plain.strip_suffix("ifexists").unwrap_or(plain);
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(plain))
}
