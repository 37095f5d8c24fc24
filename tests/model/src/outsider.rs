//! Everybody else: what changes behind the guardian's back.

mod keys;
mod objects;

use guardian_core::call::CallError;
use guardian_core::name::BucketName;
use guardian_core::observation::{DefaultEncryption, PublicAccessBlock};

use crate::Model;
use crate::bucket::Validation;
use crate::events::trail::Trail;
use crate::refusal::Refusal;
use crate::ssm::DECLARATIONS;
use crate::state::State;
use crate::who::{Caller, Who};

/// A hand on the model that acts as somebody. The same rules hold for it as for the guardian, and every
/// change leaves its events.
#[derive(Debug, Clone)]
pub struct Outsider {
    model: Model,
    caller: Caller,
}

impl Model {
    /// Acts as somebody else.
    #[must_use]
    pub fn act_as(&self, who: Who) -> Outsider {
        let caller = self.read(|state| who.resolve(&state.home.account, &state.home.partition));
        Outsider {
            model: self.clone(),
            caller,
        }
    }
}

impl Outsider {
    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Acts, and gives an error the name of the right that was asked for.
    fn act<T>(
        &self,
        action: &'static str,
        effect: impl FnOnce(&mut State, &Caller) -> Result<T, Refusal>,
    ) -> Result<T, CallError> {
        self.model
            .change(|state| effect(state, &self.caller))
            .map_err(|refusal| refusal.of_action(action))
    }

    /// PutBucketPolicy.
    pub fn put_bucket_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), CallError> {
        self.act("s3:PutBucketPolicy", |state, caller| {
            state.put_bucket_policy(caller, bucket, policy)
        })
    }

    /// DeleteBucketPolicy.
    pub fn delete_bucket_policy(&self, bucket: &BucketName) -> Result<(), CallError> {
        self.act("s3:DeleteBucketPolicy", |state, caller| {
            state.delete_bucket_policy(caller, bucket)
        })
    }

    /// PutBucketEncryption.
    pub fn put_bucket_encryption(
        &self,
        bucket: &BucketName,
        encryption: DefaultEncryption,
    ) -> Result<(), CallError> {
        self.act("s3:PutEncryptionConfiguration", |state, caller| {
            state.put_bucket_encryption(caller, bucket, encryption)
        })
    }

    /// DeleteBucketEncryption.
    pub fn delete_bucket_encryption(&self, bucket: &BucketName) -> Result<(), CallError> {
        self.act("s3:PutEncryptionConfiguration", |state, caller| {
            state.delete_bucket_encryption(caller, bucket)
        })
    }

    /// PutPublicAccessBlock of a bucket.
    pub fn put_public_access_block(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), CallError> {
        self.act("s3:PutBucketPublicAccessBlock", |state, caller| {
            state.set_public_access_block(caller, bucket, Some(block))
        })
    }

    /// DeletePublicAccessBlock of a bucket.
    pub fn delete_public_access_block(&self, bucket: &BucketName) -> Result<(), CallError> {
        self.act("s3:PutBucketPublicAccessBlock", |state, caller| {
            state.set_public_access_block(caller, bucket, None)
        })
    }

    /// PutPublicAccessBlock of the caller's account; `None` deletes it.
    pub fn set_account_public_access_block(&self, block: Option<PublicAccessBlock>) -> Result<(), CallError> {
        self.act("s3:PutAccountPublicAccessBlock", |state, caller| {
            state.set_account_block(caller, block)
        })
    }

    /// PutBucketNotificationConfiguration of EventBridge or of nobody.
    pub fn put_bucket_notification(&self, bucket: &BucketName, event_bridge: bool) -> Result<(), CallError> {
        let elements = if event_bridge {
            "<EventBridgeConfiguration/>"
        } else {
            ""
        };
        self.put_bucket_notifications(bucket, elements)
    }

    /// The same of these elements. S3 makes sure of every destination.
    pub fn put_bucket_notifications(&self, bucket: &BucketName, elements: &str) -> Result<(), CallError> {
        let text = format!("<NotificationConfiguration>{elements}</NotificationConfiguration>");
        self.act("s3:PutBucketNotification", |state, caller| {
            state.put_bucket_notification(caller, bucket, &text, Validation::Sent)
        })
    }

    /// PutBucketVersioning: deletes hide objects under delete markers from now on.
    pub fn enable_versioning(&self, bucket: &BucketName) -> Result<(), CallError> {
        self.act("s3:PutBucketVersioning", |state, caller| {
            state.put_bucket_versioning(caller, bucket)
        })
    }

    /// CreateBucket in the home Region, as S3 makes them: Block Public Access on, no notifications.
    pub fn create_bucket(&self, bucket: &BucketName) -> Result<(), CallError> {
        let region = self.model.read(|state| state.home.region.clone());
        self.create_bucket_in(bucket, &region)
    }

    /// The same in another Region.
    pub fn create_bucket_in(&self, bucket: &BucketName, region: &str) -> Result<(), CallError> {
        self.act("s3:CreateBucket", |state, caller| {
            state.create_bucket(caller, bucket, region)
        })
    }

    /// DeleteBucket.
    pub fn delete_bucket(&self, bucket: &BucketName) -> Result<(), CallError> {
        self.act("s3:DeleteBucket", |state, caller| {
            state.delete_bucket(caller, bucket)
        })
    }

    /// PutParameter: writes a declaration (of the bucket), whatever its text.
    pub fn put_parameter(&self, bucket: &str, text: &str) -> Result<(), CallError> {
        let name = format!("{DECLARATIONS}{bucket}");
        self.act("ssm:PutParameter", |state, caller| {
            state.put_parameter(caller, &name, text)
        })
    }

    /// DeleteParameter of a declaration.
    pub fn delete_parameter(&self, bucket: &str) -> Result<(), CallError> {
        let name = format!("{DECLARATIONS}{bucket}");
        self.act("ssm:DeleteParameter", |state, caller| {
            state.delete_parameter(caller, &name)
        })
    }

    /// DeleteUser or DeleteRole: the ARN can no longer be named, and where it stands in a policy its unique
    /// id (`AIDA…`, `AROA…`) takes its place.
    pub fn delete_principal(&self, arn: &str) {
        self.model.change(|state| {
            state.directory.delete(arn);
            state.bury_in_buckets(arn);
            state.bury_in_keys(arn);
            // Nothing refuses it.
            let _recorded = state.record(&self.caller, Trail::delete_principal(arn), Ok(()));
        });
    }
}
