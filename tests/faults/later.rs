//! AWS at another time: everything is asked as it is, but the clock goes ahead, as far as a message takes to come again.

use std::time::Duration;

use guardian_aws::Aws;
use guardian_core::alert::Notice;
use guardian_core::call::CallError;
use guardian_core::cause::{LaterLook, Work};
use guardian_core::moment::Moment;
use guardian_core::name::{AccountId, BucketName, KeyArn, Resource};
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, EventSelectors, KeyDescription, MarkerEncryption, MarkerWrite, ObjectHead,
    ObjectOwnership, ObjectPage, PublicAccessBlock, QueueState, RuleState, RuleTarget, Subscription,
    TopicState, TrailDescription,
};
use guardian_reconcile::seam::{
    Buckets, Censuses, Clock, Declarations, Entry, EntryPage, Eyes, Home, Keys, Ledger, Listing, NamePage,
    ParameterPage, Queues, Start, Stored, Topic, Trail,
};

#[derive(Debug)]
pub(crate) struct Later<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) by: Duration,
}

impl Clock for Later<'_> {
    fn now(&self) -> Moment {
        self.aws.now().plus(self.by)
    }
}

impl Home for Later<'_> {
    fn account(&self) -> AccountId {
        Home::account(self.aws)
    }
}

/// Every method of a seam, handed on.
macro_rules! handed_on {
    ($($seam:ident { $(fn $name:ident($($what:ident: $kind:ty),*) -> $answer:ty;)* })*) => {
        $(impl $seam for Later<'_> {
            $(async fn $name(&self, $($what: $kind),*) -> Result<$answer, CallError> {
                self.aws.$name($($what),*).await
            })*
        })*
    };
}

handed_on! {
    Buckets {
        fn head_bucket(bucket: &BucketName) -> Option<String>;
        fn get_bucket_policy(bucket: &BucketName) -> Option<String>;
        fn put_bucket_policy(bucket: &BucketName, policy: &str) -> ();
        fn get_bucket_encryption(bucket: &BucketName) -> DefaultEncryption;
        fn get_public_access_block(bucket: &BucketName) -> PublicAccessBlock;
        fn head_object(bucket: &BucketName, key: &str) -> Option<ObjectHead>;
        fn list_objects(bucket: &BucketName, listing: &Listing<'_>) -> ObjectPage;
        fn get_object_ownership(bucket: &BucketName) -> ObjectOwnership;
        fn get_bucket_owner(bucket: &BucketName) -> String;
        fn get_bucket_notifications(bucket: &BucketName) -> Notifications;
        fn put_bucket_notifications(bucket: &BucketName, notifications: &Notifications) -> ();
        fn put_marker(bucket: &BucketName, key: &str, encryption: MarkerEncryption) -> MarkerWrite;
    }
    Keys {
        fn describe_key(key: &str) -> KeyDescription;
        fn get_key_policy(key: &KeyArn) -> String;
        fn put_key_policy(key: &KeyArn, policy: &str) -> ();
    }
    Declarations {
        fn get_declaration(bucket: &BucketName) -> Option<String>;
        fn list_declarations(next: Option<&str>) -> ParameterPage;
    }
    Ledger {
        fn read_entries(resource: &Resource, prefix: &str, next: Option<&str>) -> EntryPage;
        fn entry_names(resource: &Resource, prefix: &str, after: Option<&str>, limit: u16) -> NamePage;
        fn read_entry(resource: &Resource, name: &str) -> Option<Entry>;
        fn put_entry(entry: &Entry) -> Stored;
        fn delete_entry(entry: &Entry) -> Stored;
    }
    Queues {
        fn send_work(batch: &[Work]) -> Vec<usize>;
        fn send_later(look: &LaterLook, delay: Duration) -> ();
    }
    Censuses {
        fn start_census(bucket: &BucketName, name: &str) -> Start;
    }
    Topic {
        fn publish(notice: &Notice) -> ();
    }
    Trail {
        fn lookup_events(event: &str) -> Vec<String>;
    }
    Eyes {
        fn describe_trails() -> Vec<TrailDescription>;
        fn get_trail_status(trail: &str) -> bool;
        fn get_event_selectors(trail: &str) -> EventSelectors;
        fn describe_rule(rule: &str) -> Option<RuleState>;
        fn list_targets(rule: &str) -> Vec<RuleTarget>;
        fn get_queue_attributes(url: &str) -> Option<QueueState>;
        fn get_topic_attributes(topic: &str) -> Option<TopicState>;
        fn list_subscriptions(topic: &str) -> Vec<Subscription>;
    }
}
