//! What is held against the laws at the moment a call takes effect.

use guardian_core::alert::Notice;
use guardian_core::call::CallError;
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use serde_json::Value;

use super::{Read, Seams};
use crate::foreign::{Document, foreign, frame};
use crate::law::Law;
use crate::world::{Published, World};

impl Seams {
    /// Holds a write against what was read before it and against what truly was there.
    pub(super) fn judge(
        &self,
        document: Document,
        sent: &str,
        before: Option<&str>,
        after: Option<&str>,
        answer: &Result<(), &CallError>,
    ) {
        let world = &self.world;
        let resource = resource_of(world, document);
        let reads = self.reads.borrow();
        let stored = self.stored.borrow().get(&resource).copied();
        let all = reads.get(&document).map(Vec::as_slice).unwrap_or_default();
        // The same intent, stored before in the same second, is not stored again: then it is the look and the look again.
        let since: Vec<&Read> = match stored {
            Some(stored) => all.iter().filter(|read| read.at > stored).collect(),
            None => all.iter().skip(1).collect(),
        };
        self.stored.borrow_mut().insert(resource, world.tick());
        let Some(last) = since.last() else {
            let text = format!("{document:?} was written without a look at it since the intent was stored");
            return world.violate(Law::ReadJustBefore, text);
        };
        let sent = foreign(document, Some(sent));
        let known = since
            .iter()
            .rev()
            .filter_map(|read| Some((read, read.answer.as_ref().ok()?)));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            let text = format!(
                "{document:?} was written though it could not be read: {:?}",
                last.answer
            );
            return world.violate(Law::UnknownIsNotEmpty, text);
        }
        let mut as_read: Vec<_> = known.clone();
        as_read.retain(|(_, text)| foreign(document, text.as_deref()) == sent);
        let Some((_, text)) = as_read.first() else {
            let had = foreign(document, known[0].1.as_deref());
            let text = format!(
                "{document:?} was read with {:?} and written with {:?}",
                had.keys().collect::<Vec<_>>(),
                sent.keys().collect::<Vec<_>>()
            );
            return world.violate(Law::SentAsRead, text);
        };
        // Looks side by side read it too, one of them perhaps as it was before.
        let framed =
            frame(after).filter(|_| answer.is_ok() && !matches!(document, Document::Notifications(_)));
        let same_frame = |text: &Option<String>| match (frame(text.as_deref()), &framed) {
            (Some(read), Some(after)) => read == *after,
            _ => true,
        };
        let Some((read, _)) = as_read.iter().find(|(_, text)| same_frame(text)) else {
            let (read, after) = (text.as_deref(), after);
            let text = format!("{document:?}: {:?} became {:?}", frame(read), frame(after));
            return world.violate(Law::SentAsRead, text);
        };
        if before == after {
            return;
        }
        let (was, is) = (foreign(document, before), foreign(document, after));
        if was.keys().eq(is.keys()) {
            return;
        }
        let last_written = world.watch.borrow().written.get(&document).copied();
        if last_written.is_some_and(|at| at > read.at) {
            world.count("races: others wrote between our read and our write");
        } else if read.stale {
            world.count("races: others wrote before a stale read of ours");
        } else {
            let text = format!(
                "{document:?} had {:?} and now has {:?}, and nobody else wrote it meanwhile",
                was.keys().collect::<Vec<_>>(),
                is.keys().collect::<Vec<_>>()
            );
            world.violate(Law::RaceAttributed, text);
        }
    }

    /// Whether the declaration, as this invocation read it, lets something be written to the bucket; if so, its text.
    pub(super) fn allowed(&self, bucket: &BucketName, what: &str) -> Option<Value> {
        let known = self.world.bucket(bucket)?;
        let declared = self.declared.borrow().get(&known).cloned().flatten();
        let parsed: Option<Value> = declared
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let allows = parsed.as_ref().is_some_and(|text| {
            let until = text["pause_until"]
                .as_str()
                .and_then(|until| until.parse::<Moment>().ok());
            text["mode"] != "observe" && until.is_none_or(|until| until <= self.latest.get())
        });
        if !allows {
            let text = format!("{what} {bucket}, declared {declared:?}");
            self.world.violate(Law::OnlyDeclared, text);
        }
        parsed.filter(|_| allows)
    }

    /// A message was published.
    pub(super) fn published(&self, notice: &Notice) {
        let json: Value = serde_json::from_str(&notice.json).unwrap();
        let Some(id) = json["transition"]["id"].as_str() else {
            return;
        };
        let group = json["resource"].as_str().unwrap_or_default().to_owned();
        let world = &self.world;
        world.count(format!(
            "told {}",
            json["transition"]["kind"].as_str().unwrap_or_default()
        ));
        let message = Published {
            invocation: self.invocation,
            json: notice.json.clone(),
        };
        let (first, last) = {
            let mut watch = world.watch.borrow_mut();
            let copies = watch.published.entry((self.stack, id.to_owned())).or_default();
            let (first, last) = (copies.first().cloned(), copies.last().cloned());
            copies.push(message);
            (first, last)
        };
        let (Some(first), Some(last)) = (first, last) else {
            return;
        };
        world.count("messages repeated");
        let broken = world.watch.borrow().broken.contains(&(last.invocation, group));
        if !broken {
            let text = format!("{id} was told again, though the look that told it came to a good end");
            world.violate(Law::NoRepeat, text);
        } else if first.json != notice.json {
            world.violate(Law::NoRepeat, format!("{id} was told again, and not as it was"));
        }
    }
}

/// What the ledger calls the resource that a document belongs to.
pub(super) fn resource_of(world: &World, document: Document) -> String {
    match document {
        Document::Policy(bucket) | Document::Notifications(bucket) => {
            format!("bucket:{}", world.buckets[bucket.0])
        }
        Document::KeyPolicy(key) => format!("key:{}", world.keys[key.0]),
    }
}

/// The most writes of a kind that take effect on one resource within an hour. The product allows five repairs of one
/// finding; a bucket's policy can lack two (the whole grant, a part of it), and one repair is written up to three times
/// where others keep writing in between.
pub(super) fn budget(operation: &str) -> usize {
    match operation {
        "PutBucketPolicy" => 2 * 5 * 3,
        "PutObject" => 5 + 1,
        _ => 5 * 3,
    }
}
