//! One value of the request against one value of the policy.

use std::borrow::Cow;

use serde_json::Value;

use super::operator::Family;
use super::{Reading, address, date};
use crate::pattern::Pattern;
use crate::resource::{Segments, segmented};
use crate::truth::Truth;
use crate::variable::{Expansion, Wildcards, expand};

/// Numbers and booleans are the text they are written as.
pub(super) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

pub(super) fn matches(family: Family, known: &str, value: &Value, reading: Reading<'_>) -> Truth {
    let wanted = text_of(value);
    match family {
        Family::Text => text(known, &wanted, Wildcards::No, reading),
        Family::TextLike => text(known, &wanted, Wildcards::Yes, reading),
        Family::TextIgnoringCase => match expand(&wanted, reading.variables(), Wildcards::No) {
            Expansion::Exact(tokens) => {
                let lower = |text: &str| text.to_lowercase();
                let wanted = Pattern::from_tokens(tokens);
                (lower(wanted.beginning()) == lower(known)).into()
            }
            Expansion::Unknown(_) | Expansion::Perhaps(_) | Expansion::Missing(_) => Truth::Unknown,
        },
        Family::Number(order) => compared(number(known), number(&wanted), |a, b| {
            a.partial_cmp(&b).map(|ordering| order.holds(ordering))
        }),
        Family::Date(order) => compared(date::parse(known), date::parse(&wanted), |a, b| {
            Some(order.holds(a.cmp(&b)))
        }),
        Family::Bool => compared(boolean(known), boolean(&wanted), |a, b| Some(a == b)),
        Family::Binary => {
            if known == wanted {
                Truth::True
            } else {
                compared(canonical_base64(known), canonical_base64(&wanted), |a, b| {
                    Some(a == b)
                })
            }
        }
        Family::Address => compared(
            known.parse().ok(),
            address::Range::parse(&wanted),
            |address, range| Some(range.contains(address)),
        ),
        Family::Arn => arn(known, &wanted, reading),
        Family::Null => Truth::Unknown,
    }
}

fn text(known: &str, wanted: &str, wildcards: Wildcards, reading: Reading<'_>) -> Truth {
    match expand(wanted, reading.variables(), wildcards) {
        Expansion::Exact(tokens) => Pattern::from_tokens(tokens).matches(known).into(),
        Expansion::Unknown(tokens) => {
            if Pattern::from_tokens(tokens).matches(known) {
                Truth::Unknown
            } else {
                Truth::False
            }
        }
        Expansion::Perhaps(_) | Expansion::Missing(_) => Truth::Unknown,
    }
}

/// The six components are compared one by one (IAM User Guide, "Amazon Resource Name (ARN) condition
/// operators"); where a comparison of the whole text would come to something else, or one side has fewer
/// components, the answer is left open.
fn arn(known: &str, wanted: &str, reading: Reading<'_>) -> Truth {
    let (tokens, exact) = match expand(wanted, reading.variables(), Wildcards::Yes) {
        Expansion::Exact(tokens) => (tokens, true),
        Expansion::Unknown(tokens) => (tokens, false),
        Expansion::Perhaps(_) | Expansion::Missing(_) => return Truth::Unknown,
    };
    let Some(by_component) = segmented(&tokens, Segments::Strict).filter(|_| is_arn(known)) else {
        return Truth::Unknown;
    };
    let matches = by_component.matches(known);
    if matches && exact {
        Truth::True
    } else if matches || (!by_component.is_plain() && Pattern::from_tokens(tokens).matches(known)) {
        Truth::Unknown
    } else {
        Truth::False
    }
}

/// Text of six components or more.
pub(super) fn is_arn(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b':').count() >= 5
}

fn compared<A, B>(known: Option<A>, wanted: Option<B>, holds: impl FnOnce(A, B) -> Option<bool>) -> Truth {
    match known.zip(wanted).and_then(|(known, wanted)| holds(known, wanted)) {
        Some(holds) => holds.into(),
        None => Truth::Unknown,
    }
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A decimal number small enough that comparing it as a double is exact.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain =
        !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { text.parse().ok() } else { None }
}

/// Text of which no second spelling exists, so that unequal means different bytes.
fn canonical_base64(text: &str) -> Option<&str> {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let last_is_canonical = match (padding, body.bytes().last()) {
        (0, _) => true,
        (1, Some(last)) => b"AEIMQUYcgkosw048".contains(&last),
        (2, Some(last)) => b"AQgw".contains(&last),
        _ => false,
    };
    (text.len().is_multiple_of(4) && body.bytes().all(alphabet) && last_is_canonical).then_some(text)
}
