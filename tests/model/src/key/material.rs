//! Key material that is imported, deleted, expires and is rotated.

use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyManager, KeyOrigin, KeyState};
use serde_json::json;

use super::lifecycle::invalid_state;
use super::{Key, Material, default_policy};
use crate::events::trail::Trail;
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

impl State {
    /// CreateKey for imported material: "Keys with imported key material are created in the `PendingImport`
    /// state" (KMS Developer Guide, "Key states of AWS KMS keys").
    pub(crate) fn create_external_key(&mut self, caller: &Caller) -> KeyArn {
        let region = self.home.region.clone();
        let policy = default_policy(&self.home.partition, &caller.account);
        let key = Key {
            state: KeyState::PendingImport,
            origin: KeyOrigin::External,
            ..Key::new(KeyManager::Customer, policy)
        };
        let arn = self.new_key(&caller.account, &region, key);
        // A key that was just made cannot be refused.
        let _recorded = self.record(caller, Trail::create_external_key(&arn), Ok(()));
        arn
    }

    /// ImportKeyMaterial: the first time, or the same material again with another expiry. Only the first material
    /// of a key is new; what is missing comes back with it (KMS API Reference, ImportKeyMaterial, `ImportType`
    /// EXISTING_KEY_MATERIAL).
    pub(crate) fn import_key_material(
        &mut self,
        caller: &Caller,
        arn: &KeyArn,
        expires: Option<Moment>,
    ) -> Result<(), Refusal> {
        let id = self.random.hex(64);
        let outcome = self
            .external_key(caller, arn, "kms:ImportKeyMaterial", |state| {
                matches!(state, KeyState::PendingImport | KeyState::Enabled)
            })
            .map(|key| {
                if key.materials.is_empty() {
                    key.materials.push(Material {
                        id,
                        is_there: true,
                        expires,
                    });
                }
                for material in &mut key.materials {
                    material.is_there = true;
                    material.expires = expires;
                }
                key.state = KeyState::Enabled;
            });
        self.record(caller, Trail::import_key_material(arn, expires), outcome)
    }

    /// DeleteImportedKeyMaterial: the key is in `PendingImport` at once (KMS API Reference).
    pub(crate) fn delete_imported_key_material(
        &mut self,
        caller: &Caller,
        arn: &KeyArn,
    ) -> Result<(), Refusal> {
        let mut gone = None;
        let outcome = self
            .external_key(caller, arn, "kms:DeleteImportedKeyMaterial", |state| {
                matches!(
                    state,
                    KeyState::Enabled | KeyState::Disabled | KeyState::PendingImport
                )
            })
            .map(|key| {
                if let Some(material) = key.materials.last_mut() {
                    material.is_there = false;
                    gone = Some(material.id.clone());
                }
                key.state = KeyState::PendingImport;
            });
        let trail = Trail::delete_imported_key_material(arn, gone.as_deref());
        self.record(caller, trail, outcome)
    }

    /// RotateKeyOnDemand, of a symmetric key of either origin, enabled (KMS API Reference). A key with imported
    /// material changes to another material that was imported before, which here is made along the way.
    pub(crate) fn rotate_key_on_demand(&mut self, caller: &Caller, arn: &KeyArn) -> Result<(), Refusal> {
        let (old, new) = (self.random.hex(64), self.random.hex(64));
        let outcome = self.own_key(caller, arn, "kms:RotateKeyOnDemand").and_then(|()| {
            let key = self.key_mut(arn)?;
            if key.state != KeyState::Enabled {
                return Err(invalid_state(arn, "is not enabled"));
            }
            let previous = key.materials.last().map(|material| material.id.clone());
            match key.origin {
                KeyOrigin::AwsKms => {}
                KeyOrigin::External => key.materials.push(Material {
                    id: new.clone(),
                    is_there: true,
                    expires: None,
                }),
                KeyOrigin::AwsCloudHsm | KeyOrigin::ExternalKeyStore => {
                    return Err(Refusal::other(
                        "UnsupportedOperationException",
                        format!("{arn} lies in a custom key store"),
                    ));
                }
            }
            Ok((key.origin, previous.unwrap_or(old)))
        });
        let rotated = outcome.as_ref().ok().cloned();
        self.record(caller, Trail::rotate_key_on_demand(arn), outcome.map(drop))?;
        if let Some((origin, previous)) = rotated {
            self.key_rotated(arn, origin, &previous, &new);
        }
        Ok(())
    }

    /// Materials whose time is over are deleted, and the key becomes unusable (KMS API Reference, KeyMetadata,
    /// `ValidTo`).
    pub(crate) fn expire_key_materials(&mut self) {
        let now = self.moment();
        let mut expired: Vec<(KeyArn, String)> = Vec::new();
        for (arn, key) in &mut self.keys {
            for material in &mut key.materials {
                if material.is_there && material.expires.is_some_and(|date| date <= now) {
                    material.is_there = false;
                    expired.push((arn.clone(), material.id.clone()));
                    if matches!(key.state, KeyState::Enabled | KeyState::Disabled) {
                        key.state = KeyState::PendingImport;
                    }
                }
            }
        }
        for (arn, material) in expired {
            self.key_material_expired(&arn, &material);
        }
    }

    fn external_key(
        &mut self,
        caller: &Caller,
        arn: &KeyArn,
        action: &str,
        allowed: impl Fn(&KeyState) -> bool,
    ) -> Result<&mut Key, Refusal> {
        self.own_key(caller, arn, action)?;
        let key = self.key_mut(arn)?;
        if key.origin != KeyOrigin::External {
            return Err(Refusal::other(
                "UnsupportedOperationException",
                format!(
                    "{arn} origin is {:?} which is not valid for this operation.",
                    key.origin
                ),
            ));
        }
        if !allowed(&key.state) {
            return Err(invalid_state(arn, &format!("is {}", key.state)));
        }
        Ok(key)
    }

    /// CloudTrail's service event and KMS's own (KMS Developer Guide, "DeleteExpiredKeyMaterial" and "Monitor KMS
    /// keys with Amazon EventBridge").
    fn key_material_expired(&mut self, arn: &KeyArn, material: &str) {
        self.key_service_record(arn, "DeleteExpiredKeyMaterial", json!({"keyId": arn.id()}));
        self.key_event(
            arn,
            "KMS Imported Key Material Expiration",
            json!({"key-id": arn.id(), "key-material-id": material}),
        );
    }

    /// The same of a rotation (KMS Developer Guide, "RotateKey").
    fn key_rotated(&mut self, arn: &KeyArn, origin: KeyOrigin, old: &str, new: &str) {
        let origin = if origin == KeyOrigin::External {
            "EXTERNAL"
        } else {
            "AWS_KMS"
        };
        let details = json!({
            "rotationType": "ON_DEMAND",
            "keyOrigin": origin,
            "previousKeyMaterialId": old,
            "currentKeyMaterialId": new,
            "keyId": arn.id(),
        });
        self.key_service_record(arn, "RotateKey", details);
        self.key_event(
            arn,
            "KMS CMK Rotation",
            json!({
                "key-id": arn.id(),
                "key-origin": origin,
                "rotation-type": "ON_DEMAND",
                "previous-key-material-id": old,
                "current-key-material-id": new,
            }),
        );
    }
}
