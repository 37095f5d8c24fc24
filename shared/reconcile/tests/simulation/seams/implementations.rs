//! Each seam, call by call.

use std::time::Duration;

use guardian_core::alert::Notice;
use guardian_core::call::CallError;
use guardian_core::cause::{LaterLook, Work};
use guardian_core::incident::INCIDENT;
use guardian_core::name::{AccountId, BucketName, KeyArn, Resource};
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, EventSelectors, KeyDescription, MarkerEncryption, MarkerWrite, ObjectHead,
    ObjectOwnership, ObjectPage, PublicAccessBlock, QueueState, RuleState, RuleTarget, Subscription,
    TopicState, TrailDescription,
};
use guardian_reconcile::seam::{
    Buckets, Censuses, Declarations, Entry, EntryPage, Eyes, Home, Keys, Ledger, Listing, NamePage,
    ParameterPage, Queues, Start, Stored, Topic, Trail,
};
use serde_json::{Value, json};

use super::Seams;
use crate::bug::Bug;
use crate::foreign::{Document, is_about_cloudinary};
use crate::law::Law;
use crate::step::Write;

impl Home for Seams {
    fn account(&self) -> AccountId {
        self.aws().account()
    }
}

impl Buckets for Seams {
    async fn head_bucket(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        self.call("HeadBucket", self.aws().head_bucket(bucket)).await
    }

    async fn get_bucket_policy(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        let document = self.world.bucket(bucket).map(Document::Policy);
        let effect = self.aws().get_bucket_policy(bucket);
        self.read("GetBucketPolicy", document, effect).await
    }

    async fn put_bucket_policy(&self, bucket: &BucketName, policy: &str) -> Result<(), CallError> {
        self.allowed(bucket, "PutBucketPolicy");
        let document = self.world.bucket(bucket).map(Document::Policy);
        let policy = if self.bug == Some(Bug::DropsForeign) {
            without_first_foreign(policy)
        } else {
            policy.to_owned()
        };
        let effect = self.aws().put_bucket_policy(bucket, &policy);
        self.write(Write::Policy, document, &policy, effect).await
    }

    async fn get_bucket_encryption(&self, bucket: &BucketName) -> Result<DefaultEncryption, CallError> {
        let effect = self.aws().get_bucket_encryption(bucket);
        self.call("GetBucketEncryption", effect).await
    }

    async fn get_public_access_block(&self, bucket: &BucketName) -> Result<PublicAccessBlock, CallError> {
        let effect = self.aws().get_public_access_block(bucket);
        self.call("GetPublicAccessBlock", effect).await
    }

    async fn head_object(&self, bucket: &BucketName, key: &str) -> Result<Option<ObjectHead>, CallError> {
        self.call("HeadObject", self.aws().head_object(bucket, key)).await
    }

    async fn list_objects(
        &self,
        bucket: &BucketName,
        listing: &Listing<'_>,
    ) -> Result<ObjectPage, CallError> {
        self.call("ListObjectsV2", self.aws().list_objects(bucket, listing))
            .await
    }

    async fn get_object_ownership(&self, bucket: &BucketName) -> Result<ObjectOwnership, CallError> {
        let effect = self.aws().get_object_ownership(bucket);
        self.call("GetBucketOwnershipControls", effect).await
    }

    async fn get_bucket_owner(&self, bucket: &BucketName) -> Result<String, CallError> {
        self.call("GetBucketAcl", self.aws().get_bucket_owner(bucket))
            .await
    }

    async fn get_bucket_notifications(&self, bucket: &BucketName) -> Result<Notifications, CallError> {
        let document = self.world.bucket(bucket).map(Document::Notifications);
        let effect = async {
            let found = self.aws().get_bucket_notifications(bucket).await;
            found.map(|found| Some(found.as_xml().to_owned()))
        };
        let text = self
            .read("GetBucketNotificationConfiguration", document, effect)
            .await?;
        Ok(Notifications::parse(&text.unwrap_or_default()).unwrap_or_else(|_| Notifications::none()))
    }

