//! What may stand in a message, held against readers of each language that is not ours.

use guardian_core::alert::Notice;
use guardian_core::visible::visible;
use serde_json::Value;

use crate::fields::Told;
use crate::shell;

pub(crate) fn expect_harmless(field: &str, value: &str, told: &Told) {
    let place = format!(
        "{field} = {}",
        visible(&value.chars().take(80).collect::<String>())
    );
    for notice in &told.notices {
        let subject = &notice.subject;
        assert!(
            subject.len() < 100 && subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()),
            "{place}: {subject:?}"
        );
        text(&place, &notice.text);
        machine(&place, &notice.json);
        chat(&place, &notice.chat);
        attributes(&place, notice);
        shell::expect_one_word_each(&place, &notice.text);
    }
    for entry in &told.ledger {
        // DynamoDB Developer Guide, "Quotas": the sort key, and an item as a whole.
        assert!(entry.name.len() <= 1024, "{place}: {}", entry.name);
        assert!(
            entry.body.to_string().len() < 400 * 1024,
            "{place}: {}",
            entry.name
        );
    }
}

fn is_seen(c: char) -> bool {
    visible(c.encode_utf8(&mut [0; 4])).chars().count() == 1
}

/// An e-mail: nothing that is not seen, and no line that begins like one of ours and is not.
fn text(place: &str, text: &str) {
    let odd = text.chars().find(|c| !is_seen(*c));
    assert_eq!(odd, None, "{place}: {text}");
    for ours in ["Who ", "Seen after ", "Bucket ", "Since ", "Transition "] {
        let lines = text.lines().filter(|line| line.starts_with(ours)).count();
        assert!(lines <= 1, "{place}: {lines} lines `{ours}` in {text}");
    }
    assert!(
        !text.lines().any(|line| line.starts_with("Bcc:")),
        "{place}: {text}"
    );
    assert!(text.len() < 70_000, "{place}: {} bytes", text.len());
}

/// The body for machines: JSON, with nothing raw in it that a terminal would act on, and fragments that say what they say.
fn machine(place: &str, text: &str) {
    let odd = text.chars().find(|c| !is_seen(*c) || *c == '\n');
    assert_eq!(odd, None, "{place}: {text}");
    let body: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}: {text}"));
    let fragments = &body["fragments"];
    if let Some(terraform) = fragments.pointer("/terraform/text").and_then(Value::as_str) {
        terraform_says_no_more(place, terraform);
    }
    if let Some(cloudformation) = fragments.pointer("/cloudformation/text").and_then(Value::as_str) {
        cloudformation_says_no_more(place, cloudformation);
    }
}

fn terraform_says_no_more(place: &str, text: &str) {
    // No variable and no function is known: a template that were one could not be evaluated.
    let context = hcl::eval::Context::new();
    let read: Value =
        hcl::eval::from_str(text, &context).unwrap_or_else(|error| panic!("{place}: {error}: {text}"));
    let blocks = ["statement", "locals", "resource"];
    for name in read.as_object().unwrap().keys() {
        assert!(blocks.contains(&name.as_str()), "{place}: {name}: {text}");
    }
    if let Some(resources) = read["resource"].as_object() {
        let kinds = ["aws_s3_object", "aws_s3_bucket_notification"];
        assert!(
            resources.keys().all(|kind| kinds.contains(&kind.as_str())),
            "{place}: {text}"
        );
    }
}

fn cloudformation_says_no_more(place: &str, text: &str) {
    assert!(!text.contains("{{resolve:"), "{place}: {text}");
    if text.lines().all(|line| line.starts_with('#')) {
        return;
    }
    let read: Result<Value, _> = serde_json::from_str(&format!("[{text}]"));
    assert!(read.is_ok(), "{place}: {text}");
}

/// Chat: no link, no mention, no end of a code span (Slack, "Formatting text"; Teams, "Format cards").
fn chat(place: &str, text: &str) {
    let odd = text.chars().find(|c| !is_seen(*c) || *c == '\n');
    assert_eq!(odd, None, "{place}: {text}");
    let body: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}: {text}"));
    let content = &body["content"];
    let mut spoken = vec![
        &content["title"],
        &content["description"],
        &body["metadata"]["summary"],
    ];
    for list in [&content["nextSteps"], &body["metadata"]["relatedResources"]] {
        spoken.extend(list.as_array().unwrap());
    }
    for text in spoken {
        // Our own commands name buckets and files so.
        let text = text
            .as_str()
            .unwrap()
            .replace("s3://media/", "")
            .replace("fileb://KEY_FILE", "");
        // Brackets alone are lists; a link is `[…](…)`.
        for live in ["<", ">", "@", "&", "](", "://"] {
            assert!(!text.contains(live), "{place}: `{live}` in {text}");
        }
        assert!(text.matches("```").count().is_multiple_of(2), "{place}: {text}");
        for line in text.lines().filter(|line| *line != "```") {
            let ticks = line.matches('`').count();
            let is_cut = line.contains("more characters");
            assert!(ticks.is_multiple_of(2) || is_cut, "{place}: {line}");
        }
    }
    let keywords = content["keywords"].as_array().unwrap();
    let plain = |word: &Value| {
        word.as_str()
            .unwrap()
            .chars()
            .all(|c| c.is_ascii_lowercase() || c == '-')
    };
    assert!(keywords.iter().all(plain), "{place}: {keywords:?}");
}

/// Message attributes: names of ours, values that a filter policy can hold.
fn attributes(place: &str, notice: &Notice) {
    assert!(notice.attributes.len() <= 10, "{place}");
    for (name, value) in &notice.attributes {
        let known = ["bucket", "cloud", "code", "severity", "transition"];
        assert!(known.contains(&name.as_str()), "{place}: {name}");
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        assert!(
            !value.is_empty() && value.chars().all(plain),
            "{place}: {name} = {value}"
        );
    }
}
