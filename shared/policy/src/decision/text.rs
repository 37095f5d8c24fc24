//! The words for a decision.

use std::fmt;

use super::{Cause, Decision, Reason};
use crate::statement::one_line;

/// Reasons shown in full; the rest is counted.
const SHOWN: usize = 2;

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: `{}` on {}",
            self.access,
            self.action,
            list(&self.resources)
        )?;
        for (number, reason) in self.reasons.iter().take(SHOWN).enumerate() {
            write!(f, "\n  {reason}")?;
            if number + 1 == SHOWN && self.reasons.len() > SHOWN {
                write!(f, " (and {} more)", self.reasons.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.control_policy {
            write!(f, "resource control policy {index}, ")?;
        }
        match &self.statement {
            Some(statement) => write!(f, "{statement} ")?,
            None if self.control_policy.is_some() => f.write_str("which ")?,
            None => {}
        }
        let (says, tail) = words(&self.cause);
        f.write_str(says)?;
        if !self.resources.is_empty() {
            write!(f, " on {}", list(&self.resources))?;
        }
        if !self.except.is_empty() {
            write!(f, " except {}", list(&self.except))?;
        }
        f.write_str(&tail)?;
        match &self.example {
            Some(example) if !self.resources.contains(example) => {
                write!(f, ", for example on `{}`", one_line(example))
            }
            _ => Ok(()),
        }
    }
}

/// What comes before the part of the set, and what comes after it.
fn words(cause: &Cause) -> (&'static str, String) {
    let says = match cause {
        Cause::Allow => "allows it",
        Cause::ExplicitDeny => "denies it",
        Cause::NoAllow => "nothing allows it",
        Cause::NoPolicy => "there is no policy that could allow it",
        Cause::AllowIf { keys } => return ("allows it", format!(", depending on {}", list(keys))),
        Cause::DenyIf { keys } => return ("denies it", format!(", depending on {}", list(keys))),
        Cause::SomePrincipals => "speaks of some principals, perhaps of the caller,",
        Cause::DoubtfulResource => "has a Resource that may or may not match",
        Cause::UnknownElement { name } => {
            return (
                "may apply",
                format!(", but has an element of unknown meaning, `{}`", one_line(name)),
            );
        }
        Cause::NarrowPrincipal => {
            return (
                "would allow it",
                ", but names only particular principals, not the account".into(),
            );
        }
        Cause::ConditionFails { keys } => {
            return (
                "would allow it",
                format!(", but its condition on {} fails", list(keys)),
            );
        }
        Cause::Inert => "has no effect here, because its Resource is not this key",
        Cause::TooComplex => "too complex to decide",
        Cause::NothingAsked => "no resources were asked about",
        Cause::RestrictPublicBuckets => {
            "makes the policy public, and `RestrictPublicBuckets` then stops other accounts"
        }
        Cause::PerhapsPublic { why } => {
            let tail = format!(", which `RestrictPublicBuckets` does not forgive: {why}");
            return ("the policy may count as public", tail);
        }
        Cause::ForeignObjects => "a bucket policy does not reach objects that other accounts own",
        Cause::RequesterPays => "the caller must send `x-amz-request-payer`",
    };
    (says, String::new())
}

fn list(texts: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut shown: Vec<String> = texts
        .iter()
        .take(SHOWN)
        .map(|text| format!("`{}`", one_line(text)))
        .collect();
    if texts.len() > SHOWN {
        shown.push(format!("{} more", texts.len() - SHOWN));
    }
    shown.join(", ")
}
