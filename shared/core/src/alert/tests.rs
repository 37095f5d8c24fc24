use serde_json::json;

use super::*;
use crate::attribution::Nameless;
use crate::cause::Actor;
use crate::finding::{Code, Subject};

/// Everything that could add a line, end one, or turn it around.
pub(super) const HOSTILE: &str =
    "x\nWho          root\r\n\u{85}y\u{b}\u{c}\u{2028}\u{2029}\u{202e}z\u{2066}\u{200b}\u{1b}[2J\u{0}\u{7f}";

/// What a message is made of.
pub(super) struct Told {
    pub(super) resource: Resource,
    pub(super) finding: Finding,
    pub(super) affected: Affected,
    pub(super) cause: Option<Cause>,
    pub(super) plan: Option<String>,
    pub(super) opened: &'static str,
}

impl Told {
    /// Terraform took the grant away from `media`.
    pub(super) fn new() -> Self {
        let bucket: BucketName = "media".parse().unwrap();
        let finding = Finding::new(
            Code::GrantMissing,
            Subject::Bucket(bucket.clone()),
            "the bucket policy does not grant it",
            json!({}),
        );
        let statement = json!({"Sid": "ForCloudinary", "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"});
        Self {
            resource: Resource::Bucket(bucket.clone()),
            finding: finding.with_desired(Some(Desired::BucketStatement {
                bucket: bucket.clone(),
                statement,
            })),
            affected: Affected {
                buckets: vec![bucket],
                clouds: vec!["demo".parse().unwrap()],
            },
            cause: Some(Cause {
                time: Some("2026-11-23T10:14:58Z".to_owned()),
                actor: Some(Actor {
                    principal: Some("arn:aws:sts::111122223333:assumed-role/deploy/run-7".to_owned()),
                    tool: Some("Terraform".to_owned()),
                    address: Some("198.51.100.24".to_owned()),
                    request: None,
                }),
                ..Cause::of_event("e1", "PutBucketPolicy")
            }),
            plan: Some("+ a statement".to_owned()),
            opened: "2026-11-23T10:15:00Z",
        }
    }

    /// The same about a marker of this object key.
    pub(super) fn about_marker(key: &str) -> Self {
        let mut told = Self::new();
        let bucket: BucketName = "media".parse().unwrap();
        told.finding = Finding::new(
            Code::MarkerUnexpected,
            Subject::Marker(bucket, key.to_owned()),
            "nobody declared it",
            json!({}),
        );
        told.plan = None;
        told
    }

    pub(super) fn notice(&self, kind: TransitionKind) -> Notice {
        render(&Occasion {
            id: "grant-missing/bucket:media/1",
            kind,
            resource: &self.resource,
            finding: &self.finding,
            opened: self.opened.parse().unwrap(),
            now: "2026-12-02T10:20:00Z".parse().unwrap(),
            cause: self.cause.as_ref(),
            affected: &self.affected,
            plan: self.plan.as_deref().filter(|_| kind == TransitionKind::Repaired),
            reminders: 2,
        })
    }
}

#[track_caller]
fn expect_said(text: &str, expected: &[&str]) {
    for words in expected {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
}

#[test]
fn a_repair_says_what_whom_who_since_when_and_what_keeps_it_from_coming_back() {
    let text = Told::new().notice(TransitionKind::Repaired).text;
    expect_said(
        &text,
        &[
            "REPAIRED: grant-missing (critical)",
            "Bucket       media",
            "Cloud name   demo",
            "Since        2026-11-23T10:15:00Z",
            "Until        2026-12-02T10:20:00Z",
            "Seen after   PutBucketPolicy at 2026-11-23T10:14:58Z",
            "Who          arn:aws:sts::111122223333:assumed-role/deploy/run-7 with Terraform from 198.51.100.24",
            "the bucket policy does not grant it",
            "What was changed\n  + a statement",
            "What to do\n  1. Nothing now.",
            "For Terraform\n  the aws_iam_policy_document",
            "actions   = [\"s3:GetObject\"]",
            "For CloudFormation\n  PolicyDocument.Statement",
            "\"Sid\": \"ForCloudinary\"",
            "guardian finding grant-missing",
            "Transition grant-missing/bucket:media/1",
        ],
    );
}

#[test]
fn what_needs_somebody_says_what_it_means_what_would_be_changed_and_the_steps() {
    let mut told = Told::new();
    told.finding.evidence = json!({"plan": "+ the planned statement"});
    let text = told.notice(TransitionKind::NeedsYou).text;
    expect_said(
        &text,
        &[
            "NEEDS YOU: grant-missing",
            "What it means",
            "What would be changed\n  + the planned statement",
            "1. The guardian only observes here.",
            "guardian repair media",
        ],
    );
    assert!(!text.contains("Until"), "{text}");
    let again = told.notice(TransitionKind::Reminder).text;
    expect_said(
        &again,
        &["STILL NEEDS YOU", "Reminder     number 2, open for 9 days"],
    );
}

#[test]
fn what_is_over_asks_for_nothing_more() {
    let text = Told::new().notice(TransitionKind::Resolved).text;
    expect_said(&text, &["RESOLVED", "1. Nothing: this is over."]);
    assert!(
        !text.contains("For Terraform") && !text.contains("What was changed"),
        "{text}"
    );
}

#[test]
fn where_nobody_is_named_the_text_says_why() {
    let mut told = Told::new();
    let reasons = [
        (Some(Nameless::DataEvents), "not knowable without data events"),
        (
            Some(Nameless::NoRecord("PutKeyPolicy".to_owned())),
            "not known: CloudTrail's event history holds no PutKeyPolicy on it",
        ),
        (
            Some(Nameless::NotAsked("AccessDenied".to_owned())),
            "not known: CloudTrail could not be asked (AccessDenied)",
        ),
        (None, "not named by the event"),
    ];
    for (nameless, why) in reasons {
        told.cause = Some(Cause {
            nameless,
            ..Cause::of_event("e1", "Scheduled Event")
        });
        let text = told.notice(TransitionKind::NeedsYou).text;
        expect_said(&text, &[&format!("Who          {why}\n")]);
    }
}

/// Compares the lines of what a hostile word makes with those of a harmless one.
#[track_caller]
fn expect_no_line_added(make: impl Fn(&str) -> Told) {
    for kind in TransitionKind::ALL {
        let count = |word: &str| {
            let notice = make(word).notice(kind);
            let odd = notice.text.chars().find(|c| *c != '\n' && plain::is_hidden(*c));
            assert_eq!(odd, None, "{}", notice.text);
            let subject = notice.subject;
            assert!(
                subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()),
                "{subject}"
            );
            notice.text.lines().count()
        };
        assert_eq!(count(HOSTILE), count("harmless"), "{kind:?}");
    }
}

