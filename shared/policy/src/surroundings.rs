//! What stands around a bucket policy and can take away what it grants.

use crate::decision::{Access, Cause, Decision, Reason};
use crate::document::{PolicyDocument, PolicyKind};
use crate::evaluate::{Question, evaluate};
use crate::public::{Publicness, is_public};

#[cfg(test)]
mod tests;

/// A setting as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setting {
    /// Known to be off.
    #[default]
    Off,
    /// Known to be on.
    On,
    /// Not known.
    Unknown,
}

/// What stands around the policy. The default is: nothing does.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// The account that owns the resource; its own principals are never restricted as "other accounts".
    pub owner: Option<&'a str>,
    /// `RestrictPublicBuckets` of bucket, account or organization: while the policy is public, no other
    /// account gets access, not even by a statement that names it (S3 User Guide, "Blocking public access",
    /// example "Account-2").
    pub restrict_public_buckets: Setting,
    /// The set may hold objects that other accounts own: ownership is not `BucketOwnerEnforced`. A bucket
    /// policy's Allow does not reach those, its Deny does (S3 User Guide, "How Amazon S3 authorizes a request
    /// for an object").
    pub foreign_objects: Setting,
    /// Requester Pays: a request without `x-amz-request-payer` is refused (S3 User Guide, "Using Requester
    /// Pays buckets"). Whether the caller sends it is not known.
    pub requester_pays: Setting,
    /// The resource control policies that apply to the resource's account (Organizations User Guide,
    /// "Resource control policies"); each can only take away.
    pub resource_control_policies: &'a [PolicyDocument],
}

/// Answers the question from a document and all that stands around it.
pub fn evaluate_within(
    document: Option<&PolicyDocument>,
    question: &Question<'_>,
    surroundings: &Surroundings<'_>,
) -> Decision {
    let mut decision = evaluate(document, question);
    let is_foreign = surroundings.owner != Some(question.account);
    let mut limits: Vec<(Access, Reason)> = Vec::new();
    if question.kind == PolicyKind::Bucket && is_foreign {
        if let Some(document) = document {
            limits.extend(public_limit(document, surroundings.restrict_public_buckets));
        }
        if surroundings.foreign_objects != Setting::Off {
            limits.push((Access::Depends, Reason::new(Cause::ForeignObjects)));
        }
        if surroundings.requester_pays != Setting::Off {
            limits.push((Access::Depends, Reason::new(Cause::RequesterPays)));
        }
    }
    for (index, policy) in surroundings.resource_control_policies.iter().enumerate() {
        let question = Question {
            kind: PolicyKind::ResourceControl,
            ..*question
        };
        let verdict = evaluate(Some(policy), &question);
        if verdict.access() != Access::Allowed {
            limits.extend(verdict.reasons.into_iter().map(|mut reason| {
                reason.control_policy = Some(index);
                (verdict.access, reason)
            }));
        }
    }
    let lowest = limits
        .iter()
        .map(|(access, _)| *access)
        .min()
        .unwrap_or(Access::Allowed);
    if lowest < decision.access {
        decision.access = lowest;
        decision.reasons.clear();
    }
    let access = decision.access;
    decision.reasons.extend(
        limits
            .into_iter()
            .filter(|(limit, _)| *limit == access)
            .map(|(_, reason)| reason),
    );
    decision
}

fn public_limit(document: &PolicyDocument, setting: Setting) -> Vec<(Access, Reason)> {
    match (setting, is_public(document)) {
        (Setting::Off, _) | (_, Publicness::NotPublic) => Vec::new(),
        (Setting::On, Publicness::Public(statements)) => statements
            .into_iter()
            .map(|statement| {
                (
                    Access::Denied,
                    Reason::new(Cause::RestrictPublicBuckets).of(statement),
                )
            })
            .collect(),
        (Setting::Unknown, Publicness::Public(statements)) => {
            let names: Vec<String> = statements.iter().map(ToString::to_string).collect();
            let why = format!(
                "{} makes it public, and whether the setting is on is not known",
                names.join(", ")
            );
            vec![(Access::Depends, Reason::new(Cause::PerhapsPublic { why }))]
        }
        (_, Publicness::Unsure(why)) => vec![(Access::Depends, Reason::new(Cause::PerhapsPublic { why }))],
    }
}
