//! The specification by example: every case of `tests/cases/*.json` is a policy, a question and the answer.
//!
//! A case names only what it is about. In `policy`, `{"allow": {…}}` and `{"deny": {…}}` are statements whose
//! other elements are the usual ones: for an Allow the account's grant on the whole bucket, for a Deny the
//! same for everyone; `null` takes an element out. Without more the question is the read of every object of
//! bucket `b` by account 232482882421, in the context of an external read.
//!
//! | field | default |
//! |---|---|
//! | `policy` | statements, or a whole document; `null` for none |
//! | `version` | `2012-10-17`; `null` for none |
//! | `kind` | `bucket`, `key` or `rcp` |
//! | `action`, `resources` | `s3:GetObject` on `arn:aws:s3:::b/*`; `kms:Decrypt` on the key |
//! | `base` | `read`, `decrypt`, `describe` or `nothing`: the table of what is known |
//! | `context` | what is known besides: a value, a list, `absent` or `unknown` |
//! | `expect` | the answer; for a public-policy case `public`, `not-public` or `unsure` |
//! | `because` | the codes of all reasons, where they matter |
//! | `hinges` | the condition keys of a `depends` |

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use guardian_policy::{
    Context, ExternalRead, PolicyDocument, PolicyKind, Publicness, Question, evaluate, is_public,
};
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "232482882421";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn statement(case: &Map<String, Value>, short: &Value) -> Value {
    let is_key = case.get("kind") == Some(&json!("key"));
    let (effect, given) = match (short.get("allow"), short.get("deny")) {
        (Some(given), None) => ("Allow", given),
        (None, Some(given)) => ("Deny", given),
        _ => return short.clone(),
    };
    let principal = if effect == "Allow" {
        json!({ "AWS": ACCOUNT })
    } else {
        json!("*")
    };
    let (action, resource) = if is_key {
        ("kms:Decrypt", "*")
    } else {
        ("s3:GetObject", "arn:aws:s3:::b/*")
    };
    let mut body = Map::new();
    body.insert("Effect".into(), json!(effect));
    for (element, usual) in [
        ("Principal", principal),
        ("Action", json!(action)),
        ("Resource", json!(resource)),
    ] {
        if given.get(format!("Not{element}")).is_none() {
            body.insert(element.into(), usual);
        }
    }
    for (element, value) in given.as_object().unwrap() {
        if value.is_null() {
            body.remove(element);
        } else {
            body.insert(element.clone(), value.clone());
        }
    }
    Value::Object(body)
}

fn document(case: &Map<String, Value>) -> Option<PolicyDocument> {
    let value = match case.get("policy").unwrap() {
        Value::Null => return None,
        Value::Array(short) => {
            let statements: Vec<Value> = short.iter().map(|short| statement(case, short)).collect();
            let mut document = json!({ "Version": "2012-10-17", "Statement": statements });
            match case.get("version") {
                Some(Value::Null) => drop(document.as_object_mut().unwrap().remove("Version")),
                Some(version) => document["Version"] = version.clone(),
                None => {}
            }
            document
        }
        whole => whole.clone(),
    };
    Some(PolicyDocument::parse(&value.to_string()).unwrap())
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values
            .iter()
            .map(|value| value.as_str().unwrap().to_owned())
            .collect(),
        value => vec![value.as_str().unwrap().to_owned()],
    }
}

fn context(case: &Map<String, Value>, base: &str) -> Context {
    let ours = ["vpce-ours".to_owned()];
    let read = ExternalRead {
        region: Some("eu-west-1"),
        our_vpcs: &ours,
        ..ExternalRead::by(ACCOUNT)
    };
    let objects = ["arn:aws:s3:::b/*".to_owned()];
    let bucket_keys = case.get("bucket_keys").and_then(Value::as_bool);
    let mut context = match base {
        "read" => Context::external_s3_read(read),
        "decrypt" => Context::external_kms_via_s3(read, "b", &objects, bucket_keys),
        "describe" => Context::external_kms_direct(read),
        "nothing" => Context::new(),
        other => panic!("unknown base `{other}`"),
    };
    for (key, value) in case
        .get("context")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        context = match value.as_str() {
            Some("absent") => context.absent(key),
            Some("unknown") => context.unknown(key),
            _ => context.known(key, texts(value)),
        };
    }
    context
}

/// What is wrong with a case, if anything.
fn run(case: &Map<String, Value>) -> Result<(), String> {
    let document = document(case);
    let expected = case["expect"].as_str().unwrap();
    if matches!(expected, "public" | "not-public" | "unsure") {
        let found = match is_public(&document.unwrap()) {
            Publicness::Public(_) => "public",
            Publicness::NotPublic => "not-public",
            Publicness::Unsure(_) => "unsure",
        };
        return if found == expected {
            Ok(())
        } else {
            Err(format!("expected {expected}, found {found}"))
        };
    }
    let kind = match case.get("kind").and_then(Value::as_str) {
        None | Some("bucket") => PolicyKind::Bucket,
        Some("key") => PolicyKind::Key,
        Some("rcp") => PolicyKind::ResourceControl,
        Some(other) => panic!("unknown kind `{other}`"),
    };
    let is_key = kind == PolicyKind::Key;
    let text = |field: &str, usual: &'static str| {
        case.get(field)
            .map_or(usual, |value| value.as_str().unwrap())
            .to_owned()
    };
    let action = text("action", if is_key { "kms:Decrypt" } else { "s3:GetObject" });
    let base = text("base", if is_key { "decrypt" } else { "read" });
    let resources = case.get("resources").map_or_else(
        || {
            vec![if is_key {
                KEY.to_owned()
            } else {
                "arn:aws:s3:::b/*".to_owned()
            }]
        },
        texts,
    );
    let context = context(case, &base);
    let question = Question {
        account: ACCOUNT,
        action: &action,
        resources: &resources,
        context: &context,
        kind,
    };
    let decision = evaluate(document.as_ref(), &question);
    let mut wrong = Vec::new();
    if decision.access().as_str() != expected {
        wrong.push(format!("expected {expected}"));
    }
    if let Some(because) = case.get("because") {
        let found: Vec<&str> = decision.reasons().iter().map(|reason| reason.code()).collect();
        if texts(because) != found {
            wrong.push(format!("expected because {because}, found {found:?}"));
        }
    }
    if let Some(hinges) = case.get("hinges")
        && texts(hinges) != decision.hinges_on()
    {
        wrong.push(format!(
            "expected to hinge on {hinges}, found {:?}",
            decision.hinges_on()
        ));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{}\n{decision}", wrong.join("; ")))
    }
}

#[test]
fn every_case_has_its_answer() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut names = std::collections::BTreeSet::new();
    let mut failures = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let cases: Vec<Map<String, Value>> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        for case in &cases {
            let name = case["name"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "two cases are called `{name}`");
            if let Err(wrong) = run(case) {
                failures.push(format!(
                    "{}: {name}: {wrong}",
                    file.file_name().unwrap().to_string_lossy()
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases:\n{}",
        failures.len(),
        names.len(),
        failures.join("\n")
    );
    assert!(names.len() >= 150, "{} cases", names.len());
}