    async fn put_bucket_notifications(
        &self,
        bucket: &BucketName,
        notifications: &Notifications,
    ) -> Result<(), CallError> {
        self.allowed(bucket, "PutBucketNotificationConfiguration");
        let document = self.world.bucket(bucket).map(Document::Notifications);
        let effect = self.aws().put_bucket_notifications(bucket, notifications);
        self.write(Write::Notifications, document, notifications.as_xml(), effect)
            .await
    }

    async fn put_marker(
        &self,
        bucket: &BucketName,
        key: &str,
        encryption: MarkerEncryption,
    ) -> Result<MarkerWrite, CallError> {
        let object = || self.world.model.objects(bucket).get(key).cloned();
        if let Some(declared) = self.allowed(bucket, "PutObject") {
            let clouds = declared["clouds"].as_array().cloned().unwrap_or_default();
            let names = |cloud: &Value| {
                cloud
                    .as_str()
                    .is_some_and(|cloud| key.ends_with(&format!("/{cloud}")))
            };
            if !clouds.iter().any(names) {
                let text = format!("{key} in {bucket}, declared {declared}");
                self.world.violate(Law::OnlyDeclared, text);
            }
        }
        let effect = async {
            let before = object();
            let answer = self.aws().put_marker(bucket, key, encryption).await;
            let after = object();
            match before {
                None if after.is_some() => {
                    self.took_effect("PutObject", &format!("{bucket}/{key}"), answer.is_err())
                }
                Some(before) if Some(&before) != after.as_ref() => {
                    self.world
                        .violate(Law::MarkersKept, format!("{key} of {bucket} was replaced"));
                }
                _ => {}
            }
            answer
        };
        self.write(Write::Marker, None, "", effect).await
    }
}

fn without_first_foreign(policy: &str) -> String {
    let mut value: Value = serde_json::from_str(policy).unwrap();
    if let Some(all) = value["Statement"].as_array_mut()
        && let Some(first) = all.iter().position(|one| !is_about_cloudinary(one))
    {
        all.remove(first);
    }
    value.to_string()
}

impl Keys for Seams {
    async fn describe_key(&self, key: &str) -> Result<KeyDescription, CallError> {
        self.call("DescribeKey", self.aws().describe_key(key)).await
    }

    async fn get_key_policy(&self, key: &KeyArn) -> Result<String, CallError> {
        let document = self.world.key(key).map(Document::KeyPolicy);
        let effect = async { self.aws().get_key_policy(key).await.map(Some) };
        let text = self.read("GetKeyPolicy", document, effect).await?;
        Ok(text.unwrap_or_default())
    }

    async fn put_key_policy(&self, key: &KeyArn, policy: &str) -> Result<(), CallError> {
        let document = self.world.key(key).map(Document::KeyPolicy);
        let effect = self.aws().put_key_policy(key, policy);
        self.write(Write::KeyPolicy, document, policy, effect).await
    }
}

impl Declarations for Seams {
    async fn get_declaration(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        let answer = self
            .call("GetParameter", self.aws().get_declaration(bucket))
            .await;
        if let (Ok(text), Some(bucket)) = (&answer, self.world.bucket(bucket)) {
            self.declared.borrow_mut().insert(bucket, text.clone());
        }
        answer
    }

    async fn list_declarations(&self, next: Option<&str>) -> Result<ParameterPage, CallError> {
        self.call("GetParametersByPath", self.aws().list_declarations(next))
            .await
    }
}

