//! The same questions about the same documents, put to the crate and to an independent simulator, in one run.
//!
//! `cargo bench -p guardian-policy --bench simulator` prints the times and their ratio. With reading the policy
//! the crate starts from its text, the simulator from JSON that is parsed already.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use guardian_policy::{Access, PolicyDocument, evaluate};
use serde_json::json;

mod documents;
#[path = "../tests/differential/simulator.rs"]
mod simulator;

use documents::{ACTION, OBJECT, context, keys, one_statement, question, twenty_kilobytes};
use simulator::Simulator;

/// The fastest of several rounds, per call.
fn nanoseconds(calls: u32, mut call: impl FnMut()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
    };
    (0..7).map(round).fold(f64::INFINITY, f64::min)
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let simulator = match Simulator::installed(Path::new(env!("CARGO_TARGET_TMPDIR"))) {
        Ok(simulator) => simulator,
        Err(why) => {
            println!("SKIPPED: the simulator cannot run here: {why}");
            return;
        }
    };
    let resources = [OBJECT.to_owned()];
    let context = context();
    for (name, document) in [("1 statement", one_statement()), ("20 KB", twenty_kilobytes())] {
        let text = document.to_compact_json();
        let asked = json!({
            "policy": document.as_value(), "controls": [], "restrict": false,
            "principal": "arn:aws:iam::232482882421:role/reader", "action": ACTION, "resource": OBJECT,
            "owner": "111122223333", "keys": keys(),
        });
        let answers = simulator.ask(&[asked], Some(if text.len() > 1000 { 50 } else { 1000 }));
        let answer = answers.first().unwrap();
        let decision = evaluate(Some(&document), &question(&resources, &context));
        assert_eq!(decision.access(), Access::Allowed);
        assert_eq!(answer.get("answer").unwrap(), "allowed", "{answer}");
        let calls = if text.len() > 1000 { 500 } else { 20_000 };
        let verdict = nanoseconds(calls, || {
            black_box(evaluate(
                Some(black_box(&document)),
                &question(&resources, &context),
            ));
        });
        let from_text = nanoseconds(calls, || {
            let document = PolicyDocument::parse(black_box(&text)).unwrap();
            black_box(evaluate(Some(&document), &question(&resources, &context)));
        });
        let theirs = |field: &str| answer.get(field).unwrap().as_f64().unwrap();
        let (from_json, prepared) = (theirs("ns"), theirs("prepared_ns"));
        println!(
            "{name} ({} statements, {} bytes), nanoseconds",
            document.statements().count(),
            text.len()
        );
        println!("                          crate   simulator  ratio");
        for (what, ours, theirs) in [
            ("with reading the policy", from_text, from_json),
            ("the policy read before ", verdict, prepared),
        ] {
            println!("  {what} {ours:>7.0} {theirs:>10.0}  {:>5.0}", theirs / ours);
        }
    }
}
