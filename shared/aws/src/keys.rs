//! Keys and their policies, on KMS.

use aws_sdk_kms::types::{self, KeyMetadata};
use guardian_core::call::CallError;
use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyDescription, KeyManager, KeyState};
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
        Some(types::KeyState::Enabled) => KeyState::Enabled,
        Some(types::KeyState::Disabled) => KeyState::Disabled,
        Some(types::KeyState::PendingDeletion) => KeyState::PendingDeletion,
        Some(other) => KeyState::Other(other.as_str().to_owned()),
        None if metadata.enabled() => KeyState::Enabled,
        None => KeyState::Disabled,
    };
    let manager = match metadata.key_manager() {
        Some(types::KeyManagerType::Aws) => KeyManager::Aws,
        _ => KeyManager::Customer,
    };
    let deletion_date = metadata
        .deletion_date()
        .map(|date| Moment::from_unix(date.secs()));
    Ok(KeyDescription {
        arn,
        state,
        manager,
        deletion_date,
    })
}
