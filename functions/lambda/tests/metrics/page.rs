//! docs/metrics.md is made from the table. What the template's alarms and widgets name is held against it
//! (tests/template/telemetry.py).

use std::fmt::Write;
use std::path::PathBuf;

use guardian_lambda::metrics::{Kind, Metric, NAMESPACE, STACK};

const COMMAND: &str = "GUARDIAN_BLESS=1 cargo test -p guardian-lambda --test metrics";

/// US$ for a metric and month, up to ten thousand (Amazon CloudWatch pricing), in cents.
const CENTS: usize = 30;

fn page() -> String {
    let mut page = format!(
        "# Metrics\n\n<!-- Made from `functions/lambda/src/metrics.rs`. Do not edit: {COMMAND} -->\n\n\
         The functions write their numbers as lines of their logs, in CloudWatch's embedded metric format; no call is made and \
         no right is needed for it. All of them are in the namespace `{NAMESPACE}` and carry the dimension `{STACK}`, the \
         stack's name.\n\n\
         A metric that is *counted* is written only where there was something to count: read it with `Sum`, and take a gap \
         for zero. One of *values* is written with every value, zero too: read it with `Maximum`, times also with a \
         percentile (`p90`).\n\n\
         | metric | unit | dimensions | kind | what it tells |\n|---|---|---|---|---|\n"
    );
    for metric in Metric::ALL {
        let dimensions = metric.dimensions().in_code();
        let kind = match metric.kind() {
            Kind::Count => "counted",
            Kind::Value => "values",
        };
        let _ = writeln!(
            page,
            "| `{}` | {} | {dimensions} | {kind} | {} |",
            metric.name(),
            metric.unit().as_str(),
            metric.meaning()
        );
    }
    page.push_str("\nThe values of the dimensions:\n\n");
    let mut seen = Vec::new();
    for by in Metric::ALL.iter().filter_map(|metric| metric.by()) {
        if seen.contains(&by) {
            continue;
        }
        seen.push(by);
        let values = if by.values().len() > 4 {
            "the codes of [findings](findings.md)".to_owned()
        } else {
            by.values().in_code()
        };
        let _ = writeln!(page, "- `{}`: {values}", by.name());
    }
    page.push_str(&cost());
    page
}

fn cost() -> String {
    let codes: usize = Metric::Findings.at_most();
    let rest: usize = Metric::ALL.iter().map(|metric| metric.at_most()).sum::<usize>() - codes;
    // What is written hour by hour though nothing happens.
    let quiet = [
        Metric::Buckets,
        Metric::OpenIncidents,
        Metric::Heartbeat,
        Metric::Checks,
        Metric::AwsCalls,
    ];
    let quiet: usize = quiet.iter().map(|metric| metric.at_most()).sum();
    let dollars = |metrics: usize| {
        let cents = metrics * CENTS;
        format!("US$ {}.{:02}", cents / 100, cents % 100)
    };
    format!(
        "\n## What they cost\n\nCloudWatch counts each combination of name and dimensions as a metric, at US$ 0.30 a month (the \
         first ten of an account are free), and only for the hours in which it is written. Where all is well that is \
         {quiet} metrics, {}; at most {rest} and one for each code that was found within the month, {} and US$ 0.30 for \
         each code that stands all month ({codes} codes, {} if every one of them did).\n",
        dollars(quiet),
        dollars(rest),
        dollars(rest + codes)
    )
}

trait InCode {
    fn in_code(&self) -> String;
}

impl InCode for Vec<&'static str> {
    fn in_code(&self) -> String {
        let quoted: Vec<String> = self.iter().map(|name| format!("`{name}`")).collect();
        quoted.join(", ")
    }
}

#[test]
fn the_page_says_what_the_code_writes() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    if std::env::var_os("GUARDIAN_BLESS").is_some() {
        std::fs::write(path, page()).unwrap();
        return;
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/metrics.md is stale; write it anew with\n{COMMAND}"
    );
}

#[test]
fn every_metric_fits_cloudwatch() {
    for metric in Metric::ALL {
        assert!(metric.name().len() <= 255 && metric.name().is_ascii());
        assert!(
            metric.meaning().ends_with('.') && !metric.meaning().contains('|'),
            "{metric:?}"
        );
        assert!(metric.dimensions().len() <= 30);
    }
}
