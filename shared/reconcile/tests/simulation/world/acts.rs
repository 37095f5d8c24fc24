//! What others do.

use std::time::Duration;

use guardian_core::call::CallError;
use guardian_model::Who;
use guardian_reconcile::seam::Clock;
use serde_json::{Value, json};

use super::{World, marker};
use crate::foreign::{
    Document, LEAVER, deny, grant, is_about_cloudinary, key_statement, owner, statement, statements,
};
use crate::step::{Act, Bucket, Declared, NAMES};

impl World {
    /// The text of a declaration.
    pub(super) fn declaration(&self, says: Declared) -> Option<String> {
        let text = match says {
            Declared::One => json!({"clouds": ["demo"]}),
            Declared::Two => json!({"clouds": ["demo", "acme"]}),
            Declared::Observe => json!({"clouds": ["demo"], "mode": "observe"}),
            Declared::Paused => {
                let until = self.model.now().plus(Duration::from_secs(7200));
                json!({"clouds": ["demo"], "pause_until": until})
            }
            Declared::Invalid => return Some("{\"clouds\": ".to_owned()),
            Declared::Gone => return None,
        };
        Some(text.to_string())
    }

    /// Somebody else acts.
    pub(crate) fn act(&self, act: Act) {
        let documents = touched(act);
        let before: Vec<Option<String>> = documents.iter().map(|one| self.truth(*one)).collect();
        let outcome = self.perform(act);
        let now = self.tick();
        self.tell(|| match &outcome {
            Ok(()) => format!("others: {act:?}"),
            Err(error) => format!("others: {act:?}: {}", error.message),
        });
        for (document, before) in documents.into_iter().zip(before) {
            if self.truth(document) != before {
                self.watch.borrow_mut().written.insert(document, now);
            }
        }
        self.deliver_to_other();
    }

