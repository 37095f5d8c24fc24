//! What documents alone say about Cloudinary's access: no account, no bucket, only what was written. For pull
//! requests on the code that writes them.

mod applies;

use guardian_policy::{
    Access, Decision, PolicyDocument, PolicyKind, Publicness, Question, Setting, Surroundings,
    evaluate_within, is_public,
};
use serde_json::{Value, json};

use crate::cloudinary::{Reading, scope};
use crate::finding::{Code, Finding, Subject, Verdict};
use crate::judge::{Asked, Judgement, bucket_questions, judge_bucket_grant, judge_key_grant, key_questions};
use crate::name::{AccountId, BucketName, CloudName, KeyArn};
use crate::observation::PublicAccessBlock;

/// The documents, and what is asked of them.
#[derive(Debug, Clone)]
pub struct Documents<'a> {
    /// The bucket they are about.
    pub bucket: &'a BucketName,
    /// The account that reads.
    pub cloudinary_account: &'a AccountId,
    /// The partition.
    pub partition: &'a str,
    /// The bucket policy; `None` is a bucket without one.
    pub policy: Option<&'a PolicyDocument>,
    /// Block Public Access; `None` is taken for none set, and the answer says so.
    pub public_access_block: Option<PublicAccessBlock>,
    /// A key and its policy, where the objects are under one.
    pub key: Option<(&'a KeyArn, &'a PolicyDocument)>,
    /// The resource control policies that apply to the account.
    pub control_policies: &'a [PolicyDocument],
    /// Object key patterns: exactly these are the scope, besides the markers.
    pub prefixes: &'a [String],
    /// Cloud names whose markers are in the scope as well.
    pub clouds: &'a [CloudName],
    /// Condition keys whose value is known here.
    pub known: &'a [(String, String)],
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Explained {
    /// One decision for each action that counts, in the order asked.
    pub access: Vec<(&'static str, Decision)>,
    /// What stands in the way, and what S3 or KMS would refuse.
    pub findings: Vec<Finding>,
    /// What was assumed for want of a document.
    pub assumed: Vec<&'static str>,
}

impl Explained {
    /// The worst of what was decided.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.access.iter().map(|(_, decision)| decision.access()).min() {
            Some(Access::Denied) | None => Verdict::Blocked,
            Some(Access::Depends) => Verdict::Depends,
            Some(Access::Allowed) => Verdict::Readable,
        }
    }

    /// The answer as the operator tool prints it.
    #[must_use]
    pub fn to_json(&self, bucket: &BucketName) -> Value {
        let access: serde_json::Map<String, Value> = self
            .access
            .iter()
            .map(|(action, decision)| {
                let because: Vec<Value> = decision.reasons().iter().map(|reason| reason.to_json()).collect();
                (
                    (*action).to_owned(),
                    json!({"verdict": decision.access().as_str(), "because": because}),
                )
            })
            .collect();
        json!({
            "bucket": bucket,
            "verdict": self.verdict(),
            "access": access,
            "findings": self.findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
            "assumed": self.assumed,
        })
    }
}

/// Explains what the documents say.
#[must_use]
pub fn explain(documents: &Documents<'_>) -> Explained {
    let every = ["*".to_owned()];
    let prefixes = if documents.prefixes.is_empty() {
        &every
    } else {
        documents.prefixes
    };
    let scope = scope(documents.partition, documents.bucket, prefixes, documents.clouds);
    let policies = documents.policy.into_iter().chain(documents.control_policies);
    let reading = reading(documents, policies);
    let subject = Subject::Bucket(documents.bucket.clone());

    let mut judgement = judge_bucket_grant(&reading, documents.bucket, documents.policy, &scope, &subject);
    let block = documents.public_access_block.unwrap_or_default();
    let surroundings = Surroundings {
        restrict_public_buckets: if block.restrict_public_buckets {
            Setting::On
        } else {
            Setting::Off
        },
        resource_control_policies: documents.control_policies,
        ..Surroundings::default()
    };
    let mut access = decide(
        documents,
        documents.policy,
        PolicyKind::Bucket,
        &bucket_questions(&reading, &scope),
        &surroundings,
    );
    if let Some(policy) = documents.policy {
        judgement.absorb(restricted(policy, block, &subject));
        judgement
            .findings
            .extend(applies::to_bucket(policy, documents.partition, documents.bucket));
    }
    if let Some((key, policy)) = documents.key {
        let reading = self::reading(
            documents,
            std::iter::once(policy).chain(documents.control_policies),
        );
        let questions = key_questions(&reading, key, &[(documents.bucket.clone(), scope)]);
        judgement.absorb(judge_key_grant(&reading, key, Some(policy), &questions));
        judgement.findings.extend(applies::to_key(policy, key));
        let surroundings = Surroundings {
            resource_control_policies: documents.control_policies,
            ..Surroundings::default()
        };
        access.extend(decide(
            documents,
            Some(policy),
            PolicyKind::Key,
            &questions,
            &surroundings,
        ));
    }
    judgement.absorb(controlled(&access, &subject));
    let assumed = if documents.public_access_block.is_none() {
        vec!["no public access block is set on the bucket, the account or the organization"]
    } else {
        vec!["the public access block of the bucket is the strictest that applies to it"]
    };
    Explained {
        access,
        findings: judgement.findings,
        assumed,
    }
}

