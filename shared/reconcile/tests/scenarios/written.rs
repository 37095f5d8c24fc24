//! New objects, where the stack watches them.

use guardian_core::call::CallErrorKind;
use guardian_core::cause::{Actor, Cause, Work};
use guardian_core::name::{KeyArn, Resource};
use guardian_core::written::Written;
use guardian_model::Delivery;
use guardian_reconcile::seam::Queues;

use crate::stage::{Stage, done};
use crate::told::only;
use crate::world::{bucket, owners_key_policy};

/// The bucket `vault` under its key, and a second key that nothing names yet.
fn watching() -> (Stage, KeyArn) {
    let (stage, _) = Stage::with_vault();
    let second = stage.key("SECOND");
    stage.settled();
    stage.model.watch_objects(true);
    (stage, second)
}

fn upload(stage: &Stage, count: usize, key: Option<&KeyArn>) {
    for number in 0..count {
        let name = format!("photos/{number}.jpg");
        stage
            .ana()
            .put_object(&bucket("vault"), &name, key.map(KeyArn::as_str))
            .unwrap();
    }
}

fn counted(stage: &Stage) -> (u64, u64) {
    let entries = stage.model.ledger_dump();
    let entry = entries.iter().find(|entry| entry.name == "written").unwrap();
    let number = |field: &str| entry.body[field].as_u64().unwrap();
    (number("looked_at"), number("passed_over"))
}

#[test]
fn objects_under_a_known_key_cost_one_look_for_the_batch_and_one_call_each() {
    let (stage, _) = watching();
    upload(&stage, 3, None);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault
        HeadObject vault/photos/0.jpg
        HeadObject vault/photos/1.jpg
        HeadObject vault/photos/2.jpg
        PutItem bucket:vault written",
    );
    assert_eq!(
        report.note.as_deref(),
        Some("3 of 3 new objects looked at (0 passed over so far); none is under a new key")
    );
    assert_eq!(stage.rest(), []);
    stage.expect_told(&[]);
}

#[test]
fn an_object_under_a_key_nobody_knew_has_that_key_granted() {
    let (stage, second) = watching();
    upload(&stage, 1, Some(&second));
    stage.rest();
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy SECOND"]);
    stage.expect_told(&["repaired: key-grant-missing on vault"]);
    assert!(stage.needs().contains(&"bucket:vault needs#SECOND".to_owned()));
    let policy = stage.model.key_policy(&second).unwrap();
    assert!(policy.contains("232482882421"), "{policy}");
    // From now on it is a known one.
    upload(&stage, 1, Some(&second));
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn a_flood_is_sampled_and_what_was_passed_over_is_counted() {
    let (stage, _) = watching();
    upload(&stage, 400, None);
    stage.rest();
    let journal = stage.model.take_journal();
    let heads = journal
        .iter()
        .filter(|call| call.operation == "HeadObject")
        .count();
    let (looked_at, passed_over) = counted(&stage);
    assert_eq!(looked_at + passed_over, 400);
    assert_eq!(usize::try_from(looked_at).unwrap(), heads);
    assert!((20..=40).contains(&looked_at), "{looked_at}");
}

#[test]
fn an_upload_is_no_reason_for_a_whole_look_but_one_beside_it_is() {
    let (stage, _) = watching();
    upload(&stage, 2, None);
    stage
        .ana()
        .put_object(&bucket("vault"), ".wellknown/cloudinary/stranger", None)
        .unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: marker-unexpected on vault"]);
    assert_eq!(counted(&stage), (2, 0));
}

#[test]
fn an_object_that_is_gone_again_or_may_not_be_looked_at_stops_nothing() {
    let (stage, _) = watching();
    upload(&stage, 1, None);
    stage
        .ana()
        .delete_object(&bucket("vault"), "photos/0.jpg")
        .unwrap();
    stage.rest();
    assert_eq!(counted(&stage), (1, 0));
    upload(&stage, 2, None);
    stage
        .model
        .fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
    stage.rest();
    assert_eq!(counted(&stage), (2, 1));
    stage.expect_told(&[]);
    assert_eq!(stage.model.dead_letters(), []);
}

#[test]
fn objects_outside_the_declared_prefixes_are_nobodys_concern() {
    let (stage, _) = watching();
    stage.declared(
        &bucket("vault"),
        r#"{"clouds": ["demo"], "prefixes": ["public/*"]}"#,
    );
    stage.settled();
    upload(&stage, 2, None);
    stage.round();
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault",
    );
}

#[test]
fn an_upload_beside_a_sweep_takes_nothing_from_it_and_is_blamed_for_nothing() {
    let vault = Resource::Bucket(bucket("vault"));
    let swept = Work {
        swept: true,
        ..Work::new(vault.clone(), Cause::of_event("s", "Scheduled Event"))
    };
    let uploader = Actor {
        principal: Some("111122223333".to_owned()),
        ..Actor::default()
    };
    let written = Work {
        written: Written {
            keys: vec!["photos/cat.jpg".to_owned()],
            ..Written::default()
        },
        narrow: true,
        ..Work::new(
            vault,
            Cause {
                actor: Some(uploader),
                ..Cause::of_event("o", "Object Created")
            },
        )
    };
    for both in [[swept.clone(), written.clone()], [written, swept]] {
        let (stage, key) = Stage::with_vault();
        // Two events that were lost, and an item of the index.
        stage.model.deliver(Delivery::Dropped);
        stage.terraform_replaces(&bucket("vault"), &[]);
        let bare = owners_key_policy(&[]).to_string();
        stage.terraform().put_key_policy(&key, &bare).unwrap();
        assert!(stage.model.lose_entry(&Resource::Key(key), "reader#vault"));

        assert_eq!(done(stage.model.send_work(&both)), Ok(vec![]));
        stage.rest();
        let needs = ["bucket:vault needs#KEY", "key:KEY reader#vault"];
        assert_eq!(stage.needs(), needs);
        assert_eq!(counted(&stage), (1, 0));
        let texts = stage.expect_told(&[
            "repaired: grant-missing on vault",
            "repaired: key-grant-missing on vault",
        ]);
        for text in texts {
            assert!(
                text.contains("with Terraform") && text.contains("on record"),
                "{text}"
            );
        }
    }
}
