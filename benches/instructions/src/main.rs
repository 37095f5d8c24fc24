//! `guardian-bench-instructions WORKLOAD TIMES`: does the work so many times. `check` counts the instructions of two runs
//! of different length and divides the difference.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use guardian_policy::{Context, PolicyDocument, evaluate};

#[path = "../../../shared/policy/benches/documents/mod.rs"]
mod documents;

use documents::{ACCOUNT, OBJECT, OBJECTS, context, one_statement, question, twenty_kilobytes};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (workload, times) = (arguments.next().unwrap(), arguments.next().unwrap());
    let times: u32 = times.parse().unwrap();
    let (object, objects) = ([OBJECT.to_owned()], [OBJECTS.to_owned()]);
    let (known, external) = (context(), Context::external_s3_read(ACCOUNT));
    let (small, large) = (one_statement(), twenty_kilobytes());
    let text = large.to_compact_json();
    for _ in 0..times {
        let verdict = match workload.as_str() {
            "small-object" => evaluate(Some(black_box(&small)), &question(&object, &known)),
            "small-every" => evaluate(Some(black_box(&small)), &question(&objects, &external)),
            "large-object" => evaluate(Some(black_box(&large)), &question(&object, &known)),
            "large-every" => evaluate(Some(black_box(&large)), &question(&objects, &external)),
            "large-text" => {
                let document = PolicyDocument::parse(black_box(&text)).unwrap();
                evaluate(Some(&document), &question(&objects, &external))
            }
            other => panic!("no workload `{other}`"),
        };
        black_box(verdict);
    }
}
