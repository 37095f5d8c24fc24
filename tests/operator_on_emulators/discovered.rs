//! `guardian discover`: how an owner starts whose buckets Cloudinary reads already.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::account::{Account, CLOUDINARY, marker};
use crate::emulator::{Kind, python};
use crate::guardian::run;

crate::on_each_emulator! {
    what_cloudinary_reads_already_is_found_in_every_format_and_declared_by_it
}

fn grant(resource: &str) -> Value {
    json!({
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{CLOUDINARY}:root")},
        "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{resource}")
    })
}

fn what_cloudinary_reads_already_is_found_in_every_format_and_declared_by_it(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    for bucket in ["granted", "marked", "partly", "private"] {
        account.create_bucket(bucket);
    }
    account.put_policy(
        "granted",
        &[account.owners_statement("granted"), grant("granted/*")],
    );
    account.put_object("granted", &marker("demo"));
    account.put_object("marked", &marker("demo-staging"));
    account.put_policy("partly", &[grant("partly/img/*")]);
    account.put_policy("private", &[account.owners_statement("private")]);

    let table = account
        .guardian(&["discover"])
        .reading_only()
        .ended
        .expect(0)
        .stdout;
    let row = |name: &str| {
        table
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name}: {table}"))
    };
    assert!(row("granted ").contains("allowed") && row("granted ").contains(r#"{"clouds":["demo"]}"#));
    assert!(row("marked ").contains("none") && row("marked ").contains(r#"{"clouds":["demo-staging"]}"#));
    assert!(row("partly ").contains("add the cloud names"));
    assert!(!table.contains("private "), "{table}");
    assert!(
        table.ends_with("\n3 of 4 buckets have a Cloudinary grant or marker\n"),
        "{table}"
    );

    let terraform = account
        .guardian(&["discover", "--format", "terraform"])
        .reading_only()
        .ended
        .expect(0)
        .stdout;
    let resource = "resource \"aws_ssm_parameter\" \"cloudinary_guardian_granted\" {\n\
                    \x20 name = \"/cloudinary-guardian/buckets/granted\"\n\
                    \x20 type = \"String\"\n\
                    \x20 value = jsonencode({\n\
                    \x20   clouds = [\"demo\"]\n\
                    \x20 })\n}\n";
    assert!(terraform.contains(resource), "{terraform}");
    assert!(terraform.contains("prefixes = [\"img/*\"]"), "{terraform}");
    assert_eq!(terraform.matches("aws_ssm_parameter").count(), 3, "{terraform}");

    let template = account
        .guardian(&["discover", "--format", "cloudformation"])
        .reading_only()
        .ended
        .expect(0)
        .stdout;
    let resources = parsed(&template)["Resources"].as_object().unwrap().clone();
    assert_eq!(resources.len(), 3, "{template}");
    for resource in resources.values() {
        assert_eq!(resource["Type"], "AWS::SSM::Parameter");
        let arguments = resource["Properties"].as_object().unwrap();
        account.boto.call(("ssm", "put_parameter"), &json!(arguments));
    }
    // What was printed is a declaration that holds.
    let lines = account
        .guardian(&["check", "--all", "--json"])
        .ended
        .expect(1)
        .lines();
    let verdict = |name: &str| &lines.iter().find(|line| line["bucket"] == name).unwrap()["verdict"];
    assert_eq!(
        (verdict("granted"), verdict("marked")),
        (&json!("readable"), &json!("blocked"))
    );
    assert_eq!(
        verdict("partly"),
        "unknown",
        "its cloud names are still to be written"
    );
}

/// YAML as PyYAML reads it.
fn parsed(yaml: &str) -> Value {
    let mut command = Command::new(python().unwrap());
    command
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/operator_on_emulators/yaml_as_json.py"));
    run(command, yaml, Duration::from_secs(30))
        .expect(0)
        .lines()
        .remove(0)
}
