//! The `Condition` block, for a request whose context is known (IAM User Guide, "Condition operators").

use std::net::IpAddr;

use serde_json::Value;

use super::document::texts;
use crate::pattern;
use crate::who::Caller;

/// The context keys of one request; what is not in it is absent. Every key has one value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context(Vec<(String, String)>);

impl Context {
    /// What every signed HTTPS request of this caller carries (IAM User Guide, "Global condition context
    /// keys"). Organisation, VPC, VPC endpoint and MFA are absent.
    pub(crate) fn of(caller: &Caller, now: &str) -> Self {
        let mut context = Self::default()
            .with("aws:SecureTransport", "true")
            .with("aws:PrincipalAccount", &caller.account)
            .with("aws:PrincipalArn", &caller.principal_arn())
            .with(
                "aws:PrincipalIsAWSService",
                if caller.service().is_some() {
                    "true"
                } else {
                    "false"
                },
            )
            .with("aws:ViaAWSService", "false")
            .with("aws:CurrentTime", now)
            .with("s3:TlsVersion", "1.3")
            .with("s3:signatureversion", "AWS4-HMAC-SHA256")
            .with("s3:authType", "REST-HEADER");
        if caller.address().parse::<IpAddr>().is_ok() {
            context = context.with("aws:SourceIp", caller.address());
        }
        context
    }

    /// With one more key.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.0.push((key.to_owned(), value.to_owned()));
        self
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
    }
}

/// Whether every operator holds; `None` if one of them is not known here.
pub(crate) fn holds(condition: &Value, context: &Context) -> Option<bool> {
    let mut all = true;
    for (operator, keys) in condition.as_object()? {
        for (key, values) in keys.as_object()? {
            all &= operator_holds(operator, context.get(key), values)?;
        }
    }
    Some(all)
}

fn operator_holds(operator: &str, actual: Option<&str>, values: &Value) -> Option<bool> {
    let operator = operator.to_ascii_lowercase();
    let (operator, if_exists) = match operator.strip_suffix("ifexists") {
        Some(operator) => (operator, true),
        None => (operator.as_str(), false),
    };
    // Over a key with one value the two set operators differ in what they make of an absent one.
    let (operator, absent) = match operator.split_once(':') {
        Some(("forallvalues", operator)) => (operator, Some(true)),
        Some(("foranyvalue", operator)) => (operator, Some(false)),
        _ => (operator, None),
    };
    if operator == "null" {
        return Some(texts(Some(values)).any(|wanted| (wanted == "true") == actual.is_none()));
    }
    let (operator, negated) = positive_form(operator);
    let Some(actual) = actual else {
        // "If the key is not present … negated matching operators match" (same page).
        return Some(if_exists || absent.unwrap_or(negated));
    };
    let mut any = false;
    for wanted in texts(Some(values)) {
        any |= compare(operator, actual, &wanted)?;
    }
    Some(any != negated)
}

fn positive_form(operator: &str) -> (&str, bool) {
    match operator {
        "stringnotequals" => ("stringequals", true),
        "stringnotequalsignorecase" => ("stringequalsignorecase", true),
        "stringnotlike" => ("stringlike", true),
        "arnnotequals" | "arnnotlike" => ("arnlike", true),
        "notipaddress" => ("ipaddress", true),
        "numericnotequals" => ("numericequals", true),
        "datenotequals" => ("dateequals", true),
        other => (other, false),
    }
}

