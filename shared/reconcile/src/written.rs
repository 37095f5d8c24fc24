//! Objects that were written: which keys they are under, as far as the budget goes.

use futures_util::future::join_all;
use guardian_core::declaration::Declaration;
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::observation::ObjectEncryption;
use guardian_core::settings::Settings;
use guardian_core::written::{Tally, Written};
use guardian_policy::matches;
use tracing::warn;

use crate::book::Book;
use crate::observe::full_name;
use crate::seam::{Buckets, Clock, Entry, Ledger};
use crate::{ReconcileError, store};

/// In a bucket's page: what was looked at and what was not.
const WRITTEN: &str = "written";

/// What a look at new objects came to.
pub(crate) struct Found {
    /// The keys they are under.
    pub(crate) keys: Vec<KeyArn>,
    /// How many were looked at, for people.
    pub(crate) said: String,
}

/// What the ledger counts of a bucket's new objects.
pub(crate) fn tally(book: &Book) -> Tally {
    let entry = book.others.get(WRITTEN);
    entry
        .and_then(|entry| serde_json::from_value(entry.body.clone()).ok())
        .unwrap_or_default()
}

/// Looks at some of the objects that were written and fall under what Cloudinary must be able to read, and counts
/// them.
pub(crate) async fn look_at<A: Buckets + Ledger + Clock>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    book: &mut Book,
    mut written: Written,
) -> Result<Found, ReconcileError> {
    written.keys.retain(|key| {
        let mut prefixes = declaration.prefixes.iter();
        prefixes.any(|pattern| matches(pattern, key))
    });
    let written_now = written.more + u64::try_from(written.keys.len()).unwrap_or(u64::MAX);
    let mut tally = tally(book);
    let picked = tally.pick(written, aws.now());
    let heads = picked.iter().map(|key| aws.head_object(&declaration.bucket, key));
    let mut keys = Vec::new();
    for head in join_all(heads).await {
        match head {
            Ok(Some(head)) => {
                if let ObjectEncryption::Kms(key) = head.encryption
                    && let Ok(key) = full_name(settings, &key).parse()
                {
                    keys.push(key);
                }
            }
            // Deleted since.
            Ok(None) => {}
            Err(error) if error.is_transient() => return Err(error.into()),
            // What Cloudinary may do with the object is another matter; here only its key stays unknown.
            Err(error) => {
                warn!(bucket = %declaration.bucket, %error, "a new object could not be looked at");
                tally.looked_at = tally.looked_at.saturating_sub(1);
                tally.passed_over = tally.passed_over.saturating_add(1);
            }
        }
    }
    keys.sort();
    keys.dedup();
    let said = format!(
        "{} of {written_now} new objects looked at ({} passed over so far)",
        picked.len(),
        tally.passed_over
    );
    if written_now > 0 {
        keep(aws, book, &declaration.bucket, tally).await?;
    }
    Ok(Found { keys, said })
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
