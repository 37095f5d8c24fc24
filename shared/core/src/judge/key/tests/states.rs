use super::*;
use crate::finding::Severity;
use crate::observation::{KeyOrigin, MultiRegion};

#[test]
fn every_state_that_blocks_has_a_code_and_commands_for_this_very_key() {
    for (seen, code, command) in [
        (state(KeyState::Disabled), Code::KeyDisabled, "aws kms enable-key"),
        (
            state(KeyState::PendingDeletion),
            Code::KeyPendingDeletion,
            "aws kms cancel-key-deletion",
        ),
        (
            state(KeyState::PendingReplicaDeletion),
            Code::KeyPendingDeletion,
            "aws kms cancel-key-deletion",
        ),
        (
            state(KeyState::PendingImport),
            Code::KeyMaterialMissing,
            "aws kms get-parameters-for-import",
        ),
        (
            state(KeyState::Creating),
            Code::KeyUnusable,
            "aws kms describe-key",
        ),
        (
            state(KeyState::Other("Strange".to_owned())),
            Code::KeyUnusable,
            "aws kms describe-key",
        ),
    ] {
        let (verdict, finding) = told(&seen);
        assert_eq!((verdict, finding.code), (Verdict::Blocked, code));
        let command = format!("{command} --region us-east-1 --key-id {KEY}");
        assert!(finding.message.contains(&command), "{}", finding.message);
    }
}

#[test]
fn a_key_whose_primary_region_changes_can_be_used_all_the_same() {
    assert_eq!(judged(&state(KeyState::Updating)), Judgement::default());
}

#[test]
fn a_disconnected_key_store_is_named_with_what_it_takes() {
    for (origin, word) in [
        (KeyOrigin::AwsCloudHsm, "kmsuser"),
        (KeyOrigin::ExternalKeyStore, "proxy"),
    ] {
        let (verdict, finding) = told(&key(|description| {
            description.state = KeyState::Unavailable;
            description.origin = Some(origin);
            description.key_store = Some("cks-1234567890abcdef0".to_owned());
        }));
        assert_eq!(
            (verdict, finding.code),
            (Verdict::Blocked, Code::KeyStoreDisconnected)
        );
        let connect =
            "aws kms connect-custom-key-store --region us-east-1 --custom-key-store-id cks-1234567890abcdef0";
        assert!(
            finding.message.contains(connect) && finding.message.contains(word),
            "{}",
            finding.message
        );
    }
}

#[test]
fn a_primary_key_names_the_replicas_it_waits_for() {
    let replica = KEY.replace("us-east-1", "eu-west-1");
    let (_, finding) = told(&key(|description| {
        description.state = KeyState::PendingReplicaDeletion;
        description.deletion_window = Some(7);
        description.multi_region = Some(MultiRegion::Primary {
            replicas: vec![replica.parse().unwrap()],
        });
    }));
    assert!(
        finding.message.contains(&replica) && finding.message.contains("7 days"),
        "{}",
        finding.message
    );
}

#[test]
fn a_replica_without_material_names_its_primary_key() {
    let there = KEY.replace("us-east-1", "eu-west-1");
    let (_, finding) = told(&key(|description| {
        description.state = KeyState::PendingImport;
        description.multi_region = Some(MultiRegion::Replica {
            primary: Some(there.parse().unwrap()),
        });
    }));
    assert!(finding.message.contains(&there), "{}", finding.message);
}

#[test]
fn a_doomed_key_that_only_may_be_in_use_says_what_to_find_out() {
    let date: Moment = "2026-12-23T10:15:00Z".parse().unwrap();
    let seen = KeyObservation {
        certain: false,
        ..key(|description| {
            description.state = KeyState::PendingDeletion;
            description.deletion_date = Some(date);
        })
    };
    let (verdict, finding) = in_bucket(&settings(), seen);
    assert_eq!(
        (verdict, finding.code),
        (Verdict::Depends, Code::KeyPendingDeletion)
    );
    for words in ["2026-12-23T10:15:00Z", "get-key-last-usage", "lookup-events"] {
        assert!(finding.message.contains(words), "{words}: {}", finding.message);
    }
}

#[test]
fn expiring_material_is_told_thirty_days_ahead_and_weighs_more_in_the_last_week() {
    let expiring = |date: &str| {
        judged(&key(|description| {
            description.origin = Some(KeyOrigin::External);
            description.material_expires = Some(date.parse().unwrap());
        }))
    };
    assert_eq!(expiring("2026-12-23T10:15:01Z"), Judgement::default());
    for (date, severity) in [
        ("2026-12-23T10:15:00Z", Severity::Medium),
        ("2026-11-30T10:15:01Z", Severity::Medium),
        ("2026-11-30T10:15:00Z", Severity::High),
        ("2026-11-23T10:14:00Z", Severity::High),
    ] {
        let judgement = expiring(date);
        let finding = judgement.find(Code::KeyMaterialExpiring).unwrap();
        assert_eq!(
            (judgement.verdict(), finding.severity),
            (Verdict::Readable, severity),
            "{date}"
        );
        assert!(finding.message.contains("import-key-material"));
    }
}
