//! What must be the same before and after, and how a run ended.

use guardian_core::finding::{Code, Finding, Remedy};
use guardian_policy::{PolicyDocument, equivalent_statements};
use guardian_reconcile::Report;
use serde_json::Value;

use crate::stage::Stage;

/// Every statement that was there is there, in its place and with its meaning, but for one that is extended
/// and was ours already; at most one is new, at the end. Everything around the statements is as it was.
#[track_caller]
pub(crate) fn expect_kept(before: &str, after: &str) {
    let (before, after) = (
        PolicyDocument::parse(before).unwrap(),
        PolicyDocument::parse(after).unwrap(),
    );
    let outer = |document: &PolicyDocument| {
        let mut outer = document.as_value().clone();
        outer.as_object_mut().unwrap().shift_remove("Statement");
        outer
    };
    assert_eq!(outer(&before), outer(&after), "Version and Id");
    let (old, new): (Vec<_>, Vec<_>) = (before.statements().collect(), after.statements().collect());
    assert!(new.len() == old.len() || new.len() == old.len() + 1, "{after:?}");
    let changed: Vec<&Value> = old
        .iter()
        .zip(&new)
        .filter(|(one, other)| !equivalent_statements(one, other))
        .map(|(one, _)| one.value())
        .collect();
    match changed.as_slice() {
        [] => assert_eq!(new.len(), old.len() + 1, "something was written"),
        [one] if new.len() == old.len() => {
            assert_eq!(one["Effect"], "Allow", "{one}");
            assert!(one.get("Condition").is_none(), "{one}");
            let names = one["Principal"]["AWS"].to_string();
            assert!(
                names.contains("232482882421") && !names.contains("111122223333"),
                "{one}"
            );
        }
        _ => panic!("foreign statements were changed: {changed:?}"),
    }
}

/// The last look at this resource in a run.
pub(crate) fn last<'a>(reports: &'a [Report], resource: &str) -> &'a Report {
    reports
        .iter()
        .rfind(|report| report.resource.to_string() == resource)
        .expect("it was looked at")
}

pub(crate) fn lacks_a_grant(findings: &[Finding]) -> bool {
    let codes = [Code::GrantMissing, Code::GrantPartial, Code::KeyGrantMissing];
    findings.iter().any(|finding| codes.contains(&finding.code))
}

pub(crate) fn for_a_person(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.remedy == Remedy::Human)
}

/// How often a repair of such a finding was told since the last time.
pub(crate) fn told_repairs(stage: &Stage, code: &str) -> usize {
    let notices = stage.model.take_notices();
    let repaired = notices.iter().filter(|notice| {
        notice.attributes["transition"] == "repaired" && notice.attributes["code"].starts_with(code)
    });
    repaired.count()
}

/// Sweeps again: what was written to policies and markers.
pub(crate) fn swept_again(stage: &Stage) -> Vec<String> {
    stage.model.take_journal();
    stage.sweep();
    stage.rest();
    let journal = stage.model.take_journal();
    let writes = journal.iter().filter(|call| call.repairs());
    writes.map(ToString::to_string).collect()
}
