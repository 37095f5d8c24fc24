//! KMS keys: how they are found, who may call them, their states and their policies.

mod lifecycle;
mod material;
mod policy;

use guardian_core::call::CallErrorKind;
use guardian_core::moment::Moment;
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyManager, KeyOrigin, KeyState, MultiRegion};
use serde_json::{Value, json};

use crate::eventual::Eventual;
use crate::policy::access::{Answer, Policy, Request, evaluate};
use crate::policy::condition::Context;
use crate::policy::stored::Document;
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) manager: KeyManager,
    pub(crate) state: KeyState,
    pub(crate) policy: Eventual<Document>,
    pub(crate) deletion_date: Option<Moment>,
    /// In `PendingReplicaDeletion`: the days that come after.
    pub(crate) deletion_window: Option<u32>,
    pub(crate) origin: KeyOrigin,
    /// The materials that were ever in use; all of them have to be there.
    pub(crate) materials: Vec<Material>,
    pub(crate) multi_region: Option<MultiRegion>,
    pub(crate) key_store: Option<String>,
}

/// Key material that was imported.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    pub(crate) id: String,
    pub(crate) is_there: bool,
    pub(crate) expires: Option<Moment>,
}

impl Key {
    pub(crate) fn new(manager: KeyManager, policy: Value) -> Self {
        let document = Document::indented(policy);
        Self {
            manager,
            state: KeyState::Enabled,
            policy: Eventual::new(document),
            deletion_date: None,
            deletion_window: None,
            origin: KeyOrigin::AwsKms,
            materials: Vec::new(),
            multi_region: None,
            key_store: None,
        }
    }

    /// When the first of its materials expires.
    pub(crate) fn material_expires(&self) -> Option<Moment> {
        let there = self.materials.iter().filter(|material| material.is_there);
        there.filter_map(|material| material.expires).min()
    }
}

/// The policy of a key that is created without one (KMS Developer Guide, "Default key policy"): the account
/// delegates to its own IAM policies.
pub(crate) fn default_policy(partition: &str, account: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
}

/// The policy of `aws/s3`: usable through S3 by the account's own principals, and changeable by nobody (KMS
/// Developer Guide, "AWS managed keys"; S3 User Guide, "Using SSE-KMS").
fn aws_managed_policy(partition: &str, account: &str, region: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "auto-s3-2",
        "Statement": [{
            "Sid": "Allow access through S3 for all principals in the account that are authorized to use S3",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {
                "kms:CallerAccount": account,
                "kms:ViaService": format!("s3.{region}.amazonaws.com"),
            }},
        }, {
            "Sid": "Allow direct access to key metadata to the account",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
            "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
            "Resource": "*",
        }],
    })
}

fn not_found(words: impl Into<String>) -> Refusal {
    Refusal::new(CallErrorKind::NotFound, "NotFoundException", words)
}

impl State {
    /// The key that a name means to somebody in `account` who asks in `region`: key id, key ARN, alias name
    /// or alias ARN (KMS API Reference, DescribeKey, `KeyId`).
    pub(crate) fn find_key(&mut self, named: &str, account: &str, region: &str) -> Result<KeyArn, Refusal> {
        let prefix = format!("arn:{}:kms:{region}", self.home.partition);
        let arn = if named.starts_with("arn:") {
            // A key of another Region cannot be asked for here.
            if !named.starts_with(&format!("{prefix}:")) {
                let region = named.split(':').nth(3).unwrap_or_default();
                return Err(not_found(format!("Invalid arn {region}")));
            }
            named.to_owned()
        } else if named.starts_with("alias/") {
            format!("{prefix}:{account}:{named}")
        } else {
            format!("{prefix}:{account}:key/{named}")
        };
        if arn.contains(":alias/") {
            // "If you specify a predefined AWS alias with no key id, KMS associates the alias with an AWS
            // managed key" (KMS API Reference, DescribeKey).
            if arn == format!("{prefix}:{account}:alias/aws/s3") {
                return Ok(self.aws_managed_key(account, region));
            }
            return self
                .aliases
                .get(&arn)
                .cloned()
                .ok_or_else(|| not_found(format!("Alias {arn} is not found.")));
        }
        let key: KeyArn = arn
            .parse()
            .map_err(|_| not_found(format!("Invalid keyId '{named}'")))?;
        if self.keys.contains_key(&key) {
            Ok(key)
        } else {
            Err(not_found(format!("Key '{arn}' does not exist")))
        }
    }