impl Ledger for Seams {
    async fn read_entries(
        &self,
        resource: &Resource,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<EntryPage, CallError> {
        self.call("Query", self.books.read_entries(resource, prefix, next))
            .await
    }

    async fn entry_names(
        &self,
        resource: &Resource,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<NamePage, CallError> {
        let effect = self.books.entry_names(resource, prefix, after, limit);
        self.call("Query", effect).await
    }

    async fn read_entry(&self, resource: &Resource, name: &str) -> Result<Option<Entry>, CallError> {
        self.call("GetItem", self.books.read_entry(resource, name)).await
    }

    async fn put_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        let is_incident = entry.name.starts_with(INCIDENT);
        let mut entry = entry.clone();
        match self.bug {
            Some(Bug::ForgetsTold)
                if is_incident
                    && entry.version > 0
                    && self.has_outbox(&entry)
                    && entry.body.get("outbox").is_none() =>
            {
                return Ok(Stored::Done(entry.version));
            }
            Some(Bug::ForgetsRepairs) if is_incident => {
                entry.body["repairs"] = json!([]);
            }
            _ => {}
        }
        let answer = self.call("PutItem", self.books.put_entry(&entry)).await;
        if is_incident && answer.is_ok() {
            let now = self.world.tick();
            self.stored.borrow_mut().insert(entry.resource.to_string(), now);
        }
        answer
    }

    async fn delete_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        self.call("DeleteItem", self.books.delete_entry(entry)).await
    }
}

impl Seams {
    fn has_outbox(&self, entry: &Entry) -> bool {
        let all = self.books.ledger_dump();
        let stored = all
            .iter()
            .find(|one| one.resource == entry.resource && one.name == entry.name);
        stored.is_some_and(|stored| stored.body.get("outbox").is_some())
    }
}

impl Queues for Seams {
    async fn send_work(&self, batch: &[Work]) -> Result<Vec<usize>, CallError> {
        self.call("SendMessageBatch", self.books.send_work(batch)).await
    }

    async fn send_later(&self, look: &LaterLook, delay: Duration) -> Result<(), CallError> {
        self.call("SendMessage", self.books.send_later(look, delay)).await
    }
}

impl Censuses for Seams {
    async fn start_census(&self, bucket: &BucketName, name: &str) -> Result<Start, CallError> {
        self.call("StartExecution", self.books.start_census(bucket, name))
            .await
    }
}

impl Topic for Seams {
    async fn publish(&self, notice: &Notice) -> Result<(), CallError> {
        if self.bug == Some(Bug::NeverTells) {
            return Ok(());
        }
        let effect = async {
            let answer = self.books.publish(notice).await;
            for notice in self.books.take_notices() {
                self.published(&notice);
            }
            answer
        };
        self.call("Publish", effect).await
    }
}

impl Trail for Seams {
    async fn lookup_events(&self, event: &str) -> Result<Vec<String>, CallError> {
        self.call("LookupEvents", self.aws().lookup_events(event)).await
    }
}

impl Eyes for Seams {
    async fn describe_trails(&self) -> Result<Vec<TrailDescription>, CallError> {
        self.call("DescribeTrails", self.aws().describe_trails()).await
    }

    async fn get_trail_status(&self, trail: &str) -> Result<bool, CallError> {
        self.call("GetTrailStatus", self.aws().get_trail_status(trail))
            .await
    }

    async fn get_event_selectors(&self, trail: &str) -> Result<EventSelectors, CallError> {
        self.call("GetEventSelectors", self.aws().get_event_selectors(trail))
            .await
    }

    async fn describe_rule(&self, rule: &str) -> Result<Option<RuleState>, CallError> {
        self.call("DescribeRule", self.aws().describe_rule(rule)).await
    }

    async fn list_targets(&self, rule: &str) -> Result<Vec<RuleTarget>, CallError> {
        self.call("ListTargetsByRule", self.aws().list_targets(rule))
            .await
    }

    async fn get_queue_attributes(&self, url: &str) -> Result<Option<QueueState>, CallError> {
        self.call("GetQueueAttributes", self.aws().get_queue_attributes(url))
            .await
    }

    async fn get_topic_attributes(&self, topic: &str) -> Result<Option<TopicState>, CallError> {
        self.call("GetTopicAttributes", self.aws().get_topic_attributes(topic))
            .await
    }

    async fn list_subscriptions(&self, topic: &str) -> Result<Vec<Subscription>, CallError> {
        let effect = self.aws().list_subscriptions(topic);
        self.call("ListSubscriptionsByTopic", effect).await
    }
}
