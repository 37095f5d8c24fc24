//! Looking at keys: by whatever name the settings, an object or an earlier look has for them.

use futures_util::future::join_all;
use futures_util::join;
use guardian_core::call::CallError;
use guardian_core::census::Counts;
use guardian_core::declaration::Declaration;
use guardian_core::name::KeyArn;
use guardian_core::observation::{
    DefaultEncryption, KeyDescription, KeyManager, KeyObservation, KeyPolicy, Known, MarkerObservation,
    ObjectEncryption, Unknown,
};
use guardian_core::settings::Settings;
use guardian_policy::PolicyDocument;

use super::settle;
use crate::seam::Keys;

/// A key that is known to matter though no setting may name it.
#[derive(Debug, Clone)]
pub(crate) struct KnownKey {
    pub(crate) key: KeyArn,
    /// How that is known, in words for a person.
    pub(crate) because: String,
    /// Whether objects are under it for certain.
    pub(crate) certain: bool,
    /// Whether nothing but an event says so: if there is no such key, there is nothing in it.
    pub(crate) is_hint: bool,
}

/// The keys in the counts of objects that have the form of a key.
pub(crate) fn keys_on_objects(settings: &Settings, counts: &Counts) -> Vec<KeyArn> {
    let named = counts.keys.keys().map(|key| full_name(settings, key));
    named.filter_map(|key| key.parse().ok()).collect()
}

/// A key by the name somebody gave it.
pub(super) struct Named {
    name: String,
    because: Vec<String>,
    /// Those of the reasons that are settings.
    named_by: Vec<String>,
    certain: bool,
}

pub(super) fn keys_to_look_at(
    settings: &Settings,
    declaration: &Declaration,
    encryption: &Known<DefaultEncryption>,
    markers: &[MarkerObservation],
    known: &[KnownKey],
) -> Vec<Named> {
    let mut named: Vec<Named> = Vec::new();
    let mut add = |name: String, because: &str| match named.iter_mut().find(|known| known.name == name) {
        Some(known) => known.because.push(because.to_owned()),
        None => named.push(Named {
            name,
            because: vec![because.to_owned()],
            named_by: Vec::new(),
            certain: true,
        }),
    };
    if let Ok(DefaultEncryption::Kms { key, .. }) = encryption {
        // No key id means the AWS managed key (S3 API Reference, ServerSideEncryptionByDefault).
        let name = key
            .as_deref()
            .map_or_else(|| "alias/aws/s3".to_owned(), |key| full_name(settings, key));
        add(name, "the bucket's default key");
    }
    for key in &declaration.keys {
        add(key.to_string(), "declared");
    }
    for marker in markers {
        if let Ok(Some(head)) = &marker.head
            && let ObjectEncryption::Kms(key) = &head.encryption
        {
            let because = format!("the marker of `{}` is under it", marker.cloud);
            add(full_name(settings, key), &because);
        }
    }
    for key in &mut named {
        key.named_by.clone_from(&key.because);
    }
    for known in known {
        match named.iter_mut().find(|key| key.name == known.key.as_str()) {
            Some(key) => {
                key.because.push(known.because.clone());
                key.certain |= known.certain;
            }
            None => named.push(Named {
                name: known.key.to_string(),
                because: vec![known.because.clone()],
                named_by: Vec::new(),
                certain: known.certain,
            }),
        }
    }
    named
}

/// A bare key id is a key of this account and Region; everything else stays as it was named.
pub(crate) fn full_name(settings: &Settings, key: &str) -> String {
    if key.starts_with("arn:") || key.starts_with("alias/") {
        return key.to_owned();
    }
    format!(
        "arn:{}:kms:{}:{}:key/{key}",
        settings.partition, settings.region, settings.account
    )
}

/// Looks at keys before it is known what names them: those that the bucket's page of the ledger holds, while the bucket
/// itself is looked at. Only a key that was `well` when it was last looked at is asked for its policy at once: such a key
/// is a customer's own, for any other the answer to DescribeKey decides whether there is a policy to be had.
pub(crate) async fn look_ahead<A: Keys>(
    aws: &A,
    settings: &Settings,
    keys: impl IntoIterator<Item = (&KeyArn, bool)>,
) -> Result<Vec<KeyObservation>, CallError> {
    let looks = keys.into_iter().map(|(key, is_well)| async move {
        let (named, because) = (key.to_string(), Vec::new());
        if !is_well {
            return observe_key(aws, settings, named, because).await;
        }
        let (description, policy) = join!(aws.describe_key(&named), aws.get_key_policy(key));
        let description = settle(description)?;
        let policy = match &description {
            Ok(found) if found.arn == *key && has_policy(settings, found) => read_policy(settle(policy)?),
            Ok(found) => policy_of(aws, settings, found).await?,
            Err(_) => KeyPolicy::NotAsked,
        };
        Ok(observation(named, because, description, policy))
    });
    join_all(looks).await.into_iter().collect()
}

