//! `guardian census --start`: a walk by a state machine. Whatever it does, it is started, waited for, and its end is told.

use serde_json::{Value, json};

use crate::account::Account;
use crate::emulator::Kind;

/// An account with a state machine that only comes to this end, and its ARN. Of moto's no execution ever ends.
fn with_machine(end: &Value) -> Option<(Account, String)> {
    let account = Account::on(Kind::Ministack)?;
    account.create_bucket("media");
    let definition = json!({"StartAt": "End", "States": {"End": end}});
    let machine = account.boto.call(
        ("stepfunctions", "create_state_machine"),
        &json!({
            "name": "guard-census", "definition": definition.to_string(),
            "roleArn": "arn:aws:iam::123456789012:role/guard-census"
        }),
    );
    let arn = machine["stateMachineArn"].as_str().unwrap().to_owned();
    Some((account, arn))
}

#[test]
fn a_walk_is_started_with_its_bucket_and_waited_for() {
    let Some((account, machine)) = with_machine(&json!({"Type": "Succeed"})) else {
        return;
    };
    let words = ["census", "media", "--start", "--json"];
    let answer = account
        .guardian_with(&words, &[("GUARDIAN_CENSUS_STATE_MACHINE", &machine)])
        .answer(0);
    assert_eq!(answer["census"], Value::Null, "{answer:#}");
    let execution = account.boto.call(
        ("stepfunctions", "describe_execution"),
        &json!({"executionArn": answer["execution"]}),
    );
    assert_eq!(execution["name"], answer["id"]);
    assert_eq!(execution["input"], r#"{"bucket": "media"}"#.replace(' ', ""));

    let told = account.guardian(&["census", "media", "--start", "--state-machine", &machine]);
    let told = told.ended.expect(0);
    assert!(
        told.stdout.contains("GUARDIAN_TABLE") && told.stdout.contains("`bucket:media`"),
        "{}",
        told.stdout
    );
    assert!(
        told.stderr.starts_with("guardian: the walk `media-"),
        "{}",
        told.stderr
    );
}

#[test]
fn a_walk_that_breaks_off_ends_with_2_and_says_why_and_how_to_go_on() {
    let end = json!({"Type": "Fail", "Error": "Refused", "Cause": "the bucket `media` is not declared"});
    let Some((account, machine)) = with_machine(&end) else {
        return;
    };
    let words = ["census", "media", "--start", "--state-machine", &machine];
    let told = account.guardian(&words).ended.expect(2);
    for part in [
        "the walk failed: Refused: the bucket `media` is not declared",
        "redrive-execution",
    ] {
        assert!(told.stderr.contains(part), "{}", told.stderr);
    }
    let words = [&words[..], &["--no-wait"]].concat();
    let told = account.guardian(&words).ended.expect(0);
    assert!(
        told.stdout.contains(":execution:guard-census:media-"),
        "{}",
        told.stdout
    );
}
