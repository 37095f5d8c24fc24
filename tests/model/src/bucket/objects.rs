//! Objects: how they are encrypted, written only once, deleted and brought back.

use guardian_core::call::CallErrorKind;
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::observation::{DefaultEncryption, KeyManager, KeyState, ObjectEncryption};

use super::Object;
use crate::events::native::Deletion;
use crate::events::trail::Trail;
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

/// How the writer wants an object encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encrypted<'a> {
    /// No header: as the bucket does by default.
    ByDefault,
    /// `AES256`.
    SseS3,
    /// `aws:kms` with this key, or with the AWS managed key where none is named.
    Kms(Option<&'a str>),
}

impl State {
    /// PutObject. With `only_new` (`If-None-Match: *`) an existing object is `412 PreconditionFailed` (S3 API
    /// Reference, PutObject); answers whether it was written.
    pub(crate) fn put_object(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        key: &str,
        encrypted: Encrypted<'_>,
        only_new: bool,
    ) -> Result<bool, Refusal> {
        const ALGORITHM: &str = "s3:x-amz-server-side-encryption";
        let header: &[(&str, &str)] = match encrypted {
            Encrypted::ByDefault => &[],
            Encrypted::SseS3 => &[(ALGORITHM, "AES256")],
            Encrypted::Kms(_) => &[(ALGORITHM, "aws:kms")],
        };
        self.authorize(caller, name, "s3:PutObject", Some(key), header)?;
        if only_new && self.bucket(name)?.objects.contains_key(key) {
            return Ok(false);
        }
        let object = self.write_object(caller, name, key, encrypted)?;
        self.object_created(caller, name, key, &object, "PutObject");
        self.record_data(caller, Trail::put_object(name, key, encrypted, &object));
        Ok(true)
    }

    /// CopyObject of an object onto itself, under another key: a new entity tag, and a new version where there are
    /// versions. It needs the rights to read and to write (S3 API Reference, CopyObject).
    pub(crate) fn copy_in_place(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        key: &str,
        kms_key: &str,
    ) -> Result<(), Refusal> {
        self.authorize(caller, name, "s3:GetObject", Some(key), &[])?;
        let header = [("s3:x-amz-server-side-encryption", "aws:kms")];
        self.authorize(caller, name, "s3:PutObject", Some(key), &header)?;
        self.object(name, key)?;
        let encrypted = Encrypted::Kms(Some(kms_key));
        let object = self.write_object(caller, name, key, encrypted)?;
        self.object_created(caller, name, key, &object, "CopyObject");
        self.record_data(caller, Trail::copy_object(name, key, encrypted, &object));
        Ok(())
    }

    /// UpdateObjectEncryption: the object is under another key of KMS in place, with the same entity tag and version.
    /// The key is named by its full ARN; an AWS managed one cannot be, and neither can an object be moved that the
    /// customer's own key encrypts (S3 API Reference, UpdateObjectEncryption). No event of S3's own is documented.
    pub(crate) fn update_object_encryption(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        key: &str,
        kms_key: &KeyArn,
        bucket_key: bool,
    ) -> Result<(), Refusal> {
        self.authorize(caller, name, "s3:UpdateObjectEncryption", Some(key), &[])?;
        if self.object(name, key)?.encryption == ObjectEncryption::SseC {
            return Err(Refusal::other(
                "InvalidRequest",
                "objects under SSE-C keep their encryption",
            ));
        }
        if self
            .keys
            .get(kms_key)
            .is_some_and(|key| key.manager == KeyManager::Aws)
        {
            return Err(Refusal::other(
                "InvalidRequest",
                "an AWS managed key cannot be named",
            ));
        }
        let context = self.encryption_context(name, key, bucket_key);
        self.expect_usable(caller, kms_key, "kms:GenerateDataKey", &context)?;
        if let Some(object) = self.bucket_mut(name)?.objects.get_mut(key) {
            object.encryption = ObjectEncryption::Kms(kms_key.to_string());
            object.bucket_key = bucket_key;
        }
        let trail = Trail::update_object_encryption(name, key, kms_key.as_str(), bucket_key);
        self.record_data(caller, trail);
        Ok(())
    }

    fn object(&self, name: &BucketName, key: &str) -> Result<&Object, Refusal> {
        self.bucket(name)?.objects.get(key).ok_or_else(|| {
            Refusal::new(
                CallErrorKind::NotFound,
                "NoSuchKey",
                "The specified key does not exist.",
            )
        })
    }

    /// Puts an empty object there.
    fn write_object(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        key: &str,
        encrypted: Encrypted<'_>,
    ) -> Result<Object, Refusal> {
        let (encryption, bucket_key) = self.encryption_of(caller, name, key, encrypted)?;
        let versioned = self.bucket(name)?.versioned;
        // Only an SSE-S3 object's tag is the MD5 of its content; this is the MD5 of nothing.
        let etag = match encryption {
            ObjectEncryption::SseS3 => "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
            _ => self.random.hex(32),
        };
        let version = versioned.then(|| self.random.base64(32));
        let object = Object {
            encryption,
            bucket_key,
            size: 0,
            etag,
            version,
            storage_class: None,
            owner: None,
        };
        let bucket = self.bucket_mut(name)?;
        bucket.hidden.remove(key);
        bucket.objects.insert(key.to_owned(), object.clone());
        Ok(object)
    }

