//! What is no command at all, and the help.

use crate::complaint;
use crate::guardian::Guardian;

/// The commands that scripts and other checks rely on, with their options.
const CONTRACT: [(&str, &str); 8] = [
    ("demo", "--json"),
    ("check", "[BUCKET] --cloud --sample --all --json"),
    ("repair", "<BUCKET> --cloud --sample --yes --json"),
    (
        "census",
        "<BUCKET> --at-once --resume --sql --from --record --start --state-machine --no-wait --json",
    ),
    ("route", "<FILE> --json"),
    ("replay", "<FILE> --yes"),
    ("finding", "[CODE] --json"),
    ("discover", "--format table terraform cloudformation"),
];

#[test]
fn a_call_that_makes_no_sense_ends_with_2_and_says_so_on_standard_error() {
    for (arguments, word) in [
        (&["heal"][..], "heal"),
        (&["--loud"], "--loud"),
        (&["check", "media", "--loud"], "--loud"),
        (&["check"], "BUCKET"),
        (&["check", "media", "--sample", "all"], "--sample"),
        (&["check", "media", "--all"], "--all"),
        (&["check", "--all", "--cloud", "demo"], "--all"),
        (&["check", "media bucket", "--cloud", "demo"], "bucket name"),
        (&["check", "media", "--cloud", "."], "cloud name"),
        (&["repair"], "BUCKET"),
        (&["route"], "FILE"),
        (&["replay"], "FILE"),
        (&["discover", "--format", "yaml"], "terraform"),
        (&["census"], "BUCKET"),
        (&["census", "media", "--at-once", "0"], "1..=512"),
        (&["census", "media", "--sql", "--from", "-"], "--sql"),
        (&["census", "media", "--prefix", "img/", "--record"], "--prefix"),
        (&["census", "media", "--backfilled"], "--from"),
        (&["census", "media", "--start", "--record"], "--record"),
        (&["census", "media", "--start", "--at-once", "9"], "--at-once"),
        (&["census", "media", "--no-wait"], "--start"),
        (&["census", "media", "--state-machine", "arn:x"], "--start"),
        (
            &["census", "media", "--from", "-", "--as-of", "today"],
            "RFC 3339",
        ),
    ] {
        let ended = Guardian::new(arguments).run().expect(2);
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(ended.stderr.contains(word), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn every_command_has_a_help_and_so_have_the_options_of_the_contract() {
    let all = Guardian::new(&["--help"]).run().expect(0).stdout;
    for words in ["0 readable", "1 findings", "2 could not run"] {
        assert!(all.contains(words), "the exit status is explained: {all}");
    }
    let listed = all.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed: Vec<&str> = listed.map_while(|line| line.split_whitespace().next()).collect();
    for command in listed.iter().filter(|command| **command != "help") {
        let help = Guardian::new(&[command, "--help"]).run().expect(0).stdout;
        assert!(help.contains(&format!("Usage: guardian {command}")), "{help}");
    }
    for (command, options) in CONTRACT {
        assert!(listed.contains(&command), "{command}: {all}");
        let help = Guardian::new(&[command, "--help"]).run().expect(0).stdout;
        for option in options.split(' ') {
            assert!(help.contains(option), "{command} {option}: {help}");
        }
    }
}

#[test]
fn it_tells_its_version() {
    let told = Guardian::new(&["--version"]).run().expect(0).stdout;
    assert_eq!(told, format!("guardian {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_file_of_events_that_cannot_be_read_is_refused_before_anything_is_asked_of_aws() {
    // No Region, no credentials: a replay that got as far as that would complain of these.
    let said = complaint(Guardian::new(&["replay", "-", "--yes"]).run_on("{\"detail\": "));
    assert!(said.contains("not JSON"), "{said}");
}
