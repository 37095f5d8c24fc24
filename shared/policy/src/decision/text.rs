//! The words for a decision.

use std::fmt;

use super::{Cause, Decision, Reason};

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
        match &self.cause {
            Cause::Allow => f.write_str("allows it")?,
            Cause::ExplicitDeny => f.write_str("denies it")?,
            Cause::NoAllow => f.write_str("nothing allows it")?,
            Cause::NoPolicy => f.write_str("there is no policy that could allow it")?,
            Cause::AllowIf { keys } => write!(f, "allows it, depending on {}", list(keys))?,
            Cause::DenyIf { keys } => write!(f, "denies it, depending on {}", list(keys))?,
            Cause::SomePrincipals => {
                f.write_str("speaks of some principals; the caller may be one of them")?
            }
            Cause::DoubtfulResource => f.write_str("has a Resource that may or may not mean it")?,
            Cause::UnknownElement { name } => write!(f, "has an element of unknown meaning, `{name}`")?,
            Cause::NarrowPrincipal => f.write_str("names only particular principals, not the account")?,
            Cause::ConditionFails { keys } => {
                write!(f, "would allow it, but its condition fails at {}", list(keys))?;
            }
            Cause::Inert => f.write_str("has no effect here: its Resource is not this key")?,
            Cause::TooComplex => f.write_str("too complex to decide")?,
            Cause::NothingAsked => f.write_str("no resources were asked about")?,
            Cause::RestrictPublicBuckets => {
                f.write_str(
                    "makes the policy public, and `RestrictPublicBuckets` then stops other accounts",
                )?;
            }
            Cause::PerhapsPublic { why } => {
                write!(
                    f,
                    "the policy may count as public, which `RestrictPublicBuckets` would punish: {why}"
                )?;
            }
            Cause::ForeignObjects => {
                f.write_str("objects that other accounts own are not reached by a bucket policy")?
            }
            Cause::RequesterPays => f.write_str("the caller must send `x-amz-request-payer`")?,
        }
        if !self.resources.is_empty() {
            write!(f, " on {}", list(&self.resources))?;
        }
        if !self.except.is_empty() {
            write!(f, " except {}", list(&self.except))?;
        }
        match &self.example {
            Some(example) if !self.resources.contains(example) => write!(f, ", for example on `{example}`"),
            _ => Ok(()),
        }
    }
}

fn list(texts: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut shown: Vec<String> = texts.iter().take(SHOWN).map(|text| format!("`{text}`")).collect();
    if texts.len() > SHOWN {
        shown.push(format!("{} more", texts.len() - SHOWN));
    }
    shown.join(", ")
}
