//! What is said of a stack by what was seen of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod healthy;
mod parts;
mod trails;

use guardian_core::finding::{Code, Finding};
use guardian_core::judge::{Judgement, judge_stack};
use guardian_core::observation::StackObservation;
use guardian_core::parts::Parts;
use guardian_core::settings::{CENSUS_EVERY, CLOUDINARY_ACCOUNT, Ceilings, CensusLevel, Mode, Settings};

use healthy::{observation, parts};

fn settings() -> Settings {
    Settings {
        account: "111122223333".parse().unwrap(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        cloudinary_account: CLOUDINARY_ACCOUNT.parse().unwrap(),
        ceilings: Ceilings::open(Mode::Repair),
        digest: None,
        census: CensusLevel::Off,
        watches_objects: false,
        census_every: CENSUS_EVERY,
        manages_notifications: false,
        parts: None,
    }
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
