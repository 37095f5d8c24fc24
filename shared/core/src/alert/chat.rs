//! The body for chat: a custom notification of Amazon Q Developer in chat applications, which subscribes over HTTPS
//! and drops every other payload without a word (its Administrator Guide, "Custom notifications").

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::fragment::{Fragment, fragments, visible};
use super::plain::{is_hidden, is_shown, length_in_json, lines, list, short, some_of};
use super::step::steps;
use super::subject::headline;
use super::text::describe_cause;
use super::{Occasion, TransitionKind};
use crate::attribution::describe;

/// "Custom notifications", parameter details: a title has at most 250 characters, a description at most 8,000.
const TITLE: usize = 250;
pub(super) const DESCRIPTION: usize = 8_000;

/// The most bytes the body may take as a string in JSON, beside the other bodies in the same message.
pub(super) const LIMIT: usize = 40_000;

/// What a block of code begins and ends with.
const FENCE: &str = "```";

/// Room for the parts of a description, in bytes.
const MESSAGE: usize = 1_500;
const PLAN: usize = 2_000;
const FRAGMENT: usize = 1_500;
const NAMES: usize = 1_000;
const WORD: usize = 300;
/// A step longer than this is told in the e-mail.
const STEP: usize = 800;

/// The body of a transition.
pub(super) fn chat(occasion: &Occasion<'_>) -> String {
    let finding = occasion.finding;
    let (related, _) = some_of(&occasion.affected.buckets, NAMES);
    notification(&Notification {
        title: &headline(occasion),
        description: &description(occasion),
        // The catalogue's placeholders stand in code spans.
        steps: steps(occasion, harmless),
        keywords: vec![
            finding.code.to_string(),
            finding.severity.to_string(),
            occasion.kind.as_str().to_owned(),
        ],
        // Two buckets can name the same key that leads nowhere: code and subject are not enough.
        thread: &format!(
            "{}/{}/{}/{}",
            occasion.resource, finding.code, finding.subject, occasion.opened
        ),
        summary: finding.code.title(),
        related: related.iter().map(|name| harmless(name)).collect(),
        context: json!({
            "code": finding.code,
            "severity": finding.severity,
            "transition": occasion.kind,
            "bucket_count": occasion.affected.buckets.len().to_string(),
        }),
    })
}

/// A notification before it is put into the service's own shape.
pub(super) struct Notification<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) steps: Vec<String>,
    pub(super) keywords: Vec<String>,
    /// What belongs together: messages of the same thread are shown under each other.
    pub(super) thread: &'a str,
    pub(super) summary: &'a str,
    pub(super) related: Vec<String>,
    pub(super) context: Value,
}

/// The service's shape, with as much of the description as fits.
pub(super) fn notification(said: &Notification<'_>) -> String {
    let mut body = String::new();
    for characters in [DESCRIPTION, DESCRIPTION / 2, DESCRIPTION / 4, DESCRIPTION / 8] {
        body = shaped(said, characters);
        if length_in_json(&body) <= LIMIT {
            break;
        }
    }
    body
}

fn shaped(said: &Notification<'_>, characters: usize) -> String {
    let digest = Sha256::digest(said.thread);
    let thread: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let body = json!({
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": cut(&harmless(said.title), TITLE),
            "description": cut_blocks(said.description, characters),
            "nextSteps": said.steps.iter().map(|step| short(step, STEP)).collect::<Vec<_>>(),
            "keywords": said.keywords,
        },
        "metadata": {
            "threadId": thread,
            "summary": said.summary,
            "relatedResources": said.related,
            "additionalContext": said.context,
        },
    });
    visible(&body.to_string())
}

fn cut(text: &str, characters: usize) -> String {
    if text.len() <= characters || text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters.saturating_sub(1)).collect();
    kept + "…"
}