fn compare(operator: &str, actual: &str, wanted: &str) -> Option<bool> {
    let numbers = || Some((actual.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?));
    let dates = || {
        use guardian_core::moment::Moment;
        Some((actual.parse::<Moment>().ok()?, wanted.parse::<Moment>().ok()?))
    };
    match operator {
        "stringequals" => Some(actual == wanted),
        "stringequalsignorecase" | "bool" => Some(actual.eq_ignore_ascii_case(wanted)),
        "stringlike" => Some(pattern::matches(wanted, actual)),
        // "ArnEquals and ArnLike behave identically."
        "arnequals" | "arnlike" => Some(pattern::matches(wanted, actual)),
        "ipaddress" => Some(contains(wanted, actual)),
        "numericequals" => numbers().map(|(actual, wanted)| (actual - wanted).abs() < f64::EPSILON),
        "numericlessthan" => numbers().map(|(actual, wanted)| actual < wanted),
        "numericlessthanequals" => numbers().map(|(actual, wanted)| actual <= wanted),
        "numericgreaterthan" => numbers().map(|(actual, wanted)| actual > wanted),
        "numericgreaterthanequals" => numbers().map(|(actual, wanted)| actual >= wanted),
        "dateequals" => dates().map(|(actual, wanted)| actual == wanted),
        "datelessthan" => dates().map(|(actual, wanted)| actual < wanted),
        "datelessthanequals" => dates().map(|(actual, wanted)| actual <= wanted),
        "dategreaterthan" => dates().map(|(actual, wanted)| actual > wanted),
        "dategreaterthanequals" => dates().map(|(actual, wanted)| actual >= wanted),
        _ => None,
    }
}

/// Whether an address lies in a CIDR range (or is the one address named).
fn contains(range: &str, address: &str) -> bool {
    let (network, bits) = match range.split_once('/') {
        Some((network, bits)) => (network, bits.parse::<u32>().ok()),
        None => (range, Some(128)),
    };
    let (Some(bits), Ok(network), Ok(address)) = (bits, network.parse::<IpAddr>(), address.parse::<IpAddr>())
    else {
        return false;
    };
    let same = |one: u128, two: u128, width: u32| {
        let host = width.saturating_sub(bits);
        host >= width || one >> host == two >> host
    };
    match (network, address) {
        (IpAddr::V4(one), IpAddr::V4(two)) => same(u32::from(one).into(), u32::from(two).into(), 32),
        (IpAddr::V6(one), IpAddr::V6(two)) => same(one.into(), two.into(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held(condition: &Value) -> Option<bool> {
        let context = Context::default()
            .with("aws:SourceIp", "203.0.113.9")
            .with("aws:PrincipalArn", "arn:aws:iam::232482882421:role/fetch")
            .with("s3:TlsVersion", "1.3")
            .with("aws:CurrentTime", "2026-11-23T10:15:00Z")
            .with("aws:SecureTransport", "true");
        holds(condition, &context)
    }

    #[test]
    fn a_key_that_is_absent_satisfies_only_negated_and_if_exists_operators() {
        assert_eq!(
            held(&json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
            Some(false)
        );
        assert_eq!(
            held(&json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})),
            Some(true)
        );
        assert_eq!(
            held(&json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}})),
            Some(true)
        );
        assert_eq!(held(&json!({"Null": {"aws:PrincipalOrgID": "true"}})), Some(true));
        assert_eq!(
            held(&json!({"Null": {"aws:PrincipalOrgID": "false"}})),
            Some(false)
        );
        assert_eq!(
            held(&json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}})),
            Some(true)
        );
        assert_eq!(
            held(&json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}})),
            Some(false)
        );
    }

    #[test]
    fn one_of_several_values_is_enough_and_every_key_must_hold() {
        assert_eq!(
            held(&json!({"StringLike": {"aws:PrincipalArn": ["x", "*:role/f*"]}})),
            Some(true)
        );
        assert_eq!(
            held(&json!({"Bool": {"aws:securetransport": true}, "StringEquals": {"aws:PrincipalArn": "x"}})),
            Some(false)
        );
    }

    #[test]
    fn addresses_numbers_and_dates_compare_as_such() {
        assert_eq!(
            held(&json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
            Some(true)
        );
        assert_eq!(
            held(&json!({"NotIpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.9"]}})),
            Some(false)
        );
        assert_eq!(
            held(&json!({"NumericLessThan": {"s3:TlsVersion": 1.2}})),
            Some(false)
        );
        assert_eq!(
            held(&json!({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}})),
            Some(true)
        );
    }

    #[test]
    fn an_operator_that_is_not_known_is_not_guessed() {
        assert_eq!(held(&json!({"BinaryEquals": {"aws:PrincipalArn": "x"}})), None);
    }
}
