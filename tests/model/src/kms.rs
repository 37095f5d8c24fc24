//! The KMS seam.

use guardian_core::call::CallError;
use guardian_core::name::KeyArn;
use guardian_core::observation::KeyDescription;
use guardian_reconcile::seam::Keys;

use crate::Model;
use crate::operation::Operation;

impl Keys for Model {
    async fn describe_key(&self, key: &str) -> Result<KeyDescription, CallError> {
        self.call(Operation::DescribeKey, key, |state| {
            let (account, region) = (state.home.account.clone(), state.home.region.clone());
            let arn = state.find_key(key, &account, &region)?;
            // Across accounts DescribeKey works if the key's policy allows it (KMS API Reference: "Cross-account
            // use: Yes").
            state.authorize_key(&state.guardian(), &arn, "kms:DescribeKey", &[])?;
            let key = state.key(&arn)?;
            Ok(KeyDescription {
                state: key.state.clone(),
                manager: key.manager,
                deletion_date: key.deletion_date,
                deletion_window: key.deletion_window,
                origin: Some(key.origin),
                material_expires: key.material_expires(),
                multi_region: key.multi_region.clone(),
                key_store: key.key_store.clone(),
                arn,
            })
        })
        .await
    }

    async fn get_key_policy(&self, key: &KeyArn) -> Result<String, CallError> {
        self.call(Operation::GetKeyPolicy, key.as_str(), |state| {
            let guardian = state.guardian();
            let (account, region) = (state.home.account.clone(), state.home.region.clone());
            state.only_in_its_account(&guardian, key, "kms:GetKeyPolicy")?;
            state.find_key(key.as_str(), &account, &region)?;
            state.authorize_key(&guardian, key, "kms:GetKeyPolicy", &[])?;
            Ok(state.key_mut(key)?.policy.read().text().to_owned())
        })
        .await
    }

    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> Result<(), CallError> {
        self.call(Operation::PutKeyPolicy, key.as_str(), |state| {
            let (account, region) = (state.home.account.clone(), state.home.region.clone());
            let guardian = state.guardian();
            state.only_in_its_account(&guardian, key, "kms:PutKeyPolicy")?;
            state.find_key(key.as_str(), &account, &region)?;
            state.put_key_policy(&guardian, key, policy, false)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
