//! The fields that an outsider controls, each in a world in which people are told of it.

use std::time::Duration;

use guardian_core::alert::Notice;
use guardian_core::call::CallErrorKind;
use guardian_core::cause::{Actor, Cause, Work};
use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use guardian_core::settings::CensusLevel;
use guardian_model::{Delivery, Who};
use guardian_reconcile::seam::{Entry, Queues};
use serde_json::{Value, json};

use crate::stage::{Stage, done};
use crate::world::{MARKER, bucket, grant, owners_key_policy};

/// What came of a field.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) notices: Vec<Notice>,
    pub(crate) ledger: Vec<Entry>,
}

type Field = (&'static str, fn(&str) -> Told);

/// Every one of them; the names are for the failing assertion.
pub(crate) const FIELDS: &[Field] = &[
    ("user agent", |value| by_event("/detail/userAgent", value)),
    ("session name", |value| {
        by_event("/detail/userIdentity/arn", value)
    }),
    ("address", |value| by_event("/detail/sourceIPAddress", value)),
    ("request id", |value| by_event("/detail/requestID", value)),
    ("event id", |value| by_event("/detail/eventID", value)),
    ("event time", |value| by_event("/detail/eventTime", value)),
    ("requester", |value| by_object_event("/detail/requester", value)),
    ("address in S3's event", |value| {
        by_object_event("/detail/source-ip-address", value)
    }),
    ("object beside the marker", near_the_marker),
    ("Sid of a Deny", |value| {
        by_deny(|deny| deny["Sid"] = json!(value))
    }),
    ("condition value of a Deny", |value| {
        by_deny(|deny| deny["Condition"]["StringNotEquals"]["aws:PrincipalAccount"] = json!(["1", value]))
    }),
    ("condition key of a Deny", |value| {
        by_deny(|deny| {
            deny["Condition"] = json!({"StringEquals": {format!("aws:PrincipalTag/{value}"): "x"}})
        })
    }),
    ("condition operator of a Deny", |value| {
        by_deny(|deny| deny["Condition"] = json!({value: {"aws:username": "x"}}))
    }),
    ("resource of a Deny", |value| {
        by_deny(|deny| {
            deny["Resource"] = json!([
                "arn:aws:s3:::media/photos/*",
                format!("arn:aws:s3:::media/{value}")
            ])
        })
    }),
    ("unknown element of a Deny", |value| {
        by_deny(|deny| deny["NotPrincipal"] = json!({value: value}))
    }),
    ("policy that is none", |value| by_policy(value)),
    ("Sid in a key policy", |value| {
        by_key_deny(|deny| deny["Sid"] = json!(value))
    }),
    ("condition in a key policy", |value| {
        by_key_deny(|deny| deny["Condition"] = json!({"StringNotLike": {"kms:CallerAccount": value}}))
    }),
    ("default key", by_default_key),
    ("declaration: no JSON", |value| declared(value)),
    ("declaration: field", |value| {
        declared(&json!({"clouds": ["demo"], value: 1}).to_string())
    }),
    ("declaration: cloud", |value| {
        declared(&json!({"clouds": [value]}).to_string())
    }),
    ("declaration: mode", |value| {
        declared(&json!({"clouds": ["demo"], "mode": value}).to_string())
    }),
    ("declaration: prefix", |value| {
        declared(&json!({"clouds": ["demo"], "prefixes": [format!("{value}/")]}).to_string())
    }),
    ("declaration: key", |value| {
        declared(&json!({"clouds": ["demo"], "keys": [value]}).to_string())
    }),
    ("declaration: pause", |value| {
        declared(&json!({"clouds": ["demo"], "pause_until": value}).to_string())
    }),
    ("object under a customer's key", by_object),
    ("notification configuration", by_notifications),
    ("AWS's own words", by_refusal),
    ("message put into the work queue", by_message),
    ("author in CloudTrail's history", by_history),
];

fn told(stage: &Stage) -> Told {
    stage.rest();
    Told {
        notices: stage.model.take_notices(),
        ledger: stage.model.ledger_dump(),
    }
}

/// The event of what was just done, with the value in a field of it.
fn deliver(stage: &Stage, events: &[String], pointer: &str, value: &str) -> Told {
    for text in events {
        let mut event: Value = serde_json::from_str(text).unwrap();
        match event.pointer_mut(pointer) {
            Some(field) => *field = json!(value),
            None => {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                event.pointer_mut(parent).unwrap()[name] = json!(value);
            }
        }
        stage.model.inject(&event.to_string());
    }
    told(stage)
}

fn by_event(pointer: &str, value: &str) -> Told {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Dropped);
    stage.terraform_replaces(&bucket("media"), &[]);
    let events = stage.model.take_events();
    deliver(&stage, &events, pointer, value)
}