/// What is cut within a block of code still ends it.
fn cut_blocks(text: &str, characters: usize) -> String {
    if text.len() <= characters || text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text
        .chars()
        .take(characters.saturating_sub(FENCE.len() + 2))
        .collect();
    // Half a fence at the very end is none.
    let kept = kept.trim_end_matches('`');
    if kept.matches(FENCE).count().is_multiple_of(2) {
        format!("{kept}…")
    } else {
        format!("{kept}…\n{FENCE}")
    }
}

fn description(occasion: &Occasion<'_>) -> String {
    let finding = occasion.finding;
    let over = matches!(occasion.kind, TransitionKind::Repaired | TransitionKind::Resolved);
    let mut out = vec![format!("{} (*{}*)", finding.code.title(), finding.severity)];
    let mut fact = |name: &str, value: String| out.push(format!("*{name}:* {value}"));
    match occasion.affected.buckets.as_slice() {
        [] => {}
        [one] => fact("Bucket", code(one.as_str())),
        many => fact("Buckets", format!("{}: {}", many.len(), code(&list(many, NAMES)))),
    }
    let clouds = occasion.clouds();
    if !clouds.is_empty() {
        fact("Cloud names", code(&list(&clouds, NAMES)));
    }
    let since = occasion.opened.to_string();
    fact(
        "Since",
        if over {
            format!("{since} until {}", occasion.now)
        } else {
            since
        },
    );
    if let Some(cause) = occasion.cause {
        fact("Seen after", code(&short(&describe_cause(cause), WORD)));
        fact("Who", code(&short(&describe(cause), WORD)));
    }
    out.push(block(&lines(&finding.message, MESSAGE)));
    if let Some(plan) = occasion.plan {
        out.push(format!("*What was changed*\n{}", block(&lines(plan, PLAN))));
    } else if let Some(plan) = occasion.planned() {
        out.push(format!("*What would be changed*\n{}", block(&lines(plan, PLAN))));
    }
    if let Some(desired) = occasion.desired() {
        let fragments = fragments(desired);
        out.push(pasted("Terraform", &fragments.terraform));
        out.push(pasted("CloudFormation", &fragments.cloudformation));
    }
    out.join("\n")
}

fn pasted(tool: &str, fragment: &Fragment) -> String {
    let place = harmless(&fragment.place);
    // What is pasted has to be exact, so nothing in it may need a look-alike.
    let inexact = fragment.text.lines().any(|line| in_block(line) != line);
    if fragment.text.len() > FRAGMENT || inexact {
        return format!("*{tool}* ({place}): in the e-mail and in the message for machines.");
    }
    let lines: Vec<String> = fragment.text.lines().map(str::to_owned).collect();
    format!("*{tool}* ({place})\n{}", block(&lines))
}

/// An outsider's words in a code span, where neither Slack nor Teams reads markdown.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", harmless(text))
}

fn block(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| in_block(line)).collect();
    format!("{FENCE}\n{}\n{FENCE}", lines.join("\n"))
}

/// Makes links, mentions and the end of a code span impossible by putting a look-alike in the place of every
/// character that could begin one: Slack has no way to escape markdown, and it reads `<!channel>` and `<http://…>`
/// even in code.
pub(super) fn harmless(text: &str) -> String {
    in_block(text).replace('[', "［").replace(']', "］")
}

/// The same for a block of code, which keeps the brackets of lists.
fn in_block(text: &str) -> String {
    let stays = |byte: u8| is_shown(byte) && !b"<>`@&".contains(&byte);
    if text.bytes().all(stays) {
        return without_links(text);
    }
    let characters: String = text
        .chars()
        .map(|c| match c {
            '<' => '‹',
            '>' => '›',
            // Not the plain quote: it would end a word that is quoted for the shell.
            '`' => '’',
            '@' => '＠',
            '&' => '＆',
            c if is_hidden(c) => '\u{fffd}',
            c => c,
        })
        .collect();
    without_links(&characters)
}

fn without_links(text: &str) -> String {
    text.replace("://", ":／／").replace("](", "]（")
}

#[cfg(test)]
mod tests;
