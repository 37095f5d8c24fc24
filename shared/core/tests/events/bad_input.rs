//! What arrives may be cut off, damaged or of another type: no panic, always a reason, and never work for
//! anything the event does not name.

use std::mem;

use guardian_core::name::Resource;
use guardian_core::trigger::{Action, Trigger, read, read_all};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::folder::events;

/// What holds of every trigger, whatever it was read from.
fn assert_sound(trigger: &Trigger, event: &str) {
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
        Action::Ignore => assert_eq!(resources, [], "{event}"),
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
        let place = alias.as_str().split(':').skip(3);
        for part in place {
            assert!(event.contains(part), "{alias} from {event}");
        }
    }
    let json = trigger.to_json();
    let fields: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        ["event", "action", "reason", "buckets", "keys", "aliases", "actor"]
    );
}

fn values() -> Vec<Value> {
    events()
        .iter()
        .map(|(_, text)| serde_json::from_str(text).unwrap())
        .collect()
}

/// The JSON pointer of every field and item.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((pointer, value)) = open.pop() {
        match value {
            Value::Object(fields) => open.extend(fields.iter().map(|(name, value)| {
                (
                    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
                    value,
                )
            })),
            Value::Array(items) => {
                open.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(at, item)| (format!("{pointer}/{at}"), item)),
                );
            }
            _ => {}
        }
        found.push(pointer);
    }
    found
}

fn place(at: Index, value: &Value) -> String {
    let mut pointers = pointers(value);
    pointers.swap_remove(at.index(pointers.len()))
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    match value.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.shift_remove(&name.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            items.remove(name.parse().unwrap());
        }
        _ => {}
    }
}

fn replace(value: &mut Value, pointer: &str, by: Value) {
    *value.pointer_mut(pointer).unwrap() = by;
}

fn strange_values() -> Vec<Value> {
    let mut deep = json!("arn:aws:s3:::media-demo-private/.wellknown/cloudinary/demo");
    for _ in 0..40 {
        deep = json!([deep]);
    }
    vec![
        Value::Null,
        json!(true),
        json!(-0.5),
        json!(u64::MAX),
        json!(""),
        json!(" \u{1b}[31m\r\n`"),
        json!("true"),
        json!("\u{2028}\u{1f512}".repeat(100)),
        json!("arn:::::"),
        json!("arn:aws:kms:::key/"),
        json!("arn:aws:s3:::"),
        json!([]),
        json!({}),
        json!([null, {"ARN": 7}, {"ARN": null}, "arn:aws:s3:::media-demo-private"]),
        json!({"arn": {"arn": []}}),
        deep,
    ]
}

#[test]
fn a_file_cut_off_at_any_byte_is_not_json_and_says_where() {
    for (name, text) in events() {
        let whole = text.trim_end().len();
        let cuts = (0..whole).filter_map(|end| text.get(..end));
        // A cut behind white space leaves what the cut before it left.
        for cut in cuts.filter(|cut| cut.trim_end().len() == cut.len()) {
            let error = read_all(cut).unwrap_err();
            assert!(
                !error.problem.is_empty() && error.line > 0,
                "{name} cut at {}",
                cut.len()
            );
        }
    }
}

#[test]
fn an_event_without_any_one_of_its_fields_is_read() {
    for event in values() {
        let text = event.to_string();
        for place in pointers(&event) {
            let mut lacking = event.clone();
            remove(&mut lacking, &place);
            assert_sound(&read(&lacking), &text);
        }
    }
}

#[test]
fn an_event_with_any_one_field_of_another_type_is_read() {
    let strange = strange_values();
    for mut event in values() {
        let text = format!("{event} {}", json!(strange));
        for place in pointers(&event) {
            for by in &strange {
                let field = event.pointer_mut(&place).unwrap();
                let before = mem::replace(field, by.clone());
                assert_sound(&read(&event), &text);
                *event.pointer_mut(&place).unwrap() = before;
            }
        }
    }
}

/// The same cases on every run: a failure can be looked for with the same seed.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[derive(Debug, Clone)]
enum Damage {
    Remove(Index),
    Replace(Index, Index),
    /// A part of one event in the place of a part of another.
    Graft(Index, Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::Remove),
        any::<(Index, Index)>().prop_map(|(at, by)| Damage::Replace(at, by)),
        any::<(Index, Index, Index)>().prop_map(|(at, of, part)| Damage::Graft(at, of, part)),
    ]
}

#[test]
fn twelve_thousand_damaged_events_are_read() {
    let (values, strange) = (values(), strange_values());
    let cases = (any::<Index>(), prop::collection::vec(damage(), 1..6));
    let read_one = |(start, damages): (Index, Vec<Damage>)| {
        let mut event = start.get(&values).clone();
        for damage in damages {
            match damage {
                Damage::Remove(at) => {
                    let at = place(at, &event);
                    remove(&mut event, &at);
                }
                Damage::Replace(at, by) => {
                    let at = place(at, &event);
                    replace(&mut event, &at, by.get(&strange).clone());
                }
                Damage::Graft(at, of, part) => {
                    let other = of.get(&values);
                    let graft = other.pointer(&place(part, other)).unwrap().clone();
                    let at = place(at, &event);
                    replace(&mut event, &at, graft);
                }
            }
        }
        assert_sound(&read(&event), &event.to_string());
        Ok(())
    };
    runner(12_000).run(&cases, read_one).unwrap();
}

#[test]
fn twelve_thousand_damaged_texts_are_read_or_refused() {
    let texts = events();
    let cases = (
        any::<Index>(),
        prop::collection::vec((any::<Index>(), any::<u8>(), 0..4_u8), 1..6),
    );
    let read_one = |(start, edits): (Index, Vec<(Index, u8, u8)>)| {
        let mut bytes = start.get(&texts).1.clone().into_bytes();
        for (at, byte, edit) in edits {
            let at = at.index(bytes.len());
            // Half of the bytes are drawn from what JSON is made of, so that more of them remain JSON.
            let byte = *br#"{}[]",:0-ne"#.get(usize::from(byte) / 2).unwrap_or(&byte);
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.drain(at..bytes.len().min(at + usize::from(byte)))),
                _ => bytes[at] ^= 1,
            }
            if bytes.is_empty() {
                bytes.push(b' ');
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        match read_all(&text) {
            Ok(triggers) => {
                let value: Value = serde_json::from_str(&text).unwrap();
                for trigger in &triggers {
                    assert_sound(trigger, &value.to_string());
                }
            }
            Err(error) => assert!(!error.problem.is_empty(), "{text}"),
        }
        Ok(())
    };
    runner(12_000).run(&cases, read_one).unwrap();
}
