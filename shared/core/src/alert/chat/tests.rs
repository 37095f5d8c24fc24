use serde_json::{Value, json};

use super::super::step::quoted;
use super::super::tests::{HOSTILE, Told};
use super::super::{Notice, TransitionKind};
use super::*;
use crate::cause::Cause;
use crate::finding::{Code, Desired, Subject};

fn read(notice: &Notice) -> Value {
    serde_json::from_str(&notice.chat).unwrap()
}

fn fields(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Everything that Slack or Teams would read as a link, a mention, or the end of a code span.
const MARKUP: &str = "`<!channel> <!here|x> @here @channel <@U024BE7LH> <https://evil.example|click> \
    [click](https://evil.example) http://evil.example &lt;!channel&gt; ``` *bold*";

#[track_caller]
fn expect_harmless(text: &str) {
    for live in ['<', '>', '@', '&', '[', ']'] {
        assert!(!text.contains(live), "`{live}` in {text}");
    }
    assert!(!text.contains("://"), "{text}");
}

#[test]
fn every_transition_has_the_shape_of_a_custom_notification() {
    let told = Told::new();
    for kind in TransitionKind::ALL {
        let body = read(&told.notice(kind));
        let mut named = fields(&body);
        named.sort_unstable();
        assert_eq!(named, ["content", "metadata", "source", "version"]);
        assert_eq!(
            (&body["version"], &body["source"]),
            (&json!("1.0"), &json!("custom"))
        );
        let content = &body["content"];
        assert_eq!(content["textType"], "client-markdown");
        let mut named = fields(content);
        named.sort_unstable();
        assert_eq!(
            named,
            ["description", "keywords", "nextSteps", "textType", "title"]
        );
        assert_eq!(
            content["title"],
            format!("{}: grant-missing on media", kind.as_str())
        );
        assert_eq!(
            content["keywords"],
            json!(["grant-missing", "critical", kind.as_str()])
        );
        let steps = content["nextSteps"].as_array().unwrap();
        assert!(!steps.is_empty() && steps.iter().all(Value::is_string));
        let metadata = &body["metadata"];
        let mut named = fields(metadata);
        named.sort_unstable();
        assert_eq!(
            named,
            ["additionalContext", "relatedResources", "summary", "threadId"]
        );
        assert_eq!(metadata["relatedResources"], json!(["media"]));
        let context = metadata["additionalContext"].as_object().unwrap();
        assert!(context.values().all(Value::is_string), "{context:?}");
    }
}

#[test]
fn the_description_says_what_whom_who_and_since_when() {
    let body = read(&Told::new().notice(TransitionKind::Repaired));
    let description = body["content"]["description"].as_str().unwrap();
    for words in [
        "*Bucket:* `media`",
        "*Cloud names:* `demo`",
        "*Since:* 2026-11-23T10:15:00Z until 2026-12-02T10:20:00Z",
        "*Who:* `arn:aws:sts::111122223333:assumed-role/deploy/run-7 with Terraform from 198.51.100.24`",
        "```\nthe bucket policy does not grant it\n```",
        "*What was changed*\n```\n+ a statement\n```",
        "*Terraform*",
        "*CloudFormation*",
    ] {
        assert!(description.contains(words), "`{words}` is not in\n{description}");
    }
}

#[test]
fn what_outsiders_write_can_make_no_link_no_mention_and_no_end_of_a_span() {
    let mut told = Told::about_marker(&format!(".wellknown/cloudinary/{MARKUP}{HOSTILE}"));
    told.finding.message = MARKUP.to_owned();
    told.finding.evidence = json!({"plan": MARKUP});
    if let Some(cause) = &mut told.cause {
        cause.event = MARKUP.to_owned();
        cause.actor.as_mut().unwrap().tool = Some(format!("{MARKUP}{HOSTILE}"));
    }
    told.finding.code = Code::KeyMissing;
    for subject in [told.finding.subject.clone(), Subject::NamedKey(MARKUP.to_owned())] {
        told.finding.subject = subject;
        for kind in TransitionKind::ALL {
            let body = read(&told.notice(kind));
            let content = &body["content"];
            expect_harmless(content["title"].as_str().unwrap());
            let description = content["description"].as_str().unwrap();
            expect_harmless(&description.replace(['[', ']'], ""));
            assert!(!description.contains("]("), "{description}");
            for line in description.lines().filter(|line| *line != FENCE) {
                // Ours come in pairs, one around each word.
                assert!(line.matches('`').count() % 2 == 0, "{line}");
            }
            assert_eq!(description.matches(FENCE).count() % 2, 0);
        }
    }
}

#[test]
fn a_hostile_marker_in_the_steps_is_as_harmless() {
    let told = Told::about_marker(&format!(".wellknown/cloudinary/{MARKUP}{HOSTILE}"));
    let body = read(&told.notice(TransitionKind::NeedsYou));
    let steps = body["content"]["nextSteps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step.as_str().unwrap().contains("evil")));
    for step in steps {
        let step = step.as_str().unwrap();
        expect_harmless(step);
        assert_eq!(step.matches('`').count() % 2, 0, "{step}");
        assert!(!step.chars().any(is_hidden), "{step}");
    }
}

#[test]
fn a_hostile_marker_in_the_steps_is_still_one_word_for_a_shell() {
    for text in [
        "x`;touch PWNED;`",
        "'`$(id)`'",
        "`'`'`; id; `",
        "a'b\"c$(id)`id`\\",
        "<x >y &z ; @here [a](http://evil.example)",
        MARKUP,
        HOSTILE,
    ] {
        let word = harmless(&quoted(text));
        let mut shell = std::process::Command::new("/bin/sh");
        shell.env_clear().env("PATH", "/nowhere");
        let done = shell
            .arg("-c")
            .arg(format!("printf '[%s]' {word}"))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&done.stderr), "", "{word}");
        assert_eq!(
            String::from_utf8_lossy(&done.stdout),
            format!("[{}]", harmless(text)),
            "{word}"
        );
    }
}

