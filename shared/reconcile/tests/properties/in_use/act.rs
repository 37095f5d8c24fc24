//! What people do around the bucket and its keys.

use guardian_core::call::CallError;
use guardian_core::observation::DefaultEncryption;
use guardian_model::{Delivery, Who};
use serde_json::json;

use super::change::{Change, Named, OBJECTS};
use super::play::{Play, object};

const ALIAS: &str = "alias/media";

impl Play {
    /// Somebody changes something, of which nobody may hear.
    pub(super) fn change(&mut self, change: Change, lost: bool) {
        let before = self.objects();
        if lost {
            self.stage.model.deliver(Delivery::Dropped);
        }
        let outcome = self.act(change);
        self.stage.model.deliver(Delivery::Normal);
        let result = match (&outcome, lost) {
            (Err(error), _) => format!(", refused: {}", error.message),
            (Ok(()), true) => ", of which nobody hears".to_owned(),
            (Ok(()), false) => String::new(),
        };
        self.tell(format!("{change:?}{result}"));
        if outcome.is_err() {
            return;
        }
        let after = self.objects();
        for name in (0..OBJECTS).map(object) {
            if before.get(&name) != after.get(&name) {
                self.known.remove(&name);
                self.heard.remove(&name);
            }
        }
        // What is under a key that the settings name, as far as the last look saw, needs no other witness.
        for name in (0..OBJECTS).map(object) {
            if let Some(key) = after.get(&name).filter(|key| self.is_on_record(key)) {
                self.known.insert(name, key.clone());
            }
        }
        let written = match change {
            Change::PutByDefault(number)
            | Change::Put(number, _)
            | Change::Copy(number, _)
            | Change::Update(number, _) => Some(object(number)),
            _ => None,
        };
        if let Some(name) = written.filter(|_| self.data_events && !lost) {
            self.heard.insert(name);
        }
    }

    pub(super) fn set_default(&self, named: Named) -> Result<(), CallError> {
        let key = match named {
            Named::By(key) => Some(self.keys[key.0].to_string()),
            Named::ByAlias => Some(ALIAS.to_owned()),
            Named::AwsManaged => None,
        };
        let default = DefaultEncryption::Kms {
            key,
            bucket_key: true,
        };
        let root = self.stage.model.act_as(Who::root());
        root.put_bucket_encryption(&self.vault, default)
    }

    fn act(&mut self, change: Change) -> Result<(), CallError> {
        let ana = self.stage.model.act_as(Who::root());
        let (vault, keys) = (&self.vault, &self.keys);
        match change {
            Change::PutByDefault(number) => ana.put_object(vault, &object(number), None),
            Change::Put(number, Named::By(key)) => {
                ana.put_object(vault, &object(number), Some(keys[key.0].as_str()))
            }
            Change::Put(number, Named::ByAlias) => ana.put_object(vault, &object(number), Some(ALIAS)),
            Change::Put(number, Named::AwsManaged) => {
                ana.put_object_with_aws_managed_key(vault, &object(number))
            }
            Change::Copy(number, key) => ana.copy_in_place(vault, &object(number), keys[key.0].as_str()),
            Change::Update(number, key) => ana.update_object_encryption(vault, &object(number), &keys[key.0]),
            Change::DeleteObject(number) => ana.delete_object(vault, &object(number)),
            Change::Default(named) => {
                self.set_default(named)?;
                self.default = Some(named);
                Ok(())
            }
            Change::DefaultDeleted => {
                ana.delete_bucket_encryption(vault)?;
                self.default = None;
                Ok(())
            }
            Change::AliasTo(key) => {
                ana.update_alias(ALIAS, &keys[key.0])?;
                self.alias = Some(key);
                Ok(())
            }
            Change::AliasDeleted => {
                ana.delete_alias(ALIAS)?;
                self.alias = None;
                Ok(())
            }
            Change::PolicyWithoutGrant(key) => {
                let owner = json!({"Sid": "Owner", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
                    "Principal": {"AWS": "arn:aws:iam::111122223333:root"}});
                let policy = json!({"Version": "2012-10-17", "Id": "owners-key", "Statement": [owner]});
                ana.put_key_policy(&keys[key.0], &policy.to_string())
            }
            Change::Disable(key) => ana.disable_key(&keys[key.0]),
            Change::Enable(key) => ana.enable_key(&keys[key.0]),
            Change::Declare { prune } => {
                let text = json!({"clouds": ["demo"], "prune": prune}).to_string();
                ana.put_parameter(vault.as_str(), &text)
            }
        }
    }
}
