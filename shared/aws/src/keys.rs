//! Keys and their policies, on KMS.

use aws_sdk_kms::primitives::DateTime;
use aws_sdk_kms::types::{self, KeyMetadata};
use guardian_core::call::CallError;
use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyDescription, KeyManager, KeyOrigin, KeyState, MultiRegion};
use guardian_reconcile::seam::Keys;

use crate::aws::Aws;
use crate::error::{call_error, incomplete, unusable};

/// The only name a key policy can have (KMS API Reference).
const POLICY_NAME: &str = "default";

impl Keys for Aws {
    async fn describe_key(&self, key: &str) -> Result<KeyDescription, CallError> {
        const OPERATION: &str = "kms:DescribeKey";
        let call = self.clients().kms().describe_key().key_id(key);
        let answer = call.send().await.map_err(|error| call_error(OPERATION, error))?;
        let metadata = answer.key_metadata.ok_or_else(|| incomplete(OPERATION))?;
        description(&metadata).map_err(|message| unusable(OPERATION, message))
    }

    async fn get_key_policy(&self, key: &KeyArn) -> Result<String, CallError> {
        const OPERATION: &str = "kms:GetKeyPolicy";
        let answer = self
            .clients()
            .kms()
            .get_key_policy()
            .key_id(key.as_str())
            .policy_name(POLICY_NAME)
            .send()
            .await
            .map_err(|error| call_error(OPERATION, error))?;
        let policy = answer.policy.filter(|policy| !policy.is_empty());
        policy.ok_or_else(|| incomplete(OPERATION))
    }

    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> Result<(), CallError> {
        // Never `BypassPolicyLockoutSafetyCheck`: it is what keeps a key manageable.
        self.clients()
            .kms()
            .put_key_policy()
            .key_id(key.as_str())
            .policy_name(POLICY_NAME)
            .policy(policy)
            .send()
            .await
            .map_err(|error| call_error("kms:PutKeyPolicy", error))?;
        Ok(())
    }
}

fn description(metadata: &KeyMetadata) -> Result<KeyDescription, String> {
    let arn: KeyArn = metadata
        .arn()
        .unwrap_or_default()
        .parse()
        .map_err(|error| format!("the answer's ARN: {error}"))?;
    let state = match metadata.key_state() {
        Some(state) => KeyState::from(state.as_str()),
        None if metadata.enabled() => KeyState::Enabled,
        None => KeyState::Disabled,
    };
    let manager = match metadata.key_manager() {
        Some(types::KeyManagerType::Aws) => KeyManager::Aws,
        Some(types::KeyManagerType::Customer) | None => KeyManager::Customer,
        // Only the policy of a customer's key may be written.
        Some(other) => return Err(format!("a key managed by `{}` is not known here", other.as_str())),
    };
    let origin = match metadata.origin() {
        Some(types::OriginType::AwsKms) => Some(KeyOrigin::AwsKms),
        Some(types::OriginType::External) => Some(KeyOrigin::External),
        Some(types::OriginType::AwsCloudhsm) => Some(KeyOrigin::AwsCloudHsm),
        Some(types::OriginType::ExternalKeyStore) => Some(KeyOrigin::ExternalKeyStore),
        _ => None,
    };
    let moment = |time: &DateTime| Moment::from_unix(time.secs());
    // An expiry that is told beside another model would be none.
    let expires = metadata.expiration_model() != Some(&types::ExpirationModelType::KeyMaterialDoesNotExpire);
    Ok(KeyDescription {
        arn,
        state,
        manager,
        deletion_date: metadata.deletion_date().map(moment),
        deletion_window: metadata
            .pending_deletion_window_in_days()
            .and_then(|days| days.try_into().ok()),
        origin,
        material_expires: metadata.valid_to().filter(|_| expires).map(moment),
        multi_region: metadata.multi_region_configuration().and_then(multi_region),
        key_store: metadata.custom_key_store_id().map(str::to_owned),
    })
}

fn multi_region(configuration: &types::MultiRegionConfiguration) -> Option<MultiRegion> {
    let arn = |key: &types::MultiRegionKey| key.arn().and_then(|arn| arn.parse().ok());
    match configuration.multi_region_key_type()? {
        types::MultiRegionKeyType::Primary => Some(MultiRegion::Primary {
            replicas: configuration.replica_keys().iter().filter_map(arn).collect(),
        }),
        types::MultiRegionKeyType::Replica => Some(MultiRegion::Replica {
            primary: configuration.primary_key().and_then(arn),
        }),
        _ => None,
    }
}
