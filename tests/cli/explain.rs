//! `guardian explain` and `guardian same`: offline, for pull requests.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::complaint;
use super::guardian::{Ended, Guardian};

/// A file of this test run.
fn file(name: &str, content: &str) -> String {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("explain-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/explain")
        .join(name);
    path.display().to_string()
}

fn explain(arguments: &[&str]) -> Ended {
    let words: Vec<&str> = ["explain", "--bucket", "media", "--json"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    Guardian::new(&words).run()
}

fn answer(ended: Ended, status: i32) -> Value {
    ended.expect(status).lines().remove(0)
}

#[test]
fn a_grant_is_readable_with_exit_status_0_and_no_finding() {
    let answer = answer(
        explain(&["--policy", &example("grant.json"), "--cloud", "demo"]),
        0,
    );
    assert_eq!(answer["verdict"], "readable");
    assert_eq!(answer["access"]["s3:GetObject"]["verdict"], "allowed");
    assert_eq!(answer["findings"], json!([]));
}

#[test]
fn no_policy_is_blocked_and_the_answer_says_what_it_assumed_of_the_rest() {
    let answer = answer(explain(&[]), 1);
    assert_eq!(answer["verdict"], "blocked");
    assert_eq!(answer["findings"][0]["code"], "grant-missing");
    assert!(
        answer["assumed"][0]
            .as_str()
            .unwrap()
            .contains("no public access block")
    );
}

#[test]
fn what_the_aws_cli_prints_around_a_document_is_taken_off() {
    let grant = std::fs::read_to_string(example("grant.json")).unwrap();
    let printed = file("printed.json", &json!({ "Policy": grant }).to_string());
    assert_eq!(answer(explain(&["--policy", &printed]), 0)["verdict"], "readable");
    let described = file(
        "described.json",
        &json!({"Policy": {"PolicySummary": {}, "Content": grant}}).to_string(),
    );
    assert_eq!(
        answer(explain(&["--policy", &described]), 0)["verdict"],
        "readable"
    );
}

#[test]
fn a_key_and_its_policy_go_together_and_both_count() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let (grant, policy) = (example("grant.json"), example("key-for-another-key.json"));
    let answer = answer(
        explain(&["--policy", &grant, "--key", key, "--key-policy", &policy]),
        1,
    );
    assert_eq!(answer["verdict"], "blocked");
    assert_eq!(answer["access"]["kms:Decrypt"]["verdict"], "denied");
    assert_eq!(answer["access"]["kms:DescribeKey"]["verdict"], "denied");
    assert_eq!(explain(&["--key", key]).status, Some(2));
}

#[test]
fn what_is_no_policy_document_gets_its_place_and_no_verdict() {
    for (name, content, place) in [
        ("text.json", "{nope", "line 1"),
        (
            "effect.json",
            r#"{"Statement":[{"Effect":"Maybe","Principal":"*","Action":"*","Resource":"*"}]}"#,
            "Statement[0].Effect",
        ),
        (
            "action.json",
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Resource":"*"}]}"#,
            "Statement[0]",
        ),
        (
            "operator.json",
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StrEq":{"a:b":"c"}}}]}"#,
            "Statement[0].Condition.StrEq",
        ),
    ] {
        let said = complaint(explain(&["--policy", &file(name, content)]));
        assert!(said.contains(place) && said.contains(name), "{said}");
    }
    assert!(complaint(explain(&["--policy", "/nowhere/policy.json"])).contains("/nowhere/policy.json"));
}

#[test]
fn same_tells_equivalent_from_different_from_unreadable() {
    let one = example("grant.json");
    let grant: Value = serde_json::from_str(&std::fs::read_to_string(&one).unwrap()).unwrap();
    let mut rewritten = grant.clone();
    rewritten["Statement"] = json!({
        "Resource": ["arn:aws:s3:::media/*"], "Action": ["s3:getobject"], "Effect": "Allow", "Sid": "Cloudinary",
        "Principal": {"AWS": ["232482882421"]}
    });
    let rewritten = file("rewritten.json", &rewritten.to_string());
    assert_eq!(
        Guardian::new(&["same", &one, &rewritten]).run().expect(0).stdout,
        "equivalent\n"
    );
    let other = example("with-public-statement.json");
    let different = Guardian::new(&["same", &one, &other]).run().expect(1);
    assert!(different.stdout.contains("Website"), "{}", different.stdout);
    let broken = file("broken.json", "[");
    complaint(Guardian::new(&["same", &one, &broken]).run());
}
