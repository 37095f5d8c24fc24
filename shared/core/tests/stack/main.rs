//! What is said of a stack by what was seen of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod healthy;
mod parts;
mod trails;

use guardian_core::finding::{Code, Finding};
use guardian_core::judge::{Judgement, judge_stack};
use guardian_core::observation::StackObservation;
use guardian_core::parts::Parts;
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};

use healthy::{observation, parts};

fn settings() -> Settings {
    Settings::new(
        "111122223333".parse().unwrap(),
        "us-east-1",
        CLOUDINARY_ACCOUNT.parse().unwrap(),
        Ceilings::open(Mode::Repair),
    )
}

fn judged(parts: &Parts, seen: &StackObservation) -> Judgement {
    let now = "2026-11-23T10:15:00Z".parse().unwrap();
    judge_stack(&settings(), parts, seen, now)
}

/// What is found where all is well but for this.
fn found(edit: impl FnOnce(&mut StackObservation)) -> Vec<Finding> {
    let parts = parts();
    let mut seen = observation(&parts);
    edit(&mut seen);
    judged(&parts, &seen).findings
}

fn codes(findings: &[Finding]) -> Vec<Code> {
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn of_a_stack_that_is_well_nothing_is_said() {
    assert_eq!(found(|_| {}), []);
}
