//! What somebody else wrote (a policy, an event) is shown on a terminal and does nothing to it.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::guardian::{Ended, Guardian};

/// Screen cleared, title set, text coloured (also by the one character that JSON leaves as it is), text turned around.
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{7f}\u{85}b\r\nguardian: all is well\u{202e}gpj\u{2066}\u{200b}\u{2028}\u{e0041}c";

fn file(name: &str, content: &str) -> String {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[track_caller]
fn expect_seen(ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        let odd = text.chars().find(|c| {
            *c != '\n'
                && (c.is_control()
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e007f}'))
        });
        assert_eq!(odd, None, "{text:?}");
    }
}

fn policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Grant", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
         "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"},
        {"Sid": HOSTILE, "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
         "Resource": format!("arn:aws:s3:::media/{HOSTILE}/*"),
         "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ["111122223333", HOSTILE]},
                       "StringEquals": {format!("aws:PrincipalTag/{HOSTILE}"): HOSTILE}}}]})
}

#[test]
fn a_hostile_policy_is_explained_without_driving_the_terminal() {
    let file = file("policy.json", &policy().to_string());
    for more in [&[][..], &["--json"]] {
        let words: Vec<&str> = ["explain", "--bucket", "media", "--policy", &file]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        let ended = Guardian::new(&words).run().expect(1);
        expect_seen(&ended);
        assert!(
            ended.stdout.contains("\\u001b") || ended.stdout.contains('\u{fffd}'),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn in_json_it_is_still_the_text_that_it_was() {
    let file = file("exact.json", &policy().to_string());
    let ended = Guardian::new(&["explain", "--bucket", "media", "--policy", &file, "--json"])
        .run()
        .expect(1);
    let answer = ended.lines().remove(0);
    let holds = |value: &Value| value.as_str().is_some_and(|text| text == HOSTILE);
    let mut open = vec![&answer];
    let mut found = false;
    while let Some(value) = open.pop() {
        found |= holds(value);
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            _ => {}
        }
    }
    assert!(found, "{answer}");
}

#[test]
fn two_hostile_policies_are_compared_without_driving_the_terminal() {
    let one = file("one.json", &policy().to_string());
    let mut other = policy();
    other["Statement"][1]["Resource"] = json!(format!("arn:aws:s3:::other/{HOSTILE}"));
    let other = file("other.json", &other.to_string());
    expect_seen(&Guardian::new(&["same", &one, &other]).run().expect(1));
}

#[test]
fn a_hostile_event_is_routed_without_driving_the_terminal() {
    let event = |event: &str| {
        json!({"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
            "region": "eu-west-1", "id": HOSTILE, "detail": {"eventSource": "s3.amazonaws.com", "eventName": event,
            "eventID": HOSTILE, "userAgent": HOSTILE, "sourceIPAddress": HOSTILE, "errorCode": HOSTILE,
            "userIdentity": {"arn": HOSTILE}, "requestParameters": {"bucketName": "media", "key": HOSTILE}}})
    };
    let events = file(
        "events.json",
        &json!([event("PutObject"), event(HOSTILE)]).to_string(),
    );
    let ended = Guardian::new(&["route", &events]).run().expect(0);
    expect_seen(&ended);
    assert_eq!(ended.lines().len(), 2);
}

#[test]
fn a_complaint_is_one_line_that_does_nothing() {
    for words in [
        vec!["route", HOSTILE],
        vec!["explain", "--bucket", "media", "--policy", HOSTILE],
        vec!["same", HOSTILE, HOSTILE],
        vec!["finding", HOSTILE],
    ] {
        let ended = Guardian::new(&words).run().expect(2);
        expect_seen(&ended);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}
