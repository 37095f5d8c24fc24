//! `guardian replay`: events through the router and the reconciler, in this process.

mod local;

use std::io::{self, Write};
use std::path::PathBuf;

use guardian_core::finding::Finding;
use guardian_core::plan::Change;
use guardian_core::settings::Mode;
use guardian_core::trigger::{self, Action};
use guardian_reconcile::Report;
use serde_json::{Value, json};

use super::live::Live;
use super::{CommandError, Ended, output};
use local::Local;

/// Buckets and keys are those of the environment; ledger, queues and topic are of this process, so that no
/// stack is needed and nobody is told. Without `yes` it only observes.
pub(super) async fn run(files: &[PathBuf], yes: bool, json: bool) -> Result<Ended, CommandError> {
    let mut events = Vec::new();
    for path in files {
        let text = super::route::read_file(path)?;
        let named = |reason| CommandError::Events {
            file: path.display().to_string(),
            reason,
        };
        events.extend(trigger::split(&text).map_err(named)?);
    }
    let live = Live::connect(if yes { Mode::Repair } else { Mode::Observe }).await?;
    let local = Local::new(&live);
    if events.iter().any(asks_the_ledger) {
        // Which buckets need a key or mean an alias stands in the ledger; ours is empty, so every declared bucket
        // is looked at.
        local.learn().await?;
    }
    let mut findings_remain = false;
    for event in &events {
        let trigger = trigger::read(event);
        let reports = local.pass(event).await?;
        findings_remain |= reports.iter().any(|report| left(report) > 0);
        let mut out = output::stdout();
        if json {
            writeln!(out, "{}", as_json(&trigger, &reports))?;
        } else {
            print(&mut out, &trigger, &reports, yes)?;
        }
    }
    Ok(Ended::unless(findings_remain))
}

fn asks_the_ledger(event: &Value) -> bool {
    let trigger = trigger::read(event);
    trigger.action == Action::Check && !(trigger.keys.is_empty() && trigger.aliases.is_empty())
}

/// How many findings are still there after the repairs.
fn left(report: &Report) -> usize {
    let ended: Vec<_> = report.repairs.iter().map(Change::ends).collect();
    let is_ended = |finding: &&Finding| {
        ended
            .iter()
            .any(|(code, subject)| finding.identity() == (*code, subject))
    };
    report
        .findings
        .iter()
        .filter(|finding| !is_ended(finding))
        .count()
}

fn print(out: &mut impl Write, trigger: &trigger::Trigger, reports: &[Report], yes: bool) -> io::Result<()> {
    writeln!(out, "{}: {:?}, {}", trigger.event, trigger.action, trigger.reason)?;
    for report in reports {
        let verdict = report
            .verdict
            .map_or_else(|| "nothing judged".to_owned(), |verdict| verdict.to_string());
        let note = report
            .note
            .as_ref()
            .map(|note| format!(" ({note})"))
            .unwrap_or_default();
        writeln!(out, "  {}: {verdict}{note}", report.resource)?;
        for finding in &report.findings {
            writeln!(
                out,
                "    {}: {}",
                finding.code,
                finding.message.lines().next().unwrap_or_default()
            )?;
        }
        for change in &report.repairs {
            for line in change.to_string().lines() {
                writeln!(out, "    {line}")?;
            }
        }
    }
    if !yes && reports.iter().any(|report| !report.findings.is_empty()) {
        writeln!(out, "  nothing was changed; --yes lets it repair")?;
    }
    Ok(())
}

fn as_json(trigger: &trigger::Trigger, reports: &[Report]) -> Value {
    let reports: Vec<Value> = reports
        .iter()
        .map(|report| {
            json!({
                "resource": report.resource,
                "verdict": report.verdict,
                "findings": report.findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
                "repairs": report.repairs.iter().map(Change::to_json).collect::<Vec<_>>(),
                "note": report.note,
            })
        })
        .collect();
    json!({"trigger": trigger.to_json(), "reports": reports})
}
