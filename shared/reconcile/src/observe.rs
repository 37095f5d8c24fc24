//! Looking: what a bucket and its keys are like now. Reads only.

use futures_util::future::join_all;
use futures_util::join;
use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::census::Counts;
use guardian_core::cloudinary::{MARKER_PREFIX, marker_key};
use guardian_core::declaration::Declaration;
use guardian_core::name::{BucketName, CloudName, KeyArn};
use guardian_core::observation::{
    BucketObservation, DefaultEncryption, KeyManager, KeyObservation, KeyPolicy, Known, MarkerObservation,
    ObjectEncryption, Presence, Unknown,
};
use guardian_core::settings::Settings;
use guardian_policy::{PolicyDocument, Publicness, is_public};

use crate::seam::{Buckets, Keys, Listing};

/// At most this many pages of markers: 1,000 keys each, far more than tenants of one bucket.
const MARKER_PAGES: usize = 10;

/// Sorts a failed call: for the moment it ends the look, for good it is something not known.
fn settle<T>(result: Result<T, CallError>) -> Result<Known<T>, CallError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.is_transient() => Err(error),
        Err(error) => Ok(Err(Unknown::Call(error))),
    }
}

/// Looks at a declared bucket and at the keys it needs: the default key, the declared keys, those its markers
/// are under, and those `remembered` from earlier looks.
///
/// # Errors
///
/// A call that failed for the moment. What failed for good is in the observation.
pub async fn observe_bucket<A: Buckets + Keys>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    remembered: &[KeyArn],
) -> Result<BucketObservation, CallError> {
    let outside = look_at_bucket(aws, settings, declaration).await?;
    let known: Vec<KnownKey> = remembered
        .iter()
        .map(|key| KnownKey {
            key: key.clone(),
            because: "objects written earlier may be under it".to_owned(),
            certain: false,
            is_hint: false,
        })
        .collect();
    look_at_keys(aws, settings, declaration, &known, outside).await
}

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

/// The first half: everything but the keys and what hinges on the policy.
pub(crate) async fn look_at_bucket<A: Buckets>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
) -> Result<BucketObservation, CallError> {
    let bucket = &declaration.bucket;
    let (head, policy, encryption, listed, markers) = join!(
        aws.head_bucket(bucket),
        aws.get_bucket_policy(bucket),
        aws.get_bucket_encryption(bucket),
        list_markers(aws, bucket),
        join_all(
            declaration
                .clouds
                .iter()
                .map(|cloud| head_marker(aws, bucket, cloud))
        ),
    );
    let presence = match head {
        Ok(Some(region)) if region != settings.region => Presence::InRegion(region),
        Ok(_) => Presence::Here,
        Err(error) => match &error.kind {
            CallErrorKind::Transient => return Err(error),
            CallErrorKind::NoSuchBucket => Presence::Missing,
            CallErrorKind::WrongRegion(region) => {
                Presence::InRegion(region.clone().unwrap_or_else(|| "another Region".to_owned()))
            }
            _ => Presence::Unknown(Unknown::Call(error)),
        },
    };
    if presence != Presence::Here {
        return Ok(nothing_but(bucket, presence));
    }
    let policy = settle(policy)?.and_then(|text| match text {
        None => Ok(None),
        Some(text) => PolicyDocument::parse(&text).map(Some).map_err(Unknown::Policy),
    });
    Ok(BucketObservation {
        policy,
        encryption: settle(encryption)?,
        listed: settle(listed)?,
        markers: markers.into_iter().collect::<Result<_, CallError>>()?,
        ..nothing_but(bucket, presence)
    })
}

/// The second half: the keys, and Block Public Access where it can matter.
pub(crate) async fn look_at_keys<A: Buckets + Keys>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    known: &[KnownKey],
    seen: BucketObservation,
) -> Result<BucketObservation, CallError> {
    if seen.presence != Presence::Here {
        return Ok(seen);
    }
    let named = keys_to_look_at(settings, declaration, &seen.encryption, &seen.markers, known);
    let maybe_public =
        matches!(&seen.policy, Ok(Some(document)) if !matches!(is_public(document), Publicness::NotPublic));
    let (public_access_block, keys) = join!(
        async {
            if maybe_public {
                Some(settle(aws.get_public_access_block(&seen.bucket).await)).transpose()
            } else {
                Ok(None)
            }
        },
        observe_keys(aws, settings, named)
    );
    let mut keys = keys?;
    let is_nothing = |key: &KeyObservation| {
        let is_missing =
            matches!(&key.description, Err(Unknown::Call(error)) if error.kind == CallErrorKind::NotFound);
        is_missing
            && known
                .iter()
                .any(|known| known.is_hint && known.key.as_str() == key.named)
    };
    keys.retain(|key| !(key.named_by.is_empty() && is_nothing(key)));
    Ok(BucketObservation {
        public_access_block: public_access_block?,
        keys,
        ..seen
    })
}

fn nothing_but(bucket: &BucketName, presence: Presence) -> BucketObservation {
    BucketObservation {
        bucket: bucket.clone(),
        presence,
        policy: Ok(None),
        public_access_block: None,
        encryption: Ok(DefaultEncryption::SseS3),
        markers: Vec::new(),
        listed: Ok(Vec::new()),
        keys: Vec::new(),
    }
}

/// The keys in the counts of objects that have the form of a key.
pub(crate) fn keys_on_objects(settings: &Settings, counts: &Counts) -> Vec<KeyArn> {
    let named = counts.keys.keys().map(|key| full_name(settings, key));
    named.filter_map(|key| key.parse().ok()).collect()
}

async fn list_markers<A: Buckets>(aws: &A, bucket: &BucketName) -> Result<Vec<String>, CallError> {
    let (mut keys, mut next) = (Vec::new(), None);
    for _ in 0..MARKER_PAGES {
        let listing = Listing {
            prefix: MARKER_PREFIX,
            next: next.as_deref(),
            ..Listing::default()
        };
        let page = aws.list_objects(bucket, &listing).await?;
        keys.extend(page.objects.into_iter().map(|object| object.key));
        match page.next {
            Some(token) => next = Some(token),
            None => break,
        }
    }
    Ok(keys)
}

async fn head_marker<A: Buckets>(
    aws: &A,
    bucket: &BucketName,
    cloud: &CloudName,
) -> Result<MarkerObservation, CallError> {
    let head = settle(aws.head_object(bucket, &marker_key(cloud)).await)?;
    Ok(MarkerObservation {
        cloud: cloud.clone(),
        head,
    })
}

/// A key by the name somebody gave it.
struct Named {
    name: String,
    because: Vec<String>,
    /// Those of the reasons that are settings.
    named_by: Vec<String>,
    certain: bool,
}

fn keys_to_look_at(
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

async fn observe_keys<A: Keys>(
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
