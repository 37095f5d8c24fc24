//! Why a service would refuse a document.

use std::fmt;

use crate::action;
use crate::context::Context;
use crate::decision::{Access, Cause};
use crate::document::{PolicyDocument, PolicyKind};
use crate::evaluate::{Question, applies, evaluate};
use crate::principal::is_unique_id;
use crate::public::{Publicness, is_public};
use crate::statement::{Effect, StatementRef, texts};
use crate::truth::Truth;

#[cfg(test)]
mod tests;

/// One reason why the service would refuse to store a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// A principal that no longer exists: its unique id stands in its place, and writing that back fails with
    /// `MalformedPolicy: Invalid principal in policy` (S3 User Guide, "How Amazon S3 works with IAM").
    DeadPrincipal {
        /// The statement that names it.
        statement: StatementRef,
        /// The unique id, `AIDA…` or `AROA…`.
        principal: String,
    },
    /// Larger than the service takes.
    TooLarge {
        /// In the service's counting.
        size: usize,
        /// The most it takes.
        limit: usize,
    },
    /// Public, which `BlockPublicPolicy` refuses even if the change itself is not (S3 User Guide, "Blocking
    /// public access").
    PublicUnderBlockPublicPolicy {
        /// The statements that make it public.
        statements: Vec<StatementRef>,
    },
    /// After it nobody of the writer's account could change the policy again.
    SelfLocking {
        /// The Deny that does it; `None` if nothing allows it.
        statement: Option<StatementRef>,
    },
    /// S3 refuses a policy without statements, and a statement without Resource.
    Incomplete {
        /// The element that is missing.
        place: String,
    },
    /// KMS takes printable ASCII and Latin-1, tab, line feed and carriage return only (KMS API Reference,
    /// "PutKeyPolicy").
    Character {
        /// The first character it does not take.
        character: char,
    },
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadPrincipal { statement, principal } => {
                write!(
                    f,
                    "{statement} names `{principal}`, a user or role that no longer exists"
                )
            }
            Self::TooLarge { size, limit } => {
                write!(f, "the policy has {size} bytes, and {limit} are the limit")
            }
            Self::PublicUnderBlockPublicPolicy { statements } => {
                f.write_str("`BlockPublicPolicy` refuses it, because the policy is public by ")?;
                for (number, statement) in statements.iter().enumerate() {
                    write!(f, "{}{statement}", if number == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::SelfLocking {
                statement: Some(statement),
            } => {
                write!(
                    f,
                    "{statement} would keep the owner from ever changing the policy again"
                )
            }
            Self::SelfLocking { statement: None } => {
                f.write_str("nobody of the owner's account could ever change the policy again")
            }
            Self::Incomplete { place } => write!(f, "`{place}` is missing"),
            Self::Character { character } => {
                write!(
                    f,
                    "the policy has the character `{}`, which KMS does not take",
                    character.escape_default()
                )
            }
        }
    }
}

/// The reasons why the service would refuse the document, as far as they can be seen from it.
///
/// `block_public_policy` is the effective setting; `writer` the account of whoever writes, where it is known.
pub fn writable(
    document: &PolicyDocument,
    kind: PolicyKind,
    block_public_policy: bool,
    writer: Option<&str>,
) -> Vec<Unwritable> {
    let mut reasons = dead_principals(document);
    let size = document.size(kind);
    if size > kind.size_limit() {
        reasons.push(Unwritable::TooLarge {
            size,
            limit: kind.size_limit(),
        });
    }
    if kind != PolicyKind::Key {
        if document.statements().next().is_none() {
            reasons.push(Unwritable::Incomplete {
                place: "Statement".into(),
            });
        }
        for statement in document.statements() {
            if statement.element("Resource").is_none() && statement.element("NotResource").is_none() {
                reasons.push(Unwritable::Incomplete {
                    place: format!("Statement[{}].Resource", statement.index()),
                });
            }
        }
    }
    match kind {
        PolicyKind::Bucket => {
            if block_public_policy && let Publicness::Public(statements) = is_public(document) {
                reasons.push(Unwritable::PublicUnderBlockPublicPolicy { statements });
            }
            reasons.extend(locking_denies(document, "s3:PutBucketPolicy", writer));
        }
        PolicyKind::Key => {
            let refused =
                |c: &char| !matches!(c, '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{ff}' | '\t' | '\n' | '\r');
            if let Some(character) = document.to_compact_json().chars().find(refused) {
                reasons.push(Unwritable::Character { character });
            }
            reasons.extend(key_lock(document, writer));
        }
        PolicyKind::ResourceControl => {}
    }
    reasons
}

fn dead_principals(document: &PolicyDocument) -> Vec<Unwritable> {
    let mut dead = Vec::new();
    for statement in document.statements() {
        for element in ["Principal", "NotPrincipal"] {
            let names = statement.element(element).and_then(|element| element.get("AWS"));
            dead.extend(texts(names).filter(|name| is_unique_id(name)).map(|name| {
                Unwritable::DeadPrincipal {
                    statement: statement.reference(),
                    principal: name.to_owned(),
                }
            }));
        }
    }
    dead
}

/// An account id that nobody has: only statements for everyone reach it.
const NOBODY: &str = "000000000000";

/// Denies that certainly reach every principal of the writer's account.
fn locking_denies(document: &PolicyDocument, action: &str, writer: Option<&str>) -> Vec<Unwritable> {
    let account = writer.unwrap_or(NOBODY);
    let context = match writer {
        Some(writer) => Context::new().known("aws:PrincipalAccount", [writer]),
        None => Context::new(),
    }
    .known("aws:SecureTransport", ["true"])
    .known("aws:PrincipalIsAWSService", ["false"]);
    document
        .statements()
        .filter(|statement| {
            statement.effect() == Some(Effect::Deny)
                && action::applies(statement, action)
                && (writer.is_some() || statement.element("NotPrincipal").is_none())
                && applies(statement, account, &context, document.has_variables()) == Truth::True
        })
        .map(|statement| Unwritable::SelfLocking {
            statement: Some(statement.reference()),
        })
        .collect()
}

/// KMS's lockout check: whoever writes the policy must be able to write it again (KMS API Reference,
/// "PutKeyPolicy").
fn key_lock(document: &PolicyDocument, writer: Option<&str>) -> Vec<Unwritable> {
    let denies = locking_denies(document, "kms:PutKeyPolicy", writer);
    if !denies.is_empty() {
        return denies;
    }
    let Some(writer) = writer else { return Vec::new() };
    let key = format!("arn:aws:kms:us-east-1:{writer}:key/00000000-0000-0000-0000-000000000000");
    let context = Context::new().known("aws:PrincipalAccount", [writer]);
    let decision = evaluate(
        Some(document),
        &Question {
            account: writer,
            action: "kms:PutKeyPolicy",
            resources: &[key],
            context: &context,
            kind: PolicyKind::Key,
        },
    );
    // The writer may be a role that the policy names, or the Resource may be this key's own ARN.
    let perhaps = decision
        .reasons()
        .iter()
        .any(|reason| matches!(reason.cause, Cause::NarrowPrincipal | Cause::Inert));
    if decision.access() == Access::Denied && !perhaps {
        vec![Unwritable::SelfLocking { statement: None }]
    } else {
        Vec::new()
    }
}
