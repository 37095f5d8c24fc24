//! What the ledger is asked for a batch of events: each question once, all of them side by side.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use guardian_core::call::CallError;
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::right::{Role, refused};
use guardian_core::written::Written;
use tracing::{info, warn};

use crate::index::{concerned, concerns, concerns_any};
use crate::seam::Ledger;

/// So many pages are asked about at a time. A batch of real events names a handful; an event may name as many
/// keys as fit into 256 KB.
const ASK_AT_ONCE: usize = 50;

/// What is to be looked at for each key and alias of a batch; `None` where its page could not be read.
pub(super) struct Pages(BTreeMap<Resource, Option<Vec<Resource>>>);

impl Pages {
    /// Asks about each key and each alias once.
    pub(super) async fn ask<'a, L: Ledger>(ledger: &L, named: impl Iterator<Item = &'a Resource>) -> Self {
        let with_page = |resource: &&Resource| matches!(resource, Resource::Key(_) | Resource::Alias(_));
        let distinct: BTreeSet<&Resource> = named.filter(with_page).collect();
        let distinct: Vec<&Resource> = distinct.into_iter().collect();
        let mut pages = BTreeMap::new();
        for some in distinct.chunks(ASK_AT_ONCE) {
            let answers = join_all(some.iter().map(|resource| look_up(ledger, resource))).await;
            for (resource, answer) in some.iter().zip(answers) {
                if let Err(error) = &answer {
                    let right = refused(Role::Router, error);
                    warn!(%resource, %error, right, "whom it concerns is not known");
                }
                pages.insert((*resource).clone(), answer.ok());
            }
        }
        Self(pages)
    }

    pub(super) fn stands_for<'a>(&'a self, resource: &'a Resource) -> Option<&'a [Resource]> {
        match self.0.get(resource) {
            Some(answer) => answer.as_deref(),
            None => Some(std::slice::from_ref(resource)),
        }
    }
}

async fn look_up<L: Ledger>(ledger: &L, page: &Resource) -> Result<Vec<Resource>, CallError> {
    if let Resource::Alias(_) = page {
        let buckets = concerned(ledger, page).await?;
        return Ok(buckets.into_iter().map(Resource::Bucket).collect());
    }
    let is_needed = concerns_any(ledger, page).await?;
    Ok(if is_needed { vec![page.clone()] } else { Vec::new() })
}

/// A bucket, and a key that objects in it are under.
pub(super) type Pair = (BucketName, KeyArn);

/// Whether each bucket is known to need the key; `None` where the key's page could not be read.
pub(super) struct Readers(BTreeMap<Pair, Option<bool>>);

impl Readers {
    /// Asks about each pair once.
    pub(super) async fn ask<L: Ledger>(ledger: &L, pairs: impl Iterator<Item = Pair>) -> Self {
        let distinct: BTreeSet<Pair> = pairs.collect();
        let distinct: Vec<(Pair, Resource)> = distinct
            .into_iter()
            .map(|(bucket, key)| {
                let page = Resource::Key(key.clone());
                ((bucket, key), page)
            })
            .collect();
        let mut readers = BTreeMap::new();
        for some in distinct.chunks(ASK_AT_ONCE) {
            let answers = some
                .iter()
                .map(|((bucket, _), page)| concerns(ledger, page, bucket));
            for ((pair, page), answer) in some.iter().zip(join_all(answers).await) {
                if let Err(error) = &answer {
                    let right = refused(Role::Router, error);
                    warn!(bucket = %pair.0, resource = %page, %error, right, "whether the bucket needs the key is not known");
                }
                readers.insert(pair.clone(), answer.ok());
            }
        }
        Self(readers)
    }

    /// Takes out the keys that the bucket is known to need. Answers whether that was known of all of them.
    pub(super) fn leave_the_new(&self, message: &str, bucket: &BucketName, written: &mut Written) -> bool {
        let mut is_whole = true;
        written
            .named
            .retain(|key, _| match self.0.get(&(bucket.clone(), key.clone())) {
                Some(Some(true)) => {
                    info!(message_id = message, %bucket, %key, "the object's key is one that the bucket settings name");
                    false
                }
                Some(Some(false)) => true,
                Some(None) | None => {
                    is_whole = false;
                    false
                }
            });
        is_whole
    }
}
