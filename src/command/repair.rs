//! `guardian repair`: shows the plan, asks, applies, verifies.

use std::io::{self, BufRead, IsTerminal, Write};

use guardian_core::finding::Verdict;
use guardian_core::name::{BucketName, CloudName};
use guardian_core::plan::Change;
use guardian_core::settings::Mode;
use guardian_reconcile::apply::Applied;
use guardian_reconcile::operator::{Look, Sampled, look_with_sample, repair};
use guardian_reconcile::seam::Clock;
use serde_json::{Value, json};

use super::check::{print_finding, warn_of_what_is_late};
use super::live::{Live, answer, invalid};
use super::{CommandError, Ended, output, sample};

pub(super) async fn run(
    bucket: BucketName,
    clouds: Vec<CloudName>,
    size: usize,
    notifications: bool,
    yes: bool,
    json: bool,
) -> Result<Ended, CommandError> {
    let mut live = Live::connect(Mode::Repair).await?;
    live.settings.manages_notifications = notifications;
    let declaration = match live.declaration(&bucket, clouds).await? {
        Ok(declaration) => declaration,
        Err(error) => {
            let finding = invalid(&bucket, &error);
            let mut out = output::stdout();
            if json {
                writeln!(out, "{}", answer(&bucket, Verdict::Unknown, &[finding]))?;
            } else {
                print_finding(&mut out, &finding)?;
            }
            return Ok(Ended::Findings);
        }
    };
    let draw = sample::at(live.aws.now(), &bucket, size);
    let (before, sampled) = look_with_sample(&live.aws, &live.settings, &declaration, draw.clone()).await?;
    warn_of_what_is_late(&before)?;
    if before.plan.is_empty() || (json && !yes) {
        return nothing_applied(&before, json);
    }
    if !json {
        show_plan(&before, sampled.as_ref())?;
    }
    if !yes && !ask()? {
        writeln!(output::stdout(), "nothing was changed")?;
        return Ok(Ended::Findings);
    }
    let done = repair(&live.aws, &live.settings, &before).await?;
    let (after, _) = look_with_sample(&live.aws, &live.settings, &declaration, draw).await?;
    let mut out = output::stdout();
    if json {
        writeln!(out, "{}", with_changes(&after, &before.plan.changes, &done))?;
    } else {
        for (change, outcome) in &done {
            writeln!(out, "{}: {}", title(change), word(outcome))?;
        }
        writeln!(out, "\n{bucket}: {}", after.judgement.verdict())?;
        for finding in &after.judgement.findings {
            writeln!(out)?;
            print_finding(&mut out, finding)?;
        }
    }
    Ok(Ended::unless(!after.judgement.findings.is_empty()))
}

/// There is nothing to repair, or the plan was all that was asked for.
fn nothing_applied(look: &Look, json: bool) -> Result<Ended, CommandError> {
    let mut out = output::stdout();
    let judgement = &look.judgement;
    if json {
        writeln!(out, "{}", with_changes(look, &look.plan.changes, &[]))?;
    } else {
        writeln!(
            out,
            "{}: {}; there is nothing to repair",
            look.declaration.bucket,
            judgement.verdict()
        )?;
        for finding in &judgement.findings {
            writeln!(out)?;
            print_finding(&mut out, finding)?;
        }
    }
    Ok(Ended::unless(!judgement.findings.is_empty()))
}

fn show_plan(look: &Look, sampled: Option<&Sampled>) -> io::Result<()> {
    let mut out = output::stdout();
    writeln!(out, "{}: {}", look.declaration.bucket, look.judgement.verdict())?;
    if let Some(sampled) = sampled {
        writeln!(out, "  {}", sample::line(sampled))?;
    }
    writeln!(out)?;
    for finding in &look.judgement.findings {
        print_finding(&mut out, finding)?;
        writeln!(out)?;
    }
    writeln!(out, "This will be changed, and nothing else:\n\n{}\n", look.plan)
}

fn ask() -> Result<bool, CommandError> {
    if !io::stdin().is_terminal() {
        return Err(CommandError::CannotAsk);
    }
    let mut out = output::stdout();
    write!(out, "Apply? [y/N] ")?;
    out.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn title(change: &Change) -> String {
    change
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches(':')
        .to_owned()
}

fn word(outcome: &Applied) -> String {
    match outcome {
        Applied::Verified(_) => "done".to_owned(),
        Applied::NotVisible(_) => "written, but not visible yet; look again in a minute".to_owned(),
        Applied::AlreadyThere => "somebody else did it meanwhile".to_owned(),
        Applied::Stuck => {
            "not done: what is to be changed changed meanwhile and no longer allows it".to_owned()
        }
        Applied::Refused(error) => format!("refused: {error}"),
        Applied::Late(error) => format!("not known for the moment, look again: {error}"),
        Applied::Lost(_, lost) => format!(
            "done, but what was there before is there no more: {}; ask whether somebody took it out just then",
            lost.join("; ")
        ),
    }
}

fn with_changes(look: &Look, plan: &[Change], done: &[(Change, Applied)]) -> Value {
    let mut value = answer(
        &look.declaration.bucket,
        look.judgement.verdict(),
        &look.judgement.findings,
    );
    if let Value::Object(fields) = &mut value {
        let plan: Vec<Value> = plan.iter().map(Change::to_json).collect();
        let applied: Vec<Value> = done
            .iter()
            .map(|(change, outcome)| {
                let mut value = change.to_json();
                if let Value::Object(fields) = &mut value {
                    fields.insert("outcome".to_owned(), json!(word(outcome)));
                }
                value
            })
            .collect();
        fields.insert("plan".to_owned(), json!(plan));
        fields.insert("applied".to_owned(), json!(applied));
    }
    value
}
