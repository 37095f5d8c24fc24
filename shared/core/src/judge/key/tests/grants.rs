use guardian_policy::StatementChange;

use super::*;
use crate::finding::{Desired, Remedy};
use crate::plan::{Change, plan_removal};

#[test]
fn a_grant_of_more_than_reading_is_named_with_the_narrowed_statement() {
    let broad = |statements: Value| {
        let seen = KeyObservation {
            policy: policy(&statements),
            ..key(|_| {})
        };
        judged(&seen)
    };
    for fine in [
        json!([owner(), read()]),
        // For our own account, whoever is named.
        json!([owner(), read(), {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*",
            "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333"}}}]),
        // Allowed and denied again.
        json!([owner(), grant(&["kms:*"]), {"Effect": "Deny", "Principal": {"AWS": CLOUDINARY_ACCOUNT},
            "NotAction": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"}]),
    ] {
        assert_eq!(broad(fine.clone()), Judgement::default(), "{fine}");
    }
    let mut conditional = grant(&["kms:Decrypt", "kms:GenerateDataKey"]);
    conditional["Condition"] = json!({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}});
    let mut narrow_conditional = conditional.clone();
    narrow_conditional["Action"] = json!(["kms:Decrypt"]);
    let mut shared = grant(&["kms:*"]);
    shared["Principal"] = json!({"AWS": ["444455556666", "arn:aws:iam::232482882421:root"]});
    let mut without = shared.clone();
    without["Principal"] = json!({"AWS": ["444455556666"]});
    let documented = json!({"Sid": "AllowAccessForCloudinary", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"});
    for (statement, allowed, narrowed) in [
        (grant(&["kms:*"]), "kms:ScheduleKeyDeletion", vec![read()]),
        (
            grant(&["kms:ReEncrypt*", "kms:DescribeKey"]),
            "kms:ReEncryptFrom, kms:ReEncryptTo",
            vec![grant(&["kms:DescribeKey"])],
        ),
        (conditional, "kms:GenerateDataKey", vec![narrow_conditional]),
        (shared, "kms:CreateGrant", vec![without, documented]),
        (grant(&["kms:CreateGrant"]), "kms:CreateGrant", vec![]),
    ] {
        let judgement = broad(json!([owner(), read(), statement]));
        let finding = judgement.find(Code::KeyGrantBroad).unwrap();
        assert_eq!(judgement.verdict(), Verdict::Readable);
        assert!(
            finding.message.contains("statement 2") && finding.message.contains(allowed),
            "{}",
            finding.message
        );
        let desired = (!narrowed.is_empty()).then(|| Desired::KeyNarrowed {
            key: KEY.parse().unwrap(),
            statements: narrowed,
        });
        assert_eq!(finding.desired, desired, "{statement}");
    }
}

fn former(bucket: &str) -> Former {
    Former {
        bucket: bucket.parse().unwrap(),
        mode: Mode::Repair,
        prune: true,
        census: "c-1".to_owned(),
        began: now(),
        objects: 12,
    }
}

#[test]
fn an_unused_grant_is_taken_away_only_if_every_former_bucket_asks_for_it() {
    let seen = key(|_| {});
    let planned = |settings: &Settings, formers: &[Former]| {
        let mut judgement = judge_unneeded_key(settings, &seen, formers);
        let plan = plan_removal(settings, &seen, formers, &mut judgement);
        let finding = judgement.find(Code::KeyGrantUnused).unwrap().clone();
        assert_eq!(judgement.verdict(), Verdict::Readable);
        (plan, finding)
    };
    let (plan, finding) = planned(&settings(), &[former("media"), former("other")]);
    assert_eq!(finding.remedy, Remedy::Repair);
    assert!(
        finding.message.contains("statement 1 (`Cloudinary`)"),
        "{}",
        finding.message
    );
    assert_eq!(
        finding.desired,
        Some(Desired::KeyRemoval {
            key: KEY.parse().unwrap(),
            statements: vec![read()],
        })
    );
    let [Change::KeyPolicy(change)] = plan.changes.as_slice() else {
        panic!("{plan:?}");
    };
    assert_eq!(change.ends, Code::KeyGrantUnused);
    assert!(matches!(change.statement, StatementChange::Removed { .. }));
    assert_eq!(change.after.as_value()["Statement"], json!([owner()]));
    let shown = plan.to_string();
    assert!(
        shown.contains("  -   \"Sid\": \"Cloudinary\"") && !shown.contains("  + "),
        "{shown}"
    );
    assert_eq!(
        plan.changes[0].to_json()["statement"],
        json!({"removed": [read()]})
    );

    let only_looked_at = Settings {
        ceilings: Ceilings::open(Mode::Observe),
        ..settings()
    };
    let not_asked = Former {
        prune: false,
        ..former("other")
    };
    let observed = Former {
        mode: Mode::Observe,
        ..former("other")
    };
    for (settings, formers) in [
        (settings(), vec![former("media"), not_asked]),
        (settings(), vec![former("media"), observed]),
        (only_looked_at, vec![former("media")]),
    ] {
        let (plan, finding) = planned(&settings, &formers);
        assert!(plan.is_empty());
        assert_eq!(finding.remedy, Remedy::Human);
        assert!(
            finding.message.contains("the guardian leaves it"),
            "{}",
            finding.message
        );
        assert!(finding.desired.is_some());
    }
}

#[test]
fn nothing_is_found_unused_where_nothing_is_granted_or_nobody_left() {
    let settings = settings();
    let bare = KeyObservation {
        policy: policy(&json!([owner()])),
        ..key(|_| {})
    };
    assert_eq!(
        judge_unneeded_key(&settings, &bare, &[former("media")]),
        Judgement::default()
    );
    assert_eq!(
        judge_unneeded_key(&settings, &key(|_| {}), &[]),
        Judgement::default()
    );
    let managed = key(|description| description.manager = KeyManager::Aws);
    assert_eq!(
        judge_unneeded_key(&settings, &managed, &[former("media")]),
        Judgement::default()
    );
}

#[test]
fn a_grant_inside_somebody_elses_statement_is_told_and_left() {
    let settings = settings();
    for statements in [
        json!([owner(), grant(&["kms:Decrypt", "kms:Encrypt"])]),
        json!([owner(), read(), grant(&["kms:*"])]),
        // What would be left would be no key policy.
        json!([read()]),
    ] {
        let seen = KeyObservation {
            policy: policy(&statements),
            ..key(|_| {})
        };
        let formers = [former("media")];
        let mut judgement = judge_unneeded_key(&settings, &seen, &formers);
        let plan = plan_removal(&settings, &seen, &formers, &mut judgement);
        assert!(plan.is_empty(), "{statements}");
        let finding = judgement.find(Code::KeyGrantUnused).unwrap();
        assert_eq!(finding.remedy, Remedy::Human);
    }
}

#[test]
fn an_unneeded_key_that_cannot_be_read_is_not_known_to_be_bare() {
    let refused = Unknown::Call(CallError {
        operation: "kms:GetKeyPolicy",
        kind: CallErrorKind::AccessDenied,
        message: "AccessDeniedException".to_owned(),
    });
    let seen = KeyObservation {
        policy: KeyPolicy::Unknown(refused),
        ..key(|_| {})
    };
    let formers = [former("media")];
    let mut judgement = judge_unneeded_key(&settings(), &seen, &formers);
    assert!(plan_removal(&settings(), &seen, &formers, &mut judgement).is_empty());
    let codes: Vec<Code> = judgement.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::ObservationFailed]);
    assert_eq!(judgement.verdict(), Verdict::Readable);
}
