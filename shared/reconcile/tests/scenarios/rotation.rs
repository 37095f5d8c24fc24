//! Rotation: new material under the same key. Everything is looked at, and nothing has to change.

use guardian_core::finding::Verdict;
use guardian_core::name::KeyArn;
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::owners_key_policy;

const NOTE: &str = "rotation keeps the key's ARN and policy; verified: Cloudinary may still decrypt what is under it in `vault`";

fn from_cloudtrail(kind: &str, record: &Value) -> Value {
    json!({
        "id": "env-1", "source": "aws.kms", "detail-type": format!("AWS {kind} via CloudTrail"), "resources": [],
        "account": "111122223333", "region": "us-east-1", "time": "2026-11-23T10:15:01Z", "detail": record,
    })
}

/// CloudTrail's service event.
fn service_event(key: &KeyArn, rotation: &str) -> Value {
    let record = json!({
        "eventSource": "kms.amazonaws.com", "eventName": "RotateKey", "eventID": "e-1", "awsRegion": "us-east-1",
        "eventType": "AwsServiceEvent", "recipientAccountId": "111122223333", "requestParameters": null,
        "userIdentity": {"accountId": "111122223333", "invokedBy": "AWS Internal"},
        "resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": key}],
        "serviceEventDetails": {"keyId": key.id(), "rotationType": rotation, "keyOrigin": "AWS_KMS"},
    });
    from_cloudtrail("Service Event", &record)
}

/// All events of a rotation: automatic, on demand, the call that asked for it, and what KMS sends itself.
fn events(key: &KeyArn) -> [(&'static str, Value); 4] {
    let call = json!({
        "eventSource": "kms.amazonaws.com", "eventName": "RotateKeyOnDemand", "eventID": "e-1",
        "awsRegion": "us-east-1", "recipientAccountId": "111122223333", "requestParameters": {"keyId": key.id()},
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana"},
        "resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": key}],
    });
    let native = json!({
        "id": "env-1", "source": "aws.kms", "detail-type": "KMS CMK Rotation", "resources": [key],
        "account": "111122223333", "region": "us-east-1", "time": "2026-11-23T10:15:01Z",
        "detail": {"key-id": key.id(), "rotation-type": "AUTOMATIC", "key-origin": "AWS_KMS"},
    });
    [
        ("RotateKey", service_event(key, "AUTOMATIC")),
        ("RotateKey", service_event(key, "ON_DEMAND")),
        ("RotateKeyOnDemand", from_cloudtrail("API Call", &call)),
        ("KMS CMK Rotation", native),
    ]
}

#[test]
fn each_event_of_a_rotation_is_looked_into_and_says_why_nothing_had_to_change() {
    for number in 0..4 {
        let (stage, key) = Stage::with_vault();
        let (name, event) = events(&key)[number].clone();
        let before = stage.model.key_policy(&key);
        stage.model.inject(&event.to_string());
        let report = only(stage.round());
        stage.expect_calls(
            "Query key:KEY reader*
            SendMessageBatch key:KEY
            Query key:KEY
            DescribeKey KEY
            GetKeyPolicy KEY
            SendMessage key:KEY in 30 s",
        );
        expect_found(&report, &[]);
        assert_eq!(outcome(&report), (Some(Verdict::Readable), 0));
        assert_eq!(
            (report.event.as_str(), report.note.as_deref()),
            (name, Some(NOTE))
        );
        stage.rest();
        assert_eq!(stage.take_repairs(), [""; 0]);
        assert_eq!(stage.model.key_policy(&key), before);
        stage.expect_told(&[]);
    }
}

#[test]
fn what_is_wrong_with_a_key_when_it_is_rotated_is_found_and_not_excused() {
    for number in 0..4 {
        let (stage, key) = Stage::with_vault();
        stage.model.deliver_next(guardian_model::Delivery::Dropped);
        let bare = owners_key_policy(&[]).to_string();
        stage.terraform().put_key_policy(&key, &bare).unwrap();
        stage.model.inject(&events(&key)[number].1.to_string());
        let report = only(stage.round());
        expect_found(&report, &["key-grant-missing key:KEY (repair)"]);
        assert_eq!((report.repairs.len(), report.note), (1, None));
    }
}

#[test]
fn another_event_about_a_healthy_key_says_nothing_of_a_rotation() {
    let (stage, key) = Stage::with_vault();
    stage.ana().disable_key(&key).unwrap();
    stage.ana().enable_key(&key).unwrap();
    assert_eq!(only(stage.round()).note, None);
}
