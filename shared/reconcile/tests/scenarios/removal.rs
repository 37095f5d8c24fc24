//! The grant goes from a key that nobody needs any more, and whatever happens meanwhile is respected.

use guardian_core::finding::Code;
use guardian_core::judge::{Former, judge_unneeded_key};
use guardian_core::name::KeyArn;
use guardian_core::plan::{Change, plan_removal};
use guardian_core::settings::Mode;
use guardian_model::{Model, When, Who};
use guardian_reconcile::apply::{Applied, apply_removal, apply_to_key};
use guardian_reconcile::observe_key;
use guardian_reconcile::seam::Clock;
use serde_json::{Value, json};

use crate::stage::{Stage, done};
use crate::world::{bucket, owners_key_policy};

fn grant() -> Value {
    json!({"Sid": "AllowAccessForCloudinary", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"})
}

fn reports() -> Value {
    json!({"Sid": "Reports", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/reports"},
        "Action": "kms:Decrypt", "Resource": "*"})
}

/// A key with the grant that a census found nothing under.
fn abandoned() -> (Stage, KeyArn) {
    let stage = Stage::new(1);
    let key = stage.key("OLD");
    puts(vec![grant()], &key)(&stage.model);
    stage.model.take_events();
    stage.model.take_journal();
    (stage, key)
}

fn puts(more: Vec<Value>, key: &KeyArn) -> impl FnOnce(&Model) + 'static {
    let key = key.clone();
    move |model| {
        let policy = owners_key_policy(&more).to_string();
        model
            .act_as(Who::cli("bob"))
            .put_key_policy(&key, &policy)
            .unwrap();
    }
}

fn formers(stage: &Stage) -> Vec<Former> {
    vec![Former {
        bucket: bucket("media"),
        mode: Mode::Repair,
        prune: true,
        census: "c-1".to_owned(),
        began: stage.model.now(),
        objects: 3,
    }]
}

/// Looks, plans and applies.
fn pruned(stage: &Stage, key: &KeyArn) -> Vec<(Change, Applied)> {
    let formers = formers(stage);
    let seen = done(observe_key(
        &stage.model,
        &stage.settings,
        key.to_string(),
        Vec::new(),
    ))
    .unwrap();
    let mut judgement = judge_unneeded_key(&stage.settings, &seen, &formers);
    assert!(judgement.find(Code::KeyGrantUnused).is_some());
    let plan = plan_removal(&stage.settings, &seen, &formers, &mut judgement);
    // The repair of a needed key never takes anything away.
    let stuck = done(apply_to_key(
        &stage.model,
        &stage.settings,
        &[],
        &seen,
        plan.clone(),
    ))
    .unwrap();
    assert!(stuck.iter().all(|(_, applied)| *applied == Applied::Stuck));
    done(apply_removal(
        &stage.model,
        &stage.settings,
        &formers,
        &seen,
        plan,
    ))
    .unwrap()
}

fn statements(stage: &Stage, key: &KeyArn) -> Vec<Value> {
    let policy: Value = serde_json::from_str(&stage.model.key_policy(key).unwrap()).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

fn sids(stage: &Stage, key: &KeyArn) -> Vec<String> {
    let sid = |statement: &Value| statement["Sid"].as_str().unwrap_or("none").to_owned();
    statements(stage, key).iter().map(sid).collect()
}

#[test]
fn an_unused_grant_is_taken_away_read_before_and_after() {
    let (stage, key) = abandoned();
    let before = sids(&stage, &key);
    let done = pruned(&stage, &key);
    assert!(matches!(done.as_slice(), [(_, Applied::Verified(_))]), "{done:?}");
    assert_eq!(sids(&stage, &key), before[..before.len() - 1]);
    stage.expect_calls(
        "DescribeKey OLD
        GetKeyPolicy OLD
        GetKeyPolicy OLD
        PutKeyPolicy OLD
        GetKeyPolicy OLD",
    );
}

#[test]
fn a_statement_that_somebody_added_meanwhile_survives_the_removal() {
    let (stage, key) = abandoned();
    let theirs = puts(vec![grant(), reports()], &key);
    stage.model.interject("GetKeyPolicy", When::After(1), theirs);
    let done = pruned(&stage, &key);
    assert!(matches!(done.as_slice(), [(_, Applied::Verified(_))]), "{done:?}");
    let sids = sids(&stage, &key);
    assert!(sids.iter().any(|sid| sid == "Reports"), "{sids:?}");
    assert!(
        sids.iter().all(|sid| sid != "AllowAccessForCloudinary"),
        "{sids:?}"
    );
}

#[test]
fn what_somebody_else_took_away_is_not_written_again() {
    let (stage, key) = abandoned();
    stage
        .model
        .interject("GetKeyPolicy", When::After(1), puts(Vec::new(), &key));
    let done = pruned(&stage, &key);
    assert!(
        matches!(done.as_slice(), [(_, Applied::AlreadyThere)]),
        "{done:?}"
    );
}

#[test]
fn a_grant_that_grew_into_somebody_elses_statement_is_left_alone() {
    let (stage, key) = abandoned();
    let mut wider = grant();
    wider["Action"] = json!(["kms:Decrypt", "kms:Encrypt"]);
    stage
        .model
        .interject("GetKeyPolicy", When::After(1), puts(vec![wider], &key));
    let done = pruned(&stage, &key);
    assert!(matches!(done.as_slice(), [(_, Applied::Stuck)]), "{done:?}");
}
