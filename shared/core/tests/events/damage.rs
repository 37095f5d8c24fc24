//! Ways to damage an event. The tests of `guardian-reconcile` damage theirs in the same ways.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

/// The JSON pointer of every field and item.
pub(crate) fn pointers(value: &Value) -> Vec<String> {
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

pub(crate) fn remove(value: &mut Value, pointer: &str) {
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

pub(crate) fn strange_values() -> Vec<Value> {
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

/// The same cases on every run: a failure can be looked for with the same seed.
pub(crate) fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[derive(Debug, Clone)]
pub(crate) enum Damage {
    Remove(Index),
    Replace(Index, Index),
    /// A part of one event in the place of a part of another.
    Graft(Index, Index, Index),
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::Remove),
        any::<(Index, Index)>().prop_map(|(at, by)| Damage::Replace(at, by)),
        any::<(Index, Index, Index)>().prop_map(|(at, of, part)| Damage::Graft(at, of, part)),
    ]
}

/// What is left of one of the events after all of these.
pub(crate) fn damaged(start: Index, damages: Vec<Damage>, events: &[Value], strange: &[Value]) -> Value {
    let mut event = start.get(events).clone();
    for damage in damages {
        match damage {
            Damage::Remove(at) => {
                let at = place(at, &event);
                remove(&mut event, &at);
            }
            Damage::Replace(at, by) => {
                let at = place(at, &event);
                replace(&mut event, &at, by.get(strange).clone());
            }
            Damage::Graft(at, of, part) => {
                let other = of.get(events);
                let graft = other.pointer(&place(part, other)).unwrap().clone();
                let at = place(at, &event);
                replace(&mut event, &at, graft);
            }
        }
    }
    event
}
