//! What is declared in Parameter Store counts where no cloud name is given.

use serde_json::{Value, json};

use crate::account::{Account, codes};
use crate::emulator::Kind;

crate::on_each_emulator! {
    a_declared_bucket_is_checked_and_healed_by_its_declaration
    every_declared_bucket_is_in_the_table_and_in_the_total
}

fn a_declared_bucket_is_checked_and_healed_by_its_declaration(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");

    let undeclared = account
        .guardian(&["check", "media", "--json"])
        .reading_only()
        .ended
        .expect(2);
    assert_eq!(undeclared.stdout, "");
    assert!(
        undeclared.stderr.contains("--cloud NAME"),
        "{}",
        undeclared.stderr
    );
    assert!(
        undeclared.stderr.contains("/cloudinary-guardian/buckets/media"),
        "{}",
        undeclared.stderr
    );

    account.declare("media", r#"{"clouds": ["demo"]}"#);
    let checked = account
        .guardian(&["check", "media", "--json"])
        .reading_only()
        .answer(1);
    assert_eq!(checked["verdict"], "blocked", "{checked:#}");
    assert_eq!(codes(&checked), ["grant-missing", "marker-missing"]);

    assert_eq!(account.guardian(&["repair", "media", "--yes"]).writes(), 2);
    let checked = account
        .guardian(&["check", "media", "--sample", "0", "--json"])
        .reading_only()
        .answer(0);
    assert_eq!(
        checked,
        json!({"bucket": "media", "verdict": "readable", "findings": []})
    );

    // A cloud name that is declared later is blocked until it has its marker.
    account.declare("media", r#"{"clouds": ["demo", "demo-staging"]}"#);
    let checked = account.guardian(&["check", "media", "--json"]).answer(1);
    assert_eq!(
        (&checked["verdict"], codes(&checked)),
        (&json!("blocked"), vec!["marker-missing"])
    );

    account.declare("media", r#"{"clouds": ["demo"], "cluods": []}"#);
    let before = account.state("media");
    for arguments in [
        &["check", "media", "--json"][..],
        &["repair", "media", "--yes", "--json"],
    ] {
        let invalid = account.guardian(arguments).reading_only().answer(1);
        assert_eq!(
            (&invalid["verdict"], codes(&invalid)),
            (&json!("unknown"), vec!["declaration-invalid"])
        );
        let message = invalid["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains("cluods"), "it names the field: {message}");
    }
    assert_eq!(account.state("media"), before);
}

fn every_declared_bucket_is_in_the_table_and_in_the_total(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    let none = account
        .guardian(&["check", "--all"])
        .reading_only()
        .ended
        .expect(0)
        .stdout;
    assert!(none.contains("0 buckets"), "{none}");

    // More than Parameter Store puts on one page.
    let names: Vec<String> = (0..12).map(|number| format!("media-{number:02}")).collect();
    for name in &names {
        account.create_bucket(name);
        account.declare(name, r#"{"clouds": ["demo"]}"#);
    }
    account.declare("media-gone", r#"{"clouds": ["demo"]}"#);
    account.declare("media-wrong", r#"{"clouds": ["demo"], "prefixes": ["img/"]}"#);
    account.guardian(&["repair", "media-00", "--yes"]).ended.expect(0);

    let table = account
        .guardian(&["check", "--all"])
        .reading_only()
        .ended
        .expect(1)
        .stdout;
    let row = |name: &str| {
        table
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name}: {table}"))
    };
    assert!(row("BUCKET").contains("VERDICT") && row("BUCKET").contains("FINDINGS"));
    assert!(row("media-00 ").contains("readable"));
    assert!(
        row("media-11 ").contains("blocked") && row("media-11 ").contains("grant-missing, marker-missing")
    );
    assert!(row("media-gone ").contains("bucket-missing"));
    assert!(row("media-wrong ").contains("unknown") && row("media-wrong ").contains("declaration-invalid"));
    assert!(
        table.ends_with("\n14 buckets, 1 readable, 24 findings\n"),
        "{table}"
    );

    let lines = account
        .guardian(&["check", "--all", "--json"])
        .reading_only()
        .ended
        .expect(1)
        .lines();
    let mut told: Vec<&str> = lines
        .iter()
        .map(|line| line["bucket"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    let wanted: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .chain(["media-gone", "media-wrong"])
        .collect();
    assert_eq!(told, wanted);
    let of = |name: &str| lines.iter().find(|line| line["bucket"] == name).unwrap();
    assert_eq!(
        of("media-00"),
        &json!({"bucket": "media-00", "verdict": "readable", "findings": []})
    );
    let message = of("media-wrong")["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("img/*"), "it says what was meant: {message}");
    assert!(
        lines
            .iter()
            .all(|line| line["verdict"] == "readable" || is_told_why(line)),
        "{lines:#?}"
    );
}

/// Each finding has all that the contract promises.
fn is_told_why(line: &Value) -> bool {
    let findings = line["findings"].as_array().unwrap();
    let complete = |finding: &Value| {
        let fields = ["code", "severity", "subject", "remedy", "message", "evidence"];
        fields.iter().all(|field| !finding[field].is_null())
            && ["repair", "human"]
                .iter()
                .any(|remedy| finding["remedy"] == *remedy)
    };
    !findings.is_empty() && findings.iter().all(complete)
}
