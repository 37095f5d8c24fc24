//! A plain two-valued evaluator for one concrete request, written from the IAM User Guide and sharing no code
//! with the crate. Where the documentation leaves a choice, `Request::reading` makes it.

use std::collections::BTreeMap;

use serde_json::Value;

/// How the doubtful places of IAM are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readings {
    /// NotPrincipal with the account exempts its roles too.
    pub(crate) account_exempts_roles: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) account: String,
    /// The caller, a role or user of the account.
    pub(crate) arn: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    /// Keys in lower case; missing ones are absent.
    pub(crate) keys: BTreeMap<String, Vec<String>>,
    pub(crate) readings: Readings,
}

fn list(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => vec![text(value)],
    }
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => glob(rest, text) || (!text.is_empty() && glob(pattern, &text[1..])),
        ([b'?', rest @ ..], [_, tail @ ..]) => glob(rest, tail),
        ([c, rest @ ..], [d, tail @ ..]) => c == d && glob(rest, tail),
        _ => false,
    }
}

fn like(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes())
}

pub(crate) fn allows(policy: &Value, request: &Request) -> bool {
    let statements = policy["Statement"].as_array().unwrap();
    let says = |effect: &str| {
        statements
            .iter()
            .any(|s| s["Effect"] == effect && applies(s, request))
    };
    says("Allow") && !says("Deny")
}

fn applies(statement: &Value, request: &Request) -> bool {
    principal(statement, request)
        && one_way(statement, "Action", |pattern| {
            like(&pattern.to_lowercase(), &request.action.to_lowercase())
        })
        && one_way(statement, "Resource", |pattern| like(pattern, &request.resource))
        && statement.get("Condition").is_none_or(|condition| {
            condition.as_object().unwrap().iter().all(|(operator, keys)| {
                keys.as_object()
                    .unwrap()
                    .iter()
                    .all(|(key, values)| test(operator, key, &list(values), request))
            })
        })
}

fn one_way(statement: &Value, element: &str, matches: impl Fn(&str) -> bool) -> bool {
    match statement.get(element) {
        Some(patterns) => list(patterns).iter().any(|pattern| matches(pattern)),
        None => !list(&statement[format!("Not{element}")])
            .iter()
            .any(|pattern| matches(pattern)),
    }
}

fn principal(statement: &Value, request: &Request) -> bool {
    let names = |element: &Value| {
        if element == "*" {
            vec!["*".to_owned()]
        } else {
            list(&element["AWS"])
        }
    };
    let is_account =
        |name: &String| *name == request.account || *name == format!("arn:aws:iam::{}:root", request.account);
    if let Some(element) = statement.get("Principal") {
        let is_deny = statement["Effect"] == "Deny";
        // An Allow for one role is none for the account.
        return names(element).iter().any(|name| {
            name == "*"
                || is_account(name)
                || (is_deny && (*name == request.arn || *name == user_of(&request.arn)))
        });
    }
    let names = names(&statement["NotPrincipal"]);
    let exempt = names.iter().any(|name| {
        name == "*" || (*name == request.arn) || (is_account(name) && request.readings.account_exempts_roles)
    });
    !exempt
}

/// A federated user is also the user whose credentials it has.
fn user_of(arn: &str) -> String {
    arn.replace(":sts:", ":iam:")
        .replace(":federated-user/", ":user/")
}

fn test(operator: &str, key: &str, wanted: &[String], request: &Request) -> bool {
    let key = key.to_lowercase();
    let (quantifier, operator) = operator.split_once(':').unwrap_or(("", operator));
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let known = request.keys.get(&key);
    if operator == "Null" {
        return known.is_none() == (wanted[0] == "true");
    }
    let negated = operator.contains("Not");
    let Some(known) = known else {
        return match quantifier {
            "ForAllValues" => true,
            "ForAnyValue" => if_exists,
            _ => if_exists || negated,
        };
    };
    let matches = |value: &String| {
        let any = wanted
            .iter()
            .any(|wanted| compare(&operator.replace("Not", ""), value, wanted));
        any != negated
    };
    match quantifier {
        "ForAllValues" => known.iter().all(matches),
        _ => known.iter().any(matches),
    }
}

fn compare(operator: &str, value: &str, wanted: &str) -> bool {
    let number = |text: &str| text.parse::<i64>().unwrap();
    match operator {
        "StringEquals" => value == wanted,
        "StringEqualsIgnoreCase" => value.eq_ignore_ascii_case(wanted),
        "StringLike" => like(wanted, value),
        "ArnLike" | "ArnEquals" => {
            let (value, wanted): (Vec<_>, Vec<_>) =
                (value.splitn(6, ':').collect(), wanted.splitn(6, ':').collect());
            value.len() == 6
                && wanted.len() == 6
                && value
                    .iter()
                    .zip(&wanted)
                    .all(|(value, wanted)| like(wanted, value))
        }
        "Bool" => value == wanted,
        "NumericEquals" => number(value) == number(wanted),
        "NumericLessThan" => number(value) < number(wanted),
        "NumericGreaterThanEquals" => number(value) >= number(wanted),
        // Dates of one width in UTC order as their text.
        "DateLessThan" => value < wanted,
        "IpAddress" => {
            let octets = |text: &str| text.parse::<std::net::Ipv4Addr>().map(u32::from).unwrap();
            let (base, bits) = wanted.split_once('/').unwrap_or((wanted, "32"));
            let bits: u32 = bits.parse().unwrap();
            bits == 0 || (octets(base) ^ octets(value)) >> (32 - bits) == 0
        }
        other => panic!("{other}"),
    }
}
