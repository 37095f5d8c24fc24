//! Which alias a bucket's default encryption names: kept in the bucket's page, and in the alias's page for the
//! router, by the bucket's reconcile.

use std::collections::BTreeMap;

use guardian_core::name::{AliasArn, BucketName, Resource};
use guardian_core::observation::{BucketObservation, DefaultEncryption, Presence};
use guardian_core::settings::Settings;
use serde_json::{Value, json};

use crate::book::Book;
use crate::index::{self, Found};
use crate::seam::{Entry, Ledger};
use crate::{ReconcileError, store};

/// In a bucket's page: an alias that its default encryption names.
const NAMES: &str = "names#";

/// The aliases one bucket names, with the versions of the items that say so.
pub(crate) struct Aliases {
    held: BTreeMap<AliasArn, u64>,
}

impl Aliases {
    pub(crate) fn of_bucket(book: &Book) -> Self {
        let held = book.others.values().filter_map(|entry| {
            let alias = entry.name.strip_prefix(NAMES)?.parse().ok()?;
            Some((alias, entry.version))
        });
        Self { held: held.collect() }
    }

    /// Their pages.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Resource> {
        self.held.keys().cloned().map(Resource::Alias)
    }

    /// Brings both pages up to date with the default encryption that was seen; to be done before the alias is
    /// resolved (see [`crate::index`]). Nothing is written where nothing changed.
    pub(crate) async fn keep<L: Ledger>(
        &mut self,
        ledger: &L,
        settings: &Settings,
        bucket: &BucketName,
        seen: &BucketObservation,
        found: &Found,
    ) -> Result<(), ReconcileError> {
        // What the bucket names is not known: what it named stands.
        let (Presence::Here, Ok(encryption)) = (&seen.presence, &seen.encryption) else {
            return Ok(());
        };
        let named = named(settings, encryption);
        let gone: Vec<AliasArn> = self.held.keys().cloned().collect();
        for alias in gone.into_iter().filter(|alias| Some(alias) != named.as_ref()) {
            self.leave(ledger, bucket, &alias).await?;
        }
        let Some(alias) = named else { return Ok(()) };
        let page = Resource::Alias(alias.clone());
        let body = json!({"bucket": bucket});
        let known = self.held.contains_key(&alias);
        if known && !found.lacks(&page, &body) {
            return Ok(());
        }
        index::put(ledger, &page, bucket, body, known, found).await?;
        if !known {
            let version = store::put(ledger, &own(bucket, &alias, 0)).await?;
            self.held.insert(alias, version);
        }
        Ok(())
    }

    /// Takes the bucket out of the pages of all its aliases and forgets them.
    pub(crate) async fn forget<L: Ledger>(
        mut self,
        ledger: &L,
        bucket: &BucketName,
    ) -> Result<(), ReconcileError> {
        let held: Vec<AliasArn> = self.held.keys().cloned().collect();
        for alias in held {
            self.leave(ledger, bucket, &alias).await?;
        }
        Ok(())
    }

    /// The bucket's own item goes last, so that whatever fails here is done again.
    async fn leave<L: Ledger>(
        &mut self,
        ledger: &L,
        bucket: &BucketName,
        alias: &AliasArn,
    ) -> Result<(), ReconcileError> {
        index::remove(ledger, &Resource::Alias(alias.clone()), bucket).await?;
        let version = self.held.remove(alias).unwrap_or_default();
        store::delete(ledger, &own(bucket, alias, version)).await
    }
}

fn own(bucket: &BucketName, alias: &AliasArn, version: u64) -> Entry {
    Entry {
        resource: Resource::Bucket(bucket.clone()),
        name: format!("{NAMES}{alias}"),
        version,
        body: Value::Object(serde_json::Map::new()),
        expires: None,
    }
}

/// The alias that the default encryption names, in full: a bare name is one of the bucket's own account and
/// Region. AWS's own aliases cannot be moved, so no event is to be waited for.
fn named(settings: &Settings, encryption: &DefaultEncryption) -> Option<AliasArn> {
    let DefaultEncryption::Kms { key: Some(key), .. } = encryption else {
        return None;
    };
    let alias = if key.starts_with("alias/") {
        let account = settings.account.as_str();
        AliasArn::of(&settings.partition, &settings.region, account, key)
    } else {
        key.parse()
    };
    // S3 takes any text for a key; what is no alias's name was never an alias.
    alias.ok().filter(|alias| !alias.is_of_aws())
}
