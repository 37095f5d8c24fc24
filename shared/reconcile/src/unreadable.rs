//! Objects that cannot be read whatever the policies say: what was found of them stands until a complete count, begun
//! later, finds none. A sample that meets none proves nothing, and neither does a census that was broken off.

use std::time::Duration;

use guardian_core::census::{Census, Source};
use guardian_core::finding::{Code, Finding};
use guardian_core::judge::Judgement;
use guardian_core::moment::Moment;

/// So long after such objects were last met they are taken to be there still, where no complete count is made.
pub(crate) const STANDS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// As long as nothing but the time of the look is new, the finding keeps the words that are on record for a day.
const SAME: Duration = Duration::from_secs(24 * 60 * 60);

/// Brings what was judged of the last counts together with the findings that are `open`.
pub(crate) fn stand(
    judgement: &mut Judgement,
    open: impl Iterator<Item = Finding>,
    counts: &[&Census],
    now: Moment,
) {
    for known in open.filter(|finding| is_of_objects(finding.code)) {
        let Some(at) = met(&known) else { continue };
        let (code, subject) = known.identity();
        let judged = judgement.findings.iter_mut();
        match judged
            .into_iter()
            .find(|judged| judged.identity() == (code, subject))
        {
            Some(judged) if is_same(judged, &known) && now.since(at) < SAME => *judged = known,
            Some(_) => {}
            None if is_over(code, at, counts) || now.since(at) >= STANDS => {}
            None => judgement.add(known.verdict, known),
        }
    }
}

fn is_of_objects(code: Code) -> bool {
    matches!(
        code,
        Code::ObjectsArchived | Code::ObjectsCustomerKey | Code::ObjectsForeign
    )
}

/// When they were last met.
fn met(finding: &Finding) -> Option<Moment> {
    serde_json::from_value(finding.evidence.get("at")?.clone()).ok()
}

/// Only a walk asks who owns the objects.
fn is_over(code: Code, at: Moment, counts: &[&Census]) -> bool {
    let mut counts = counts.iter();
    counts.any(|count| {
        count.is_complete()
            && count.began > at
            && (code != Code::ObjectsForeign || count.source == Source::Walk)
    })
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    let fields = ["objects", "example", "of", "counted_by"];
    fields
        .iter()
        .all(|field| one.evidence.get(field) == other.evidence.get(field))
}
