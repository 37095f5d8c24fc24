//! What is written of the numbers: CloudWatch's embedded metric format, through the same collector as in a function.

use std::collections::BTreeSet;

use guardian_lambda::metrics::{Datum, Metric, NAMESPACE};
use guardian_lambda::{Environment, Telemetry};
use lambda_runtime::Context;
use serde_json::{Value, json};

fn datum(metric: Metric, of: Option<&'static str>, value: u32) -> Datum {
    Datum { metric, of, value }
}

/// One datum of every metric and every value of its dimension.
fn everything() -> Vec<Datum> {
    let of = |metric: &Metric| match metric.by() {
        Some(by) => by.values().into_iter().map(Some).collect(),
        None => vec![None],
    };
    let all = Metric::ALL
        .iter()
        .flat_map(|metric| of(metric).into_iter().map(|of| datum(*metric, of, 1)));
    all.collect()
}

fn written(telemetry: &Telemetry, data: &[Datum]) -> Vec<Value> {
    let mut context = Context::default();
    context.request_id = "r-\"1\"\n".to_owned();
    let mut lines = Vec::new();
    telemetry.write(&context, data, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Holds a line against the specification ("Specification: Embedded metric format", CloudWatch User Guide): its metrics
/// with their dimensions' names.
fn metrics(line: &Value) -> Vec<(String, String, Vec<String>)> {
    assert!(line["_aws"]["Timestamp"].is_u64(), "{line}");
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    let mut found = Vec::new();
    for directive in directives {
        assert_eq!(directive["Namespace"], NAMESPACE);
        let [dimensions] = directive["Dimensions"].as_array().unwrap().as_slice() else {
            panic!("one set of dimensions: {directive}")
        };
        let dimensions: Vec<String> = serde_json::from_value(dimensions.clone()).unwrap();
        for name in &dimensions {
            assert!(
                line[name].as_str().is_some_and(|value| !value.is_empty()),
                "{name}: {line}"
            );
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            let value = &line[name];
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            assert!(!values.is_empty() && values.len() <= 100, "{line}");
            assert!(values.iter().all(Value::is_number), "{line}");
            let unit = metric["Unit"].as_str().unwrap().to_owned();
            found.push((name.to_owned(), unit, dimensions.clone()));
        }
    }
    found
}

// One test: a process has one collector.
#[test]
fn numbers_become_lines_that_cloudwatch_reads_and_are_forgotten() {
    let nowhere = Environment::new(|_: &str| None);
    let missing = Telemetry::start(&nowhere).map(drop).unwrap_err();
    assert!(missing.to_string().contains("GUARDIAN_STACK"), "{missing}");

    let environment = Environment::new(|name: &str| (name == "GUARDIAN_STACK").then(|| "prod".to_owned()));
    let telemetry = Telemetry::start(&environment).unwrap();

    let lines = written(
        &telemetry,
        &[
            datum(Metric::Checks, None, 1),
            datum(Metric::Checks, None, 1),
            datum(Metric::RepairTime, None, 4),
            datum(Metric::RepairTime, None, 0),
        ],
    );
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(line["Stack"], "prod");
    assert_eq!(line["request_id"], "r-\"1\"\n");
    assert_eq!(line["Checks"], 2);
    assert_eq!(line["RepairTime"], json!([4.0, 0.0]));

    let found: Vec<_> = written(&telemetry, &everything())
        .iter()
        .flat_map(metrics)
        .collect();
    for (name, unit, dimensions) in &found {
        let metric = Metric::ALL.iter().find(|metric| metric.name() == name).unwrap();
        assert_eq!(unit, metric.unit().as_str(), "{name}");
        assert_eq!(*dimensions, metric.dimensions(), "{name}");
    }
    let names: BTreeSet<_> = found.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names.len(), Metric::ALL.len());
    let at_most: usize = Metric::ALL.iter().map(|metric| metric.at_most()).sum();
    assert_eq!(found.len(), at_most);

    // Above all not how the fleet stood: an instance that sees no further sweep would tell of it for ever.
    assert_eq!(written(&telemetry, &[]), [Value::Null; 0]);
}
