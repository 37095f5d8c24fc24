//! The crate against an independent simulator, on generated policies.
//!
//! Each case is one request of which everything is known, and the simulator is asked about that. The crate is
//! asked three times: knowing everything, where the answers must be equal; knowing less, where *depends* may
//! stand for either answer, and the others must be equal still; and knowing less about a set of objects of
//! which this one is a member, where *allowed* must hold for the member.
//!
//! Where the two differ on purpose there is a class for it in `classes`, and each disagreement is held
//! against its class: the cause is taken out of the policy, the simulator is asked again, and now the answers
//! must be equal. Anything else fails the test. No class excuses an *allowed* that the simulator denies,
//! except those for its own defects, and the second test shows each of them by an example.
//!
//! `DIFFERENTIAL_CASES` is the number of cases, `DIFFERENTIAL_SEED` another series of them. Without Node.js
//! and npm the test says so and passes, unless `GUARDIAN_REQUIRE_SIMULATOR` is 1.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::path::Path;

use guardian_policy::Access;
use serde_json::{Value, json};

mod case;
#[path = "../../fuzz-harness/choices.rs"]
mod choices;
mod classes;
mod simulator;
#[path = "../../fuzz-harness/worlds/mod.rs"]
mod worlds;

use case::Case;
use simulator::Simulator;
use worlds::vocabulary::{CALLERS, OWNER};

fn number(variable: &str, usual: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is `{text}`, which is no number")),
        Err(_) => usual,
    }
}

fn simulator() -> Option<Simulator> {
    match Simulator::installed(Path::new(env!("CARGO_TARGET_TMPDIR"))) {
        Ok(simulator) => Some(simulator),
        Err(why) => {
            assert!(
                std::env::var("GUARDIAN_REQUIRE_SIMULATOR").as_deref() != Ok("1"),
                "the simulator cannot run here: {why}"
            );
            eprintln!("SKIPPED: the comparison with an independent simulator, which cannot run here: {why}");
            None
        }
    }
}

fn access(answer: &Value) -> Option<Access> {
    match answer["answer"].as_str() {
        Some("allowed") => Some(Access::Allowed),
        Some("denied") => Some(Access::Denied),
        _ => None,
    }
}

#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, usize>,
}

impl Tally {
    fn count(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    fn of(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or_default()
    }

    fn lines(&self) -> String {
        self.counts
            .iter()
            .map(|(what, count)| format!("\n  {count:>7}  {what}"))
            .collect()
    }
}

#[test]
fn the_answers_are_those_of_an_independent_simulator() {
    let Some(simulator) = simulator() else { return };
    let seed = number("DIFFERENTIAL_SEED", 1);
    let wanted = number("DIFFERENTIAL_CASES", 6000);
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    let mut first = 0;
    while first < wanted {
        let last = wanted.min(first + 20_000);
        let cases: Vec<Case> = (first..last).map(|number| Case::generate(seed, number)).collect();
        compare(&simulator, &cases, &mut tally, &mut wrong);
        first = last;
    }
    eprintln!("{wanted} cases of series {seed}:{}", tally.lines());
    for case in wrong.iter().take(5) {
        eprintln!("\n{case}");
    }
    assert!(
        wrong.is_empty(),
        "{} disagreements without an explanation",
        wrong.len()
    );
    // What is compared says something: both answers are frequent, and few cases are left over.
    let share = |what: &str| tally.of(what) * 100 / usize::try_from(wanted).unwrap();
    assert!(share("equal: allowed") >= 25 && share("equal: denied") >= 25);
    assert!(share("knowing less: depends") < 25 && share("refused by the simulator") == 0);
}

fn compare(simulator: &Simulator, cases: &[Case], tally: &mut Tally, wrong: &mut Vec<String>) {
    let questions: Vec<Value> = cases.iter().map(Case::question).collect();
    let answers = simulator.ask(&questions, None);
    // Disagreements, each with the question that should settle it.
    let mut open = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let Some(theirs) = access(answer) else {
            tally.count("refused by the simulator");
            continue;
        };
        let ours = case.ask();
        if ours.access() == theirs {
            tally.count(format!("equal: {theirs}"));
            judge(case, theirs, tally, wrong);
        } else if ours.access() == Access::Depends {
            match classes::why_open(case, &ours) {
                Some(class) => tally.count(format!("open: {class}")),
                None => wrong.push(format!("left open, theirs {theirs}\n{ours}\n{case}")),
            }
            judge(case, theirs, tally, wrong);
        } else {
            open.push((case, ours));
        }
    }
    let remedies: Vec<_> = open
        .iter()
        .map(|(case, ours)| classes::remedies(case, ours.access()))
        .collect();
    let questions: Vec<Value> = remedies
        .iter()
        .flatten()
        .map(|(_, question)| question.clone())
        .collect();
    let mut answers = simulator.ask(&questions, None).into_iter();
    for ((case, ours), remedies) in open.iter().zip(&remedies) {
        let answers: Vec<Value> = answers.by_ref().take(remedies.len()).collect();
        let settled = remedies
            .iter()
            .zip(&answers)
            .find(|(_, answer)| access(answer) == Some(ours.access()));
        match settled {
            Some(((class, _), _)) => {
                tally.count(format!("explained: {}: {class}", ours.access()));
                judge(case, ours.access(), tally, wrong);
            }
            None => wrong.push(format!("not explained: {answers:?}\n{ours}\n{case}")),
        }
    }
}

