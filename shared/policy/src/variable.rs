//! Policy variables.
//!
//! Source: IAM User Guide, "IAM policy elements: Variables and tags": `${key}`, `${key, 'default'}`, and the
//! escapes `${*}`, `${?}` and `${$}`. A variable whose key is not in the request has no equal or like value
//! (section "Policy variables with no value").

use crate::context::{Context, Described, Knowledge};
use crate::pattern::Token;

/// Which characters of the policy's own text are wildcards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wildcards {
    Yes,
    No,
}

/// A text of a policy after replacing its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expansion {
    Exact(Vec<Token>),
    /// A value is not known; the tokens have a `*` in its place.
    Unknown(Vec<Token>),
    /// The same, and a value may be missing, without a default: then the text stands for nothing.
    Perhaps(Vec<Token>),
    /// A value is known to be missing, and there is no default: the text stands for nothing. The tokens have a
    /// `*` in its place.
    Missing(Vec<Token>),
}

/// Replaces the variables of a text; without a context there are none to replace.
pub(crate) fn expand(text: &str, variables: Option<&Context>, wildcards: Wildcards) -> Expansion {
    let own = |c: char| match (c, wildcards) {
        ('*', Wildcards::Yes) => Token::Run,
        ('?', Wildcards::Yes) => Token::One,
        (c, _) => Token::Literal(c),
    };
    let Some(context) = variables.filter(|_| text.contains("${")) else {
        let mut tokens = Vec::with_capacity(text.len());
        tokens.extend(text.chars().map(own));
        return Expansion::Exact(tokens);
    };
    let mut tokens = Vec::new();
    let (mut unknown, mut perhaps, mut missing) = (false, false, false);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        tokens.extend(before.chars().map(own));
        let Some((inner, following)) = after.split_once('}') else {
            // What an unclosed variable means is not written.
            tokens.push(Token::Run);
            return Expansion::Perhaps(tokens);
        };
        match value_of(inner, context) {
            Value::Text(value) => {
                tokens.extend(value.chars().map(Token::Literal));
                rest = following;
                continue;
            }
            Value::Unknown => unknown = true,
            Value::Perhaps => perhaps = true,
            Value::Missing => missing = true,
        }
        tokens.push(Token::Run);
        rest = following;
    }
    tokens.extend(rest.chars().map(own));
    match (missing, perhaps, unknown) {
        (true, _, _) => Expansion::Missing(tokens),
        (_, true, _) => Expansion::Perhaps(tokens),
        (_, _, true) => Expansion::Unknown(tokens),
        _ => Expansion::Exact(tokens),
    }
}

enum Value<'v> {
    Text(&'v str),
    /// Not known, but certainly there.
    Unknown,
    /// Not known, and perhaps not there.
    Perhaps,
    Missing,
}

fn value_of<'v>(inner: &'v str, context: &'v Context) -> Value<'v> {
    if matches!(inner, "*" | "?" | "$") {
        return Value::Text(inner);
    }
    let (name, default) = match inner.split_once(',') {
        None => (inner, None),
        Some((name, default)) => {
            let quoted = default
                .trim()
                .strip_prefix('\'')
                .and_then(|default| default.strip_suffix('\''));
            match quoted {
                Some(default) => (name, Some(default)),
                None => return Value::Perhaps,
            }
        }
    };
    match (context.knowledge(name.trim()), default) {
        (Knowledge::Known(values), _) => match values.as_slice() {
            [value] => Value::Text(value),
            // Only a key of one value can be a variable.
            _ => Value::Perhaps,
        },
        (Knowledge::Absent, Some(default)) => Value::Text(default),
        (Knowledge::Absent, None) => Value::Missing,
        (
            Knowledge::Unknown
            | Knowledge::OneOf(
                Described::PublicIpOrAbsent | Described::ForeignVpc { .. } | Described::ValuesOrAbsent(_),
            ),
            None,
        ) => Value::Perhaps,
        (Knowledge::Unknown | Knowledge::OneOf(_), _) => Value::Unknown,
    }
}
