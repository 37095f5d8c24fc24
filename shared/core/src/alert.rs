//! What people are told: one message for each transition, for readers and for machines.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attribution::describe;
use crate::cause::Cause;
use crate::finding::{Code, Finding};
use crate::moment::Moment;
use crate::name::{BucketName, CloudName, Resource};

/// A message to the topic, ready to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The e-mail subject: under 100 ASCII characters, no line break (SNS API Reference, Publish).
    pub subject: String,
    /// The plain text body (protocol `email` and, by default, every other).
    pub text: String,
    /// The JSON body for machines (protocols `sqs`, `lambda`, `http`, `https`), as text.
    pub json: String,
    /// Message attributes for filter policies: `bucket`, `code`, `severity`, `transition`.
    pub attributes: BTreeMap<String, String>,
}

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransitionKind {
    /// Found and repaired.
    Repaired,
    /// Found, and a person has to do something.
    NeedsYou,
    /// It is over.
    Resolved,
}

impl TransitionKind {
    /// The kind as a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::NeedsYou => "needs-you",
            Self::Resolved => "resolved",
        }
    }
}

/// Whom an incident touches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Affected {
    /// The buckets.
    pub buckets: Vec<BucketName>,
    /// The cloud names.
    pub clouds: Vec<CloudName>,
}

/// What a message is about.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The transition's id.
    pub id: &'a str,
    /// What changed.
    pub kind: TransitionKind,
    /// The resource the incident belongs to.
    pub resource: &'a Resource,
    /// What was found.
    pub finding: &'a Finding,
    /// Since when.
    pub opened: Moment,
    /// Now.
    pub now: Moment,
    /// What led to it.
    pub cause: Option<&'a Cause>,
    /// Whom it touches.
    pub affected: &'a Affected,
    /// What was changed, as the plan's text.
    pub plan: Option<&'a str>,
}

/// SNS: "must be less than 100 characters long".
const SUBJECT_LIMIT: usize = 99;

/// Renders the message.
#[must_use]
pub fn render(occasion: &Occasion<'_>) -> Notice {
    Notice {
        subject: subject(occasion),
        text: text(occasion),
        json: machine(occasion),
        attributes: attributes(occasion),
    }
}

fn subject(occasion: &Occasion<'_>) -> String {
    let what = match occasion.affected.buckets.as_slice() {
        [one] => one.to_string(),
        [] => occasion.resource.to_string(),
        many => format!("{} buckets", many.len()),
    };
    let text = format!(
        "[Cloudinary Guardian] {}: {} on {what}",
        occasion.kind.as_str(),
        occasion.finding.code
    );
    text.chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .take(SUBJECT_LIMIT)
        .collect()
}

/// Makes text that an outsider may have chosen (a user agent, an object key) harmless in a message: no line
/// break of its own, no control character.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {}\n", plain(line))).collect()
}

fn names<T: ToString>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn text(occasion: &Occasion<'_>) -> String {
    let finding = occasion.finding;
    let mut text = String::new();
    let headline = match occasion.kind {
        TransitionKind::Repaired => "REPAIRED",
        TransitionKind::NeedsYou => "NEEDS YOU",
        TransitionKind::Resolved => "RESOLVED",
    };
    let severity = finding.severity.as_str();
    // Writing to a String cannot fail; the results carry no news.
    let _ = writeln!(text, "{headline}: {} ({severity})\n", finding.code);
    let _ = writeln!(text, "Bucket       {}", names(&occasion.affected.buckets));
    let _ = writeln!(text, "Cloud names  {}", names(&occasion.affected.clouds));
    let _ = writeln!(text, "Subject      {}", plain(&finding.subject.to_string()));
    let _ = writeln!(text, "Since        {}", occasion.opened);
    if occasion.kind != TransitionKind::NeedsYou {
        let _ = writeln!(text, "Until        {}", occasion.now);
    }
    if let Some(cause) = occasion.cause {
        let _ = writeln!(text, "Seen after   {}", plain(&describe_cause(cause)));
        let _ = writeln!(text, "Who          {}", plain(&describe(cause)));
    }
    let was = if occasion.kind == TransitionKind::NeedsYou {
        "What is wrong"
    } else {
        "What was wrong"
    };
    let _ = write!(text, "\n{was}\n{}", indented(&finding.message));
    if let Some(plan) = occasion.plan {
        let _ = write!(text, "\nWhat was changed\n{}", indented(plan));
    }
    let _ = write!(text, "\nWhat to do\n{}", indented(&next_step(occasion)));
    let _ = write!(text, "\nTransition {}\n", plain(occasion.id));
    text
}

fn describe_cause(cause: &Cause) -> String {
    match &cause.time {
        Some(time) => format!("{} at {time}", cause.event),
        None => cause.event.clone(),
    }
}

