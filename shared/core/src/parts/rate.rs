//! How often the sweep is to come, from the schedule that the stack was given.

use std::time::Duration;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// Within which a `cron` that names days or months is expected once: its next time is not worked out.
const MONTH: u64 = 31 * DAY;

/// The schedule of the sweep, as EventBridge writes schedules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepRate {
    text: String,
    period: Duration,
}

impl Default for SweepRate {
    /// Every hour, the default of the template.
    fn default() -> Self {
        Self {
            text: "rate(1 hour)".to_owned(),
            period: Duration::from_secs(HOUR),
        }
    }
}

/// A text that is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no schedule: expected `rate(1 hour)`, `rate(30 minutes)`, … or `cron(…)`")]
pub struct RateError(String);

impl SweepRate {
    /// Reads `rate(1 hour)` and the like, and `cron(…)` (EventBridge User Guide, "Setting a schedule pattern for scheduled
    /// rules").
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn read(text: &str) -> Result<Self, RateError> {
        let text = text.trim();
        let inside = |word: &str| text.strip_prefix(word)?.strip_prefix('(')?.strip_suffix(')');
        let period = match (inside("rate"), inside("cron")) {
            (Some(rate), _) => of_rate(rate),
            (None, Some(cron)) => of_cron(cron),
            (None, None) => None,
        };
        let period = period.ok_or_else(|| RateError(text.to_owned()))?;
        Ok(Self {
            text: text.to_owned(),
            period: Duration::from_secs(period),
        })
    }

    /// The schedule as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The longest time from one sweep to the next. Of a `cron` it is a day where only the time of day is named, and
    /// otherwise 31 days.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }
}

fn of_rate(rate: &str) -> Option<u64> {
    let (count, unit) = rate.split_once(' ')?;
    let unit = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => HOUR,
        "day" | "days" => DAY,
        _ => return None,
    };
    let count: u64 = count.parse().ok().filter(|count| *count > 0)?;
    count.checked_mul(unit)
}

fn of_cron(cron: &str) -> Option<u64> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [_minute, _hour, days @ ..] = fields.as_slice() else {
        return None;
    };
    let every = |field: &&str| matches!(*field, "*" | "?");
    (days.len() == 4).then_some(if days.iter().all(every) { DAY } else { MONTH })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> Option<u64> {
        SweepRate::read(text)
            .ok()
            .map(|rate| rate.period().as_secs() / HOUR)
    }

    #[test]
    fn a_rate_is_its_own_period() {
        assert_eq!(hours("rate(1 hour)"), Some(1));
        assert_eq!(SweepRate::read("rate(1 hour)"), Ok(SweepRate::default()));
        assert_eq!(hours("rate(90 minutes)"), Some(1));
        assert_eq!(hours("rate(2 days)"), Some(48));
    }

    #[test]
    fn a_cron_is_expected_daily_or_if_it_names_days_monthly() {
        assert_eq!(hours("cron(0 * * * ? *)"), Some(24));
        assert_eq!(hours("cron(0 6 ? * MON-FRI *)"), Some(31 * 24));
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            "",
            "1 hour",
            "rate(0 minutes)",
            "rate(1 week)",
            "cron(* *)",
            "rate(18446744073709551615 days)",
        ] {
            assert!(SweepRate::read(wrong).is_err(), "{wrong}");
        }
    }
}
