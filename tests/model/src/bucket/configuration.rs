//! The settings of a bucket and what S3 checks when they change.

use guardian_core::call::CallErrorKind;
use guardian_core::name::BucketName;
use guardian_core::observation::{DefaultEncryption, PublicAccessBlock};

use super::Bucket;
use crate::events::trail::Trail;
use crate::policy::public::is_public;
use crate::policy::rewrite;
use crate::policy::stored::Document;
use crate::policy::validity::{Reader, check, size_without_white_space};
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

/// "Bucket policies are limited to 20 KB in size" (S3 User Guide, "Adding a bucket policy").
const POLICY_LIMIT: usize = 20_480;

impl State {
    /// PutBucketPolicy.
    pub(crate) fn put_bucket_policy(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        text: &str,
    ) -> Result<(), Refusal> {
        let outcome = self.check_policy(caller, name, text).and_then(|sent| {
            let value = rewrite::stored(sent, &self.directory, &mut self.random);
            self.bucket_mut(name)?
                .policy
                .write(Some(Document::compact(value)));
            Ok(())
        });
        let sent = serde_json::from_str(text).ok().map(|sent| ("bucketPolicy", sent));
        self.record(
            caller,
            Trail::bucket("PutBucketPolicy", name, "policy", sent),
            outcome,
        )
    }

    fn check_policy(
        &self,
        caller: &Caller,
        name: &BucketName,
        text: &str,
    ) -> Result<serde_json::Value, Refusal> {
        self.only_the_owner(caller, name)?;
        self.authorize(caller, name, "s3:PutBucketPolicy", None, &[])?;
        let document = check(text, Reader::Bucket(name.as_str()), &self.directory)
            .map_err(|words| Refusal::new(CallErrorKind::Malformed, "MalformedPolicy", words))?;
        if size_without_white_space(&document) > POLICY_LIMIT {
            let words = "Policy exceeds the maximum allowed document size.";
            return Err(Refusal::new(CallErrorKind::TooLarge, "PolicyTooLarge", words));
        }
        // "Amazon S3 rejects calls to PUT Bucket policy if the specified bucket policy allows public access"
        // (S3 User Guide, "Blocking public access", BlockPublicPolicy): the document as a whole counts.
        if self.effective_block(self.bucket(name)?).block_public_policy && is_public(&document) {
            return Err(Refusal::denied(format!(
                "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{}\" because public \
                 policies are blocked by the BlockPublicPolicy block public access setting.",
                caller.principal_arn(),
                self.bucket_arn(name, None),
            )));
        }
        Ok(document)
    }

    /// DeleteBucketPolicy; where there is none it succeeds all the same.
    pub(crate) fn delete_bucket_policy(&mut self, caller: &Caller, name: &BucketName) -> Result<(), Refusal> {
        let outcome = self.only_the_owner(caller, name).and_then(|()| {
            self.authorize(caller, name, "s3:DeleteBucketPolicy", None, &[])?;
            self.bucket_mut(name)?.policy.write(None);
            Ok(())
        });
        self.record(
            caller,
            Trail::bucket("DeleteBucketPolicy", name, "policy", None),
            outcome,
        )
    }

    /// PutBucketEncryption. The key is not looked at: S3 does not validate it (S3 API Reference,
    /// PutBucketEncryption).
    pub(crate) fn put_bucket_encryption(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        encryption: DefaultEncryption,
    ) -> Result<(), Refusal> {
        let trail = Trail::bucket(
            "PutBucketEncryption",
            name,
            "encryption",
            Some(Trail::encryption(&encryption)),
        );
        self.configure(caller, name, "s3:PutEncryptionConfiguration", trail, |bucket| {
            bucket.encryption = encryption
        })
    }

    /// DeleteBucketEncryption "resets the default encryption for the bucket as SSE-S3" (S3 API Reference).
    pub(crate) fn delete_bucket_encryption(
        &mut self,
        caller: &Caller,
        name: &BucketName,
    ) -> Result<(), Refusal> {
        let trail = Trail::bucket("DeleteBucketEncryption", name, "encryption", None);
        self.configure(caller, name, "s3:PutEncryptionConfiguration", trail, |bucket| {
            bucket.encryption = DefaultEncryption::SseS3;
        })
    }

