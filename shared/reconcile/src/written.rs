//! Objects that were written: which keys they are under, as far as the budget goes.
//!
//! # A key that an event named
//!
//! An event is only a hint where to look. So a key that the bucket is not known to need is looked into with one
//! HeadObject of one of the objects, if objects may be looked at at all; then it is as certain as any. Where they may
//! not, where the look is refused, or where it can prove nothing (the upload has only begun, the object has changed
//! since and others were named too), the event stands for itself: the key counts as one that objects *may* be under,
//! unless KMS knows no such key, for on an event's word alone nobody is alarmed about what does not exist.
//!
//! That word is worth no more than what follows from it. What is found of the key, and what is written, is decided by
//! the key's own reconcile from its policy as it reads it then, the roles let it write no key but those of `KeyArns`,
//! and nobody but S3 and CloudTrail can send such an event (EventBridge takes no source `aws.…` from anybody else).

use std::collections::BTreeMap;

use futures_util::future::join_all;
use futures_util::join;
use guardian_core::declaration::Declaration;
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::observation::{ObjectEncryption, ObjectHead};
use guardian_core::right::{Role, refused};
use guardian_core::settings::Settings;
use guardian_core::written::{Example, Named, Tally, Written};
use guardian_policy::matches;
use tracing::warn;

use crate::book::Book;
use crate::observe::full_name;
use crate::seam::{Buckets, Clock, Entry, Keys, Ledger};
use crate::{ReconcileError, store};

/// In a bucket's page: what was looked at and what was not.
const WRITTEN: &str = "written";

/// What a look at new objects came to: keys that were not known, each with an object of it.
pub(crate) struct Found {
    /// Those seen on an object.
    pub(crate) seen: BTreeMap<KeyArn, String>,
    /// Those that only events name.
    pub(crate) named: BTreeMap<KeyArn, String>,
    /// What was looked at, for people.
    pub(crate) said: String,
}

impl Found {
    /// All of them.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &KeyArn> {
        self.seen.keys().chain(self.named.keys())
    }
}

/// What the ledger counts of a bucket's new objects.
pub(crate) fn tally(book: &Book) -> Tally {
    let entry = book.others.get(WRITTEN);
    entry
        .and_then(|entry| serde_json::from_value(entry.body.clone()).ok())
        .unwrap_or_default()
}

/// Looks at some of the objects that were written and fall under what Cloudinary must be able to read, and counts
/// them; and into the keys that events named, as far as they are not `known`.
pub(crate) async fn look_at<A: Buckets + Keys + Ledger + Clock>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    book: &mut Book,
    known: &[&KeyArn],
    mut written: Written,
) -> Result<Found, ReconcileError> {
    let is_wanted = |object: &str| {
        let mut prefixes = declaration.prefixes.iter();
        prefixes.any(|pattern| matches(pattern, object))
    };
    written.keys.retain(|object| is_wanted(object));
    let mut by_name = std::mem::take(&mut written.named);
    let all_named = by_name.len();
    by_name.retain(|key, _| !known.contains(&key));
    let new_named = by_name.len();
    let mut hints = Vec::new();
    for (key, named) in by_name {
        match Hint::of(key, &named, is_wanted) {
            Some(hint) => hints.push(hint),
            // Of these objects nothing is known but that they are not among the examples.
            None => written.more = written.more.saturating_add(named.unseen()),
        }
    }
    let written_now = written.more + u64::try_from(written.keys.len()).unwrap_or(u64::MAX);
    let mut tally = tally(book);
    let picked = tally.pick(written, aws.now());
    let heads = picked.iter().map(|key| aws.head_object(&declaration.bucket, key));
    let checks = hints
        .iter()
        .map(|hint| hint.check(aws, settings, &declaration.bucket));
    let (heads, checks) = join!(join_all(heads), join_all(checks));
    let (mut seen, mut named) = (BTreeMap::new(), BTreeMap::new());
    for (object, head) in picked.iter().zip(heads) {
        match head {
            Ok(head) => {
                if let Some(key) = head.and_then(|head| key_of(settings, head)) {
                    seen.entry(key).or_insert_with(|| object.clone());
                }
            }
            Err(error) if error.is_transient() => return Err(error.into()),
            // What Cloudinary may do with the object is another matter; here only its key stays unknown.
            Err(error) => {
                let right = refused(Role::Reconciler, &error);
                warn!(bucket = %declaration.bucket, %error, right, "a new object could not be looked at");
                tally.looked_at = tally.looked_at.saturating_sub(1);
                tally.passed_over = tally.passed_over.saturating_add(1);
            }
        }
    }
    for (hint, check) in hints.into_iter().zip(checks) {
        let Check { key, settles } = check?;
        let object = hint.example.object;
        if !settles && key.as_ref() != Some(&hint.key) {
            named.insert(hint.key, object.clone());
        }
        if let Some(key) = key {
            seen.entry(key).or_insert(object);
        }
    }
    seen.retain(|key, _| !known.contains(&key));
    named.retain(|key, _| !seen.contains_key(key));
    let mut said = Vec::new();
    if written_now > 0 {
        said.push(format!(
            "{} of {written_now} new objects looked at ({} passed over so far)",
            picked.len(),
            tally.passed_over
        ));
        keep(aws, book, &declaration.bucket, tally).await?;
    }
    if all_named > 0 {
        said.push(format!(
            "keys that events named: {all_named}, of them not known before: {new_named}"
        ));
    }
    let said = said.join(", ");
    Ok(Found { seen, named, said })
}

