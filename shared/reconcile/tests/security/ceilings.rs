//! Whoever may write a declaration (`ssm:PutParameter`) reaches no further than the stack's parameters. That the roles hold
//! them too is shown by tests/rights/ceilings.rs.

use guardian_core::finding::Code;
use guardian_core::settings::{Ceilings, Mode};
use serde_json::json;

use crate::stage::Stage;
use crate::world::bucket;

/// A stack that may look after `media` and `media-…` for `demo` and `demo-…`, and a bucket that Cloudinary cannot read.
fn stage_with(name: &str) -> Stage {
    let mut stage = Stage::new(3);
    stage.settings.ceilings = Ceilings {
        mode: Mode::Repair,
        clouds: vec!["demo".to_owned(), "demo-*".to_owned()],
        bucket_arns: vec!["arn:aws:s3:::media".to_owned(), "arn:aws:s3:::media-*".to_owned()],
    };
    stage.plain_bucket(&bucket(name));
    stage.model.take_journal();
    stage
}

fn writes(stage: &Stage) -> Vec<String> {
    stage.sweep();
    stage.rest();
    let calls = stage.model.take_journal();
    let writes = calls.iter().filter(|call| call.repairs());
    writes.map(|call| format!("{call:?}")).collect()
}

/// Nothing is written, and people are told that the declaration cannot be followed and why.
#[track_caller]
fn expect_refused(name: &str, declaration: &str, why: &str) {
    let stage = stage_with(name);
    let before = (
        stage.model.policy(&bucket(name)),
        stage.model.objects(&bucket(name)).len(),
    );
    stage.declared(&bucket(name), declaration);
    assert_eq!(writes(&stage), Vec::<String>::new(), "{declaration}");
    let after = (
        stage.model.policy(&bucket(name)),
        stage.model.objects(&bucket(name)).len(),
    );
    assert_eq!(before, after, "{declaration}");
    let told = stage.model.take_notices();
    assert_eq!(told.len(), 1, "{declaration}: {told:?}");
    assert_eq!(told[0].attributes["code"], Code::DeclarationInvalid.as_str());
    assert!(
        told[0].text.contains(why),
        "{declaration}: `{why}` is not in {}",
        told[0].text
    );
}

#[test]
fn within_the_ceilings_a_declaration_is_followed() {
    for (name, cloud) in [("media", "demo"), ("media-eu", "demo-staging")] {
        let stage = stage_with(name);
        stage.declared(&bucket(name), &json!({"clouds": [cloud]}).to_string());
        assert_eq!(writes(&stage).len(), 2, "{name}: grant and marker");
    }
}

