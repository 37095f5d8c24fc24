//! How often the same thing is repaired before somebody has to talk to the other writer.

use std::time::Duration;

use crate::moment::Moment;

/// At most this many repairs of one finding on one subject within [`WINDOW`].
pub const REPAIRS: usize = 5;
/// The window the repairs are counted in.
pub const WINDOW: Duration = Duration::from_secs(60 * 60);
/// How long nothing may have been repaired for the flapping to be over.
pub const QUIET: Duration = Duration::from_secs(24 * 60 * 60);

/// What the budget says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Repair.
    Repair,
    /// Repair (the hourly one), though somebody keeps undoing it.
    RepairFlapping,
    /// Wait until this moment; somebody keeps undoing it.
    Wait(Moment),
}

/// Whether one more repair is within the budget, by the moments of the earlier ones. `flapping` says whether
/// the last look found it flapping: from then on it is one repair an hour until a quiet day has passed.
#[must_use]
pub fn allow(repairs: &[Moment], flapping: bool, now: Moment) -> Allowance {
    let recent = repairs
        .iter()
        .filter(|moment| now.since(**moment) < WINDOW)
        .count();
    let last = repairs.iter().max();
    match last {
        Some(last) if flapping && now.since(*last) < QUIET => {
            if now.since(*last) < WINDOW {
                Allowance::Wait(last.plus(WINDOW))
            } else {
                Allowance::RepairFlapping
            }
        }
        Some(last) if recent >= REPAIRS => Allowance::Wait(last.plus(WINDOW)),
        _ => Allowance::Repair,
    }
}

/// Whether the flapping is over.
#[must_use]
pub fn is_quiet(repairs: &[Moment], now: Moment) -> bool {
    repairs.iter().all(|moment| now.since(*moment) >= QUIET)
}

/// Drops the moments that no rule looks at any more.
pub fn forget_old(repairs: &mut Vec<Moment>, now: Moment) {
    repairs.retain(|moment| now.since(*moment) < QUIET);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_unix(1_000_000 + seconds)
    }

    #[test]
    fn five_repairs_an_hour_are_allowed_and_the_sixth_waits() {
        let mut repairs = Vec::new();
        for minute in 0..5 {
            assert_eq!(allow(&repairs, false, at(minute * 60)), Allowance::Repair);
            repairs.push(at(minute * 60));
        }
        assert_eq!(allow(&repairs, false, at(300)), Allowance::Wait(at(240 + 3600)));
    }

    #[test]
    fn five_repairs_spread_over_hours_are_no_flapping() {
        let repairs: Vec<Moment> = (0..5).map(|n| at(n * 1800)).collect();
        assert_eq!(allow(&repairs, false, at(5 * 1800)), Allowance::Repair);
    }

    #[test]
    fn once_flapping_it_is_one_repair_an_hour_until_a_quiet_day() {
        assert_eq!(allow(&[at(0)], true, at(60)), Allowance::Wait(at(3600)));
        assert_eq!(allow(&[at(0)], true, at(3600)), Allowance::RepairFlapping);
        assert_eq!(allow(&[at(0)], true, at(86_400)), Allowance::Repair);
        assert!(!is_quiet(&[at(0)], at(86_399)));
        assert!(is_quiet(&[at(0)], at(86_400)));
    }

    #[test]
    fn old_repairs_are_forgotten() {
        let mut repairs = vec![at(0), at(50_000)];
        forget_old(&mut repairs, at(86_400));
        assert_eq!(repairs, [at(50_000)]);
    }
}