#[test]
fn the_words_of_an_event_add_no_line() {
    expect_no_line_added(|word| {
        let mut told = Told::new();
        let word = word.to_owned();
        told.cause = Some(Cause {
            id: word.clone(),
            event: word.clone(),
            time: Some(word.clone()),
            actor: Some(Actor {
                principal: Some(word.clone()),
                tool: Some(word.clone()),
                address: Some(word.clone()),
                request: Some(word.clone()),
            }),
            nameless: Some(Nameless::NotAsked(word)),
            looked_up: true,
        });
        told
    });
}

#[test]
fn the_names_of_markers_and_keys_add_no_line() {
    expect_no_line_added(|word| Told::about_marker(&format!(".wellknown/cloudinary/{word}")));
    expect_no_line_added(|word| {
        let mut told = Told::new();
        told.finding.subject = Subject::NamedKey(word.to_owned());
        told.finding.code = Code::KeyMissing;
        told
    });
}

#[test]
fn a_sid_in_what_is_to_be_pasted_adds_no_line() {
    expect_no_line_added(|word| {
        let mut told = Told::new();
        let statement =
            json!({"Sid": word, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
        told.finding.desired = Some(Desired::BucketDeny {
            bucket: "media".parse().unwrap(),
            statements: vec![statement.clone(), statement],
        });
        told
    });
}

#[test]
fn a_subject_has_less_than_a_hundred_ascii_characters_whatever_the_names() {
    let mut told = Told::new();
    let long: BucketName = "m".repeat(255).parse().unwrap();
    told.resource = Resource::Bucket(long.clone());
    told.affected.buckets = vec![long];
    for code in Code::ALL {
        told.finding.code = *code;
        for kind in TransitionKind::ALL {
            let subject = told.notice(kind).subject;
            assert!(subject.len() < 100 && subject.is_ascii(), "{subject}");
            assert!(subject.ends_with("..."), "{subject}");
            assert!(subject.contains(code.as_str()), "{subject}");
        }
    }
}

#[test]
fn no_attribute_is_empty_and_there_are_never_more_than_ten() {
    let mut told = Told::new();
    let full = told.affected.clone();
    let attributes = |told: &Told| told.notice(TransitionKind::NeedsYou).attributes;
    let of_one = attributes(&told);
    assert_eq!(
        (of_one["bucket"].as_str(), of_one["cloud"].as_str()),
        ("media", "demo")
    );
    let twice = |names: &[BucketName]| [names, names].concat();
    for (buckets, expected) in [
        (Vec::new(), "none"),
        (full.buckets.clone(), "media"),
        (twice(&full.buckets), "many"),
    ] {
        for clouds in [
            Vec::new(),
            full.clouds.clone(),
            [full.clouds.clone(), full.clouds.clone()].concat(),
        ] {
            told.affected = Affected {
                buckets: buckets.clone(),
                clouds,
            };
            let attributes = attributes(&told);
            assert_eq!(attributes["bucket"], expected);
            assert_eq!(attributes.contains_key("cloud"), told.affected.clouds.len() == 1);
            assert!(attributes.len() <= 10 && attributes.values().all(|value| !value.is_empty()));
        }
    }
    let expected = [
        ("code", "grant-missing"),
        ("severity", "critical"),
        ("transition", "needs-you"),
    ];
    for (name, value) in expected {
        assert_eq!(of_one[name], value);
    }
}

#[test]
fn more_than_a_few_buckets_are_listed_at_the_end() {
    let mut told = Told::new();
    told.affected.buckets = (0..200)
        .map(|n| format!("media-{n:03}").parse().unwrap())
        .collect();
    let notice = told.notice(TransitionKind::NeedsYou);
    expect_said(
        &notice.text,
        &[
            "Buckets      200, listed at the end",
            "All 200 buckets\n  media-000, ",
        ],
    );
    expect_said(&notice.text, &["media-199\n"]);
    assert!(notice.subject.ends_with("on 200 buckets"), "{}", notice.subject);
}