    /// PutPublicAccessBlock, or DeletePublicAccessBlock where there is nothing to put. CloudTrail calls them
    /// by other names (S3 User Guide, "Amazon S3 CloudTrail events").
    pub(crate) fn set_public_access_block(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        block: Option<PublicAccessBlock>,
    ) -> Result<(), Refusal> {
        let event = if block.is_some() {
            "PutBucketPublicAccessBlock"
        } else {
            "DeleteBucketPublicAccessBlock"
        };
        let trail = Trail::bucket(
            event,
            name,
            "publicAccessBlock",
            block.map(Trail::public_access_block),
        );
        self.configure(caller, name, "s3:PutBucketPublicAccessBlock", trail, |bucket| {
            bucket.block = block.unwrap_or_default();
        })
    }

    /// The same for a whole account.
    pub(crate) fn set_account_block(
        &mut self,
        caller: &Caller,
        block: Option<PublicAccessBlock>,
    ) -> Result<(), Refusal> {
        let event = if block.is_some() {
            "PutAccountPublicAccessBlock"
        } else {
            "DeleteAccountPublicAccessBlock"
        };
        self.account_blocks
            .insert(caller.account.clone(), block.unwrap_or_default());
        self.record(
            caller,
            Trail::account(event, &caller.account, block.map(Trail::public_access_block)),
            Ok(()),
        )
    }

    /// PutBucketVersioning.
    pub(crate) fn put_bucket_versioning(
        &mut self,
        caller: &Caller,
        name: &BucketName,
    ) -> Result<(), Refusal> {
        let trail = Trail::bucket(
            "PutBucketVersioning",
            name,
            "versioning",
            Some(Trail::versioning()),
        );
        self.configure(caller, name, "s3:PutBucketVersioning", trail, |bucket| {
            bucket.versioned = true
        })
    }

    /// CreateBucket, in the Region that is named.
    pub(crate) fn create_bucket(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        region: &str,
    ) -> Result<(), Refusal> {
        let outcome = match self.buckets.get(name) {
            None => {
                self.buckets
                    .insert(name.clone(), Bucket::new(&caller.account, region));
                Ok(())
            }
            Some(bucket) if bucket.owner == caller.account => Err(Refusal::other(
                "BucketAlreadyOwnedByYou",
                "Your previous request succeeded and you already own it.",
            )),
            Some(_) => Err(Refusal::other(
                "BucketAlreadyExists",
                "The requested bucket name is not available.",
            )),
        };
        self.record(caller, Trail::create_bucket(name, region), outcome)
    }

    /// DeleteBucket: "all objects in the bucket must be deleted before" (S3 API Reference).
    pub(crate) fn delete_bucket(&mut self, caller: &Caller, name: &BucketName) -> Result<(), Refusal> {
        // The record is written while the bucket can still be asked for its owner and Region.
        let outcome = self.only_the_owner(caller, name).and_then(|()| {
            self.authorize(caller, name, "s3:DeleteBucket", None, &[])?;
            let bucket = self.bucket(name)?;
            if bucket.objects.is_empty() && bucket.hidden.is_empty() {
                Ok(())
            } else {
                Err(Refusal::other(
                    "BucketNotEmpty",
                    "The bucket you tried to delete is not empty",
                ))
            }
        });
        let outcome = self.record(caller, Trail::delete_bucket(name), outcome);
        if outcome.is_ok() {
            self.buckets.remove(name);
        }
        outcome
    }

    fn configure(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        action: &str,
        trail: Trail,
        change: impl FnOnce(&mut Bucket),
    ) -> Result<(), Refusal> {
        let outcome = self.only_the_owner(caller, name).and_then(|()| {
            self.authorize(caller, name, action, None, &[])?;
            self.bucket_mut(name).map(change)
        });
        self.record(caller, trail, outcome)
    }

    /// "If you have permission but are not using an identity that belongs to the bucket owner's account, S3
    /// returns 405 Method Not Allowed" (S3 API Reference, PutBucketPolicy). The other settings of a foreign
    /// bucket are refused likewise: nothing here needs them to be lent.
    pub(crate) fn only_the_owner(&self, caller: &Caller, name: &BucketName) -> Result<(), Refusal> {
        if self.bucket(name)?.owner == caller.account {
            return Ok(());
        }
        let words = "The specified method is not allowed against this resource.";
        Err(Refusal::new(
            CallErrorKind::AccessDenied,
            "MethodNotAllowed",
            words,
        ))
    }
}
