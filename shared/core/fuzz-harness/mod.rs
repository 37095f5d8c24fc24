//! What must hold of every trigger, whatever it was read from. The fuzz target `event` in `/fuzz` is one line
//! around it; `tests/corpus.rs` replays the committed inputs and `tests/events.rs` damages `events/` through
//! the same code.

use guardian_core::name::Resource;
use guardian_core::trigger::{Action, Trigger, read, read_all, split};
use serde_json::{Value, json};

/// Takes any bytes, and panics where something that must hold does not.
pub(crate) fn event(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (triggers, events) = match (read_all(&text), split(&text)) {
        (Ok(triggers), Ok(events)) => (triggers, events),
        (Err(error), Err(_)) => {
            assert!(!error.problem.is_empty(), "{text}");
            return;
        }
        (one, other) => panic!("{one:?} but {other:?}"),
    };
    assert_eq!(triggers.len(), events.len(), "{text}");
    for (trigger, event) in triggers.iter().zip(&events) {
        assert_sound(trigger, &event.to_string());
        assert_its_body_says_nothing(trigger, event);
        assert_a_failed_call_is_ignored(event);
    }
}

/// It has a reason and makes work for what the event names, and for nothing else.
pub(crate) fn assert_sound(trigger: &Trigger, event: &str) {
    let reason = &trigger.reason;
    assert!(
        !reason.is_empty() && !reason.contains(char::is_control),
        "{reason:?} from {event}"
    );
    assert!(!trigger.event.is_empty(), "{event}");
    assert!(
        !trigger
            .keys
            .iter()
            .any(|key| key.as_str().contains(char::is_control)),
        "{event}"
    );
    let resources = trigger.resources();
    match trigger.action {
        Action::Check => assert!(
            !resources.is_empty() && !resources.contains(&Resource::Sweep),
            "{event}"
        ),
        Action::Sweep => assert_eq!(resources, [Resource::Sweep], "{event}"),
        Action::Stack => assert_eq!(resources, [Resource::Stack], "{event}"),
        Action::Ignore => assert_eq!(resources, [], "{event}"),
    }
    // The key of an object is for the object's bucket to look at, and stands among the keys all the same.
    if let Some(under) = &trigger.under {
        assert_eq!(trigger.action, Action::Check, "{event}");
        assert!(trigger.keys.contains(&under.key), "{event}");
        assert!(
            resources
                .iter()
                .all(|resource| matches!(resource, Resource::Bucket(_))),
            "{event}"
        );
    }
    // Nothing is made up: what is named stands in the event.
    for bucket in &trigger.buckets {
        assert!(event.contains(bucket.as_str()), "{bucket} from {event}");
    }
    for key in &trigger.keys {
        for part in [key.region(), key.account().as_str(), key.id()] {
            assert!(event.contains(part), "{key} from {event}");
        }
    }
    for alias in &trigger.aliases {
        for part in alias.as_str().split(':').skip(3) {
            assert!(event.contains(part), "{alias} from {event}");
        }
    }
}

/// The parameters of a call that say what it was about: all that is read of them.
const NAMES: [&str; 7] = [
    "bucketName",
    "key",
    "keyId",
    "targetKeyId",
    "aliasName",
    "granteePrincipal",
    "bypassPolicyLockoutSafetyCheck",
];

/// Policies and configurations are never read: the trigger is the same with another one, and with none.
pub(crate) fn assert_its_body_says_nothing(trigger: &Trigger, event: &Value) {
    // Where this call names the keys is documented nowhere, so they are looked for everywhere.
    if trigger.event == "UpdateObjectEncryption" {
        return;
    }
    let deny = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]});
    for body in [deny.clone(), json!(deny.to_string()), Value::Null] {
        let mut other = event.clone();
        let Some(parameters) = record(&mut other).and_then(|record| record.get_mut("requestParameters"))
        else {
            return;
        };
        for (name, value) in parameters.as_object_mut().into_iter().flatten() {
            let is_body = value.is_object() || value.is_array() || name == "policy";
            if is_body && !NAMES.contains(&name.as_str()) {
                *value = body.clone();
            }
        }
        assert_eq!(&read(&other), trigger, "{event} and {other}");
    }
}

fn assert_a_failed_call_is_ignored(event: &Value) {
    let mut failed = event.clone();
    let Some(record) = record(&mut failed) else {
        return;
    };
    if let (true, Some(fields)) = (record.get("eventName").is_some(), record.as_object_mut()) {
        fields.insert("errorCode".to_owned(), json!("AccessDenied"));
        let is_call = |event: &Value| match event.get("detail-type") {
            Some(kind) => kind
                .as_str()
                .is_some_and(|kind| kind.ends_with(" via CloudTrail")),
            None => event.get("detail").is_none(),
        };
        if is_call(&failed) {
            assert_eq!(read(&failed).action, Action::Ignore, "{failed}");
        }
    }
}

/// The CloudTrail record: the event itself, or what its envelope carries.
fn record(event: &mut Value) -> Option<&mut Value> {
    if event.get("detail").is_some() {
        event.get_mut("detail")
    } else {
        Some(event)
    }
}