#[test]
fn what_cannot_be_shown_exactly_is_not_offered_for_pasting() {
    let mut told = Told::new();
    for (sid, shown) in [
        ("Plain", true),
        ("a`b", false),
        ("<a>", false),
        ("x](y", false),
        ("http://a", false),
    ] {
        told.finding.desired = Some(Desired::BucketStatement {
            bucket: "media".parse().unwrap(),
            statement: json!({"Sid": sid, "Effect": "Allow"}),
        });
        let body = read(&told.notice(TransitionKind::NeedsYou));
        let description = body["content"]["description"].as_str().unwrap();
        assert_eq!(description.contains("Effect"), shown, "{sid}: {description}");
        assert_eq!(
            description.contains("in the e-mail"),
            !shown,
            "{sid}: {description}"
        );
    }
}

fn thread(told: &Told, kind: TransitionKind) -> String {
    let body = read(&told.notice(kind));
    body["metadata"]["threadId"].as_str().unwrap().to_owned()
}

#[test]
fn one_occurrence_is_one_thread_and_every_other_is_another() {
    let first = Told::new();
    let of_first = thread(&first, TransitionKind::NeedsYou);
    for kind in TransitionKind::ALL {
        assert_eq!(thread(&first, kind), of_first);
    }
    // What led to the look that ended it, and who else is touched by then, changes nothing.
    let mut later = Told::new();
    later.cause = Some(Cause::of_event("e9", "Scheduled Event"));
    later.affected.buckets.clear();
    assert_eq!(thread(&later, TransitionKind::Resolved), of_first);

    let changes: [fn(&mut Told); 4] = [
        |told| told.resource = "bucket:other".parse().unwrap(),
        |told| told.finding.code = Code::GrantDenied,
        |told| told.finding.subject = Subject::NamedKey("alias/media".to_owned()),
        |told| told.opened = "2026-11-24T10:15:00Z",
    ];
    for change in changes {
        let mut other = Told::new();
        change(&mut other);
        assert_ne!(thread(&other, TransitionKind::NeedsYou), of_first);
    }
}

#[test]
fn a_description_that_is_cut_keeps_to_the_limit_and_closes_its_block() {
    let mut told = Told::new();
    told.finding.message = "m\"\\".repeat(50_000);
    told.plan = Some("+ \"Sid\": \"é\"\n".repeat(10_000));
    told.affected.buckets = (0..5_000)
        .map(|n| format!("media-{n:04}").parse().unwrap())
        .collect();
    let notice = told.notice(TransitionKind::Repaired);
    assert!(length_in_json(&notice.chat) <= LIMIT);
    let body = read(&notice);
    let description = body["content"]["description"].as_str().unwrap();
    assert!(description.chars().count() <= DESCRIPTION);
    assert_eq!(description.matches(FENCE).count() % 2, 0);
    assert!(description.contains("*Buckets:* 5000: "), "{description}");
    assert!(body["content"]["title"].as_str().unwrap().chars().count() <= TITLE);

    let cut = cut_blocks("```\nabcdefgh\n```\nand more", 16);
    assert!(cut.chars().count() <= 16 && cut.ends_with("…\n```"), "{cut}");
    assert_eq!(cut_blocks("short", 16), "short");
}
