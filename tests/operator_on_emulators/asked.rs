//! A repair asks before it writes, on a terminal; elsewhere it wants to be told.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::account::{Account, codes};
use crate::emulator::{Kind, environment, python};
use crate::guardian::{Ended, nowhere, run};

crate::on_each_emulator! {
    a_repair_without_yes_and_without_a_terminal_changes_nothing
    on_a_terminal_the_plan_is_shown_and_the_answer_counts
}

const REPAIR: [&str; 4] = ["repair", "media", "--cloud", "demo"];

fn a_repair_without_yes_and_without_a_terminal_changes_nothing(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");
    account.put_policy("media", &[account.owners_statement("media")]);
    let before = account.state("media");

    let ended = account.guardian(&REPAIR).reading_only().ended.expect(2);
    assert!(
        ended.stdout.contains("This will be changed, and nothing else"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stderr.contains("nothing was changed") && ended.stderr.contains("--yes"),
        "{}",
        ended.stderr
    );

    let plan = account
        .guardian(&[&REPAIR[..], &["--json"]].concat())
        .reading_only()
        .answer(1);
    assert_eq!(codes(&plan), ["grant-missing", "marker-missing"]);
    assert_eq!(plan["plan"].as_array().unwrap().len(), 2, "{plan:#}");
    assert_eq!(plan["applied"].as_array().unwrap().len(), 0, "{plan:#}");
    assert_eq!(account.state("media"), before);
}

fn on_a_terminal_the_plan_is_shown_and_the_answer_counts(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");
    let before = account.state("media");
    let endpoint = account.endpoint();
    let repair = |answer: &str| on_a_terminal(answer, &REPAIR, &[("AWS_ENDPOINT_URL", &endpoint)]);

    for no in ["n", "", "perhaps"] {
        let ended = repair(no).expect(1);
        assert!(
            ended.stdout.contains("Apply? [y/N]") && ended.stdout.contains("nothing was changed"),
            "{ended:?}"
        );
        assert_eq!(account.state("media"), before, "`{no}` is no yes");
    }
    let ended = repair("y").expect(0);
    assert!(
        ended.stdout.contains("This will be changed, and nothing else"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("media: readable"), "{ended:?}");
    account
        .guardian(&["check", "media", "--cloud", "demo"])
        .ended
        .expect(0);
}

#[test]
fn on_a_terminal_the_demonstration_has_colours_unless_no_color_forbids_them() {
    if python().is_none() {
        return;
    }
    let coloured = on_a_terminal("", &["demo"], &[]).expect(0);
    assert!(coloured.stdout.contains('\u{1b}'), "{}", coloured.stdout);
    let plain = on_a_terminal("", &["demo"], &[("NO_COLOR", "1")]).expect(0);
    assert!(!plain.stdout.contains('\u{1b}'), "{}", plain.stdout);
}

pub(crate) fn on_a_terminal(answer: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(python().unwrap());
    command
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/operator_on_emulators/terminal.py"));
    command
        .args([answer, env!("CARGO_BIN_EXE_guardian")])
        .args(arguments);
    command
        .env_clear()
        .envs(environment())
        .envs(variables.iter().copied());
    command
        .env("HOME", nowhere())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("TERM", "xterm-256color");
    run(command, "", Duration::from_secs(60))
}
