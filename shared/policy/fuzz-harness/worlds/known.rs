//! What is known of a request, all of it or less.

use guardian_policy::{Context, Described, Knowledge};

use super::super::choices::Choices;
use super::vocabulary::{ACCOUNT, CALLERS, KEYS, OURS, Type};

/// What is known of each key of `KEYS`, in their order.
pub(crate) type Known = Vec<Knowledge>;

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The values of a key in a request; none for a key that is not there.
fn values(choices: &mut Choices<'_>, key: usize) -> Knowledge {
    let (name, kind, all) = KEYS[key];
    if name != "aws:PrincipalArn" && choices.one_in(4) {
        return Knowledge::Absent;
    }
    let mut values = choices.list(1, if kind == Type::Texts { 3 } else { 1 }, all);
    values.dedup();
    Knowledge::Known(owned(&values))
}

/// Everything is known; the caller is the one of that number.
pub(crate) fn fully_known(choices: &mut Choices<'_>, caller: usize) -> Known {
    let mut known: Known = (0..KEYS.len()).map(|key| values(choices, key)).collect();
    known[0] = Knowledge::Known(owned(&[CALLERS[caller].1]));
    known
}

/// Less than that request shows is known.
pub(crate) fn less_known(choices: &mut Choices<'_>, request: &Known) -> Known {
    let vague = |choices: &mut Choices<'_>, key: usize| -> Knowledge {
        let (name, _, all) = KEYS[key];
        let actual = &request[key];
        if choices.one_in(3) {
            return actual.clone();
        }
        match (name, actual) {
            ("aws:PrincipalArn", _) if choices.one_in(2) => {
                Knowledge::OneOf(Described::PrincipalArnOfAccount {
                    partition: "aws".into(),
                    account: ACCOUNT.into(),
                })
            }
            ("aws:SourceIp", Knowledge::Known(_)) if choices.one_in(3) => {
                Knowledge::OneOf(Described::PublicIp)
            }
            ("aws:SourceIp", Knowledge::Known(_)) if choices.one_in(2) => {
                Knowledge::OneOf(Described::PublicIpOrAbsent)
            }
            ("aws:SourceIp", Knowledge::Absent) if choices.one_in(2) => {
                Knowledge::OneOf(Described::PublicIpOrAbsent)
            }
            ("aws:SourceVpce", Knowledge::Absent) if choices.one_in(2) => {
                Knowledge::OneOf(Described::ForeignVpc { ours: owned(&[OURS]) })
            }
            ("aws:SourceVpce", Knowledge::Known(values)) if choices.one_in(2) && values[0] != OURS => {
                Knowledge::OneOf(Described::ForeignVpc { ours: owned(&[OURS]) })
            }
            (_, Knowledge::Known(values)) if values.len() == 1 => match choices.below(5) {
                0 => Knowledge::OneOf(Described::Present),
                1 | 2 => {
                    let mut some = owned(&choices.list(0, 2, all));
                    some.push(values[0].clone());
                    if choices.one_in(2) {
                        Knowledge::OneOf(Described::Values(some))
                    } else {
                        Knowledge::OneOf(Described::ValuesOrAbsent(some))
                    }
                }
                3 => Knowledge::OneOf(Described::Matching(vec!["*".into()])),
                _ => Knowledge::Unknown,
            },
            (_, Knowledge::Absent) if choices.one_in(2) => {
                Knowledge::OneOf(Described::ValuesOrAbsent(owned(&choices.list(1, 2, all))))
            }
            _ => Knowledge::Unknown,
        }
    };
    (0..KEYS.len()).map(|key| vague(choices, key)).collect()
}

pub(crate) fn context(known: &Known) -> Context {
    KEYS.iter()
        .zip(known)
        .fold(Context::new(), |context, ((key, _, _), known)| {
            context.with(key, known.clone())
        })
}