#[test]
fn no_cloud_name_outside_allowed_clouds_is_let_in_however_it_is_spelt() {
    const OUTSIDE: &str = "AllowedClouds";
    const NO_NAME: &str = "is not a cloud name";
    for (cloud, why) in [
        ("evil", OUTSIDE),
        ("demox", OUTSIDE),
        ("xdemo", OUTSIDE),
        // S3 keys are case-sensitive: another spelling is another tenant.
        ("Demo", OUTSIDE),
        ("DEMO-x", OUTSIDE),
        ("demo_", OUTSIDE),
        // Patterns are the stack's to write, not the declaration's.
        ("*", NO_NAME),
        ("demo*", NO_NAME),
        ("demo-*", NO_NAME),
        ("dem?", NO_NAME),
        ("demo.", NO_NAME),
        ("demo/", NO_NAME),
        ("demo-x/../evil", NO_NAME),
        ("../evil", NO_NAME),
        ("demo-x/evil", NO_NAME),
        (" demo", NO_NAME),
        ("demo ", NO_NAME),
        ("demo\n", NO_NAME),
        ("demo\u{200b}", NO_NAME),
        ("d\u{435}mo", NO_NAME),
        ("demo-\u{202e}x", NO_NAME),
        ("ｄｅｍｏ", NO_NAME),
        ("demo\u{0}", NO_NAME),
        ("demo,evil", NO_NAME),
        ("", NO_NAME),
    ] {
        expect_refused("media", &json!({"clouds": [cloud]}).to_string(), why);
        // One that is allowed beside it does not help.
        expect_refused("media", &json!({"clouds": ["demo", cloud]}).to_string(), why);
    }
    // Of a field that stands there twice the last counts, for the ceiling as for what is done.
    expect_refused("media", r#"{"clouds": ["demo"], "clouds": ["evil"]}"#, OUTSIDE);
    expect_refused("media", r#"{"clouds": "evil"}"#, "expected a list");
    expect_refused("media", r#"{"clouds": [["evil"]]}"#, "expected a text");
    expect_refused("media", r#"{"clouds": ["\u0065vil"]}"#, OUTSIDE);
    expect_refused(
        "media",
        r#"{"Clouds": ["evil"], "clouds": ["demo"]}"#,
        "unknown field",
    );
}

#[test]
fn no_bucket_outside_bucket_arns_is_touched_however_it_is_declared() {
    for name in [
        "other", "mediax", "xmedia", "my-media", "media_x", "Media-x", "MEDIA",
    ] {
        expect_refused(name, r#"{"clouds": ["demo"]}"#, "BucketArns");
    }
    // What the parameter says of another bucket is not asked.
    for field in [
        "bucket",
        "name",
        "arn",
        "account",
        "mode_ceiling",
        "AllowedClouds",
    ] {
        let declaration = json!({"clouds": ["demo"], field: "other"}).to_string();
        expect_refused("media", &declaration, "unknown field");
    }
}

#[test]
fn a_parameter_that_is_not_named_for_a_bucket_declares_none() {
    let stage = stage_with("other");
    for name in [
        "media/../other",
        "../other",
        "*",
        "other/",
        "/other",
        "media,other",
        "other\n",
    ] {
        stage.model.declare_text(name, r#"{"clouds": ["demo"]}"#);
    }
    assert_eq!(writes(&stage), Vec::<String>::new());
}

#[test]
fn no_field_is_taken_that_would_have_the_owner_vouch_or_keep_silent() {
    for (field, value) in [
        ("context", json!({"aws:SourceVpce": "absent"})),
        (
            "accept",
            json!([{"code": "marker-unexpected", "subject": "marker:media/x"}]),
        ),
        ("unexpected_markers", json!("remove")),
        ("purpose", json!("backup")),
        ("on_removal", json!("revoke")),
        ("optimizer", json!({"user": "eve"})),
    ] {
        let declaration = json!({"clouds": ["demo"], field: value}).to_string();
        expect_refused("media", &declaration, "not supported yet");
    }
}

#[test]
fn a_declaration_lowers_the_mode_and_never_raises_it() {
    let mut stage = stage_with("media");
    stage.settings.ceilings.mode = Mode::Observe;
    stage.declared(&bucket("media"), r#"{"clouds": ["demo"], "mode": "repair"}"#);
    assert_eq!(writes(&stage), Vec::<String>::new());
}

#[test]
fn a_prefix_stays_within_the_bucket() {
    for prefix in [
        "../other/*",
        "*/../../other",
        "..",
        "arn:aws:s3:::other/*",
        "x\",\"arn:aws:s3:::other/*",
        "?",
    ] {
        let stage = stage_with("media");
        let declaration = json!({"clouds": ["demo"], "prefixes": [prefix]}).to_string();
        stage.declared(&bucket("media"), &declaration);
        writes(&stage);
        let policy = stage.policy(&bucket("media"));
        for statement in policy["Statement"].as_array().unwrap() {
            if statement["Principal"] != json!({"AWS": "arn:aws:iam::232482882421:root"}) {
                continue;
            }
            let resources = match &statement["Resource"] {
                serde_json::Value::Array(many) => many.clone(),
                one => vec![one.clone()],
            };
            for resource in resources {
                assert!(
                    resource.as_str().unwrap().starts_with("arn:aws:s3:::media/"),
                    "{prefix}: {statement}"
                );
            }
            assert_eq!(statement["Action"], json!("s3:GetObject"), "{prefix}");
        }
    }
    // A policy variable would be another pattern for every reader.
    expect_refused(
        "media",
        r#"{"clouds": ["demo"], "prefixes": ["${aws:username}/*"]}"#,
        "policy variables",
    );
}

#[test]
fn a_key_of_another_account_is_never_written() {
    let stage = stage_with("media");
    let theirs = stage
        .model
        .add_key_of(&"444455556666".parse().unwrap(), "us-east-1");
    let before = stage.model.key_policy(&theirs);
    let declaration = json!({"clouds": ["demo"], "keys": [theirs]}).to_string();
    stage.declared(&bucket("media"), &declaration);
    let writes = writes(&stage);
    assert!(
        writes.iter().all(|write| !write.contains("PutKeyPolicy")),
        "{writes:?}"
    );
    assert_eq!(stage.model.key_policy(&theirs), before);
}

#[test]
fn pruning_takes_nothing_from_a_key_without_a_census_that_proves_it_unused() {
    let stage = stage_with("media");
    let key = stage.key("SECRET");
    let declaration = json!({"clouds": ["demo"], "keys": [key], "prune": true}).to_string();
    stage.declared(&bucket("media"), &declaration);
    writes(&stage);
    stage.declared(&bucket("media"), r#"{"clouds": ["demo"], "prune": true}"#);
    let writes = writes(&stage);
    assert!(
        writes.iter().all(|write| !write.contains("PutKeyPolicy")),
        "{writes:?}"
    );
}

#[test]
fn the_message_says_since_when_and_how_to_learn_who_declared_it() {
    let stage = stage_with("media");
    stage.declared(&bucket("media"), r#"{"clouds": ["evil"]}"#);
    stage.rest();
    let told = stage.model.take_notices();
    let text = &told[0].text;
    for words in [
        "`evil`",
        "AllowedClouds (demo, demo-*)",
        "Seen after   Parameter Store Change",
        "get-parameter-history --name /cloudinary-guardian/buckets/media ",
    ] {
        assert!(text.contains(words), "`{words}` is not in {text}");
    }
}