pub(super) async fn observe_keys<A: Keys>(
    aws: &A,
    settings: &Settings,
    named: Vec<Named>,
    ahead: Vec<KeyObservation>,
) -> Result<Vec<KeyObservation>, CallError> {
    // An alias is resolved first, so that the key behind it is not asked about twice.
    let (aliases, plain): (Vec<Named>, Vec<Named>) = named
        .into_iter()
        .partition(|key| key.name.parse::<KeyArn>().is_err());
    let mut seen = look_at_all(aws, settings, aliases).await?;
    let mut fresh = Vec::new();
    for key in plain {
        let is_it = |known: &&mut KeyObservation| {
            known
                .description
                .as_ref()
                .is_ok_and(|found| found.arn.as_str() == key.name)
        };
        match seen.iter_mut().find(is_it) {
            Some(known) => {
                known.because.extend(key.because);
                known.named_by.extend(key.named_by);
                known.certain |= key.certain;
            }
            None => fresh.push(key),
        }
    }
    let looks = fresh.into_iter().map(|key| async {
        let found = ahead.iter().find(|seen| seen.named == key.name).cloned();
        look_at(aws, settings, key, found).await
    });
    for found in join_all(looks).await {
        seen.push(found?);
    }
    Ok(seen)
}

async fn look_at_all<A: Keys>(
    aws: &A,
    settings: &Settings,
    named: Vec<Named>,
) -> Result<Vec<KeyObservation>, CallError> {
    let looks = named.into_iter().map(|key| look_at(aws, settings, key, None));
    join_all(looks).await.into_iter().collect()
}

/// Looks at a key, unless it was `found` ahead.
async fn look_at<A: Keys>(
    aws: &A,
    settings: &Settings,
    key: Named,
    found: Option<KeyObservation>,
) -> Result<KeyObservation, CallError> {
    let seen = match found {
        Some(found) => found,
        None => observe_key(aws, settings, key.name, key.because.clone()).await?,
    };
    Ok(KeyObservation {
        because: key.because,
        certain: key.certain,
        named_by: key.named_by,
        ..seen
    })
}

/// Looks at one key by any of its names.
///
/// # Errors
///
/// A call that failed for the moment.
pub async fn observe_key<A: Keys>(
    aws: &A,
    settings: &Settings,
    named: String,
    because: Vec<String>,
) -> Result<KeyObservation, CallError> {
    let description = aws.describe_key(&named).await;
    observe_described(aws, settings, named, because, description).await
}

/// The same, with the answer to DescribeKey at hand.
pub(crate) async fn observe_described<A: Keys>(
    aws: &A,
    settings: &Settings,
    named: String,
    because: Vec<String>,
    description: Result<KeyDescription, CallError>,
) -> Result<KeyObservation, CallError> {
    let description = settle(description)?;
    let policy = match &description {
        Ok(found) => policy_of(aws, settings, found).await?,
        Err(_) => KeyPolicy::NotAsked,
    };
    Ok(observation(named, because, description, policy))
}

/// GetKeyPolicy never works across accounts, and an AWS managed key's policy cannot be changed.
fn has_policy(settings: &Settings, found: &KeyDescription) -> bool {
    *found.arn.account() == settings.account && found.manager == KeyManager::Customer
}

async fn policy_of<A: Keys>(
    aws: &A,
    settings: &Settings,
    found: &KeyDescription,
) -> Result<KeyPolicy, CallError> {
    if !has_policy(settings, found) {
        return Ok(KeyPolicy::NotAsked);
    }
    Ok(read_policy(settle(aws.get_key_policy(&found.arn).await)?))
}

fn read_policy(text: Known<String>) -> KeyPolicy {
    match text {
        Ok(text) => PolicyDocument::parse(&text).map_or_else(
            |error| KeyPolicy::Unknown(Unknown::Policy(error)),
            |document| KeyPolicy::Document(Box::new(document)),
        ),
        Err(unknown) => KeyPolicy::Unknown(unknown),
    }
}

fn observation(
    named: String,
    because: Vec<String>,
    description: Known<KeyDescription>,
    policy: KeyPolicy,
) -> KeyObservation {
    KeyObservation {
        named,
        because,
        named_by: Vec::new(),
        certain: true,
        description,
        policy,
    }
}
