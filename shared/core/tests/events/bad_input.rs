//! What arrives may be cut off, damaged or of another type: no panic, always a reason, and never work for
//! anything the event does not name.

use std::mem;

use guardian_core::trigger::{Trigger, read, read_all};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::damage::{Damage, damage, damaged, pointers, remove, runner, strange_values};
use crate::folder::events;
use crate::harness;

/// Says how much was tried (`cargo test -- --nocapture` shows it).
#[expect(clippy::print_stdout, reason = "the figure is what the test is for")]
fn tried(number: usize, what: &str) {
    println!("{number} {what}");
}

/// What holds of every trigger, whatever it was read from.
fn assert_sound(trigger: &Trigger, event: &str) {
    harness::assert_sound(trigger, event);
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

#[test]
fn a_file_cut_off_at_any_byte_is_not_json_and_says_where() {
    let mut files = 0;
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
            files += 1;
        }
    }
    tried(files, "files cut off");
    assert!(files > 100_000);
}

#[test]
fn an_event_without_any_one_of_its_fields_is_read() {
    let mut fields = 0;
    for event in values() {
        let text = event.to_string();
        for place in pointers(&event) {
            let mut lacking = event.clone();
            remove(&mut lacking, &place);
            assert_sound(&read(&lacking), &text);
            fields += 1;
        }
    }
    tried(fields, "events without a field");
}

#[test]
fn an_event_with_any_one_field_of_another_type_is_read() {
    let strange = strange_values();
    let mut fields = 0;
    for mut event in values() {
        let text = format!("{event} {}", json!(strange));
        for place in pointers(&event) {
            for by in &strange {
                let field = event.pointer_mut(&place).unwrap();
                let before = mem::replace(field, by.clone());
                assert_sound(&read(&event), &text);
                *event.pointer_mut(&place).unwrap() = before;
                fields += 1;
            }
        }
    }
    tried(fields, "events with a field of another type");
}

#[test]
fn twelve_thousand_damaged_events_are_read() {
    let (values, strange) = (values(), strange_values());
    let cases = (any::<Index>(), prop::collection::vec(damage(), 1..6));
    let read_one = |(start, damages): (Index, Vec<Damage>)| {
        let event = damaged(start, damages, &values, &strange);
        assert_sound(&read(&event), &event.to_string());
        Ok(())
    };
    runner(12_000).run(&cases, read_one).unwrap();
    tried(12_000, "damaged events");
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
        harness::event(&bytes);
        Ok(())
    };
    runner(12_000).run(&cases, read_one).unwrap();
    tried(12_000, "damaged texts");
}
