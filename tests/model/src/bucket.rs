//! Buckets: what they hold, who may call them, and what S3 answers to those who may not.

mod configuration;
mod listing;
mod notification;
mod objects;

use std::collections::BTreeMap;

use guardian_core::call::CallErrorKind;
use guardian_core::name::BucketName;
use guardian_core::observation::{DefaultEncryption, ObjectEncryption, ObjectOwnership, PublicAccessBlock};

pub(crate) use notification::{Notified, Validation};
pub(crate) use objects::Encrypted;

use crate::eventual::Eventual;
use crate::policy::access::{Answer, Policy, Request, evaluate};
use crate::policy::public::is_public;
use crate::policy::stored::Document;
use crate::policy::{condition::Context, directory};
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object {
    /// How it is encrypted; a KMS key is named by its ARN.
    pub encryption: ObjectEncryption,
    /// Whether a Bucket Key stands between it and its KMS key.
    pub bucket_key: bool,
    /// Its size in bytes.
    pub size: u64,
    /// Its entity tag.
    pub etag: String,
    /// Its version, in a versioned bucket.
    pub version: Option<String>,
    /// The storage class, where it is not `STANDARD`.
    pub storage_class: Option<String>,
    /// The account that owns it, where that is not the bucket's (S3 User Guide, "Controlling ownership of objects").
    pub owner: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) owner: String,
    pub(crate) region: String,
    pub(crate) policy: Eventual<Option<Document>>,
    pub(crate) encryption: DefaultEncryption,
    pub(crate) block: PublicAccessBlock,
    pub(crate) ownership: ObjectOwnership,
    pub(crate) objects: BTreeMap<String, Object>,
    /// What lies under a delete marker.
    hidden: BTreeMap<String, Object>,
    pub(crate) versioned: bool,
    /// Whom S3 tells of its objects.
    pub(crate) notified: Eventual<Notified>,
}

impl Bucket {
    /// As S3 creates it: SSE-S3 (since January 2023), Block Public Access on (since April 2023), no policy,
    /// no notifications.
    pub(crate) fn new(owner: &str, region: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            region: region.to_owned(),
            policy: Eventual::new(None),
            encryption: DefaultEncryption::SseS3,
            ownership: ObjectOwnership::BucketOwner,
            block: PublicAccessBlock {
                block_public_acls: true,
                ignore_public_acls: true,
                block_public_policy: true,
                restrict_public_buckets: true,
            },
            objects: BTreeMap::new(),
            hidden: BTreeMap::new(),
            versioned: false,
            notified: Eventual::new(Notified::default()),
        }
    }
}

impl State {
    /// S3 API Reference, "Error responses", `NoSuchBucket`.
    pub(crate) fn bucket(&self, name: &BucketName) -> Result<&Bucket, Refusal> {
        self.buckets.get(name).ok_or_else(|| {
            Refusal::new(
                CallErrorKind::NoSuchBucket,
                "NoSuchBucket",
                "The specified bucket does not exist",
            )
        })
    }

    pub(crate) fn bucket_mut(&mut self, name: &BucketName) -> Result<&mut Bucket, Refusal> {
        self.bucket(name)?;
        self.buckets
            .get_mut(name)
            .ok_or_else(|| Refusal::other("InternalError", "the bucket went away"))
    }

    /// What stands before every call through the seams: the client is bound to one Region (S3 answers `301
    /// PermanentRedirect` and names the right one), and `x-amz-expected-bucket-owner` is always sent (S3 User
    /// Guide, "Verifying bucket ownership": `403 Access Denied` if another account owns the bucket).
    pub(crate) fn expect_own_bucket(&self, name: &BucketName) -> Result<&Bucket, Refusal> {
        let bucket = self.bucket(name)?;
        if bucket.region != self.home.region {
            return Err(Refusal::new(
                CallErrorKind::WrongRegion(Some(bucket.region.clone())),
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint.",
            ));
        }
        if bucket.owner != self.home.account {
            return Err(Refusal::denied("Access Denied"));
        }
        Ok(bucket)
    }

