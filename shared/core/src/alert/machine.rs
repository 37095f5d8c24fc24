//! The body for machines: version 1 of `docs/alert.schema.json`.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Occasion;
use super::fragment::{Fragment, fragments, visible};
use super::plain::{length_in_json, plain, short, some_of};
use super::step::steps;
use crate::attribution::{Nameless, describe};
use crate::cause::{Actor, Cause};

/// The version of the schema.
pub(super) const VERSION: u32 = 1;

/// The most bytes the body may take as a string in JSON. It travels once for each protocol of machines.
pub(super) const LIMIT: usize = 24_000;

/// How much of what can grow without bound is carried, from all that anybody may want to the bare facts. The first
/// that fits is sent, and says in `omitted` what it lacks.
struct Room {
    evidence: bool,
    fragments: bool,
    plan: usize,
    message: usize,
    names: usize,
    word: usize,
}

const ROOMS: [Room; 6] = [
    Room {
        evidence: true,
        fragments: true,
        plan: 8_000,
        message: 4_000,
        names: 15_000,
        word: 1_024,
    },
    Room {
        evidence: false,
        fragments: true,
        plan: 8_000,
        message: 4_000,
        names: 15_000,
        word: 1_024,
    },
    Room {
        evidence: false,
        fragments: false,
        plan: 4_000,
        message: 2_000,
        names: 12_000,
        word: 512,
    },
    Room {
        evidence: false,
        fragments: false,
        plan: 1_000,
        message: 1_000,
        names: 6_000,
        word: 256,
    },
    Room {
        evidence: false,
        fragments: false,
        plan: 0,
        message: 300,
        names: 500,
        word: 128,
    },
    Room {
        evidence: false,
        fragments: false,
        plan: 0,
        message: 100,
        names: 500,
        word: 48,
    },
];

/// The body of a transition.
pub(super) fn machine(occasion: &Occasion<'_>) -> String {
    first_that_fits(ROOMS.iter().map(|room| within(occasion, room)))
}

/// The first body that fits, else the last.
pub(super) fn first_that_fits(bodies: impl Iterator<Item = Value>) -> String {
    let mut last = String::new();
    for body in bodies {
        last = visible(&body.to_string());
        if length_in_json(&last) <= LIMIT {
            break;
        }
    }
    last
}

fn within(occasion: &Occasion<'_>, room: &Room) -> Value {
    let finding = occasion.finding;
    let mut omitted: Vec<&str> = Vec::new();
    let mut cut = |name: &'static str, text: &str, characters: usize| {
        if text.len() > characters && text.chars().count() > characters {
            omitted.push(name);
        }
        short(text, characters)
    };
    let message = cut("finding.message", &finding.message, room.message);
    let plan = occasion.plan.map(|plan| cut("plan", plan, room.plan));
    let planned = occasion.planned().map(|plan| cut("planned", plan, room.plan));
    let cause = occasion.cause.map(|cause| known(cause, room.word));
    let (buckets, more_buckets) = some_of(&occasion.affected.buckets, room.names);
    let clouds = occasion.clouds();
    let (kept_clouds, more_clouds) = some_of(&clouds, room.names / 4);
    if more_buckets > 0 {
        omitted.push("buckets");
    }
    if more_clouds > 0 {
        omitted.push("clouds");
    }
    if !room.evidence {
        omitted.push("finding.evidence");
    }
    let pieces = occasion.desired().map(fragments);
    if pieces.is_some() && !room.fragments {
        omitted.push("fragments");
    }
    let pieces = pieces.filter(|_| room.fragments);
    json!({
        "version": VERSION,
        "kind": "incident",
        "transition": {
            "id": identity(occasion.id, 2 * room.word),
            "kind": occasion.kind,
            "at": occasion.now,
            "reminder": occasion.reminders,
        },
        "resource": occasion.resource,
        "buckets": buckets,
        "bucket_count": occasion.affected.buckets.len(),
        "clouds": kept_clouds,
        "cloud_count": clouds.len(),
        "finding": {
            "code": finding.code,
            "title": finding.code.title(),
            "severity": finding.severity,
            "subject": short(&finding.subject.to_string(), 2 * room.word),
            "remedy": finding.remedy,
            "verdict": finding.verdict,
            "message": message,
            "evidence": if room.evidence { finding.evidence.clone() } else { Value::Null },
        },
        "opened": occasion.opened,
        "cause": cause,
        "who": occasion.cause.map(|cause| plain(&short(&describe(cause), room.word))),
        "plan": plan,
        "planned": planned,
        "next_steps": steps(occasion, plain).iter().map(|step| short(step, 4 * room.word)).collect::<Vec<_>>(),
        "fragments": pieces.map(|pieces| json!({
            "terraform": piece(&pieces.terraform),
            "cloudformation": piece(&pieces.cloudformation),
        })),
        "omitted": omitted,
    })
}

/// An id that is too long ends in its hash: the count at its end is what tells one transition from the next.
fn identity(id: &str, characters: usize) -> String {
    if id.chars().count() <= characters {
        return id.to_owned();
    }
    let hash: String = Sha256::digest(id)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let kept: String = id
        .chars()
        .take(characters.saturating_sub(hash.len() + 1))
        .collect();
    format!("{kept}#{hash}")
}

fn piece(fragment: &Fragment) -> Value {
    json!({"place": fragment.place, "text": fragment.text})
}

/// The cause, with every word of the event cut to `word` characters.
fn known(cause: &Cause, word: usize) -> Cause {
    let some = |text: &Option<String>| text.as_ref().map(|text| short(text, word));
    Cause {
        id: short(&cause.id, word),
        event: short(&cause.event, word),
        time: some(&cause.time),
        actor: cause.actor.as_ref().map(|actor| Actor {
            principal: some(&actor.principal),
            tool: some(&actor.tool),
            address: some(&actor.address),
            request: some(&actor.request),
        }),
        nameless: cause.nameless.as_ref().map(|nameless| match nameless {
            Nameless::DataEvents => Nameless::DataEvents,
            Nameless::NoRecord(event) => Nameless::NoRecord(short(event, word)),
            Nameless::NotAsked(why) => Nameless::NotAsked(short(why, word)),
        }),
        looked_up: cause.looked_up,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_stays_another_for_every_transition() {
        let id = |count: u32| identity(&format!("marker-missing/{}/{count}", "x".repeat(2_000)), 96);
        assert_ne!(id(1), id(2));
        assert_eq!((id(1), id(1).chars().count()), (id(1), 96));
        assert_eq!(
            identity("grant-missing/bucket:media/1", 96),
            "grant-missing/bucket:media/1"
        );
    }
}
