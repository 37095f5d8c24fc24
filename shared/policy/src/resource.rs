//! Which resources a statement speaks of.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Resource" and "NotResource".

use crate::condition::Reading;
use crate::document::PolicyKind;
use crate::pattern::{Pattern, Token};
use crate::statement::{Effect, Statement, texts};
use crate::variable::{Expansion, Wildcards, expand};

/// A set of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// The union of the patterns.
    In(Vec<Pattern>),
    /// Everything but that union.
    Out(Vec<Pattern>),
}

/// What a statement certainly speaks of, and what it possibly does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) certain: Area,
    pub(crate) possible: Area,
}

const NOTHING: Area = Area::In(Vec::new());
const EVERYTHING: Area = Area::Out(Vec::new());

/// How far a wildcard in one of the first five segments of an ARN reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segments {
    /// Never beyond its segment.
    Strict,
    /// Beyond it only where `*` is the segment's last character.
    LastMaySpan,
}

/// The pattern with its wildcards held within their segments; `None` if it has fewer than six and no final
/// `*`.
pub(crate) fn segmented(tokens: &[Token], segments: Segments) -> Option<Pattern> {
    let colons = tokens
        .iter()
        .filter(|token| **token == Token::Literal(':'))
        .count();
    let spans = segments == Segments::LastMaySpan;
    if colons < 5 && !(spans && tokens.last() == Some(&Token::Run)) {
        return None;
    }
    let mut segment = 0;
    let held = tokens.iter().enumerate().map(|(at, token)| match token {
        Token::Literal(':') => {
            segment += 1;
            *token
        }
        Token::Run if segment < 5 => {
            let is_last = matches!(tokens.get(at + 1), None | Some(Token::Literal(':')));
            if spans && is_last {
                Token::Run
            } else {
                Token::RunInSegment
            }
        }
        Token::One if segment < 5 => Token::OneInSegment,
        _ => *token,
    });
    Some(Pattern::from_tokens(held))
}

/// The resources of a statement.
pub(crate) fn extent(statement: &Statement<'_>, kind: PolicyKind, reading: Reading<'_>) -> Extent {
    let (element, negated) = match (statement.element("Resource"), statement.element("NotResource")) {
        (Some(element), _) => (element, false),
        (None, Some(element)) => (element, true),
        (None, None) => return without_resource(statement, kind),
    };
    let mut certain = Vec::new();
    let mut possible = Vec::new();
    let mut may_be_missing = false;
    // The pattern that holds for certain, after all that may be meant.
    let read = |tokens: Vec<Token>, possible: &mut Vec<Pattern>| {
        let held = segmented(&tokens, Segments::LastMaySpan);
        match &held {
            Some(held) if held.is_plain() => possible.push(held.clone()),
            Some(_) => possible.push(Pattern::from_tokens(tokens)),
            // An incomplete ARN may be taken for one with `*` in the missing places, or refused.
            None => {
                let filled = tokens.iter().copied().chain([Token::Literal(':'), Token::Run]);
                possible.push(Pattern::from_tokens(filled));
                possible.push(Pattern::from_tokens(tokens));
            }
        }
        held
    };
    for text in texts(Some(element)) {
        match expand(text, reading.variables(), Wildcards::Yes) {
            Expansion::Exact(tokens) => {
                certain.extend(read(tokens, &mut possible));
            }
            Expansion::Unknown(tokens) => {
                read(tokens, &mut possible);
            }
            Expansion::Perhaps(tokens) => {
                may_be_missing = true;
                read(tokens, &mut possible);
            }
            // It matches nothing; a Deny is left open where a value could have made it match.
            Expansion::Missing(tokens) => {
                may_be_missing = true;
                if negated || statement.effect() != Some(Effect::Allow) {
                    possible.push(Pattern::from_tokens(tokens));
                }
            }
        }
    }
    if !negated {
        return Extent {
            certain: Area::In(certain),
            possible: Area::In(possible),
        };
    }
    // Whether a NotResource with a variable without a value still excludes all else is not written; neither is
    // what one means in a key policy, whose Resource is "this key".
    Extent {
        certain: if may_be_missing || kind == PolicyKind::Key {
            NOTHING
        } else {
            Area::Out(possible)
        },
        possible: Area::Out(certain),
    }
}

/// KMS accepts such a statement, and it has no effect (KMS Developer Guide, "Key policies in AWS KMS"). S3
/// refuses it.
fn without_resource(statement: &Statement<'_>, kind: PolicyKind) -> Extent {
    match (kind, statement.effect()) {
        (PolicyKind::Key, _) | (_, Some(Effect::Allow)) => Extent {
            certain: NOTHING,
            possible: NOTHING,
        },
        _ => Extent {
            certain: NOTHING,
            possible: EVERYTHING,
        },
    }
}