    fn record_data(&mut self, caller: &Caller, trail: Trail) {
        if self.records_data {
            // Nothing refuses it.
            let _recorded = self.record(caller, trail, Ok(()));
        }
    }

    /// DeleteObject: gone for good, or under a delete marker in a versioned bucket (S3 User Guide, "Working
    /// with delete markers"). What is not there is deleted successfully.
    pub(crate) fn delete_object(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        key: &str,
    ) -> Result<(), Refusal> {
        self.authorize(caller, name, "s3:DeleteObject", Some(key), &[])?;
        let bucket = self.bucket_mut(name)?;
        let versioned = bucket.versioned;
        let Some(object) = bucket.objects.remove(key) else {
            return Ok(());
        };
        let deletion = if versioned {
            bucket.hidden.insert(key.to_owned(), object);
            Deletion::MarkerCreated(self.random.base64(32))
        } else {
            Deletion::Permanent(None)
        };
        self.object_deleted(caller, name, key, &deletion);
        Ok(())
    }

    /// Deletes the delete marker, which brings the object back and yet reads "Object Deleted / Permanently
    /// Deleted" (LocalStack's public recordings of AWS).
    pub(crate) fn undelete_object(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        key: &str,
    ) -> Result<(), Refusal> {
        self.authorize(caller, name, "s3:DeleteObjectVersion", Some(key), &[])?;
        let bucket = self.bucket_mut(name)?;
        let Some(object) = bucket.hidden.remove(key) else {
            return Err(Refusal::new(
                CallErrorKind::NotFound,
                "NoSuchVersion",
                "The specified version does not exist.",
            ));
        };
        bucket.objects.insert(key.to_owned(), object);
        let marker = self.random.base64(32);
        self.object_deleted(caller, name, key, &Deletion::Permanent(Some(marker)));
        Ok(())
    }

    /// How the object is encrypted, and whether under a Bucket Key: new objects follow the bucket's setting
    /// also where the request names a key (S3 User Guide, "Configuring an S3 Bucket Key at the object level").
    fn encryption_of(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        key: &str,
        encrypted: Encrypted<'_>,
    ) -> Result<(ObjectEncryption, bool), Refusal> {
        let bucket = self.bucket(name)?;
        let region = bucket.region.clone();
        let (default, bucket_key) = match &bucket.encryption {
            DefaultEncryption::SseS3 => (None, false),
            DefaultEncryption::Kms { key, bucket_key } => (Some(key.clone()), *bucket_key),
        };
        let named = match (encrypted, default) {
            (Encrypted::SseS3, _) | (Encrypted::ByDefault, None) => {
                return Ok((ObjectEncryption::SseS3, false));
            }
            (Encrypted::Kms(named), _) => named.map(str::to_owned),
            (Encrypted::ByDefault, Some(named)) => named,
        };
        let context = self.encryption_context(name, key, bucket_key);
        let arn = match named {
            Some(named) => self
                .find_key(&named, &caller.account, &region)
                .map_err(|refusal| Refusal::other("KMS.NotFoundException", refusal.message))?,
            None => self.aws_managed_key(&caller.account, &region),
        };
        self.expect_usable(caller, &arn, "kms:GenerateDataKey", &context)?;
        Ok((ObjectEncryption::Kms(arn.to_string()), bucket_key))
    }

    /// With a Bucket Key the encryption context is the bucket's ARN, else the object's (S3 User Guide,
    /// "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys").
    pub(crate) fn encryption_context(&self, name: &BucketName, key: &str, bucket_key: bool) -> String {
        self.bucket_arn(name, (!bucket_key).then_some(key))
    }

    /// Whether KMS does this with the key for S3 on the caller's behalf. A key that is not enabled fails
    /// whatever its policy says (KMS Developer Guide, "Key states of AWS KMS keys"; S3 passes KMS's error on
    /// under `KMS.`).
    pub(crate) fn expect_usable(
        &self,
        caller: &Caller,
        arn: &KeyArn,
        action: &str,
        encryption_context: &str,
    ) -> Result<(), Refusal> {
        let Some(key) = self.keys.get(arn) else {
            return Err(Refusal::other(
                "KMS.NotFoundException",
                format!("Key '{arn}' does not exist"),
            ));
        };
        match key.state {
            KeyState::Enabled | KeyState::Updating => {}
            KeyState::Disabled => {
                return Err(Refusal::other(
                    "KMS.DisabledException",
                    format!("{arn} is disabled."),
                ));
            }
            _ => {
                return Err(Refusal::other(
                    "KMS.KMSInvalidStateException",
                    format!("{arn} is not usable."),
                ));
            }
        }
        let via = format!("s3.{}.amazonaws.com", arn.region());
        let context = [
            ("kms:ViaService", via.as_str()),
            ("kms:EncryptionContext:aws:s3:arn", encryption_context),
        ];
        self.authorize_key(caller, arn, action, &context)
    }
}
