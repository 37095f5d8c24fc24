//! KMS: the requests sent, and how a key is described.

use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyManager, KeyState};
use guardian_reconcile::seam::Keys;

use super::wire::{Reply, over};

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn key() -> KeyArn {
    ARN.parse().unwrap()
}

#[tokio::test]
async fn a_key_policy_is_put_without_the_lockout_bypass() {
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let (put, wire) = over([Reply::new(200, "")], async |aws| {
        aws.put_key_policy(&key(), policy).await
    })
    .await;
    assert_eq!(put, Ok(()));
    let sent = wire.one();
    assert_eq!(
        sent.json(),
        serde_json::json!({"KeyId": ARN, "PolicyName": "default", "Policy": policy})
    );
    assert!(!sent.body.contains("Bypass"));
}

#[tokio::test]
async fn a_key_policy_is_read_as_stored() {
    let reply = Reply::new(200, r#"{"PolicyName":"default","Policy":"{ \"Id\" : 1 }"}"#);
    let (got, wire) = over([reply], async |aws| aws.get_key_policy(&key()).await).await;
    assert_eq!(got, Ok(r#"{ "Id" : 1 }"#.to_owned()));
    assert_eq!(
        wire.one().json(),
        serde_json::json!({"KeyId": ARN, "PolicyName": "default"})
    );
}

async fn described(metadata: &str) -> Result<guardian_core::observation::KeyDescription, String> {
    let reply = Reply::new(200, format!(r#"{{"KeyMetadata":{{"KeyId":"x",{metadata}}}}}"#));
    let answer = over([reply], async |aws| aws.describe_key("alias/media").await)
        .await
        .0;
    answer.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_key_is_described_in_our_words() {
    let enabled = described(&format!(
        r#""Arn":"{ARN}","KeyState":"Enabled","KeyManager":"CUSTOMER""#
    ))
    .await
    .unwrap();
    assert_eq!(enabled.arn, key());
    assert_eq!(
        (enabled.state, enabled.manager),
        (KeyState::Enabled, KeyManager::Customer)
    );
    let doomed = format!(
        r#""Arn":"{ARN}","KeyState":"PendingDeletion","KeyManager":"AWS","DeletionDate":1795428900.5"#
    );
    let doomed = described(&doomed).await.unwrap();
    assert_eq!(
        (doomed.state, doomed.manager),
        (KeyState::PendingDeletion, KeyManager::Aws)
    );
    assert_eq!(doomed.deletion_date, Some(Moment::from_unix(1_795_428_900)));
    for word in ["Unavailable", "PendingImport", "SomethingNew"] {
        let other = described(&format!(r#""Arn":"{ARN}","KeyState":"{word}""#))
            .await
            .unwrap();
        assert_eq!(other.state, KeyState::Other(word.to_owned()));
    }
}

#[tokio::test]
async fn a_description_without_an_arn_is_not_believed() {
    assert!(
        described(r#""KeyState":"Enabled""#)
            .await
            .unwrap_err()
            .contains("ARN")
    );
}