    fn perform(&self, act: Act) -> Result<(), CallError> {
        let model = &self.model;
        let name = |bucket: Bucket| &self.buckets[bucket.0];
        let arn = |bucket: Bucket| format!("arn:aws:s3:::{}", name(bucket));
        let terraform = model.act_as(Who::terraform());
        let ana = model.act_as(Who::console("ana"));
        // The owner's root, whom no Deny keeps from the policy.
        let root = model.act_as(Who::root());
        let tool = model.act_as(Who::role("security-tool", "remediation", "Boto3/1.40.0"));
        match act {
            Act::Replace {
                bucket,
                first,
                count,
                with_ours,
            } => {
                let mut all: Vec<Value> = (first..first + count)
                    .map(|number| statement(&arn(bucket), number))
                    .collect();
                if with_ours {
                    all.push(grant(&arn(bucket)));
                }
                terraform.put_bucket_policy(name(bucket), &policy("terraform", all))
            }
            Act::Add { bucket, number } => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                all.push(statement(&arn(bucket), number));
                self.keep(&root, bucket, all)
            }
            Act::Remove(bucket) => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                if let Some(first) = all.iter().position(|one| !is_about_cloudinary(one)) {
                    all.remove(first);
                }
                self.keep(&root, bucket, all)
            }
            Act::Strip(bucket) => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                all.retain(|one| !is_about_cloudinary(one));
                self.keep(&tool, bucket, all)
            }
            Act::DeletePolicy(bucket) => root.delete_bucket_policy(name(bucket)),
            Act::Deny(bucket) => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                all.retain(|one| one["Sid"] != "FDeny");
                all.push(deny(&arn(bucket)));
                self.keep(&root, bucket, all)
            }
            Act::Undeny(bucket) => {
                let mut all = statements(model.policy(name(bucket)).as_deref());
                let before = all.len();
                all.retain(|one| one["Sid"] != "FDeny");
                if all.len() == before {
                    return Ok(());
                }
                self.keep(&root, bucket, all)
            }
            Act::Open(bucket) => {
                let text = model.policy(name(bucket));
                self.watch.borrow_mut().opened.insert(bucket, text);
                Ok(())
            }
            Act::Save { bucket, number } => {
                let Some(opened) = self.watch.borrow_mut().opened.remove(&bucket) else {
                    return Ok(());
                };
                let mut all = statements(opened.as_deref());
                all.push(statement(&arn(bucket), number));
                self.keep(&root, bucket, all)
            }
            Act::DeleteMarker { bucket, cloud } => ana.delete_object(name(bucket), &marker(cloud)),
            Act::PutMarker { bucket, cloud } => ana.put_object(name(bucket), &marker(cloud), None),
            Act::ReplaceKey { key, number } => {
                let all = vec![owner(), key_statement(number)];
                terraform.put_key_policy(&self.keys[key.0], &policy("terraform", all))
            }
            Act::AddToKey { key, number } => {
                let mut all = statements(model.key_policy(&self.keys[key.0]).as_deref());
                all.push(key_statement(number));
                ana.put_key_policy(&self.keys[key.0], &policy("ana", all))
            }
            Act::StripKey(key) => {
                let mut all = statements(model.key_policy(&self.keys[key.0]).as_deref());
                all.retain(|one| !is_about_cloudinary(one));
                tool.put_key_policy(&self.keys[key.0], &policy("tool", all))
            }
            Act::DisableKey(key) => ana.disable_key(&self.keys[key.0]),
            Act::EnableKey(key) => ana.enable_key(&self.keys[key.0]),
            Act::ScheduleDeletion(key) => ana.schedule_key_deletion(&self.keys[key.0], 30),
            Act::CancelDeletion(key) => ana.cancel_key_deletion(&self.keys[key.0]),
            Act::Encrypt { bucket, key } => ana.put_bucket_encryption(name(bucket), self.encryption(key)),
            Act::Notify { bucket, number } => {
                // Without EventBridge nobody hears of markers.
                self.watch.borrow_mut().lossy = true;
                let queue = format!("arn:aws:sqs:us-east-1:111122223333:queue-{number}");
                model.add_destination(&queue);
                let entry = format!(
                    "<QueueConfiguration><Id>F{number}</Id><Queue>{queue}</Queue><Event>s3:ObjectCreated:*</Event>\
                     </QueueConfiguration>"
                );
                terraform.put_bucket_notifications(name(bucket), &entry)
            }
            Act::NotifyEventBridge(bucket) => ana.put_bucket_notification(name(bucket), true),
            Act::Declare { bucket, says } => {
                self.watch.borrow_mut().declared.insert(bucket, says);
                match self.declaration(says) {
                    Some(text) => terraform.put_parameter(name(bucket).as_str(), &text),
                    // One that is gone already is gone.
                    None => terraform.delete_parameter(name(bucket).as_str()).or(Ok(())),
                }
            }
            Act::BuryRole => {
                ana.delete_principal(LEAVER);
                Ok(())
            }
            Act::ReviveRole => {
                model.create_principal(LEAVER);
                Ok(())
            }
        }
    }

    fn keep(&self, who: &guardian_model::Outsider, bucket: Bucket, all: Vec<Value>) -> Result<(), CallError> {
        let name = &self.buckets[bucket.0];
        if all.is_empty() {
            return who.delete_bucket_policy(name);
        }
        who.put_bucket_policy(name, &policy("people", all))
    }
}

fn policy(id: &str, statements: Vec<Value>) -> String {
    json!({"Version": "2012-10-17", "Id": id, "Statement": statements}).to_string()
}

/// The documents that an act may change.
fn touched(act: Act) -> Vec<Document> {
    match act {
        Act::Replace { bucket, .. }
        | Act::Add { bucket, .. }
        | Act::Remove(bucket)
        | Act::Strip(bucket)
        | Act::DeletePolicy(bucket)
        | Act::Deny(bucket)
        | Act::Undeny(bucket)
        | Act::Save { bucket, .. } => vec![Document::Policy(bucket)],
        Act::ReplaceKey { key, .. } | Act::AddToKey { key, .. } | Act::StripKey(key) => {
            vec![Document::KeyPolicy(key)]
        }
        Act::Notify { bucket, .. } | Act::NotifyEventBridge(bucket) => vec![Document::Notifications(bucket)],
        Act::BuryRole | Act::ReviveRole => (0..NAMES.len())
            .map(|number| Document::Policy(Bucket(number)))
            .collect(),
        Act::Open(_)
        | Act::DeleteMarker { .. }
        | Act::PutMarker { .. }
        | Act::DisableKey(_)
        | Act::EnableKey(_)
        | Act::ScheduleDeletion(_)
        | Act::CancelDeletion(_)
        | Act::Encrypt { .. }
        | Act::Declare { .. } => Vec::new(),
    }
}
