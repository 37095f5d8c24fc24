//! What a batch comes to.

use std::collections::BTreeMap;
use std::time::Duration;

use guardian_core::alert::TransitionKind;
use guardian_core::finding::{Code, Finding, Severity, Subject, Verdict};
use guardian_lambda::metrics::{Datum, Kind, Metric, of_reconciles, of_routes, of_step};
use guardian_reconcile::{FleetCounts, Report, Said};
use serde_json::json;

/// A report of nothing but which resource it is about.
fn report(resource: &str) -> Report {
    let report = Report::new(resource.parse().unwrap(), "PutBucketPolicy");
    Report {
        ends_sweep: resource == "sweep",
        ..report
    }
}

fn judged(resource: &str, verdict: Verdict, codes: &[Code]) -> Report {
    let subject = || Subject::Bucket("media".parse().unwrap());
    let found = codes
        .iter()
        .map(|code| Finding::new(*code, subject(), "m", json!({})));
    Report {
        verdict: Some(verdict),
        findings: found.collect(),
        ..report(resource)
    }
}

/// The numbers, added up.
fn sums(data: &[Datum]) -> BTreeMap<(Metric, &'static str), u32> {
    let mut sums = BTreeMap::new();
    for datum in data {
        *sums
            .entry((datum.metric, datum.of.unwrap_or_default()))
            .or_default() += datum.value;
    }
    sums
}

#[test]
fn a_look_without_a_verdict_is_no_check_and_a_sweep_is_a_heartbeat() {
    let reports = [
        judged("bucket:media", Verdict::Readable, &[]),
        judged(
            "key:arn:aws:kms:eu-west-1:111122223333:key/k",
            Verdict::Readable,
            &[],
        ),
        report("bucket:undeclared"),
        report("sweep"),
    ];
    // A sweep that goes on in another leg is none yet.
    let unfinished = Report {
        ends_sweep: false,
        ..report("sweep")
    };
    let reports = reports.into_iter().chain([unfinished]).collect::<Vec<_>>();
    assert_eq!(
        sums(&of_reconciles(&reports, 0, 23, 0)),
        BTreeMap::from([
            ((Metric::Checks, ""), 2),
            ((Metric::Heartbeat, ""), 1),
            ((Metric::AwsCalls, ""), 23)
        ])
    );
}

#[test]
fn findings_are_counted_by_code_and_failures_by_function() {
    let reports = [
        judged(
            "bucket:media",
            Verdict::Blocked,
            &[Code::GrantMissing, Code::MarkerMissing],
        ),
        judged("bucket:archive", Verdict::Blocked, &[Code::GrantMissing]),
    ];
    let sums = sums(&of_reconciles(&reports, 3, 0, 2));
    assert_eq!(sums[&(Metric::Findings, "grant-missing")], 2);
    assert_eq!(sums[&(Metric::Findings, "marker-missing")], 1);
    assert_eq!(sums[&(Metric::Failures, "reconciler")], 3);
    assert_eq!(sums[&(Metric::Throttles, "")], 2);
    assert!(!sums.contains_key(&(Metric::AwsCalls, "")), "there was none");
}

#[test]
fn a_finding_on_a_key_is_counted_by_the_keys_own_look_alone() {
    let arn = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let on_key = |resource: &str| {
        let subject = Subject::Key(arn.parse().unwrap());
        let finding = Finding::new(Code::KeyGrantMissing, subject, "m", json!({}));
        Report {
            findings: vec![finding],
            ..judged(resource, Verdict::Blocked, &[])
        }
    };
    let reports = [on_key("bucket:media"), on_key(&format!("key:{arn}"))];
    let sums = sums(&of_reconciles(&reports, 0, 0, 0));
    assert_eq!(sums[&(Metric::Findings, "key-grant-missing")], 1);
}

#[test]
fn a_refused_repair_is_no_repair_and_a_healed_look_says_how_long_it_took() {
    let reports = [
        Report {
            refused: 2,
            ..report("bucket:media")
        },
        Report {
            healed_after: Some(Duration::from_secs(17)),
            ..report("bucket:archive")
        },
        Report {
            healed_after: Some(Duration::ZERO),
            ..report("bucket:other")
        },
    ];
    let data = of_reconciles(&reports, 0, 0, 0);
    let times: Vec<u32> = data
        .iter()
        .filter(|datum| datum.metric == Metric::RepairTime)
        .map(|datum| datum.value)
        .collect();
    assert_eq!(times, [17, 0], "that it took no second is a time too");
    let sums = sums(&data);
    assert_eq!(sums[&(Metric::RepairFailures, "")], 2);
    assert!(!sums.contains_key(&(Metric::Repairs, "")));
}

#[test]
fn flapping_counts_when_it_is_told_and_not_when_it_is_over() {
    let said = |code, kind| Said {
        id: "1".to_owned(),
        code,
        kind,
        subject: String::new(),
        text: String::new(),
    };
    let told = Report {
        said: vec![
            said(Code::Flapping, TransitionKind::NeedsYou),
            said(Code::Flapping, TransitionKind::Resolved),
            said(Code::GrantDenied, TransitionKind::NeedsYou),
        ],
        ..report("bucket:media")
    };
    assert_eq!(sums(&of_reconciles(&[told], 0, 0, 0))[&(Metric::Flaps, "")], 1);
}

#[test]
fn a_sweep_tells_of_every_verdict_and_severity_also_where_there_is_none() {
    let fleet = FleetCounts {
        buckets: BTreeMap::from([(Verdict::Readable, 7), (Verdict::Blocked, 1)]),
        incidents: BTreeMap::from([(Severity::High, 2)]),
    };
    let swept = Report {
        fleet: Some(fleet),
        ..report("sweep")
    };
    let sums = sums(&of_reconciles(&[swept], 0, 0, 0));
    let of = |metric, values: [&'static str; 4]| values.map(|value| sums[&(metric, value)]);
    assert_eq!(
        of(Metric::Buckets, ["readable", "depends", "unknown", "blocked"]),
        [7, 0, 0, 1]
    );
    assert_eq!(
        of(Metric::OpenIncidents, ["critical", "high", "medium", "low"]),
        [0, 2, 0, 0]
    );
}

#[test]
fn where_nothing_happened_nothing_is_written() {
    assert_eq!(of_reconciles(&[], 0, 0, 0), []);
    assert_eq!(of_routes(0, 0), []);
    assert_eq!(of_step(0), []);
}

#[test]
fn every_number_is_of_a_value_that_the_dimension_has() {
    let fleet = Some(FleetCounts::default());
    let all = judged("bucket:media", Verdict::Blocked, Code::ALL);
    let data = [
        of_reconciles(
            &[
                all,
                Report {
                    fleet,
                    ..report("sweep")
                },
            ],
            1,
            1,
            1,
        ),
        of_routes(1, 1),
        of_step(1),
    ];
    for datum in data.concat() {
        let values = datum.metric.by().map(|by| by.values());
        assert_eq!(values.is_some(), datum.of.is_some(), "{datum:?}");
        let is_known = values.unwrap_or_default().contains(&datum.of.unwrap_or_default());
        assert!(is_known || datum.of.is_none(), "{datum:?}");
    }
    assert!(Metric::ALL.iter().any(|metric| metric.kind() == Kind::Value));
}
