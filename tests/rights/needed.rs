//! Each right is needed by something that was played, and nothing that was played needs another.

use std::collections::BTreeSet;

use cloudinary_guardian::stage::{Caller, ModelStage};
use guardian_core::right::{self, OPERATIONS, Role};
use serde_json::json;

use crate::against::complaints;
use crate::played::{Recorded, TAG, block_on, incidents, record};
use crate::roles::texts;

/// The statement on the keys that carry the tag: what it allows is in `KeyArns` too, where those are all keys.
const WITH_TAG: &str = "RepairPoliciesOfTaggedKeys";

#[test]
fn each_call_is_allowed_by_its_functions_role_and_each_right_is_used_by_a_call() {
    let Some(recorded) = block_on(record()) else {
        return;
    };
    let Recorded { roles, requests, .. } = &recorded;
    let wrong = complaints(roles, requests);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(requests.len() > 100, "{} different requests", requests.len());
    a_right_that_is_taken_away_is_missed(&recorded);
    a_right_that_is_added_is_not_used(&recorded);
    a_condition_that_is_narrowed_is_missed(&recorded);
    a_stack_that_was_given_its_topic_has_the_same_rights_on_it(&recorded);
    the_policy_of_a_key_with_the_tag_may_be_written_and_of_no_other(&recorded);
    the_model_makes_no_call_that_the_emulator_did_not_see(&recorded);
}

/// For each right that the guardian's own code uses: without it there is a complaint, and it names the role and the right.
fn a_right_that_is_taken_away_is_missed(recorded: &Recorded) {
    let mut taken = 0;
    for role in Role::ALL {
        for statement in role.statements() {
            for right in statement.rights {
                let is_a_services = matches!(right.caller, right::Caller::Service(_));
                if is_a_services || statement.sid == WITH_TAG {
                    continue;
                }
                let is_redundant = role == Role::Reconciler && statement.sid == "LookAtMarkers";
                let without = recorded.roles.changed(|name, found| {
                    let both = is_redundant && found["Sid"] == "LookAtObjects";
                    if name == role.logical_id() && (found["Sid"] == statement.sid || both) {
                        let mut actions = texts(&found["Action"]);
                        actions.retain(|action| *action != right.action);
                        found["Action"] = json!(actions);
                    }
                });
                let wrong = complaints(&without, &recorded.requests);
                let named = format!("{} does not allow {} on ", role.logical_id(), right.action);
                assert!(
                    wrong.iter().any(|complaint| complaint.starts_with(&named)),
                    "nobody missed {} of {} in {role:?}: {wrong:?}",
                    right.action,
                    statement.sid
                );
                taken += 1;
            }
        }
    }
    assert!(taken > 20, "{taken}");
}

fn a_stack_that_was_given_its_topic_has_the_same_rights_on_it(recorded: &Recorded) {
    let wrong = complaints(&recorded.with_topic, &recorded.requests);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A tag is the key's, and no part of the request.
fn the_policy_of_a_key_with_the_tag_may_be_written_and_of_no_other(recorded: &Recorded) {
    let asked_of_keys_tagged = |value: &str| {
        let mut requests = recorded.requests.clone();
        for request in &mut requests {
            let context = std::mem::take(&mut request.context);
            request.context = context.known("aws:ResourceTag/cloudinary-guardian", [value]);
        }
        complaints(&recorded.with_tag, &requests)
    };
    let wrong = asked_of_keys_tagged(TAG);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let wrong = asked_of_keys_tagged("other");
    assert!(!wrong.is_empty());
    assert!(
        wrong
            .iter()
            .all(|complaint| complaint.contains("kms:PutKeyPolicy")),
        "{wrong:?}"
    );
}

fn a_right_that_is_added_is_not_used(recorded: &Recorded) {
    for (sid, action) in [
        ("KeepTheLedger", "dynamodb:UpdateItem"),
        ("RepairBucketPolicies", "s3:DeleteBucketPolicy"),
        ("LookAtKeys", "kms:ListGrants"),
        ("QueueWork", "sqs:PurgeQueue"),
        ("KeepTheCensus", "dynamodb:Scan"),
    ] {
        let more = recorded.roles.changed(|_, found| {
            if found["Sid"] == sid {
                let mut actions = texts(&found["Action"]);
                actions.push(action);
                found["Action"] = json!(actions);
            }
        });
        let wrong = complaints(&more, &recorded.requests);
        assert!(!wrong.is_empty(), "nobody noticed {action} in {sid}");
        assert!(
            wrong.iter().all(|complaint| complaint.contains(action)),
            "{wrong:?}"
        );
    }
    let wider = recorded.roles.changed(|_, found| {
        if found["Sid"] == "QueueWork" {
            found["Resource"] = json!([found["Resource"], "arn:aws:sqs:us-east-1:111122223333:other"]);
        }
    });
    let wrong = complaints(&wider, &recorded.requests);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}

fn a_condition_that_is_narrowed_is_missed(recorded: &Recorded) {
    for (sid, condition) in [
        (
            "AskWhichBucketsAKeyOrAnAliasConcerns",
            json!({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["alias:*"]}}),
        ),
        (
            "LookAtBuckets",
            json!({"StringEquals": {"aws:ResourceAccount": "999999999999"}}),
        ),
    ] {
        let narrower = recorded.roles.changed(|_, found| {
            if found["Sid"] == sid {
                found["Condition"] = condition.clone();
            }
        });
        assert!(!complaints(&narrower, &recorded.requests).is_empty(), "{sid}");
    }
}

/// Imported key material and the passing of days are known to the model alone: what is done about them needs no right
/// that was not recorded.
fn the_model_makes_no_call_that_the_emulator_did_not_see(recorded: &Recorded) {
    let seen: BTreeSet<(String, &str)> = recorded
        .calls
        .iter()
        .map(|call| {
            let (_, name) = call.operation.split_once(':').unwrap();
            (format!("{:?}", call.by), name)
        })
        .collect();
    let model = block_on(ModelStage::new(1)).unwrap();
    let calls = block_on(incidents(&model));
    assert!(calls.len() > 1_000);
    for call in &calls {
        assert!(
            OPERATIONS.iter().any(|known| known.name == call.operation),
            "{call:?}"
        );
        let by = (format!("{:?}", call.by), call.operation.as_str());
        assert!(
            call.by == Caller::Operator || seen.contains(&by),
            "only the model saw {by:?}"
        );
    }
}
