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
    let late = last.filter(|last| now.since(last.at) > period.max(last.period()) * PERIODS);
    SweepTimes {
        at: now,
        period: period.as_secs(),
        late_after: late.map(|last| last.at),
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
        format!("the sweep of {} came only after the one of {before}, and one is due every {rate}", swept.at)
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
