//! The shortest plan that still breaks the same law (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
//! Input").

use std::time::{Duration, Instant};

use crate::bug::Bug;
use crate::law::{Law, Violation};
use crate::play::play;
use crate::step::Plan;

/// As long as this it goes on at most: whoever waits for the story would rather have a longer one than none.
const PATIENCE: Duration = Duration::from_secs(240);

/// Makes the fleet simpler, then takes steps out, half of them first, as long as the law stays broken.
pub(crate) fn shrink(plan: &Plan, law: Law, bug: Option<Bug>) -> Plan {
    let began = Instant::now();
    let breaks = |plan: &Plan| {
        began.elapsed() < PATIENCE
            && play(plan, bug, false)
                .violation
                .is_some_and(|found: Violation| found.law == law)
    };
    let mut best = plan.clone();
    for simpler in [
        |plan: &mut Plan| plan.setup.two_stacks = false,
        |plan: &mut Plan| plan.setup.manages_notifications = false,
        |plan: &mut Plan| plan.setup.fighter_stays = false,
    ] {
        let mut plan = best.clone();
        simpler(&mut plan);
        if breaks(&plan) {
            best = plan;
        }
    }
    let mut size = best.steps.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        let mut shorter = false;
        while at < best.steps.len() {
            let mut fewer = best.clone();
            fewer.steps.drain(at..(at + size).min(best.steps.len()));
            if breaks(&fewer) {
                best = fewer;
                shorter = true;
            } else {
                at += size;
            }
        }
        if size == 1 && !shorter {
            break;
        }
        size = if size == 1 { 1 } else { size / 2 };
    }
    // Two steps that only go together: something breaks, something mends it.
    let mut one = 0;
    while one < best.steps.len() {
        let mut other = one + 1;
        while other < best.steps.len() {
            let mut fewer = best.clone();
            fewer.steps.remove(other);
            fewer.steps.remove(one);
            if breaks(&fewer) {
                best = fewer;
                other = one + 1;
            } else {
                other += 1;
            }
        }
        one += 1;
    }
    best
}
