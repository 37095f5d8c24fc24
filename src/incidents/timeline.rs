//! The timeline: what happened, who did it, what was seen, changed and told, and what it cost.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use guardian_core::alert::TransitionKind;
use guardian_core::attribution::describe_actor;
use guardian_core::finding::Verdict;
use guardian_core::trigger;
use serde_json::{Value, json};

use super::play::{Outcome, Played, Proof};

/// Prints what is played, for people.
#[derive(Debug)]
pub struct Timeline<W> {
    out: W,
    colour: bool,
    last: Option<&'static str>,
    count: usize,
}

const TITLE: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();

/// A text in a style, where colours are wanted.
struct Styled<T> {
    text: T,
    style: Option<Style>,
}

impl<T: fmt::Display> fmt::Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            // The padding belongs to the text; the codes around it have no width.
            Some(style) => {
                write!(f, "{style}")?;
                self.text.fmt(f)?;
                write!(f, "{style:#}")
            }
            None => self.text.fmt(f),
        }
    }
}

impl<W: Write> Timeline<W> {
    /// A timeline on `out`, with colours or without.
    pub fn new(out: W, colour: bool) -> Self {
        Self {
            out,
            colour,
            last: None,
            count: 0,
        }
    }

    fn styled<T>(&self, text: T, style: Style) -> Styled<T> {
        Styled {
            text,
            style: self.colour.then_some(style),
        }
    }

    /// Says where the list is played.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn open(&mut self, stage: &str) -> io::Result<()> {
        let title = self.styled("Cloudinary S3 Guardian: the incident list", TITLE);
        writeln!(self.out, "{title}")?;
        writeln!(
            self.out,
            "played on {stage}, through the router and the reconciler that run in Lambda\n"
        )
    }

    /// Prints one step.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn show(&mut self, played: &Played) -> io::Result<()> {
        if self.last != Some(played.incident) {
            self.last = Some(played.incident);
            self.count += 1;
            let title = self.styled(format!("{:>2}. {}", self.count, played.incident), TITLE);
            writeln!(self.out, "{title}")?;
        }
        if played.events.is_empty() {
            writeln!(self.out, "    {:<8} none arrived", self.styled("event", DIM))?;
        }
        for event in &played.events {
            let trigger = trigger::read(event);
            let time = trigger.time.unwrap_or_default();
            let names: Vec<String> = trigger
                .buckets
                .iter()
                .map(ToString::to_string)
                .chain(trigger.keys.iter().map(ToString::to_string))
                .collect();
            let names = if names.is_empty() {
                String::new()
            } else {
                format!(" on {}", names.join(", "))
            };
            writeln!(
                self.out,
                "    {:<8} {}{names} at {time}",
                self.styled("event", DIM),
                trigger.event
            )?;
            if let Some(actor) = &trigger.actor {
                writeln!(
                    self.out,
                    "    {:<8} {}",
                    self.styled("who", DIM),
                    describe_actor(actor)
                )?;
            }
        }
        for finding in &played.findings {
            let code = self.styled(
                finding.code,
                if finding.verdict == Verdict::Readable {
                    WARN
                } else {
                    BAD
                },
            );
            for (index, line) in finding.message.lines().enumerate() {
                if index == 0 {
                    writeln!(self.out, "    {:<8} {code}: {line}", self.styled("saw", DIM))?;
                } else {
                    writeln!(self.out, "    {:<8} {line}", "")?;
                }
            }
        }
        for change in &played.repairs {
            for (index, line) in change.to_string().lines().enumerate() {
                let label = if index == 0 { "changed" } else { "" };
                let style = match line.trim_start().chars().next() {
                    Some('+') => GOOD,
                    Some('-') => BAD,
                    _ => Style::new(),
                };
                writeln!(
                    self.out,
                    "    {:<8} {}",
                    self.styled(label, DIM),
                    self.styled(line, style)
                )?;
            }
        }
        for said in &played.alerts {
            let style = if said.kind == TransitionKind::NeedsYou {
                WARN
            } else {
                GOOD
            };
            writeln!(
                self.out,
                "    {:<8} {}",
                self.styled("told", DIM),
                self.styled(&said.subject, style)
            )?;
        }
        if let Some(after) = played.healed_after {
            let seconds = after.as_secs_f64();
            writeln!(
                self.out,
                "    {:<8} {seconds:.2} s after the event",
                self.styled("healed", DIM)
            )?;
        }
        if let Some(calls) = &played.calls {
            let writes = calls.first.iter().filter(|call| call.repairs).count();
            writeln!(
                self.out,
                "    {:<8} {} AWS calls, {writes} of them writes to buckets and keys; {} more in later looks",
                self.styled("calls", DIM),
                calls.first.len(),
                calls.later.len()
            )?;
        }
        let verdict = self.styled(
            played.verdict,
            if played.verdict == Verdict::Readable {
                GOOD
            } else {
                BAD
            },
        );
        match &played.outcome {
            Outcome::AsExpected => writeln!(
                self.out,
                "    {:<8} {verdict}, as expected\n",
                self.styled("then", DIM)
            ),
            Outcome::Unexpected(wrong) => {
                writeln!(self.out, "    {:<8} {verdict}", self.styled("then", DIM))?;
                for line in wrong {
                    writeln!(self.out, "    {:<8} {line}", self.styled("WRONG", BAD))?;
                }
                writeln!(self.out)
            }
        }
    }

    /// Prints the proof and the sum.
    ///
    /// # Errors
    ///
    /// When the output fails.
    pub fn close(&mut self, played: &[Played], proof: &Proof) -> io::Result<()> {
        writeln!(self.out, "{}", self.styled("What others wrote", TITLE))?;
        // Of the keys there are many, each with the same policy.
        let (keys, buckets): (Vec<_>, Vec<_>) = proof
            .kept
            .iter()
            .partition(|(place, _)| place.starts_with("key "));
        let of_keys: usize = keys.iter().map(|(_, count)| **count).sum();
        let in_keys = format!("policies of {} keys", keys.len());
        let buckets = buckets.into_iter().map(|(place, count)| (place, *count));
        for (place, count) in buckets.chain([(&in_keys, of_keys)]) {
            writeln!(
                self.out,
                "    {} of them kept in the {place}",
                self.styled(count, GOOD)
            )?;
        }
        for lost in &proof.lost {
            writeln!(self.out, "    {} {lost}", self.styled("LOST", BAD))?;
        }
        let wrong = played
            .iter()
            .filter(|one| one.outcome != Outcome::AsExpected)
            .count();
        let calls: Option<usize> = played
            .iter()
            .map(|one| {
                let calls = one.calls.as_ref();
                calls.map(|calls| calls.first.len() + calls.later.len())
            })
            .sum();
        let steps = played.len();
        let sum = if wrong == 0 && proof.lost.is_empty() {
            self.styled(
                format!(
                    "{} incidents, {steps} steps: all ended as they should",
                    self.count
                ),
                GOOD,
            )
        } else {
            self.styled(
                format!("{} incidents, {steps} steps: {wrong} ended otherwise", self.count),
                BAD,
            )
        };
        match calls {
            Some(calls) => writeln!(self.out, "\n{sum}; {calls} AWS calls in all"),
            None => writeln!(self.out, "\n{sum}"),
        }
    }
}

