//! A key of which only a described set is known, against the values of the policy.
//!
//! Each answer is about *matching any of the values*: true if every member of the set does, false if none
//! does.

use serde_json::Value;

use super::Reading;
use super::address::{Range, cover_all_public};
use super::operator::Family;
use super::value::{is_arn, text_of};
use crate::pattern::search::{Found, find};
use crate::pattern::work::Work;
use crate::pattern::{Pattern, Token};
use crate::resource::{Segments, segmented};
use crate::truth::Truth;
use crate::variable::{Expansion, Wildcards, expand};

/// Some text that matches one of the patterns.
pub(super) fn matching(
    family: Family,
    patterns: &[String],
    values: &[Value],
    reading: Reading<'_>,
    work: &mut Work,
) -> Truth {
    let wildcards = match family {
        Family::Text => Wildcards::No,
        Family::TextLike | Family::Arn => Wildcards::Yes,
        _ => return Truth::Unknown,
    };
    let set: Vec<Pattern> = patterns.iter().map(|pattern| Pattern::glob(pattern)).collect();
    if set.is_empty() {
        return Truth::Unknown;
    }
    let are_arns = patterns.iter().all(|pattern| is_arn(pattern));
    let mut certain = Vec::new();
    let mut possible = Vec::new();
    for value in values {
        let (tokens, exact) = match expand(&text_of(value), reading.variables(), wildcards) {
            Expansion::Exact(tokens) => (tokens, true),
            Expansion::Unknown(tokens) => (tokens, false),
            Expansion::Perhaps(_) | Expansion::Missing(_) => (vec![Token::Run], false),
        };
        let whole = Pattern::from_tokens(tokens.iter().copied());
        if family == Family::Arn {
            let by_component = segmented(&tokens, Segments::Strict);
            // What fewer components match is not written.
            possible.push(match by_component {
                Some(_) if are_arns => whole,
                _ => Pattern::from_tokens([Token::Run]),
            });
            certain.extend(by_component.filter(|_| exact));
        } else {
            if exact {
                certain.push(whole.clone());
            }
            possible.push(whole);
        }
    }
    let certain: Vec<&Pattern> = certain.iter().collect();
    if find(&set, &[], &certain, work) == Found::No {
        return Truth::True;
    }
    if find(&set, &[&possible], &[], work) == Found::No {
        return Truth::False;
    }
    Truth::Unknown
}

/// Some address of the internet.
pub(super) fn public_address(family: Family, values: &[Value]) -> Truth {
    if family != Family::Address {
        return Truth::Unknown;
    }
    let ranges: Option<Vec<Range>> = values.iter().map(|value| Range::parse(&text_of(value))).collect();
    match ranges {
        Some(ranges) if ranges.iter().all(Range::is_never_public) => Truth::False,
        Some(ranges) if cover_all_public(&ranges) => Truth::True,
        _ => Truth::Unknown,
    }
}

/// Some text that is none of these.
pub(super) fn none_of(family: Family, these: &[String], values: &[Value]) -> Truth {
    let is_one = |value: &Value| these.iter().any(|text| *text == text_of(value));
    if matches!(family, Family::Text | Family::TextLike) && values.iter().all(is_one) {
        Truth::False
    } else {
        Truth::Unknown
    }
}
