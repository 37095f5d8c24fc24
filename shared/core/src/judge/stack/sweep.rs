//! The sweep: whether it comes when it is due.

use std::time::Duration;

use serde_json::json;

use super::super::Judgement;
use crate::finding::{Code, Finding, Subject, Verdict};
use crate::moment::Moment;
use crate::observation::SweepTimes;
use crate::parts::{Part, PartKind, Parts};

/// A sweep is late after so many periods.
const PERIODS: u32 = 2;

/// The times of a sweep that runs now, given those of the last one.
///
/// A gap is measured by the longer of the two periods: after the schedule was changed, the one that was waited for.
#[must_use]
pub fn swept(last: Option<SweepTimes>, period: Duration, now: Moment) -> SweepTimes {
    let gap = |last: SweepTimes| now.since(last.at);
    let late_after = match last {
        // The same one delivered again, or one out of turn.
        Some(last) if gap(last) < period / 2 => last.late_after,
        Some(last) if gap(last) > period.max(last.period()) * PERIODS => Some(last.at),
        Some(_) | None => None,
    };
    SweepTimes {
        at: now,
        period: period.as_secs(),
        late_after,
    }
}

pub(super) fn judge(parts: &Parts, swept: Option<SweepTimes>, now: Moment) -> Judgement {
    let Some(swept) = swept else {
        return Judgement::default();
    };
    let rate = parts.sweep.as_str();
    let period = parts.sweep.period().max(swept.period());
    let message = if now.since(swept.at) > period * PERIODS {
        format!("the last sweep was at {}, and one is due every {rate}", swept.at)
    } else if let Some(before) = swept.late_after {
        format!(
            "the sweep of {} came only after the one of {before}, and one is due every {rate}",
            swept.at
        )
    } else {
        return Judgement::default();
    };
    let finding = Finding::new(
        Code::SweepLate,
        Subject::Part(Part::new(PartKind::Schedule, "sweep")),
        message,
        json!({"last": swept.at, "before": swept.late_after, "schedule": rate}),
    );
    Judgement::of(Verdict::Readable, finding)
}
