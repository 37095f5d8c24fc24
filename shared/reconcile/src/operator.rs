//! A look, and a repair, by hand: what the operator tool does. Needs no ledger, no queue and no topic, and
//! sees to the keys of the bucket in the same go.

use futures_util::{StreamExt, TryStreamExt, join, stream};
use guardian_core::call::CallError;
use guardian_core::declaration::Declaration;
use guardian_core::judge::{Hold, Judgement, Reader, judge_bucket, judge_key};
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use guardian_core::observation::{BucketObservation, KeyObservation, Presence};
use guardian_core::plan::{Change, Plan, plan_bucket, plan_key};
use guardian_core::settings::Settings;

use crate::apply::{Applied, apply_to_bucket, apply_to_key};
use crate::observe::{
    KnownKey, full_name, keys_on_objects, look_at_bucket, look_at_keys, observe_bucket, observe_key,
};
use crate::sample::{Draw, Drawn, draw};
use crate::seam::{Buckets, Clock, Keys};

/// How many keys are looked at side by side.
const KEYS_AT_ONCE: usize = 8;

/// What a look by hand found, and what it would change.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// What was looked at.
    pub declaration: Declaration,
    /// What was seen.
    pub seen: BucketObservation,
    /// What was found.
    pub judgement: Judgement,
    /// What would be changed: policy and markers of the bucket, then the policies of its keys.
    pub plan: Plan,
}

/// Looks at one bucket and the keys it needs, as a sweep does. Reads only.
///
/// # Errors
///
/// A call that failed for the moment.
pub async fn look<A: Buckets + Keys + Clock>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
) -> Result<Look, CallError> {
    let seen = observe_bucket(aws, settings, declaration, &[]).await?;
    Ok(judged(settings, declaration, seen, aws.now()))
}

/// What became of a sample: drawn, or refused for good.
pub type Sampled = Result<Drawn, CallError>;

/// The same, with the keys that a sample of the bucket's objects is under. What may not be listed or looked at stays
/// unknown and keeps nothing else from being judged. A sample of no object is not drawn.
///
/// # Errors
///
/// A call that failed for the moment.
pub async fn look_with_sample<A: Buckets + Keys + Clock>(
    aws: &A,
    settings: &Settings,
    declaration: &Declaration,
    sample: Draw,
) -> Result<(Look, Option<Sampled>), CallError> {
    if sample.size == 0 {
        return Ok((look(aws, settings, declaration).await?, None));
    }
    let (outside, drawn) = join!(
        look_at_bucket(aws, settings, declaration),
        draw(aws, declaration, sample)
    );
    let outside = outside?;
    let sampled = match drawn {
        // Where the bucket cannot be reached at all, that is what there is to say.
        _ if outside.presence != Presence::Here => None,
        Err(error) if error.is_transient() => return Err(error),
        drawn => Some(drawn),
    };
    let on_objects = match &sampled {
        Some(Ok(drawn)) => keys_on_objects(settings, &drawn.census.counts),
        Some(Err(_)) | None => Vec::new(),
    };
    let known: Vec<KnownKey> = on_objects
        .into_iter()
        .map(|key| KnownKey {
            key,
            because: "objects are under it".to_owned(),
            certain: true,
            is_hint: false,
        })
        .collect();
    let seen = look_at_keys(aws, settings, declaration, &known, outside, Ok(Vec::new())).await?;
    Ok((judged(settings, declaration, seen, aws.now()), sampled))
}

fn judged(settings: &Settings, declaration: &Declaration, seen: BucketObservation, now: Moment) -> Look {
    let mut judgement = judge_bucket(settings, declaration, &seen, now);
    let mut plan = plan_bucket(settings, declaration, &seen, &mut judgement);
    let readers = [Reader::of(declaration)];
    for key in &seen.keys {
        plan.changes
            .extend(plan_key(settings, key, &readers, &mut judgement).changes);
    }
    Look {
        declaration: declaration.clone(),
        seen,
        judgement,
        plan,
    }
}

/// What a look at one key found.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyLook {
    /// What was seen.
    pub seen: KeyObservation,
    /// What was found, in the same words as in a look at the bucket.
    pub judgement: Judgement,
    /// What would be changed.
    pub plan: Plan,
}

/// Looks at keys that objects of a bucket are under, by the names that S3 has for them, in the order given. Reads
/// only.
///
/// # Errors
///
/// A call that failed for the moment.
pub async fn look_at_keys_of<A: Keys + Clock>(
    aws: &A,
    settings: &Settings,
    bucket: &BucketName,
    names: impl IntoIterator<Item = &str>,
) -> Result<Vec<KeyLook>, CallError> {
    let readers = [Reader {
        bucket: bucket.clone(),
        clouds: Vec::new(),
        mode: settings.ceilings.mode,
        hold: Hold::Objects,
    }];
    let readers = &readers;
    let looks = stream::iter(names).map(|name| async move {
        let because = vec!["objects are under it".to_owned()];
        let seen = observe_key(aws, settings, full_name(settings, name), because).await?;
        let mut judgement = judge_key(settings, &seen, readers, aws.now());
        let plan = plan_key(settings, &seen, readers, &mut judgement);
        Ok(KeyLook {
            seen,
            judgement,
            plan,
        })
    });
    looks.buffered(KEYS_AT_ONCE).try_collect().await
}

/// Applies the plan of a look.
///
/// # Errors
///
/// A call that failed for the moment; what was written before it stays written.
pub async fn repair<A: Buckets + Keys + Clock>(
    aws: &A,
    settings: &Settings,
    look: &Look,
) -> Result<Vec<(Change, Applied)>, CallError> {
    let (of_keys, own): (Vec<Change>, Vec<Change>) = look
        .plan
        .changes
        .iter()
        .cloned()
        .partition(|change| matches!(change, Change::KeyPolicy(_)));
    let plan = Plan { changes: own };
    let mut done = apply_to_bucket(aws, settings, &look.declaration, &look.seen, plan).await?;
    let readers = [Reader::of(&look.declaration)];
    for change in of_keys {
        let key = look
            .seen
            .keys
            .iter()
            .find(|key| match (&change, &key.description) {
                (Change::KeyPolicy(policy), Ok(found)) => found.arn == policy.of,
                _ => false,
            });
        if let Some(key) = key {
            let plan = Plan {
                changes: vec![change],
            };
            done.extend(apply_to_key(aws, settings, &readers, key, plan).await?);
        }
    }
    Ok(done)
}
