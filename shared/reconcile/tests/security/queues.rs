//! Messages that somebody of the account put straight into the queues: at worst a look, and a name that is not true.

use guardian_core::cause::{Actor, Cause, LaterLook, Work};
use guardian_core::name::Resource;
use guardian_core::written::{Example, Written};
use guardian_model::Who;
use guardian_reconcile::seam::Queues;
use guardian_reconcile::{Message, reconcile_batch};
use serde_json::{Value, json};

use crate::stage::{Stage, done};
use crate::world::{bucket, owners_policy};

fn work(resource: &str) -> Work {
    Work {
        swept: true,
        first_need: true,
        ..Work::new(
            resource.parse::<Resource>().unwrap(),
            Cause {
                actor: Some(Actor {
                    principal: Some("arn:aws:iam::111122223333:user/innocent".to_owned()),
                    ..Actor::default()
                }),
                ..Cause::of_event("forged", "PutBucketPolicy")
            },
        )
    }
}

/// What the message led to: writes to buckets and keys.
fn repairs_of(stage: &Stage, work: Work) -> Vec<String> {
    stage.model.take_journal();
    done(stage.model.send_work(&[work])).unwrap();
    stage.rest();
    let calls = stage.model.take_journal();
    let repairs = calls.iter().filter(|call| call.repairs());
    repairs.map(|call| format!("{call:?}")).collect()
}

#[test]
fn forged_work_for_what_nobody_declared_changes_nothing_and_tells_nobody() {
    let stage = Stage::with_media();
    let other = bucket("other");
    stage.plain_bucket(&other);
    let key = stage.key("SECRET");
    let before = (stage.model.policy(&other), stage.model.key_policy(&key));
    for resource in [
        "bucket:other".to_owned(),
        "bucket:of-nobody".to_owned(),
        format!("key:{key}"),
        "key:arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab".to_owned(),
        "alias:arn:aws:kms:us-east-1:111122223333:alias/x".to_owned(),
        "census:media".to_owned(),
        "stack".to_owned(),
    ] {
        assert_eq!(
            repairs_of(&stage, work(&resource)),
            Vec::<String>::new(),
            "{resource}"
        );
    }
    assert_eq!((stage.model.policy(&other), stage.model.key_policy(&key)), before);
    assert!(stage.model.take_notices().is_empty());
}

#[test]
fn forged_work_for_a_healthy_bucket_is_a_look() {
    let stage = Stage::with_media();
    for resource in ["bucket:media", "sweep"] {
        assert_eq!(
            repairs_of(&stage, work(resource)),
            Vec::<String>::new(),
            "{resource}"
        );
    }
    assert!(stage.model.take_notices().is_empty());
}

#[test]
fn forged_work_repairs_what_any_look_would_repair_and_can_name_somebody_wrongly() {
    let stage = Stage::without_grant();
    assert_eq!(repairs_of(&stage, work("bucket:media")).len(), 1);
    let told = stage.model.take_notices();
    // docs/threat-model.md says so: whoever may send to the queue can put a name into one message.
    assert!(told[0].text.contains("user/innocent"), "{}", told[0].text);
}

#[test]
fn a_forged_later_look_is_no_more_than_forged_work() {
    let stage = Stage::with_media();
    let other = bucket("other");
    stage.plain_bucket(&other);
    stage.model.take_journal();
    for resource in ["bucket:other", "bucket:media", "sweep"] {
        let look = LaterLook::new(work(resource));
        stage.model.inject(&serde_json::to_string(&look).unwrap());
    }
    stage.rest();
    let calls = stage.model.take_journal();
    assert!(calls.iter().all(|call| !call.repairs()), "{calls:?}");
    let policy: Value = serde_json::from_str(&stage.model.policy(&other).unwrap()).unwrap();
    assert_eq!(policy, owners_policy(&other, &[]));
}

#[test]
fn forged_work_that_names_a_key_reaches_the_keys_policy_and_nothing_but_cloudinarys_two_actions() {
    let stage = Stage::with_media();
    let key = stage.key("SECRET");
    let mut forged = work("bucket:media");
    let example = Example {
        object: "photos/cat.jpg".to_owned(),
        begun: true,
    };
    forged.written = Written::under(key.clone(), example);
    // The one message that is worth more than a look: where `KeyArns` or `KeyTag` take the key in, the grant is put into
    // its policy, and people are told. docs/threat-model.md says so; the role refuses every other key
    // (tests/rights/ceilings.rs).
    assert_eq!(repairs_of(&stage, forged).len(), 1);
    let policy: Value = serde_json::from_str(&stage.model.key_policy(&key).unwrap()).unwrap();
    let added = policy["Statement"].as_array().unwrap().last().unwrap();
    assert_eq!(added["Action"], json!(["kms:Decrypt", "kms:DescribeKey"]));
    assert_eq!(
        added["Principal"],
        json!({"AWS": "arn:aws:iam::232482882421:root"})
    );
    let told = stage.model.take_notices();
    assert!(
        told.iter()
            .any(|notice| notice.attributes["code"] == "key-grant-missing"),
        "{told:?}"
    );
}

#[test]
fn what_is_no_work_is_consumed_and_fails_nobody_else() {
    let stage = Stage::without_grant();
    let bodies = [
        "".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"sweep\"".to_owned(),
        "{\"resource\": \"bucket:../x\", \"cause\": {\"id\": \"1\", \"event\": \"e\"}}".to_owned(),
        "{\"resource\": \"sweep\"}".to_owned(),
        format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)),
        "{\"resource\": \"bucket:media\", \"cause\": {\"id\": \"\\ud800\", \"event\": \"e\"}}".to_owned(),
        serde_json::to_string(&work("bucket:media")).unwrap(),
    ];
    let messages: Vec<Message> = bodies
        .into_iter()
        .enumerate()
        .map(|(id, body)| Message {
            id: id.to_string(),
            body,
        })
        .collect();
    let (reports, failed) = done(reconcile_batch(&stage.model, &stage.settings, &messages));
    assert_eq!((reports.len(), failed.len()), (1, 0));
    for message in &messages {
        stage.model.inject(&message.body);
    }
    stage.rest();
}

#[test]
fn a_stranger_with_put_object_alone_opens_nothing() {
    let stage = Stage::with_media();
    let media = bucket("media");
    let bob = stage.model.act_as(Who::cli("bob"));
    for name in ["evil", "demo.txt", "demo/", "Demo", "demo\u{200b}", "*"] {
        bob.put_object(&media, &format!(".wellknown/cloudinary/{name}"), None)
            .unwrap();
    }
    stage.rest();
    let calls = stage.model.take_journal();
    assert!(calls.iter().all(|call| !call.repairs()), "{calls:?}");
    let told = stage.model.take_notices();
    let codes: Vec<&str> = told
        .iter()
        .map(|notice| notice.attributes["code"].as_str())
        .collect();
    // Those that are cloud names, each of which lets a tenant read.
    assert_eq!(codes, ["marker-unexpected", "marker-unexpected"]);
}
