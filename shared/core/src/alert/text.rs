//! The plain text body, for e-mail and whatever has no body of its own.

use std::fmt::Write;

use super::fragment::{Fragment, fragments};
use super::plain::{length_in_json, lines, list, plain, short};
use super::step::steps;
use super::{Occasion, TransitionKind};
use crate::attribution::describe;
use crate::cause::Cause;

/// The most bytes the text may take as a string in JSON. It travels twice, as `default` and as `email`.
pub(super) const LIMIT: usize = 60_000;

/// Room for what a section may hold of things that can grow without bound, in bytes.
const MESSAGE: usize = 4_000;
const PLAN: usize = 12_000;
const FRAGMENT: usize = 8_000;
const BUCKETS: usize = 15_000;
const CLOUDS: usize = 3_000;
const WORD: usize = 600;
/// More buckets than this have a section of their own.
const FEW: usize = 5;

/// The text of a transition.
pub(super) fn text(occasion: &Occasion<'_>) -> String {
    let finding = occasion.finding;
    let mut text = String::new();
    // Writing to a String cannot fail; the results carry no news.
    let _ = writeln!(
        text,
        "{}: {} ({})",
        shout(occasion.kind),
        finding.code,
        finding.severity
    );
    let _ = writeln!(text, "{}\n", finding.code.title());
    head(&mut text, occasion);

    let over = matches!(occasion.kind, TransitionKind::Repaired | TransitionKind::Resolved);
    let was = if over { "What was wrong" } else { "What is wrong" };
    section(&mut text, was, &lines(&finding.message, MESSAGE));
    if !over {
        section(&mut text, "What it means", &[finding.code.meaning().to_owned()]);
    }
    if let Some(plan) = occasion.plan {
        section(&mut text, "What was changed", &lines(plan, PLAN));
    } else if let Some(plan) = occasion.planned() {
        section(&mut text, "What would be changed", &lines(plan, PLAN));
    }
    let numbered: Vec<String> = steps(occasion, plain)
        .iter()
        .enumerate()
        .map(|(number, step)| format!("{}. {}", number + 1, short(step, PLAN)))
        .collect();
    section(&mut text, "What to do", &numbered);
    if let Some(desired) = occasion.desired() {
        let fragments = fragments(desired);
        section(&mut text, "For Terraform", &pasted(&fragments.terraform));
        section(
            &mut text,
            "For CloudFormation",
            &pasted(&fragments.cloudformation),
        );
    }
    if occasion.affected.buckets.len() > FEW {
        let title = format!("All {} buckets", occasion.affected.buckets.len());
        section(&mut text, &title, &[list(&occasion.affected.buckets, BUCKETS)]);
    }
    let end = format!(
        "\nMore on this finding: guardian finding {}\nTransition {}\n",
        finding.code,
        plain(&short(occasion.id, 2 * WORD))
    );
    fitted(text, &end)
}

fn shout(kind: TransitionKind) -> &'static str {
    match kind {
        TransitionKind::Repaired => "REPAIRED",
        TransitionKind::NeedsYou => "NEEDS YOU",
        TransitionKind::Reminder => "STILL NEEDS YOU",
        TransitionKind::Resolved => "RESOLVED",
    }
}

fn head(text: &mut String, occasion: &Occasion<'_>) {
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<12} {}", plain(&short(value, BUCKETS)));
    };
    match occasion.affected.buckets.as_slice() {
        [] => {}
        [one] => line("Bucket", one.as_str()),
        few if few.len() <= FEW => line("Buckets", &format!("{}: {}", few.len(), list(few, BUCKETS))),
        many => line("Buckets", &format!("{}, listed at the end", many.len())),
    }
    let clouds = occasion.clouds();
    match clouds.len() {
        0 => {}
        1 => line("Cloud name", &list(&clouds, CLOUDS)),
        _ => line("Cloud names", &list(&clouds, CLOUDS)),
    }
    line("Subject", &short(&occasion.finding.subject.to_string(), 2 * WORD));
    line("Since", &occasion.opened.to_string());
    match occasion.kind {
        TransitionKind::Repaired | TransitionKind::Resolved => line("Until", &occasion.now.to_string()),
        TransitionKind::Reminder => {
            let days = occasion.now.since(occasion.opened).as_secs() / (24 * 60 * 60);
            line(
                "Reminder",
                &format!("number {}, open for {days} days", occasion.reminders),
            );
        }
        TransitionKind::NeedsYou => {}
    }
    if let Some(cause) = occasion.cause {
        line("Seen after", &short(&describe_cause(cause), WORD));
        line("Who", &short(&describe(cause), 2 * WORD));
    }
}

/// What happened, and when.
pub(super) fn describe_cause(cause: &Cause) -> String {
    match &cause.time {
        Some(time) => format!("{} at {time}", cause.event),
        None => cause.event.clone(),
    }
}

fn pasted(fragment: &Fragment) -> Vec<String> {
    let mut pasted = vec![format!("{}:", plain(&fragment.place))];
    if fragment.text.len() > FRAGMENT {
        pasted.push(format!(
            "It is too long for a message ({} bytes). `guardian check` prints a Deny with its exception, `guardian repair` a statement of ours; without `--yes` it writes nothing.",
            fragment.text.len()
        ));
    } else {
        pasted.push(String::new());
        pasted.extend(fragment.text.lines().map(plain));
    }
    pasted
}

/// A title and what is under it, set in.
pub(super) fn section(text: &mut String, title: &str, lines: &[String]) {
    let _ = writeln!(text, "\n{title}");
    for line in lines {
        let _ = writeln!(text, "{}", format!("  {line}").trim_end());
    }
}

/// The text with its end; cut in whole lines where both do not fit.
pub(super) fn fitted(text: String, end: &str) -> String {
    let room = LIMIT.saturating_sub(length_in_json(end) + 100);
    if length_in_json(&text) <= room {
        return text + end;
    }
    let (mut kept, mut used) = (String::new(), 0);
    let mut all = text.lines();
    for line in all.by_ref() {
        used += length_in_json(line);
        if used > room {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    let _ = writeln!(kept, "\n… and {} more lines", all.count() + 1);
    kept + end
}
