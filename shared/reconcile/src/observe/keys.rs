//! Looking at keys: by whatever name the settings, an object or an earlier look has for them.

use futures_util::future::join_all;
use guardian_core::call::CallError;
use guardian_core::census::Counts;
use guardian_core::declaration::Declaration;
use guardian_core::name::KeyArn;
use guardian_core::observation::{
    DefaultEncryption, KeyManager, KeyObservation, KeyPolicy, Known, MarkerObservation, ObjectEncryption,
    Unknown,
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

pub(super) async fn observe_keys<A: Keys>(
    aws: &A,
    settings: &Settings,
    named: Vec<Named>,
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
    seen.extend(look_at_all(aws, settings, fresh).await?);
    Ok(seen)
}

async fn look_at_all<A: Keys>(
    aws: &A,
    settings: &Settings,
    named: Vec<Named>,
) -> Result<Vec<KeyObservation>, CallError> {
    let looks = named.into_iter().map(|key| async move {
        let seen = observe_key(aws, settings, key.name, key.because).await?;
        Ok(KeyObservation {
            certain: key.certain,
            named_by: key.named_by,
            ..seen
        })
    });
    join_all(looks).await.into_iter().collect()
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
    let description = settle(aws.describe_key(&named).await)?;
    let policy = match &description {
        // GetKeyPolicy never works across accounts, and an AWS managed key's policy cannot be changed.
        Ok(found) if *found.arn.account() == settings.account && found.manager == KeyManager::Customer => {
            match settle(aws.get_key_policy(&found.arn).await)? {
                Ok(text) => PolicyDocument::parse(&text).map_or_else(
                    |error| KeyPolicy::Unknown(Unknown::Policy(error)),
                    |document| KeyPolicy::Document(Box::new(document)),
                ),
                Err(unknown) => KeyPolicy::Unknown(unknown),
            }
        }
        Ok(_) | Err(_) => KeyPolicy::NotAsked,
    };
    Ok(KeyObservation {
        named,
        because,
        named_by: Vec::new(),
        certain: true,
        description,
        policy,
    })
}
