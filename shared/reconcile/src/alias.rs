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

/// In such an item: the bucket is about to be taken out of the alias's page.
const LEAVING: &str = "leaving";

/// The aliases one bucket names.
pub(crate) struct Aliases {
    held: BTreeMap<AliasArn, Name>,
}

/// The bucket's own item of an alias.
#[derive(Clone, Copy)]
struct Name {
    version: u64,
    /// Whether the bucket was about to be taken out of the alias's page: what stands there is not known.
    leaving: bool,
}

impl Aliases {
    pub(crate) fn of_bucket(book: &Book) -> Self {
        let held = book.others.values().filter_map(|entry| {
            let alias = entry.name.strip_prefix(NAMES)?.parse().ok()?;
            let leaving = entry.body.get(LEAVING).and_then(Value::as_bool).unwrap_or(false);
            let version = entry.version;
            Some((alias, Name { version, leaving }))
        });
        Self { held: held.collect() }
    }

    /// Their pages.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Resource> {
        self.held.keys().cloned().map(Resource::Alias)
    }

    /// The pages of which is not known what they say of the bucket, as with [`crate::need::Needs::doubted`].
    pub(crate) fn doubted(&self) -> impl Iterator<Item = Resource> {
        let leaving = self.held.iter().filter(|(_, name)| name.leaving);
        leaving.map(|(alias, _)| Resource::Alias(alias.clone()))
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
        let known = self.held.get(&alias).copied();
        let is_noted = known.is_some_and(|known| !known.leaving);
        if is_noted && !found.lacks(&page, &body) {
            return Ok(());
        }
        index::put(ledger, &page, bucket, body, known.is_some(), found).await?;
        if !is_noted {
            let version = known.map_or(0, |known| known.version);
            let version = store::put(ledger, &own(bucket, &alias, version, json!({}))).await?;
            let leaving = false;
            self.held.insert(alias, Name { version, leaving });
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
        let Some(Name { mut version, leaving }) = self.held.remove(alias) else {
            return Ok(());
        };
        if !leaving {
            // For whoever comes after this was cut off: the item in the alias's page may be gone.
            let entry = own(bucket, alias, version, json!({LEAVING: true}));
            version = store::put(ledger, &entry).await?;
        }
        index::remove(ledger, &Resource::Alias(alias.clone()), bucket).await?;
        store::delete(ledger, &own(bucket, alias, version, Value::Null)).await
    }
}

fn own(bucket: &BucketName, alias: &AliasArn, version: u64, body: Value) -> Entry {
    Entry {
        resource: Resource::Bucket(bucket.clone()),
        name: format!("{NAMES}{alias}"),
        version,
        body,
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
