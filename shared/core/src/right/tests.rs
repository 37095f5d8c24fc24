use super::{OPERATIONS, Role, action_of, granting, refused, refused_on};
use crate::call::{CallError, CallErrorKind};
use crate::finding::{Code, Subject};
use crate::parts::{Part, PartKind};

fn failed(operation: &'static str, kind: CallErrorKind) -> CallError {
    CallError {
        operation,
        kind,
        message: "because".to_owned(),
    }
}

#[test]
fn a_refused_call_is_told_with_the_statement_that_should_have_allowed_it() {
    let error = failed("dynamodb:Query", CallErrorKind::AccessDenied);
    assert_eq!(
        refused(Role::Router, &error).unwrap(),
        "`dynamodb:Query`: statement AskWhichBucketsAKeyOrAnAliasConcerns of RouterRole in template.yaml"
    );
    assert_eq!(
        refused(Role::Reconciler, &error).unwrap(),
        "`dynamodb:Query`: statement KeepTheLedger of ReconcilerRole in template.yaml"
    );
    let error = failed("s3:PutBucketPolicy", CallErrorKind::AccessDenied);
    assert_eq!(
        refused_on(&Subject::Bucket("media".parse().unwrap()), &error).unwrap(),
        "`s3:PutBucketPolicy` on `arn:aws:s3:::media` (statement RepairBucketPolicies (with Mode=repair) of ReconcilerRole in template.yaml)"
    );
}

#[test]
fn a_refused_look_at_a_part_of_the_stack_names_it_as_a_policy_would() {
    let rule = Subject::Part(Part::new(PartKind::Rule, "guard-KeyRule-1A"));
    let error = failed("events:DescribeRule", CallErrorKind::AccessDenied);
    assert_eq!(
        refused_on(&rule, &error).unwrap(),
        "`events:DescribeRule` on `arn:aws:events:*:*:rule/guard-KeyRule-1A` (statement LookAtOwnRules of ReconcilerRole in template.yaml)"
    );
    let queue = Subject::Part(Part::new(PartKind::Queue, "guard-WorkQueue-1A.fifo"));
    let error = failed("sqs:GetQueueAttributes", CallErrorKind::AccessDenied);
    assert_eq!(
        refused_on(&queue, &error).unwrap(),
        "`sqs:GetQueueAttributes` on `arn:aws:sqs:*:*:guard-WorkQueue-1A.fifo` (statement TakeWork, or statement LookAtOwnQueues of ReconcilerRole in template.yaml)"
    );
    let trail = "arn:aws:cloudtrail:us-east-1:999999999999:trail/all";
    let error = failed("cloudtrail:GetTrailStatus", CallErrorKind::AccessDenied);
    let told = refused_on(&Subject::Part(Part::new(PartKind::Trail, trail)), &error).unwrap();
    assert!(told.contains(&format!("on `{trail}`")), "{told}");
}

#[test]
fn a_call_that_failed_otherwise_lacks_no_right_and_no_role_makes_every_call() {
    let error = failed("dynamodb:Query", CallErrorKind::Transient);
    assert_eq!(refused(Role::Reconciler, &error), None);
    let error = failed("s3:PutBucketPolicy", CallErrorKind::AccessDenied);
    assert_eq!(refused(Role::Router, &error), None);
}

#[test]
fn every_right_of_our_own_is_one_that_some_operation_needs() {
    for role in Role::ALL {
        for statement in role.statements() {
            for right in statement.rights {
                let is_ours = right.caller == super::Caller::Guardian;
                let is_known = OPERATIONS
                    .iter()
                    .any(|operation| operation.action == right.action);
                assert!(
                    is_known || !is_ours,
                    "{role:?} {} {}",
                    statement.sid,
                    right.action
                );
            }
        }
    }
    assert_eq!(action_of("S3", "HeadBucket"), Some("s3:ListBucket"));
    assert_eq!(action_of("S3", "DeleteBucketPolicy"), None);
}

#[test]
fn a_statement_says_each_right_once_and_a_role_each_sid() {
    for role in Role::ALL {
        let mut sids: Vec<&str> = role.statements().iter().map(|statement| statement.sid).collect();
        sids.extend(role.denials().iter().map(|denial| denial.sid));
        let all = sids.len();
        sids.sort_unstable();
        sids.dedup();
        assert_eq!(sids.len(), all, "{role:?}");
        for statement in role.statements() {
            for right in statement.rights {
                let same = statement
                    .rights
                    .iter()
                    .filter(|other| other.action == right.action);
                assert_eq!(same.count(), 1, "{role:?} {} {}", statement.sid, right.action);
                assert!(granting(role, right.action).any(|found| found.sid == statement.sid));
            }
        }
    }
}

#[test]
fn every_finding_that_a_right_names_is_in_the_catalogue() {
    for role in Role::ALL {
        for right in role.statements().iter().flat_map(|statement| statement.rights) {
            for text in [right.needed, right.without] {
                let quoted = text.split('`').skip(1).step_by(2);
                for code in quoted.filter(|word| word.contains('-')) {
                    assert!(
                        Code::ALL.iter().any(|known| known.as_str() == code),
                        "{role:?} {}: no finding is called `{code}`",
                        right.action
                    );
                }
            }
        }
    }
}
