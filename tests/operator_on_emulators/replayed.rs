//! `guardian replay`: an event again, through router and reconciler, on the real state.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::account::{Account, owners_key_statement};
use crate::emulator::{ACCOUNT, Kind};

crate::on_each_emulator! {
    a_replayed_event_changes_nothing_without_yes_and_repairs_with_it
    a_replayed_event_of_a_key_finds_the_buckets_that_need_it
    a_replayed_event_that_is_not_ours_changes_nothing
}

/// One of the project's events as a file of its own, about `resource` of the emulator's account.
fn event(account: &Account, name: &str, named: &str, resource: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(name)).unwrap();
    assert!(text.contains(named), "{name} is about `{named}`");
    account.file(
        name,
        &text.replace(named, resource).replace("111122223333", ACCOUNT),
    )
}

fn a_replayed_event_changes_nothing_without_yes_and_repairs_with_it(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");
    account.declare("media", r#"{"clouds": ["demo"]}"#);
    account.guardian(&["repair", "media", "--yes"]).ended.expect(0);
    let healed = account.state("media");
    account.put_policy("media", &[account.owners_statement("media")]);
    let replaced = account.state("media");
    let file = event(
        &account,
        "s3.PutBucketPolicy.terraform.json",
        "media-demo-private",
        "media",
    );

    let looked = account
        .guardian(&["replay", &file])
        .reading_only()
        .ended
        .expect(1)
        .stdout;
    assert!(
        looked.contains("grant-missing") && looked.contains("--yes lets it repair"),
        "{looked}"
    );
    let looked = account
        .guardian(&["replay", &file, "--json"])
        .reading_only()
        .answer(1);
    assert_eq!(looked["trigger"]["event"], "PutBucketPolicy");
    assert_eq!(looked["reports"][0]["resource"], "bucket:media");
    assert_eq!(looked["reports"][0]["findings"][0]["code"], "grant-missing");
    assert_eq!(account.state("media"), replaced);

    let repaired = account.guardian(&["replay", &file, "--yes"]);
    assert_eq!(repaired.writes(), 1, "{repaired:#?}");
    repaired.ended.expect(0);
    let now = account.state("media");
    let statements = now["policy"]["Statement"].as_array().unwrap();
    assert_eq!(statements[0], account.owners_statement("media"));
    assert_eq!(statements[1], healed["policy"]["Statement"][0]);
    assert_eq!(now["versions"], healed["versions"], "the marker was not touched");

    account
        .guardian(&["replay", &file, "--yes"])
        .reading_only()
        .ended
        .expect(0);
    assert_eq!(account.state("media"), now);
}

fn a_replayed_event_of_a_key_finds_the_buckets_that_need_it(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");
    let key = account.encrypt("media", &[owners_key_statement()]);
    account.declare("media", r#"{"clouds": ["demo"]}"#);
    account.guardian(&["repair", "media", "--yes"]).ended.expect(0);
    let healed = account.key_policy(&key);
    account.put_key_policy(&key, &[owners_key_statement()]);
    let replaced = account.key_policy(&key);
    let named = "arn:aws:kms:eu-west-1:111122223333:key/5c1f0a52-7d0e-4b7b-9a55-3f1de6c2a941";
    let file = event(&account, "kms.PutKeyPolicy.console.json", named, &key);

    let looked = account
        .guardian(&["replay", &file, "--json"])
        .reading_only()
        .answer(1);
    assert_eq!(
        looked["reports"][0]["findings"][0]["code"], "key-grant-missing",
        "{looked:#}"
    );
    assert_eq!(account.key_policy(&key), replaced);

    let repaired = account.guardian(&["replay", &file, "--yes"]);
    assert_eq!(repaired.writes(), 1, "{repaired:#?}");
    repaired.ended.expect(0);
    assert_eq!(account.key_policy(&key), healed);
    account
        .guardian(&["replay", &file, "--yes"])
        .reading_only()
        .ended
        .expect(0);
}

fn a_replayed_event_that_is_not_ours_changes_nothing(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");
    let before = account.state("media");
    let undeclared = event(
        &account,
        "s3.PutBucketPolicy.terraform.json",
        "media-demo-private",
        "media",
    );
    let failed = event(
        &account,
        "near-miss.s3.PutBucketPolicy.failed.json",
        "media-demo-private",
        "media",
    );
    for file in [&undeclared, &failed] {
        let done = account
            .guardian(&["replay", file, "--yes", "--json"])
            .reading_only()
            .answer(0);
        let no_findings = |report: &Value| report["findings"] == json!([]);
        assert!(
            done["reports"].as_array().unwrap().iter().all(no_findings),
            "{done:#}"
        );
    }
    assert_eq!(account.state("media"), before);
}