    /// The strictest of account and bucket applies (S3 User Guide, "Blocking public access").
    pub(crate) fn effective_block(&self, bucket: &Bucket) -> PublicAccessBlock {
        let account = self
            .account_blocks
            .get(&bucket.owner)
            .copied()
            .unwrap_or_default();
        PublicAccessBlock {
            block_public_acls: account.block_public_acls || bucket.block.block_public_acls,
            ignore_public_acls: account.ignore_public_acls || bucket.block.ignore_public_acls,
            block_public_policy: account.block_public_policy || bucket.block.block_public_policy,
            restrict_public_buckets: account.restrict_public_buckets || bucket.block.restrict_public_buckets,
        }
    }

    /// Whether the bucket's policy and Block Public Access let the caller do this. A caller of the owner's
    /// account needs no Allow here (its own policies are taken to allow everything); any other does (IAM User
    /// Guide, "Cross-account policy evaluation logic").
    pub(crate) fn authorize(
        &self,
        caller: &Caller,
        name: &BucketName,
        action: &str,
        key: Option<&str>,
        more: &[(&str, &str)],
    ) -> Result<(), Refusal> {
        let bucket = self.bucket(name)?;
        let refuse = |why: &str| {
            let resource = self.bucket_arn(name, key);
            let who = caller.session_arn().unwrap_or_else(|| caller.principal_arn());
            Err(Refusal::denied(format!(
                "User: {who} is not authorized to perform: {action} on resource: \"{resource}\" {why}"
            )))
        };
        let own = caller.account == bucket.owner;
        // "The root user of the bucket owner's account can perform GetBucketPolicy, PutBucketPolicy and
        // DeleteBucketPolicy even if the policy explicitly denies it" (S3 API Reference, PutBucketPolicy).
        if caller.service().is_some() || (own && caller.is_root() && action.ends_with("BucketPolicy")) {
            return Ok(());
        }
        let Some(document) = bucket.policy.get() else {
            return if own {
                Ok(())
            } else {
                refuse("because no resource-based policy allows the action")
            };
        };
        let mut context =
            Context::of(caller, &self.moment().to_string()).with("s3:ResourceAccount", &bucket.owner);
        for (key, value) in more {
            context = context.with(key, value);
        }
        let request = Request {
            caller,
            action,
            resource: &self.bucket_arn(name, key),
            context,
        };
        match evaluate(document.value(), Policy::Bucket, &request) {
            Answer::Denied => refuse("with an explicit deny in a resource-based policy"),
            Answer::Silent if !own => refuse("because no resource-based policy allows the action"),
            // S3 User Guide, "Blocking public access", RestrictPublicBuckets: with a public policy, access is
            // restricted to AWS services and the owner's account, "including non-public delegation to
            // specific accounts".
            Answer::Allowed
                if !own
                    && self.effective_block(bucket).restrict_public_buckets
                    && is_public(document.value()) =>
            {
                refuse("because public policies are restricted by the RestrictPublicBuckets setting")
            }
            Answer::Allowed | Answer::Silent => Ok(()),
        }
    }

    pub(crate) fn bucket_arn(&self, name: &BucketName, key: Option<&str>) -> String {
        let partition = &self.home.partition;
        match key {
            Some(key) => format!("arn:{partition}:s3:::{name}/{key}"),
            None => format!("arn:{partition}:s3:::{name}"),
        }
    }

    /// Deletes a user or role: wherever it is named its unique id stands from now on.
    pub(crate) fn bury_in_buckets(&mut self, arn: &str) {
        let id = directory::unique_id(arn);
        for bucket in self.buckets.values_mut() {
            let Some(document) = bucket.policy.get() else {
                continue;
            };
            let mut value = document.value().clone();
            if crate::policy::rewrite::bury(&mut value, arn, &id) {
                bucket.policy.write(Some(Document::compact(value)));
            }
        }
    }
}