    /// The key behind `alias/aws/s3`, made when it is first needed.
    pub(crate) fn aws_managed_key(&mut self, account: &str, region: &str) -> KeyArn {
        let alias = self.alias_arn(account, region, "alias/aws/s3");
        if let Some(known) = self.aliases.get(&alias) {
            return known.clone();
        }
        let policy = aws_managed_policy(&self.home.partition, account, region);
        let arn = self.new_key(account, region, Key::new(KeyManager::Aws, policy));
        self.aliases.insert(alias, arn.clone());
        arn
    }

    pub(crate) fn alias_arn(&self, account: &str, region: &str, alias: &str) -> String {
        format!("arn:{}:kms:{region}:{account}:{alias}", self.home.partition)
    }

    /// Stores a key under a new id.
    pub(crate) fn new_key(&mut self, account: &str, region: &str, key: Key) -> KeyArn {
        loop {
            let id = self.random.uuid();
            let text = format!("arn:{}:kms:{region}:{account}:key/{id}", self.home.partition);
            if let Ok(arn) = text.parse::<KeyArn>() {
                self.keys.insert(arn.clone(), key);
                return arn;
            }
        }
    }

    pub(crate) fn key(&self, arn: &KeyArn) -> Result<&Key, Refusal> {
        self.keys
            .get(arn)
            .ok_or_else(|| not_found(format!("Key '{arn}' does not exist")))
    }

    pub(crate) fn key_mut(&mut self, arn: &KeyArn) -> Result<&mut Key, Refusal> {
        self.keys
            .get_mut(arn)
            .ok_or_else(|| not_found(format!("Key '{arn}' does not exist")))
    }

    /// Whether the key's policy lets the caller do this. Unlike with buckets an Allow is always needed, if
    /// only the one that delegates to the account's IAM policies: "no AWS principal, including the account
    /// root user, has any permissions to a KMS key unless they are explicitly allowed" (KMS Developer Guide,
    /// "Key policies"). The caller's own policies are taken to allow everything.
    pub(crate) fn authorize_key(
        &self,
        caller: &Caller,
        arn: &KeyArn,
        action: &str,
        more: &[(&str, &str)],
    ) -> Result<(), Refusal> {
        let document = self.key(arn)?.policy.get().value();
        if self.key_answers(document, caller, arn, action, more) == Answer::Allowed {
            return Ok(());
        }
        let who = caller.session_arn().unwrap_or_else(|| caller.principal_arn());
        Err(Refusal::new(
            CallErrorKind::AccessDenied,
            "AccessDeniedException",
            format!(
                "User: {who} is not authorized to perform: {action} on resource: {arn} because no resource-based \
                 policy allows the {action} action"
            ),
        ))
    }

    fn key_answers(
        &self,
        document: &Value,
        caller: &Caller,
        arn: &KeyArn,
        action: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let mut context =
            Context::of(caller, &self.moment().to_string()).with("kms:CallerAccount", &caller.account);
        for (key, value) in more {
            context = context.with(key, value);
        }
        evaluate(
            document,
            Policy::Key,
            &Request {
                caller,
                action,
                resource: arn.as_str(),
                context,
            },
        )
    }

    /// GetKeyPolicy, PutKeyPolicy and the calls that change a key's state: "you cannot perform this
    /// operation on a KMS key in a different AWS account" (KMS API Reference, GetKeyPolicy: "Cross-account
    /// use: No").
    pub(crate) fn only_in_its_account(
        &self,
        caller: &Caller,
        arn: &KeyArn,
        action: &str,
    ) -> Result<(), Refusal> {
        if arn.account().as_str() != caller.account {
            let words = format!(
                "User: {} is not authorized to perform: {action} on resource: {arn} because the resource does not \
                 exist in this account",
                caller.principal_arn(),
            );
            return Err(Refusal::new(
                CallErrorKind::AccessDenied,
                "AccessDeniedException",
                words,
            ));
        }
        self.key(arn).map(|_| ())
    }
}
