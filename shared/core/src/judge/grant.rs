//! One grant in one policy: what is missing, what denies, what it hinges on.

use std::collections::BTreeSet;

use guardian_policy::{
    Access, Cause, Context, Decision, Grant, PolicyDocument, PolicyKind, Question, evaluate,
    smallest_exception,
};
use serde_json::{Value, json};

use super::{Judgement, only_allows};
use crate::alert::plain;
use crate::finding::{Code, Desired, Finding, Subject, Verdict};

/// One thing a policy is asked: an action, the resources it is meant for, and what is known of the request.
pub(crate) struct Asked {
    pub(crate) action: &'static str,
    pub(crate) resources: Vec<String>,
    pub(crate) context: Context,
}

/// A grant that a policy should make.
pub(super) struct Wanted<'a> {
    pub(super) kind: PolicyKind,
    pub(super) document: Option<&'a PolicyDocument>,
    pub(super) grant: Grant<'a>,
    pub(super) questions: &'a [Asked],
    pub(super) subject: Subject,
    pub(super) codes: GrantCodes,
}

/// How the four ways a grant can fall short are called, here and in a key policy.
pub(super) struct GrantCodes {
    pub(super) missing: Code,
    pub(super) partial: Code,
    pub(super) denied: Code,
    pub(super) conditional: Code,
}

/// Judges the Allow side and the Deny side apart, so that each is told for itself: a missing Allow can be
/// repaired, a Deny cannot.
pub(super) fn judge_grant(wanted: &Wanted<'_>) -> Judgement {
    let whole = ask(wanted, wanted.document);
    if whole.iter().all(|decision| decision.access() == Access::Allowed) {
        return Judgement::default();
    }
    let mut judgement = Judgement::default();

    let allows = wanted.document.and_then(only_allows);
    let allow_side = ask(wanted, allows.as_ref());
    let lacking: Vec<&Decision> = allow_side
        .iter()
        .filter(|decision| decision.access() == Access::Denied)
        .collect();
    if !lacking.is_empty() {
        let partial = lacking.len() < allow_side.len() || lacking.iter().any(|one| one.partially_allowed());
        let code = if partial {
            wanted.codes.partial
        } else {
            wanted.codes.missing
        };
        judgement.add(Verdict::Blocked, told(wanted, code, &lacking));
    }

    let denied: Vec<&Decision> = whole
        .iter()
        .filter(|decision| decision.part_denied_explicitly())
        .collect();
    if !denied.is_empty() {
        let mut finding = told(wanted, wanted.codes.denied, &denied);
        if let Some(exceptions) = exceptions(wanted, &denied) {
            finding
                .message
                .push_str("; a person must except Cloudinary from the Deny");
            finding.desired = excepted(&wanted.subject, &exceptions);
            if let Value::Object(evidence) = &mut finding.evidence {
                evidence.insert("exception".to_owned(), Value::Array(exceptions));
            }
        }
        judgement.add(Verdict::Blocked, finding);
    }

    // Where nothing is certain, what it hinges on is the finding; the lack and the Deny are told above.
    let hinging: Vec<&Decision> = allow_side
        .iter()
        .filter(|decision| decision.access() == Access::Depends)
        .chain(
            whole
                .iter()
                .filter(|decision| decision.access() == Access::Depends),
        )
        .collect();
    if !hinging.is_empty() || judgement.findings.is_empty() {
        let (verdict, decisions) = if hinging.is_empty() {
            // The two sides look clean and yet the whole is refused: say so rather than nothing.
            (Verdict::Blocked, whole.iter().collect())
        } else {
            (Verdict::Depends, hinging)
        };
        judgement.add(verdict, told(wanted, wanted.codes.conditional, &decisions));
    }
    judgement
}

/// Whether `after` grants more than `before` and answers no question worse. A Deny may still bite a part of what
/// it grants; one that takes all of it never gets here (`MergeError::DeniedThroughout`).
pub(crate) fn improves(
    kind: PolicyKind,
    account: &str,
    questions: &[Asked],
    before: Option<&PolicyDocument>,
    after: &PolicyDocument,
) -> bool {
    let allows_before = before.and_then(only_allows);
    let allows_after = only_allows(after);
    let mut better = false;
    for Asked {
        action,
        resources,
        context,
    } in questions
    {
        let question = Question {
            account,
            action,
            resources,
            context,
            kind,
        };
        if evaluate(Some(after), &question).access() < evaluate(before, &question).access() {
            return false;
        }
        better |= evaluate(allows_after.as_ref(), &question).access()
            > evaluate(allows_before.as_ref(), &question).access();
    }
    better
}

fn ask(wanted: &Wanted<'_>, document: Option<&PolicyDocument>) -> Vec<Decision> {
    wanted
        .questions
        .iter()
        .map(
            |Asked {
                 action,
                 resources,
                 context,
             }| {
                let account = wanted.grant.account;
                evaluate(
                    document,
                    &Question {
                        account,
                        action,
                        resources,
                        context,
                        kind: wanted.kind,
                    },
                )
            },
        )
        .collect()
}

fn told(wanted: &Wanted<'_>, code: Code, decisions: &[&Decision]) -> Finding {
    let mut keys: Vec<String> = decisions
        .iter()
        .flat_map(|decision| decision.hinges_on())
        .collect();
    keys.sort();
    keys.dedup();
    let mut message = code.title().to_owned();
    if !keys.is_empty() && code == wanted.codes.conditional {
        message.push_str(&format!(" (`{}`)", plain(&keys.join("`, `"))));
    }
    if let Some(first) = decisions.first() {
        message.push_str(&format!(": {first}"));
    }
    let because: Vec<Value> = decisions.iter().map(|decision| decision.to_json()).collect();
    let mut evidence = json!({"because": because, "hinges_on": keys});
    if let (None, Value::Object(evidence)) = (wanted.document, &mut evidence) {
        evidence.insert("policy".to_owned(), "absent".into());
    }
    Finding::new(code, wanted.subject.clone(), message, evidence)
}

/// For each Deny that bites: the same statement with the smallest exception, ready to paste.
fn exceptions(wanted: &Wanted<'_>, denied: &[&Decision]) -> Option<Vec<Value>> {
    let biting: BTreeSet<usize> = denied
        .iter()
        .flat_map(|decision| decision.reasons())
        .filter(|reason| reason.cause == Cause::ExplicitDeny)
        .filter_map(|reason| reason.statement.as_ref().map(|statement| statement.index))
        .collect();
    let excepted: Vec<Value> = wanted
        .document?
        .statements()
        .filter(|statement| biting.contains(&statement.index()))
        .filter_map(|statement| smallest_exception(statement, wanted.grant.account, wanted.grant.partition))
        .collect();
    (!excepted.is_empty()).then_some(excepted)
}

/// The same as what the source of the policy has to say.
fn excepted(subject: &Subject, statements: &[Value]) -> Option<Desired> {
    let statements = statements.to_vec();
    match subject {
        Subject::Bucket(bucket) => Some(Desired::BucketDeny {
            bucket: bucket.clone(),
            statements,
        }),
        Subject::Key(key) => Some(Desired::KeyDeny {
            key: key.clone(),
            statements,
        }),
        Subject::Marker(..) | Subject::NamedKey(_) | Subject::Part(_) => None,
    }
}
