//! What is found of a key.

use super::*;
use crate::plan::{Change, plan_key};

#[test]
fn a_key_without_the_statement_is_repaired_by_one_statement_and_keeps_the_rest() {
    let reader = Reader::of(&declaration(&["demo"]));
    let seen = key(KeyState::Enabled, key_statements(false));
    let mut judgement = judge_key(&settings(), &seen, std::slice::from_ref(&reader), now());
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Blocked, vec![Code::KeyGrantMissing])
    );
    let plan = plan_key(&settings(), &seen, std::slice::from_ref(&reader), &mut judgement);
    let [Change::KeyPolicy(change)] = plan.changes.as_slice() else {
        panic!("{plan}")
    };
    let KeyPolicy::Document(policy) = seen.policy else {
        panic!()
    };
    assert_eq!(change.after.statements().count(), 2);
    assert_eq!(
        change.after.statements().next().unwrap().value(),
        policy.statements().next().unwrap().value()
    );
}

#[test]
fn a_granted_key_is_fine_and_an_inert_grant_is_not() {
    let reader = Reader::of(&declaration(&["demo"]));
    let fine = key(KeyState::Enabled, key_statements(true));
    assert_eq!(
        judge_key(&settings(), &fine, std::slice::from_ref(&reader), now()),
        Judgement::default()
    );
    let mut inert = key_statements(true);
    inert[1]["Resource"] = json!("arn:aws:kms:us-east-1:111122223333:key/another");
    let inert = key(KeyState::Enabled, inert);
    assert_eq!(
        judge_key(&settings(), &inert, &[reader], now()).verdict(),
        Verdict::Blocked
    );
}

#[test]
fn a_key_that_decrypts_nothing_is_for_a_person_and_its_policy_waits() {
    let reader = Reader::of(&declaration(&["demo"]));
    for (state, code) in [
        (KeyState::Disabled, Code::KeyDisabled),
        (KeyState::PendingDeletion, Code::KeyPendingDeletion),
        (KeyState::Other("PendingImport".to_owned()), Code::KeyUnusable),
    ] {
        let judgement = judge_key(
            &settings(),
            &key(state, key_statements(true)),
            std::slice::from_ref(&reader),
            now(),
        );
        assert_eq!(codes(&judgement), [code]);
    }
}

#[test]
fn a_key_that_objects_may_be_under_makes_it_depend_and_no_worse() {
    let judgement = judged(|seen| {
        let disabled = key(KeyState::Disabled, key_statements(true));
        seen.keys = vec![KeyObservation {
            certain: false,
            ..disabled
        }];
    });
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Depends, vec![Code::KeyDisabled])
    );
}

#[test]
fn keys_that_are_not_ours_to_grant_are_told_as_such() {
    let reader = Reader::of(&declaration(&["demo"]));
    let mut managed = key(KeyState::Enabled, key_statements(false));
    managed.policy = KeyPolicy::NotAsked;
    managed.description.as_mut().unwrap().manager = KeyManager::Aws;
    let judgement = judge_key(&settings(), &managed, std::slice::from_ref(&reader), now());
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Blocked, vec![Code::KeyAwsManaged])
    );

    let mut foreign = key(KeyState::Enabled, key_statements(false));
    foreign.policy = KeyPolicy::NotAsked;
    foreign.description.as_mut().unwrap().arn = "arn:aws:kms:us-east-1:444455556666:key/1".parse().unwrap();
    let judgement = judge_key(&settings(), &foreign, &[reader], now());
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Depends, vec![Code::KeyForeign])
    );
}
