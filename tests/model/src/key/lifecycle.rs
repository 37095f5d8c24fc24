//! Keys come, are switched off and on, get aliases and go.

use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyManager, KeyState, MultiRegion};

use super::{Key, default_policy, not_found};
use crate::events::trail::Trail;
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

const DAY: Duration = Duration::from_secs(86_400);

impl State {
    /// CreateKey with the default policy.
    pub(crate) fn create_key(&mut self, caller: &Caller) -> KeyArn {
        let region = self.home.region.clone();
        let policy = default_policy(&self.home.partition, &caller.account);
        let arn = self.new_key(&caller.account, &region, Key::new(KeyManager::Customer, policy));
        // A key that was just made cannot be refused.
        let _recorded = self.record(caller, Trail::create_key(&arn), Ok(()));
        arn
    }

    /// DisableKey.
    pub(crate) fn disable_key(&mut self, caller: &Caller, arn: &KeyArn) -> Result<(), Refusal> {
        self.set_key_state(
            caller,
            arn,
            "kms:DisableKey",
            Trail::key("DisableKey", arn),
            KeyState::Disabled,
        )
    }

    /// EnableKey.
    pub(crate) fn enable_key(&mut self, caller: &Caller, arn: &KeyArn) -> Result<(), Refusal> {
        self.set_key_state(
            caller,
            arn,
            "kms:EnableKey",
            Trail::key("EnableKey", arn),
            KeyState::Enabled,
        )
    }

    /// ScheduleKeyDeletion, after 7 to 30 days (KMS API Reference).
    pub(crate) fn schedule_key_deletion(
        &mut self,
        caller: &Caller,
        arn: &KeyArn,
        days: u32,
    ) -> Result<(), Refusal> {
        let date = self.moment().plus(DAY * days);
        let outcome = if (7..=30).contains(&days) {
            self.expect_changeable(caller, arn, "kms:ScheduleKeyDeletion")
                .and_then(|()| {
                    let key = self.key_mut(arn)?;
                    // "If you schedule the deletion of a primary key with replicas, its key state changes to
                    // PendingReplicaDeletion" (KMS API Reference, ScheduleKeyDeletion).
                    let waits = matches!(
                        &key.multi_region,
                        Some(MultiRegion::Primary { replicas }) if !replicas.is_empty()
                    );
                    if waits {
                        key.state = KeyState::PendingReplicaDeletion;
                        key.deletion_window = Some(days);
                    } else {
                        key.state = KeyState::PendingDeletion;
                        key.deletion_date = Some(date);
                    }
                    Ok(())
                })
        } else {
            Err(Refusal::other(
                "ValidationException",
                "PendingWindowInDays must be between 7 and 30",
            ))
        };
        self.record(caller, Trail::schedule_key_deletion(arn, days, date), outcome)
    }

    /// CancelKeyDeletion: "the key state is Disabled. To enable it, use EnableKey" (KMS API Reference).
    pub(crate) fn cancel_key_deletion(&mut self, caller: &Caller, arn: &KeyArn) -> Result<(), Refusal> {
        let outcome = self.own_key(caller, arn, "kms:CancelKeyDeletion").and_then(|()| {
            let key = self.key_mut(arn)?;
            if !is_doomed(&key.state) {
                return Err(invalid_state(arn, "is not pending deletion"));
            }
            key.state = KeyState::Disabled;
            key.deletion_date = None;
            key.deletion_window = None;
            Ok(())
        });
        self.record(caller, Trail::key("CancelKeyDeletion", arn), outcome)
    }

    /// Puts the key into a state that no call of an outsider leads to (`PendingImport`, `Unavailable`, …).
    pub(crate) fn force_key_state(&mut self, arn: &KeyArn, state: KeyState) {
        if let Some(key) = self.keys.get_mut(arn) {
            key.state = state;
        }
    }

