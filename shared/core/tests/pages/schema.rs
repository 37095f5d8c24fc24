//! `docs/alert.schema.json`: what machines are promised.

use guardian_core::alert::{Digest, TransitionKind, digest};
use guardian_core::finding::Code;
use guardian_core::settings::CensusLevel;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::alerts::sample_digest;
use crate::path;
use crate::samples::sample;

fn schema() -> Value {
    let text = std::fs::read_to_string(path("docs/alert.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn validator() -> Validator {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema())
        .unwrap()
}

#[track_caller]
pub(crate) fn expect_valid(validator: &Validator, body: &str) -> Value {
    let value: Value = serde_json::from_str(body).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    value
}

type Damage = fn(&mut Value);

#[test]
fn every_message_of_every_finding_keeps_to_the_schema() {
    let validator = validator();
    for code in Code::ALL {
        let sample = sample(*code);
        for kind in TransitionKind::ALL {
            let value = expect_valid(&validator, &sample.notice(kind).json);
            assert_eq!(value["finding"]["code"], code.as_str());
            assert_eq!(value["omitted"], json!([]), "{code}");
        }
    }
}

#[test]
fn every_digest_keeps_to_the_schema() {
    let validator = validator();
    let mut sample = sample_digest();
    let value = expect_valid(&validator, &digest(&sample).json);
    assert_eq!(
        (&value["bucket_count"], &value["unwell_count"]),
        (&json!(137), &json!(3))
    );
    sample.since = None;
    sample.buckets.clear();
    expect_valid(&validator, &digest(&sample).json);
    let bare = Digest {
        at: sample.at,
        since: None,
        census: CensusLevel::Off,
        guardian: Vec::new(),
        buckets: Vec::new(),
    };
    assert!(digest(&bare).text.contains("no bucket declared"));
}

#[test]
fn what_is_not_such_a_message_is_rejected() {
    let validator = validator();
    let sound: Value =
        serde_json::from_str(&sample(Code::GrantDenied).notice(TransitionKind::NeedsYou).json).unwrap();
    assert!(validator.is_valid(&sound));
    let wrong: [(&str, Damage); 9] = [
        ("another version", |value| value["version"] = json!(2)),
        ("an unknown kind", |value| value["kind"] = json!("rumour")),
        ("an unknown code", |value| {
            value["finding"]["code"] = json!("grant-lost")
        }),
        ("an unknown transition", |value| {
            value["transition"]["kind"] = json!("forgotten")
        }),
        ("a time that is none", |value| {
            value["opened"] = json!("yesterday")
        }),
        ("a count that is none", |value| value["bucket_count"] = json!(-1)),
        ("no transition", |value| {
            value.as_object_mut().unwrap().remove("transition");
        }),
        ("a field nobody promised", |value| value["mood"] = json!("good")),
        ("buckets that are no names", |value| value["buckets"] = json!([7])),
    ];
    for (what, change) in wrong {
        let mut value = sound.clone();
        change(&mut value);
        assert!(!validator.is_valid(&value), "{what}");
    }
}

#[test]
fn the_schema_knows_exactly_the_codes_of_the_catalogue() {
    let schema = schema();
    let codes: Vec<&str> = schema["$defs"]["code"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap())
        .collect();
    let catalogue: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, catalogue);
}

#[test]
fn everything_in_the_schema_is_described() {
    fn look(name: &str, value: &Value) {
        let Some(fields) = value.as_object() else { return };
        if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let says = property.get("description").is_some() || property.get("$ref").is_some();
                assert!(says || property.get("const").is_some(), "{name}");
                look(name, property);
            }
        }
        for (part, inner) in fields.iter().filter(|(part, _)| *part != "properties") {
            look(&format!("{name}/{part}"), inner);
        }
    }
    look("", &schema());
}
