//! How a model is put together and looked into. None of this leaves an event or a line in the journal.

use std::collections::BTreeMap;

use guardian_core::name::{AccountId, BucketName, KeyArn};
use guardian_core::observation::{
    DefaultEncryption, KeyManager, KeyOrigin, KeyState, MultiRegion, ObjectEncryption, ObjectOwnership,
    PublicAccessBlock,
};

use crate::bucket::{Bucket, Notified, Object};
use crate::key::{Key, default_policy};
use crate::policy::stored::Document;
use crate::ssm::DECLARATIONS;
use crate::state::State;
use crate::{Model, Who};

impl Model {
    /// A model of account `111122223333` in `us-east-1`, at 2026-11-23T10:15:00Z, with nothing in it.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(State::new(seed, "111122223333", "us-east-1"))
    }

    /// The same for another account and Region (and the Region's partition).
    #[must_use]
    pub fn at_home(seed: u64, account: &AccountId, region: &str) -> Self {
        Self::of(State::new(seed, account.as_str(), region))
    }

    /// A bucket of ours: SSE-S3, no policy, Block Public Access on, EventBridge on.
    pub fn add_bucket(&self, bucket: &BucketName) {
        self.change(|state| {
            let mut new = Bucket::new(&state.home.account, &state.home.region);
            new.notified.write(Notified::event_bridge());
            state.buckets.insert(bucket.clone(), new);
        });
    }

    /// A bucket of another account or in another Region.
    pub fn add_bucket_of(&self, bucket: &BucketName, owner: &AccountId, region: &str) {
        self.change(|state| {
            state
                .buckets
                .insert(bucket.clone(), Bucket::new(owner.as_str(), region))
        });
    }

    /// Sets a policy past every check of PutBucketPolicy, as the stored form (`AROA…` may be in it).
    pub fn set_policy(&self, bucket: &BucketName, text: &str) {
        self.edit(bucket, |bucket| {
            bucket.policy.write(Some(Document::verbatim(text)));
        });
    }

    /// Sets the default encryption.
    pub fn set_default_encryption(&self, bucket: &BucketName, encryption: DefaultEncryption) {
        self.edit(bucket, |bucket| bucket.encryption = encryption);
    }

    /// Sets Block Public Access.
    pub fn set_public_access_block(&self, bucket: &BucketName, block: PublicAccessBlock) {
        self.edit(bucket, |bucket| bucket.block = block);
    }

    /// Puts an object, encrypted in this way.
    pub fn add_object(&self, bucket: &BucketName, key: &str, encryption: ObjectEncryption) {
        self.edit(bucket, |bucket| {
            let etag = "d41d8cd98f00b204e9800998ecf8427e".to_owned();
            let object = Object {
                encryption,
                etag,
                ..Object::default()
            };
            bucket.objects.insert(key.to_owned(), object);
        });
    }

    /// Gives an object to another account, as an upload from there does where ownership is not enforced.
    pub fn set_object_owner(&self, bucket: &BucketName, key: &str, account: &str) {
        self.edit(bucket, |bucket| {
            bucket.ownership = ObjectOwnership::MayBeOthers;
            if let Some(object) = bucket.objects.get_mut(key) {
                object.owner = Some(account.to_owned());
            }
        });
    }

    /// Moves an object into another storage class, for example `GLACIER`.
    pub fn set_storage_class(&self, bucket: &BucketName, key: &str, class: &str) {
        self.edit(bucket, |bucket| {
            if let Some(object) = bucket.objects.get_mut(key) {
                object.storage_class = Some(class.to_owned());
            }
        });
    }

    /// From the next write of the policy on, that many reads see what was there before it.
    pub fn stale_reads(&self, bucket: &BucketName, reads: u32) {
        self.edit(bucket, |bucket| bucket.policy.lag(reads));
    }

    /// The same for the notifications.
    pub fn stale_notification_reads(&self, bucket: &BucketName, reads: u32) {
        self.edit(bucket, |bucket| bucket.notified.lag(reads));
    }

    /// Sets the notifications past every check: these elements, whatever they are, of an S3 that knows them all.
    pub fn set_notifications(&self, bucket: &BucketName, elements: &str) {
        self.edit(bucket, |bucket| {
            bucket.notified.write(Notified::verbatim(elements))
        });
    }

    /// The notifications as they truly are, in S3's own words.
    #[must_use]
    pub fn notifications(&self, bucket: &BucketName) -> Option<String> {
        self.read(|state| Some(state.buckets.get(bucket)?.notified.get().to_xml()))
    }

    /// A queue, a topic or a function that S3 may send to.
    pub fn add_destination(&self, arn: &str) {
        self.change(|state| state.destinations.insert(arn.to_owned()));
    }

    /// The destinations that got a test message, in order.
    #[must_use]
    pub fn test_messages(&self) -> Vec<String> {
        self.read(|state| state.test_messages.clone())
    }

    /// The same for a key's policy.
    pub fn stale_key_reads(&self, key: &KeyArn, reads: u32) {
        self.change(|state| {
            if let Some(key) = state.keys.get_mut(key) {
                key.policy.lag(reads);
            }
        });
    }

    /// An enabled customer managed key of ours with the default key policy.
    pub fn add_key(&self) -> KeyArn {
        self.change(|state| {
            let home = state.home.clone();
            let policy = default_policy(&home.partition, &home.account);
            state.new_key(
                &home.account,
                &home.region,
                Key::new(KeyManager::Customer, policy),
            )
        })
    }

    /// A key of another account or in another Region.
    pub fn add_key_of(&self, owner: &AccountId, region: &str) -> KeyArn {
        self.change(|state| {
            let policy = default_policy(&state.home.partition, owner.as_str());
            state.new_key(owner.as_str(), region, Key::new(KeyManager::Customer, policy))
        })
    }

    /// The AWS managed key behind `alias/aws/s3`.
    pub fn aws_managed_key(&self) -> KeyArn {
        self.change(|state| {
            let home = state.home.clone();
            state.aws_managed_key(&home.account, &home.region)
        })
    }

    /// Puts a key into any state, also one that no call leads to (`PendingImport`, `Unavailable`, …).
    pub fn set_key_state(&self, key: &KeyArn, key_state: KeyState) {
        self.change(|state| state.force_key_state(key, key_state));
    }

    /// Makes a key the primary of a multi-Region key with these replicas.
    pub fn replicate_key(&self, key: &KeyArn, replicas: Vec<KeyArn>) {
        self.change(|state| {
            if let Some(key) = state.keys.get_mut(key) {
                key.multi_region = Some(MultiRegion::Primary { replicas });
            }
        });
    }

    /// Moves a key into a custom key store, as if it had been made there.
    pub fn put_in_key_store(&self, key: &KeyArn, origin: KeyOrigin, store: &str) {
        self.change(|state| {
            if let Some(key) = state.keys.get_mut(key) {
                key.origin = origin;
                key.key_store = Some(store.to_owned());
            }
        });
    }

    /// Points an alias (`alias/…`) at a key of ours.
    pub fn add_alias(&self, alias: &str, key: &KeyArn) {
        self.change(|state| {
            let arn = state.alias_arn(key.account().as_str(), key.region(), alias);
            state.aliases.insert(arn, key.clone());
        });
    }

    /// Declares a bucket: the text of its parameter, whatever it is.
    pub fn declare(&self, bucket: &BucketName, json: &str) {
        self.declare_text(bucket.as_str(), json);
    }

    /// The same under a name that need not be a bucket's.
    pub fn declare_text(&self, name: &str, text: &str) {
        self.change(|state| {
            state
                .parameters
                .insert(format!("{DECLARATIONS}{name}"), text.to_owned())
        });
    }

    /// An account that does not exist (any more): its id is no valid principal.
    pub fn close_account(&self, account: &AccountId) {
        self.change(|state| state.directory.close_account(account.as_str()));
    }

    /// A user or role that was deleted is made again under its old name.
    pub fn create_principal(&self, arn: &str) {
        self.change(|state| state.directory.create(arn));
    }

    /// How much fits on a page of ListObjectsV2 (1000), ListBuckets (10 000), GetParametersByPath (10) and
    /// Query (100 items).
    pub fn set_page_sizes(&self, objects: usize, buckets: usize, parameters: usize, entries: usize) {
        self.change(|state| {
            let pages = &mut state.pages;
            pages.objects = objects.max(1);
            pages.buckets = buckets.max(1);
            pages.parameters = parameters.max(1);
            pages.entries = entries.max(1);
        });
    }

    /// The policy as it truly is, however stale the reads.
    #[must_use]
    pub fn policy(&self, bucket: &BucketName) -> Option<String> {
        self.read(|state| {
            Some(
                state
                    .buckets
                    .get(bucket)?
                    .policy
                    .get()
                    .as_ref()?
                    .text()
                    .to_owned(),
            )
        })
    }

    /// The key's policy as it truly is.
    #[must_use]
    pub fn key_policy(&self, key: &KeyArn) -> Option<String> {
        self.read(|state| Some(state.keys.get(key)?.policy.get().text().to_owned()))
    }

    /// The key's state; `None` where there is no such key.
    #[must_use]
    pub fn key_state(&self, key: &KeyArn) -> Option<KeyState> {
        self.read(|state| Some(state.keys.get(key)?.state.clone()))
    }

    /// The objects of a bucket by their keys.
    #[must_use]
    pub fn objects(&self, bucket: &BucketName) -> BTreeMap<String, Object> {
        self.read(|state| {
            state
                .buckets
                .get(bucket)
                .map(|bucket| bucket.objects.clone())
                .unwrap_or_default()
        })
    }

    /// The ARN that policies know the guardian's own role by.
    #[must_use]
    pub fn guardian_role(&self) -> String {
        self.read(|state| {
            Who::guardian()
                .resolve(&state.home.account, &state.home.partition)
                .principal_arn()
        })
    }

    fn edit(&self, bucket: &BucketName, edit: impl FnOnce(&mut Bucket)) {
        self.change(|state| {
            if let Some(bucket) = state.buckets.get_mut(bucket) {
                edit(bucket);
            }
        });
    }
}