    /// CreateAlias or UpdateAlias, whichever it takes (KMS API Reference: names under `alias/aws/` are
    /// reserved; alias and key are of one account and Region).
    pub(crate) fn point_alias(&mut self, caller: &Caller, alias: &str, arn: &KeyArn) -> Result<(), Refusal> {
        let region = arn.region().to_owned();
        let alias_arn = self.alias_arn(&caller.account, &region, alias);
        let known = self.aliases.contains_key(&alias_arn);
        let (event, action) = if known {
            ("UpdateAlias", "kms:UpdateAlias")
        } else {
            ("CreateAlias", "kms:CreateAlias")
        };
        let outcome = if !alias.starts_with("alias/") || alias.starts_with("alias/aws/") {
            Err(Refusal::other(
                "InvalidAliasNameException",
                format!("`{alias}` is no name for an alias of yours"),
            ))
        } else {
            self.expect_changeable(caller, arn, action)
                .map(|()| drop(self.aliases.insert(alias_arn.clone(), arn.clone())))
        };
        self.record(caller, Trail::alias(event, alias, &alias_arn, Some(arn)), outcome)
    }

    /// DeleteAlias.
    pub(crate) fn delete_alias(&mut self, caller: &Caller, alias: &str) -> Result<(), Refusal> {
        let region = self.home.region.clone();
        let alias_arn = self.alias_arn(&caller.account, &region, alias);
        let removed = self.aliases.remove(&alias_arn);
        let trail = Trail::alias("DeleteAlias", alias, &alias_arn, removed.as_ref());
        let outcome = removed
            .map(drop)
            .ok_or_else(|| not_found(format!("Alias {alias_arn} is not found.")));
        self.record(caller, trail, outcome)
    }

    /// Keys whose waiting period is over are gone, with their aliases (KMS API Reference,
    /// ScheduleKeyDeletion).
    pub(crate) fn delete_due_keys(&mut self) {
        let now = self.moment();
        let due: Vec<KeyArn> = self
            .keys
            .iter()
            .filter(|(_, key)| key.deletion_date.is_some_and(|date| date <= now))
            .map(|(arn, _)| arn.clone())
            .collect();
        for arn in due {
            self.keys.remove(&arn);
            self.aliases.retain(|_, target| *target != arn);
            self.key_deleted(&arn);
        }
    }

    fn set_key_state(
        &mut self,
        caller: &Caller,
        arn: &KeyArn,
        action: &str,
        trail: Trail,
        state: KeyState,
    ) -> Result<(), Refusal> {
        let outcome = self
            .expect_changeable(caller, arn, action)
            .and_then(|()| self.key_mut(arn).map(|key| key.state = state));
        self.record(caller, trail, outcome)
    }

    pub(super) fn own_key(&self, caller: &Caller, arn: &KeyArn, action: &str) -> Result<(), Refusal> {
        self.only_in_its_account(caller, arn, action)?;
        if self.key(arn)?.manager == KeyManager::Aws {
            let words = format!("{arn} is an AWS managed key");
            return Err(Refusal::new(
                CallErrorKind::AccessDenied,
                "AccessDeniedException",
                words,
            ));
        }
        self.authorize_key(caller, arn, action, &[])
    }

    /// A key that is pending deletion takes no change but the cancellation (KMS Developer Guide, "Key states
    /// of AWS KMS keys").
    fn expect_changeable(&self, caller: &Caller, arn: &KeyArn, action: &str) -> Result<(), Refusal> {
        self.own_key(caller, arn, action)?;
        if is_doomed(&self.key(arn)?.state) {
            return Err(invalid_state(arn, "is pending deletion"));
        }
        Ok(())
    }
}

fn is_doomed(state: &KeyState) -> bool {
    matches!(
        state,
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion
    )
}

pub(super) fn invalid_state(arn: &KeyArn, why: &str) -> Refusal {
    Refusal::new(
        CallErrorKind::Other,
        "KMSInvalidStateException",
        format!("{arn} {why}."),
    )
}