fn next_step(occasion: &Occasion<'_>) -> String {
    match (occasion.kind, occasion.finding.code) {
        (TransitionKind::Repaired, Code::MarkerMissing) => {
            "Nothing now. Keep the marker out of whatever removed it (a sync with --delete, a lifecycle rule). Cloudinary's CDN caches failed answers for minutes to a day; invalidate what failed.".to_owned()
        }
        (TransitionKind::Repaired, _) => {
            "Nothing now. Put the statement above into the source that writes this policy (Terraform, CloudFormation), so that the next run does not take it away again. Cloudinary's CDN caches failed answers for minutes to a day; invalidate what failed.".to_owned()
        }
        (TransitionKind::Resolved, _) => "Nothing: this is over.".to_owned(),
        (TransitionKind::NeedsYou, _) => {
            let evidence = &occasion.finding.evidence;
            if let Some(exception) = evidence.get("exception") {
                let text = serde_json::to_string_pretty(exception).unwrap_or_default();
                format!("Replace the Deny by this, or remove it:\n{text}")
            } else if let Some(plan) = evidence.get("plan").and_then(Value::as_str) {
                format!("The guardian only observes here. Make this change, or let it repair (mode `repair`):\n{plan}")
            } else {
                "See above: only a person can end this.".to_owned()
            }
        }
    }
}

fn machine(occasion: &Occasion<'_>) -> String {
    let cause = occasion.cause.map_or(Value::Null, |cause| json!(cause));
    json!({
        "version": 1,
        "transition": {"id": occasion.id, "kind": occasion.kind, "at": occasion.now},
        "resource": occasion.resource,
        "buckets": occasion.affected.buckets,
        "clouds": occasion.affected.clouds,
        "finding": occasion.finding,
        "opened": occasion.opened,
        "cause": cause,
        "plan": occasion.plan,
    })
    .to_string()
}

fn attributes(occasion: &Occasion<'_>) -> BTreeMap<String, String> {
    let severity = occasion.finding.severity.as_str().to_owned();
    let bucket = match occasion.affected.buckets.as_slice() {
        [one] => one.to_string(),
        // SNS refuses an empty attribute value.
        [] => "none".to_owned(),
        _ => "many".to_owned(),
    };
    [
        ("bucket", bucket),
        ("code", occasion.finding.code.to_string()),
        ("severity", severity),
        ("transition", occasion.kind.as_str().to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Actor;
    use crate::finding::Subject;

    fn notice(kind: TransitionKind, agent: &str, buckets: &[&str]) -> Notice {
        let finding = Finding::new(
            Code::GrantMissing,
            Subject::Bucket("media".parse().unwrap()),
            "the bucket policy does not let Cloudinary read",
            json!({}),
        );
        let actor = Actor {
            principal: Some("arn:aws:iam::111122223333:user/ana".to_owned()),
            tool: Some(agent.to_owned()),
            ..Actor::default()
        };
        let cause = Cause {
            actor: Some(actor),
            ..Cause::of_event("e", "PutBucketPolicy")
        };
        render(&Occasion {
            id: "grant-missing/bucket:media/1",
            kind,
            resource: &"bucket:media".parse().unwrap(),
            finding: &finding,
            opened: Moment::from_unix(0),
            now: Moment::from_unix(60),
            cause: Some(&cause),
            affected: &Affected {
                buckets: buckets.iter().map(|name| name.parse().unwrap()).collect(),
                clouds: vec!["demo".parse().unwrap()],
            },
            plan: Some("bucket policy of media:\n  + {}"),
        })
    }

    #[test]
    fn a_subject_keeps_to_the_limits_of_sns() {
        let long = "m".repeat(255);
        let notice = notice(TransitionKind::NeedsYou, "Terraform", &[&long]);
        assert!(notice.subject.len() < 100 && notice.subject.is_ascii() && !notice.subject.contains('\n'));
    }

    #[test]
    fn an_alert_says_what_who_since_when_and_what_was_changed() {
        let notice = notice(TransitionKind::Repaired, "Terraform", &["media"]);
        for part in [
            "REPAIRED: grant-missing",
            "user/ana with Terraform",
            "1970-01-01T00:00:00Z",
            "bucket policy of media:",
            "demo",
        ] {
            assert!(notice.text.contains(part), "{part}: {}", notice.text);
        }
        let machine: Value = serde_json::from_str(&notice.json).unwrap();
        assert_eq!(machine["transition"]["kind"], "repaired");
        assert_eq!(notice.attributes["bucket"], "media");
    }

    #[test]
    fn a_user_agent_cannot_add_lines_to_an_alert() {
        let notice = notice(TransitionKind::Repaired, "x\nWhat to do\n  run this", &["media"]);
        assert_eq!(notice.text.matches("\nWhat to do\n").count(), 1);
    }
}
