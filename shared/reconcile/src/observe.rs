//! Looking: what a bucket and its keys are like now. Reads only.

mod keys;

pub use keys::observe_key;
pub(crate) use keys::{KnownKey, full_name, keys_on_objects, look_ahead, observe_described};
use keys::{keys_to_look_at, observe_keys};

use futures_util::future::join_all;
use futures_util::join;
use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::cloudinary::{MARKER_PREFIX, marker_key};
use guardian_core::declaration::Declaration;
use guardian_core::name::{BucketName, CloudName, KeyArn};
use guardian_core::observation::{
    BucketObservation, DefaultEncryption, KeyObservation, Known, MarkerObservation, Presence, Unknown,
};
use guardian_core::settings::Settings;
use guardian_policy::{PolicyDocument, Publicness, is_public};

use crate::seam::{Buckets, Keys, Listing};

/// At most this many pages of markers: 1,000 keys each, far more than tenants of one bucket.
const MARKER_PAGES: usize = 10;

/// Sorts a failed call: for the moment it ends the look, for good it is something not known.
pub(crate) fn settle<T>(result: Result<T, CallError>) -> Result<Known<T>, CallError> {
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
    look_at_keys(aws, settings, declaration, &known, outside, Ok(Vec::new())).await
}

/// The first half: everything but the keys and what hinges on the policy.
pub(crate) async fn look_at_bucket<A: Buckets>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
) -> Result<BucketObservation, CallError> {
    let bucket = &declaration.bucket;
    let (head, policy, encryption, listed, markers, notifications) = join!(
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
        aws.get_bucket_notifications(bucket),
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
        // No read of Cloudinary's hangs on it: where it fails, even for the moment, nothing else has to wait.
        notifications: Some(notifications.map_err(Unknown::Call)),
        ..nothing_but(bucket, presence)
    })
}

/// The second half: the keys, but for those looked at `ahead`, and Block Public Access where it can matter.
pub(crate) async fn look_at_keys<A: Buckets + Keys>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    known: &[KnownKey],
    seen: BucketObservation,
    ahead: Result<Vec<KeyObservation>, CallError>,
) -> Result<BucketObservation, CallError> {
    if seen.presence != Presence::Here {
        return Ok(seen);
    }
    let ahead = ahead?;
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
        observe_keys(aws, settings, named, ahead)
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
        notifications: None,
    }
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
