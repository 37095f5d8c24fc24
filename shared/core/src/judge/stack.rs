//! What the guardian itself sees and speaks with: trails, rules, queues, topic, sweep.
//!
//! None of it says anything about whether Cloudinary can read: it says how soon a change would be noticed, and whether
//! anybody would hear of it. So every verdict stays as it is.

mod queue;
mod rule;
mod sending;
mod sweep;
mod topic;
mod trail;

pub use sweep::swept;

use serde_json::json;

use super::Judgement;
use crate::alert::plain;
use crate::finding::{Code, Finding, Severity, Subject};
use crate::moment::Moment;
use crate::observation::{StackObservation, Unknown};
use crate::parts::{OwnQueue, Part, Parts};
use crate::settings::Settings;

/// Judges the stack's parts by what was seen of them. `now` decides whether the sweep is late.
#[must_use]
pub fn judge_stack(settings: &Settings, parts: &Parts, seen: &StackObservation, now: Moment) -> Judgement {
    let stack = Stack { settings, parts };
    let mut judgement = trail::judge(settings, &seen.trails);
    for rule in &seen.rules {
        judgement.absorb(rule::judge(stack, rule));
    }
    for queue in &seen.queues {
        judgement.absorb(queue::judge(stack, queue));
    }
    judgement.absorb(topic::judge(stack, &seen.topic));
    judgement.absorb(sweep::judge(parts, seen.swept, now));
    judgement
}

/// Says of every finding that blinds how many declared buckets it leaves to the sweep.
pub fn add_reach(judgement: &mut Judgement, parts: &Parts, buckets: usize) {
    for finding in &mut judgement.findings {
        let blinds = matches!(
            finding.code,
            Code::TrailMissing
                | Code::TrailStopped
                | Code::TrailWithoutKms
                | Code::RuleMissing
                | Code::RuleDisabled
                | Code::RuleChanged
                | Code::QueueMissing
                | Code::QueueChanged
        );
        if !blinds {
            continue;
        }
        let watched = match buckets {
            0 => "no bucket is declared yet".to_owned(),
            1 => "the declared bucket".to_owned(),
            many => format!("all {many} declared buckets"),
        };
        let reach = if buckets == 0 {
            watched
        } else if is_of_the_sweep(&finding.subject, parts) {
            format!("until then nobody looks at {watched} unless an event comes")
        } else {
            format!(
                "until then what this would have told of {watched} is seen by the sweep only ({})",
                parts.sweep.as_str()
            )
        };
        finding.message.push_str("; ");
        finding.message.push_str(&reach);
    }
}

fn is_of_the_sweep(subject: &Subject, parts: &Parts) -> bool {
    parts.rules.iter().any(|rule| {
        let scheduled = rule.expected().is_some_and(|expected| expected.pattern.is_none());
        scheduled && subject.part() == Some(&rule.part())
    })
}

/// The stack and its names, in full.
#[derive(Debug, Clone, Copy)]
struct Stack<'a> {
    settings: &'a Settings,
    parts: &'a Parts,
}

impl<'a> Stack<'a> {
    fn arn(self, service: &str, rest: &str) -> String {
        let Settings {
            partition,
            region,
            account,
            ..
        } = self.settings;
        format!("arn:{partition}:{service}:{region}:{account}:{rest}")
    }

    fn queue_arn(self, queue: &OwnQueue) -> String {
        self.arn("sqs", queue.name())
    }

    fn rule_arn(self, name: &str) -> String {
        self.arn("events", &format!("rule/{name}"))
    }

    fn queue(self, logical: &str) -> Option<&'a OwnQueue> {
        self.parts.queue(logical)
    }
}

/// A part that could not be looked at.
fn unread(part: Part, unknown: &Unknown) -> Finding {
    let subject = Subject::Part(part);
    let (message, evidence) = match unknown {
        Unknown::Call(error) => super::unread(&subject, error),
        Unknown::Policy(error) => (
            format!(
                "{}; allow the guardian the call, or remove what denies it",
                plain(&unknown.to_string())
            ),
            json!({"call": "", "answer": error.to_string()}),
        ),
    };
    Finding::new(Code::StackUnread, subject, message, evidence)
}

/// The same where it may well be meant to be so.
fn unread_and_perhaps_well(part: Part, unknown: &Unknown, why: &str) -> Finding {
    let mut finding = unread(part, unknown);
    finding.severity = Severity::Low;
    finding.message = format!("{}; {why}", plain(&unknown.to_string()));
    finding
}
