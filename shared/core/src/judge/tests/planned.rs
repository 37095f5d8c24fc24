//! What of the findings on a bucket becomes a plan.

use super::*;
use crate::plan::{Change, plan_bucket};

#[test]
fn nothing_is_written_to_a_bucket_that_cloudinary_cannot_read_anyway() {
    let mut declaration = declaration(&["demo"]);
    declaration.bucket = "media.example.com".parse().unwrap();
    let mut seen = healthy(&declaration);
    seen.policy = Ok(None);
    seen.markers[0].head = Ok(None);
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    assert!(plan_bucket(&settings(), &declaration, &seen, &mut judgement).is_empty());
}

#[test]
fn a_dead_principal_turns_the_repair_over_to_a_person() {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    seen.policy = Ok(Some(document(json!([
        {"Sid": "Old", "Effect": "Allow", "Principal": {"AWS": "AROA5JTVXQ2EXAMPLE7KC"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}
    ]))));
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    let plan = plan_bucket(&settings(), &declaration, &seen, &mut judgement);
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(codes(&judgement), [Code::GrantMissing, Code::PolicyUnwritable]);
    assert!(
        judgement
            .findings
            .iter()
            .all(|finding| finding.remedy == Remedy::Human)
    );
}

#[test]
fn a_partial_grant_is_completed_though_a_deny_keeps_another_part() {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    seen.policy = Ok(Some(document(json!([
        grant("arn:aws:s3:::media/photos/*"),
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/private/*"}
    ]))));
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    assert_eq!(codes(&judgement), [Code::GrantPartial, Code::GrantDenied]);
    assert_eq!(
        plan_bucket(&settings(), &declaration, &seen, &mut judgement)
            .changes
            .len(),
        1
    );
}

#[test]
fn a_grant_that_a_deny_would_swallow_is_not_written() {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    seen.policy = Ok(Some(document(json!([
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*",
         "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}}
    ]))));
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    assert!(plan_bucket(&settings(), &declaration, &seen, &mut judgement).is_empty());
    assert_eq!(codes(&judgement), [Code::GrantMissing, Code::GrantDenied]);
}

#[test]
fn a_marker_hangs_on_no_key_unless_a_deny_demands_one() {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    seen.markers[0].head = Ok(None);
    let encryption = |seen: &BucketObservation| {
        let mut judgement = judge_bucket(&settings(), &declaration, seen, now());
        let plan = plan_bucket(&settings(), &declaration, seen, &mut judgement);
        plan.changes.iter().find_map(|change| match change {
            Change::Marker { encryption, .. } => Some(*encryption),
            _ => None,
        })
    };
    assert_eq!(encryption(&seen), Some(MarkerEncryption::SseS3));
    seen.policy = Ok(Some(document(json!([
        grant("arn:aws:s3:::media/*"),
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::media/*",
         "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}
    ]))));
    assert_eq!(encryption(&seen), Some(MarkerEncryption::BucketDefault));
}
