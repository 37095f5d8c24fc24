//! The question behind it all, answered by the model's own rules: does a read come through?

use guardian_core::call::CallError;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::ObjectEncryption;

use crate::refusal::Refusal;
use crate::state::State;
use crate::who::{Caller, Who};
use crate::{Model, Outsider};

impl State {
    /// GetObject: the bucket's policy, Block Public Access, the object, and for SSE-KMS the key's state and
    /// policy (S3 User Guide, "Using server-side encryption with AWS KMS keys": `kms:Decrypt`).
    pub(crate) fn get_object(&self, caller: &Caller, name: &BucketName, key: &str) -> Result<(), Refusal> {
        self.authorize(caller, name, "s3:GetObject", Some(key), &[])?;
        let bucket = self.bucket(name)?;
        let Some(object) = bucket.objects.get(key) else {
            // Without `s3:ListBucket` a missing key answers 403 (S3 API Reference, GetObject).
            return match self.authorize(caller, name, "s3:ListBucket", None, &[]) {
                Ok(()) => Err(Refusal::new(
                    guardian_core::call::CallErrorKind::NotFound,
                    "NoSuchKey",
                    "The specified key does not exist.",
                )),
                Err(refusal) => Err(refusal),
            };
        };
        match &object.encryption {
            ObjectEncryption::SseS3 => Ok(()),
            ObjectEncryption::SseC => Err(Refusal::other(
                "InvalidRequest",
                "The object was stored using a form of Server Side Encryption. The correct parameters must be provided.",
            )),
            ObjectEncryption::Kms(arn) => {
                let arn: KeyArn = arn
                    .parse()
                    .map_err(|_| Refusal::other("KMS.NotFoundException", format!("Invalid keyId '{arn}'")))?;
                self.expect_usable(
                    caller,
                    &arn,
                    "kms:Decrypt",
                    &self.encryption_context(name, key, object.bucket_key),
                )
            }
        }
    }
}

impl Outsider {
    /// GetObject.
    pub fn get_object(&self, bucket: &BucketName, key: &str) -> Result<(), CallError> {
        let (model, caller) = (self.model(), self.caller());
        model
            .read(|state| state.get_object(caller, bucket, key))
            .map_err(|refusal| refusal.of_action("s3:GetObject"))
    }
}

impl Model {
    /// Whether a principal of Cloudinary's account whose own policies allow everything reads this object: the
    /// model's own verdict, to hold the guardian's against.
    pub fn cloudinary_reads(&self, bucket: &BucketName, key: &str) -> Result<(), CallError> {
        self.act_as(Who::cloudinary()).get_object(bucket, key)
    }
}

#[cfg(test)]
mod tests;