fn reading<'a, 'd>(
    documents: &Documents<'a>,
    policies: impl IntoIterator<Item = &'d PolicyDocument>,
) -> Reading<'a> {
    Reading {
        account: documents.cloudinary_account.as_str(),
        partition: documents.partition,
        region: None,
        owner: None,
        our_vpcs: policies
            .into_iter()
            .flat_map(crate::cloudinary::vpcs_named)
            .collect(),
        known: documents.known.to_vec(),
    }
}

fn decide(
    documents: &Documents<'_>,
    document: Option<&PolicyDocument>,
    kind: PolicyKind,
    questions: &[Asked],
    surroundings: &Surroundings<'_>,
) -> Vec<(&'static str, Decision)> {
    questions
        .iter()
        .map(|asked| {
            let question = Question {
                account: documents.cloudinary_account.as_str(),
                action: asked.action,
                resources: &asked.resources,
                context: &asked.context,
                kind,
            };
            (asked.action, evaluate_within(document, &question, surroundings))
        })
        .collect()
}

/// RestrictPublicBuckets together with a public statement (S3 User Guide, access-control-block-public-access).
fn restricted(policy: &PolicyDocument, block: PublicAccessBlock, subject: &Subject) -> Judgement {
    if !block.restrict_public_buckets {
        return Judgement::default();
    }
    let finding = |message: String, evidence: Value| {
        Finding::new(Code::PublicPolicyRestricted, subject.clone(), message, evidence)
    };
    match is_public(policy) {
        Publicness::NotPublic => Judgement::default(),
        Publicness::Public(statements) => {
            let names: Vec<String> = statements.iter().map(ToString::to_string).collect();
            let message = format!(
                "{} makes the policy public, and with RestrictPublicBuckets S3 then shuts out every other account; remove or narrow it",
                names.join(", ")
            );
            Judgement::of(
                Verdict::Blocked,
                finding(message, json!({"public_statements": names})),
            )
        }
        Publicness::Unsure(why) => {
            let message = format!(
                "S3 may take the policy for public ({why}), and RestrictPublicBuckets would then shut out every other account"
            );
            Judgement::of(Verdict::Depends, finding(message, json!({"perhaps_public": why})))
        }
    }
}

/// What resource control policies take away: nothing in the account can give it back.
fn controlled(access: &[(&'static str, Decision)], subject: &Subject) -> Judgement {
    let mut judgement = Judgement::default();
    for (action, decision) in access {
        let of_control: Vec<Value> = decision
            .reasons()
            .iter()
            .filter(|reason| reason.control_policy.is_some())
            .map(|reason| reason.to_json())
            .collect();
        if of_control.is_empty() || decision.access() == Access::Allowed {
            continue;
        }
        let verdict = if decision.access() == Access::Denied {
            Verdict::Blocked
        } else {
            Verdict::Depends
        };
        let message = format!(
            "a resource control policy of the organization stands before `{action}`: {decision}; an administrator of the organization must except Cloudinary's account"
        );
        let finding = Finding::new(
            Code::ControlPolicyDenied,
            subject.clone(),
            message,
            json!({"because": of_control}),
        );
        judgement.add(verdict, finding);
    }
    judgement
}

#[cfg(test)]
mod tests;