fn by_object_event(pointer: &str, value: &str) -> Told {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Dropped);
    stage.ana().delete_object(&bucket("media"), MARKER).unwrap();
    let events = stage.model.take_events();
    deliver(&stage, &events, pointer, value)
}

fn near_the_marker(value: &str) -> Told {
    let stage = Stage::with_media();
    stage.settled();
    let media = bucket("media");
    stage.declared(&media, r#"{"clouds": ["demo"], "mode": "observe"}"#);
    stage.rest();
    let near: String = format!("{MARKER}.{value}").chars().take(900).collect();
    stage.model.add_object(&media, &near, ObjectEncryption::SseS3);
    stage.ana().delete_object(&media, MARKER).unwrap();
    told(&stage)
}

fn by_policy(text: &str) -> Told {
    let stage = Stage::with_media();
    stage.model.set_policy(&bucket("media"), text);
    stage.sweep();
    told(&stage)
}

fn by_deny(change: impl FnOnce(&mut Value)) -> Told {
    let media = bucket("media");
    let mut deny = json!({"Sid": "OnlyUs", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::media/photos/*",
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}});
    change(&mut deny);
    by_policy(&json!({"Version": "2012-10-17", "Statement": [grant(&media), deny]}).to_string())
}

fn by_key_deny(change: impl FnOnce(&mut Value)) -> Told {
    let (stage, key) = Stage::with_vault();
    let mut deny = json!({"Sid": "OnlyUs", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringNotEquals": {"kms:CallerAccount": "111122223333"}}});
    change(&mut deny);
    let policy = owners_key_policy(&[deny]).to_string();
    // KMS takes no character beyond Latin-1, and no control character but tab and line break, in JSON's escapes neither
    // (KMS API Reference, PutKeyPolicy): what it refuses changes nothing.
    let _taken = stage.ana().put_key_policy_unchecked(&key, &policy);
    told(&stage)
}

fn by_default_key(value: &str) -> Told {
    let stage = Stage::with_media();
    stage.model.set_default_encryption(
        &bucket("media"),
        DefaultEncryption::Kms {
            key: Some(format!("alias/{value}")),
            bucket_key: true,
        },
    );
    stage.sweep();
    told(&stage)
}

fn declared(text: &str) -> Told {
    let stage = Stage::with_media();
    stage.model.declare(&bucket("media"), text);
    stage.sweep();
    let mut all = told(&stage);
    // What was wrong is over: the message of that says it again.
    stage.declared(&bucket("media"), crate::world::DEMO);
    all.notices.extend(told(&stage).notices);
    all
}

fn by_object(value: &str) -> Told {
    let mut stage = Stage::with_media();
    stage.settings.census = CensusLevel::Sample;
    let key: String = format!("photos/{value}").chars().take(900).collect();
    stage
        .model
        .add_object(&bucket("media"), &key, ObjectEncryption::SseC);
    stage.model.advance(Duration::from_secs(3600));
    stage.sweep();
    told(&stage)
}

fn by_notifications(value: &str) -> Told {
    let mut stage = Stage::with_media();
    stage.settings.manages_notifications = true;
    let text: String = value
        .chars()
        // No character that XML cannot carry: S3 would not have taken it.
        .filter(|c| *c == '\n' || !c.is_control())
        .map(|c| match c {
            '<' => "&lt;".to_owned(),
            '&' => "&amp;".to_owned(),
            c => c.to_string(),
        })
        .collect();
    let elements = format!(
        "<QueueConfiguration><Id>{text}</Id><Queue>arn:aws:sqs:us-east-1:111122223333:{text}</Queue>\
         <Event>s3:ObjectCreated:*</Event></QueueConfiguration>"
    );
    stage.model.set_notifications(&bucket("media"), &elements);
    stage.sweep();
    told(&stage)
}

fn by_refusal(value: &str) -> Told {
    let stage = Stage::with_media();
    stage
        .model
        .fail_next_with("PutBucketPolicy", 9, CallErrorKind::AccessDenied, value);
    stage.terraform_replaces(&bucket("media"), &[]);
    told(&stage)
}

fn by_message(value: &str) -> Told {
    let stage = Stage::without_grant();
    let some = || Some(value.to_owned());
    let cause = Cause {
        time: some(),
        actor: Some(Actor {
            principal: some(),
            tool: some(),
            address: some(),
            request: some(),
        }),
        ..Cause::of_event(value, value)
    };
    let work = Work::new("bucket:media".parse().unwrap(), cause);
    done(stage.model.send_work(&[work])).unwrap();
    told(&stage)
}

fn by_history(value: &str) -> Told {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Dropped);
    let name: String = value.chars().take(64).collect();
    stage
        .model
        .act_as(Who::role("deploy", &name, value).from_address(value))
        .delete_bucket_policy(&bucket("media"))
        .unwrap();
    stage.model.advance(Duration::from_secs(1800));
    stage.sweep();
    told(&stage)
}
