//! PutKeyPolicy and what KMS checks before it stores a key policy.

use guardian_core::call::CallErrorKind;
use guardian_core::name::KeyArn;
use guardian_core::observation::KeyManager;
use serde_json::Value;

use crate::events::trail::Trail;
use crate::policy::access::Answer;
use crate::policy::stored::Document;
use crate::policy::validity::{Reader, check, has_dead_principal};
use crate::policy::{directory, rewrite};
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

/// "The key policy size limit is 32 KB (32,768 bytes)" (KMS Developer Guide, "Key policies").
const POLICY_LIMIT: usize = 32_768;

impl State {
    /// PutKeyPolicy. It works in every key state (KMS Developer Guide, "Key states of AWS KMS keys").
    /// `bypass` is `BypassPolicyLockoutSafetyCheck`.
    pub(crate) fn put_key_policy(
        &mut self,
        caller: &Caller,
        arn: &KeyArn,
        text: &str,
        bypass: bool,
    ) -> Result<(), Refusal> {
        let outcome = self.check_key_policy(caller, arn, text, bypass).and_then(|sent| {
            let value = rewrite::stored(sent, &self.directory, &mut self.random);
            self.key_mut(arn)?.policy.write(Document::indented(value));
            Ok(())
        });
        self.record(caller, Trail::put_key_policy(arn, text, bypass), outcome)
    }

    fn check_key_policy(
        &self,
        caller: &Caller,
        arn: &KeyArn,
        text: &str,
        bypass: bool,
    ) -> Result<Value, Refusal> {
        const ACTION: &str = "kms:PutKeyPolicy";
        let malformed = |words: String| {
            Refusal::new(
                CallErrorKind::Malformed,
                "MalformedPolicyDocumentException",
                words,
            )
        };
        self.only_in_its_account(caller, arn, ACTION)?;
        // "You cannot change the key policy of an AWS managed key" (KMS Developer Guide, "AWS managed keys"):
        // its policy gives that right to nobody.
        if self.key(arn)?.manager == KeyManager::Aws {
            let words = format!(
                "User: {} is not authorized to perform: {ACTION} on resource: {arn}",
                caller.principal_arn()
            );
            return Err(Refusal::new(
                CallErrorKind::AccessDenied,
                "AccessDeniedException",
                words,
            ));
        }
        self.authorize_key(caller, arn, ACTION, &[])?;
        if text.len() > POLICY_LIMIT {
            let words = "The key policy is larger than the limit of 32768 bytes.";
            return Err(Refusal::new(
                CallErrorKind::TooLarge,
                "LimitExceededException",
                words,
            ));
        }
        // Printable ASCII and Latin-1, tab, line feed, carriage return (KMS API Reference, PutKeyPolicy).
        if !text
            .chars()
            .all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{7e}' | '\u{a0}'..='\u{ff}'))
        {
            return Err(Refusal::new(
                CallErrorKind::Malformed,
                "ValidationException",
                "Value at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern",
            ));
        }
        let document = check(text, Reader::Key, &self.directory).map_err(|words| {
            let dead =
                serde_json::from_str(text).is_ok_and(|sent| has_dead_principal(&sent, &self.directory));
            malformed(if dead {
                "Policy contains a statement with one or more invalid principals.".to_owned()
            } else {
                words
            })
        })?;
        // "The key policy must allow the calling principal to make a subsequent PutKeyPolicy request on the
        // KMS key" (KMS API Reference, PutKeyPolicy).
        if !bypass && self.key_answers(&document, caller, arn, ACTION, &[]) != Answer::Allowed {
            return Err(malformed(
                "The new key policy will not allow you to update the key policy in the future.".to_owned(),
            ));
        }
        Ok(document)
    }

    /// Deletes a user or role: wherever it is named its unique id stands from now on.
    pub(crate) fn bury_in_keys(&mut self, principal: &str) {
        let id = directory::unique_id(principal);
        for key in self.keys.values_mut() {
            let mut value = key.policy.get().value().clone();
            if rewrite::bury(&mut value, principal, &id) {
                key.policy.write(Document::indented(value));
            }
        }
    }
}