/// A step as one line of JSON: `incident`, `event`, `findings`, `repairs`, `alerts`, `calls`, `outcome`, and
/// besides these the step's number and the verdict; `calls` is null where they cannot be seen, `healed_after` in seconds and
/// null where time is not the real one.
#[must_use]
pub fn json_line(played: &Played) -> Value {
    let events: Vec<String> = played
        .events
        .iter()
        .map(|event| trigger::read(event).event)
        .collect();
    let outcome = match &played.outcome {
        Outcome::AsExpected => json!("as expected"),
        Outcome::Unexpected(wrong) => json!({"unexpected": wrong}),
    };
    json!({
        "incident": played.incident,
        "step": played.step,
        "event": events.join(", "),
        "findings": played.findings.iter().map(guardian_core::finding::Finding::to_json).collect::<Vec<_>>(),
        "repairs": played.repairs.iter().map(guardian_core::plan::Change::to_json).collect::<Vec<_>>(),
        "alerts": played.alerts.iter().map(|said| json!({
            "transition": said.kind, "id": said.id, "subject": said.subject,
        })).collect::<Vec<_>>(),
        "calls": played.calls.as_ref().map(|calls| json!({
            "total": calls.first.len(),
            "writes": calls.first.iter().filter(|call| call.repairs).count(),
            "later": calls.later.len(),
        })),
        "healed_after": played.healed_after.map(|after| after.as_secs_f64()),
        "verdict": played.verdict,
        "outcome": outcome,
    })
}