/// The answers of one who knows less.
fn judge(case: &Case, theirs: Access, tally: &mut Tally, wrong: &mut Vec<String>) {
    let less = case.ask_knowing_less();
    match less.access() {
        Access::Depends => tally.count("knowing less: depends"),
        access if access == theirs => tally.count(format!("knowing less: {access}")),
        _ => wrong.push(format!("knowing less, theirs {theirs}\n{less}\n{case}")),
    }
    let set = case.ask_of_the_set();
    if set.access() == Access::Allowed {
        tally.count("of a set: allowed");
        if theirs != Access::Allowed {
            wrong.push(format!("of the set, theirs {theirs}\n{set}\n{case}"));
        }
    } else if case.is_example {
        tally.count("of a set: denied, and the example is");
        if theirs != Access::Denied {
            wrong.push(format!("the example, theirs {theirs}\n{set}\n{case}"));
        }
    }
}

/// What the documentation has for the same, the simulator has not. Each pair is an Allow for everyone under one
/// condition, and both must be allowed.
#[test]
fn the_simulator_has_defects_of_its_own() {
    let Some(simulator) = simulator() else { return };
    let pairs = [
        // A shorter prefix makes a network larger, and its halves hold the address.
        (
            "aws:SourceIp",
            "203.0.113.7",
            json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } }),
            json!({ "IpAddress": { "aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"] } }),
        ),
        // "If you specify an IP address without the associated routing prefix, IAM uses the default prefix value
        // of /32" (IAM User Guide, "IP address condition operators").
        (
            "aws:SourceIp",
            "2001:db8::7",
            json!({ "NotIpAddress": { "aws:SourceIp": "203.0.113.7" } }),
            json!({ "NotIpAddress": { "aws:SourceIp": "203.0.113.7/32" } }),
        ),
        // "ISO 8601 date formats or in epoch (UNIX) time" (the same, "Date condition operators").
        (
            "aws:CurrentTime",
            "2025-01-01T00:00:00Z",
            json!({ "DateEquals": { "aws:CurrentTime": "1735689600" } }),
            json!({ "DateEquals": { "aws:CurrentTime": "2025-01-01T00:00:00Z" } }),
        ),
        // "ArnEquals and ArnLike behave identically" (the same, "ARN condition operators").
        (
            "aws:SourceArn",
            "arn:aws:sns:eu-west-1:111122223333:t:x",
            json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t:x" } }),
            json!({ "ArnEquals": { "aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t:x" } }),
        ),
        // Without a wildcard `StringLike` is `StringEquals`.
        (
            "aws:userid",
            "a",
            json!({ "StringLike": { "aws:userid": "a" } }),
            json!({ "StringEquals": { "aws:userid": "a" } }),
        ),
    ];
    let question = |key: &str, value: &str, condition: &Value| {
        let restrict = ["aws:SourceArn", "aws:userid"].contains(&key);
        json!({
            "policy": { "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
                "Condition": condition,
            }] },
            "controls": [], "restrict": restrict, "principal": CALLERS[0].0,
            "action": "s3:GetObject", "resource": "arn:aws:s3:::b/a", "owner": OWNER,
            "keys": { "aws:PrincipalArn": CALLERS[0].1, key: value },
        })
    };
    let questions: Vec<Value> = pairs
        .iter()
        .flat_map(|(key, value, one, other)| [question(key, value, one), question(key, value, other)])
        .collect();
    let answers: Vec<_> = simulator.ask(&questions, None).iter().map(access).collect();
    assert_eq!(
        answers,
        [Some(Access::Denied), Some(Access::Allowed)].repeat(pairs.len()),
        "where the first of a pair is Allowed now, the simulator was mended and the class can go"
    );
}
