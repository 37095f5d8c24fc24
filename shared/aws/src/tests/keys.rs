//! KMS: the requests sent, and how a key is described.

use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyManager, KeyOrigin, KeyState, MultiRegion};
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
    for word in ["Unavailable", "PendingImport", "Updating", "SomethingNew"] {
        let other = described(&format!(r#""Arn":"{ARN}","KeyState":"{word}""#))
            .await
            .unwrap();
        assert_eq!(other.state, KeyState::from(word));
        assert_eq!(other.state.as_str(), word);
    }
}

#[tokio::test]
async fn imported_material_tells_when_it_expires() {
    let imported = |model: &str| {
        format!(
            r#""Arn":"{ARN}","KeyState":"Enabled","Origin":"EXTERNAL","ExpirationModel":"{model}","ValidTo":1795428900.0"#
        )
    };
    let expiring = described(&imported("KEY_MATERIAL_EXPIRES")).await.unwrap();
    assert_eq!(expiring.origin, Some(KeyOrigin::External));
    assert_eq!(expiring.material_expires, Some(Moment::from_unix(1_795_428_900)));
    let lasting = described(&imported("KEY_MATERIAL_DOES_NOT_EXPIRE"))
        .await
        .unwrap();
    assert_eq!(lasting.material_expires, None);
}

#[tokio::test]
async fn a_key_store_and_an_origin_are_told_where_kms_tells_them() {
    for (word, origin) in [
        ("AWS_KMS", Some(KeyOrigin::AwsKms)),
        ("AWS_CLOUDHSM", Some(KeyOrigin::AwsCloudHsm)),
        ("EXTERNAL_KEY_STORE", Some(KeyOrigin::ExternalKeyStore)),
        ("SOMEWHERE_ELSE", None),
    ] {
        let metadata = format!(
            r#""Arn":"{ARN}","KeyState":"Unavailable","Origin":"{word}","CustomKeyStoreId":"cks-1234567890abcdef0""#
        );
        let described = described(&metadata).await.unwrap();
        assert_eq!(described.origin, origin, "{word}");
        assert_eq!(described.key_store.as_deref(), Some("cks-1234567890abcdef0"));
    }
}

#[tokio::test]
async fn a_multi_region_key_tells_its_kin() {
    let there = ARN.replace("eu-west-1", "us-east-2");
    let configuration = |kind: &str| {
        format!(
            r#""Arn":"{ARN}","KeyState":"PendingReplicaDeletion","PendingDeletionWindowInDays":7,"MultiRegion":true,
            "MultiRegionConfiguration":{{"MultiRegionKeyType":"{kind}",
                "PrimaryKey":{{"Arn":"{ARN}","Region":"eu-west-1"}},
                "ReplicaKeys":[{{"Arn":"{there}","Region":"us-east-2"}}]}}"#
        )
    };
    let primary = described(&configuration("PRIMARY")).await.unwrap();
    assert_eq!(
        (primary.state, primary.deletion_window),
        (KeyState::PendingReplicaDeletion, Some(7))
    );
    let replicas = vec![there.parse().unwrap()];
    assert_eq!(primary.multi_region, Some(MultiRegion::Primary { replicas }));
    let replica = described(&configuration("REPLICA")).await.unwrap();
    let primary = Some(key());
    assert_eq!(replica.multi_region, Some(MultiRegion::Replica { primary }));
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
