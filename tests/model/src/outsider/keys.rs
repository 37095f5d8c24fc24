//! What outsiders do to keys.

use guardian_core::call::CallError;
use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;

use super::Outsider;

impl Outsider {
    /// CreateKey with the default key policy.
    pub fn create_key(&self) -> KeyArn {
        self.model.change(|state| state.create_key(&self.caller))
    }

    /// CreateKey for imported key material: there is none yet.
    pub fn create_external_key(&self) -> KeyArn {
        self.model.change(|state| state.create_external_key(&self.caller))
    }

    /// ImportKeyMaterial: the first time, or the same material again; it expires when the clock gets there.
    pub fn import_key_material(&self, key: &KeyArn, expires: Option<Moment>) -> Result<(), CallError> {
        self.act("kms:ImportKeyMaterial", |state, caller| {
            state.import_key_material(caller, key, expires)
        })
    }

    /// DeleteImportedKeyMaterial.
    pub fn delete_imported_key_material(&self, key: &KeyArn) -> Result<(), CallError> {
        self.act("kms:DeleteImportedKeyMaterial", |state, caller| {
            state.delete_imported_key_material(caller, key)
        })
    }

    /// RotateKeyOnDemand: same key, other material.
    pub fn rotate_key_on_demand(&self, key: &KeyArn) -> Result<(), CallError> {
        self.act("kms:RotateKeyOnDemand", |state, caller| {
            state.rotate_key_on_demand(caller, key)
        })
    }

    /// PutKeyPolicy.
    pub fn put_key_policy(&self, key: &KeyArn, policy: &str) -> Result<(), CallError> {
        self.act("kms:PutKeyPolicy", |state, caller| {
            state.put_key_policy(caller, key, policy, false)
        })
    }

    /// PutKeyPolicy with `BypassPolicyLockoutSafetyCheck`.
    pub fn put_key_policy_unchecked(&self, key: &KeyArn, policy: &str) -> Result<(), CallError> {
        self.act("kms:PutKeyPolicy", |state, caller| {
            state.put_key_policy(caller, key, policy, true)
        })
    }

    /// DisableKey.
    pub fn disable_key(&self, key: &KeyArn) -> Result<(), CallError> {
        self.act("kms:DisableKey", |state, caller| state.disable_key(caller, key))
    }

    /// EnableKey.
    pub fn enable_key(&self, key: &KeyArn) -> Result<(), CallError> {
        self.act("kms:EnableKey", |state, caller| state.enable_key(caller, key))
    }

    /// ScheduleKeyDeletion after so many days (7 to 30); the key goes when the clock gets there.
    pub fn schedule_key_deletion(&self, key: &KeyArn, days: u32) -> Result<(), CallError> {
        self.act("kms:ScheduleKeyDeletion", |state, caller| {
            state.schedule_key_deletion(caller, key, days)
        })
    }

    /// CancelKeyDeletion: the key comes back disabled.
    pub fn cancel_key_deletion(&self, key: &KeyArn) -> Result<(), CallError> {
        self.act("kms:CancelKeyDeletion", |state, caller| {
            state.cancel_key_deletion(caller, key)
        })
    }

    /// CreateAlias, or UpdateAlias where the alias (`alias/…`) is there already.
    pub fn update_alias(&self, alias: &str, key: &KeyArn) -> Result<(), CallError> {
        self.act("kms:UpdateAlias", |state, caller| {
            state.point_alias(caller, alias, key)
        })
    }

    /// DeleteAlias.
    pub fn delete_alias(&self, alias: &str) -> Result<(), CallError> {
        self.act("kms:DeleteAlias", |state, caller| {
            state.delete_alias(caller, alias)
        })
    }
}
