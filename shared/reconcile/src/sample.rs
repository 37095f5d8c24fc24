//! Looking at some of a bucket's objects, spread over the bucket, to learn which keys they are under.

use futures_util::future::join_all;
use guardian_core::call::CallError;
use guardian_core::census::{Census, Source};
use guardian_core::declaration::Declaration;
use guardian_core::moment::Moment;
use guardian_core::observation::ListedObject;
use guardian_core::right::Role;
use guardian_core::sample::Sampler;

use crate::census::count;
use crate::seam::{Buckets, Listing};

/// How many objects are looked at side by side.
const AT_ONCE: usize = 25;

/// How a sample is to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// At most so many objects.
    pub size: usize,
    /// Object keys that recent events named; those in scope are looked at first.
    pub named: Vec<String>,
    /// Another seed leads to other places of the bucket.
    pub seed: u64,
    /// What time it is.
    pub began: Moment,
    /// What the counts are called.
    pub id: String,
}

/// A sample that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// What was counted. `began` and `ended` are the same: a sample takes a second.
    pub census: Census,
    /// How many objects in scope the listings showed; the bucket has at least so many.
    pub listed: usize,
}

/// Looks at some of the objects that Cloudinary must be able to read, and counts them. At most
/// [`guardian_core::sample::CALLS`] listings, and one HeadObject for each object of the sample; the count is `whole` if
/// these were all.
///
/// # Errors
///
/// A call that failed for the moment, or a listing that was refused for good ([`CallError::is_transient`] tells them
/// apart): nothing is counted then. An object that may not be looked at is counted as unknown.
pub async fn draw<A: Buckets>(aws: &A, declaration: &Declaration, draw: Draw) -> Result<Drawn, CallError> {
    let bucket = &declaration.bucket;
    let mut sampler = Sampler::new(&declaration.prefixes, draw.size, draw.named, draw.seed);
    loop {
        let round = sampler.next_round();
        if round.is_empty() {
            break;
        }
        let answers = join_all(round.into_iter().map(async |wanted| {
            let listing = Listing {
                prefix: &wanted.prefix,
                after: wanted.after.as_deref(),
                by_folder: wanted.by_folder,
                ..Listing::default()
            };
            let page = aws.list_objects(bucket, &listing).await?;
            Ok((wanted, page))
        }));
        sampler.take(answers.await.into_iter().collect::<Result<_, CallError>>()?);
    }
    let sample = sampler.finish();
    let objects: Vec<ListedObject> = sample
        .objects
        .into_iter()
        .map(|key| ListedObject { key, owner: None })
        .collect();
    let counts = count(aws, bucket, &objects, None, AT_ONCE, Role::Reconciler).await?;
    Ok(Drawn {
        census: Census {
            scope: declaration.prefixes.clone(),
            id: draw.id,
            source: Source::Sample,
            began: draw.began,
            ended: Some(draw.began),
            whole: sample.whole,
            counts,
        },
        listed: sample.listed,
    })
}