/// A key that events named and that the bucket is not known to need, with the object to look at.
struct Hint {
    key: KeyArn,
    example: Example,
    /// Whether the example is all there is.
    is_alone: bool,
}

/// What came of looking at the object of a hint.
#[derive(Default)]
struct Check {
    /// The key that the object is under.
    key: Option<KeyArn>,
    /// Whether that says everything about the key that was named.
    settles: bool,
}

impl Hint {
    /// The hint, if one of the objects is wanted; rather one that is there already.
    fn of(key: KeyArn, named: &Named, is_wanted: impl Fn(&str) -> bool) -> Option<Self> {
        let wanted = named.examples.iter().filter(|example| is_wanted(&example.object));
        let example = wanted.min_by_key(|example| example.begun)?.clone();
        Some(Self {
            key,
            example,
            is_alone: named.events <= 1,
        })
    }

    async fn check<A: Buckets>(
        &self,
        aws: &A,
        settings: &Settings,
        bucket: &BucketName,
    ) -> Result<Check, ReconcileError> {
        if self.example.begun || !settings.may_look_at_objects() {
            return Ok(Check::default());
        }
        match aws.head_object(bucket, &self.example.object).await {
            Ok(head) => Ok(Check {
                key: head.and_then(|head| key_of(settings, head)),
                settles: self.is_alone,
            }),
            Err(error) if error.is_transient() => Err(error.into()),
            Err(error) => {
                let right = refused(Role::Reconciler, &error);
                warn!(%bucket, key = %self.key, %error, right, "an object could not be looked at; its event stands for it");
                Ok(Check::default())
            }
        }
    }
}

/// The KMS key that an object is under.
fn key_of(settings: &Settings, head: ObjectHead) -> Option<KeyArn> {
    match head.encryption {
        ObjectEncryption::Kms(key) => full_name(settings, &key).parse().ok(),
        ObjectEncryption::SseS3 | ObjectEncryption::SseC => None,
    }
}

async fn keep<L: Ledger>(
    ledger: &L,
    book: &mut Book,
    bucket: &BucketName,
    tally: Tally,
) -> Result<(), ReconcileError> {
    let body = serde_json::to_value(tally).map_err(|_| ReconcileError::Ledger(WRITTEN.to_owned()))?;
    let mut entry = Entry {
        resource: Resource::Bucket(bucket.clone()),
        name: WRITTEN.to_owned(),
        version: book.others.get(WRITTEN).map_or(0, |entry| entry.version),
        body,
        expires: None,
    };
    entry.version = store::put(ledger, &entry).await?;
    book.others.insert(WRITTEN.to_owned(), entry);
    Ok(())
}
