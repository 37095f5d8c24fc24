//! A bucket that can be listed, as ListObjectsV2 does it: in the order of UTF-8 bytes, a page of at most 1,000
//! objects and folders, folders for keys with a `/` behind the prefix, starting behind any text (S3 API Reference,
//! ListObjectsV2).

use crate::observation::{ListedObject, ObjectPage};
use crate::sample::{Listing, Sample, Sampler};

pub(super) const PAGE: usize = 1000;

pub(super) struct Bucket {
    pub(super) keys: Vec<String>,
    page: usize,
}

/// What a sample took.
pub(super) struct Taken {
    pub(super) sample: Sample,
    /// How many listings in each round.
    pub(super) rounds: Vec<usize>,
    /// Listings that showed nothing.
    pub(super) empty: usize,
}

impl Taken {
    pub(super) fn calls(&self) -> usize {
        self.rounds.iter().sum()
    }
}

impl Bucket {
    pub(super) fn of(keys: impl IntoIterator<Item = String>) -> Self {
        Self::paged(keys, PAGE)
    }

    pub(super) fn paged(keys: impl IntoIterator<Item = String>, page: usize) -> Self {
        let mut keys: Vec<String> = keys.into_iter().collect();
        keys.sort();
        keys.dedup();
        Self { keys, page }
    }

    pub(super) fn list(&self, listing: &Listing) -> ObjectPage {
        let mut page = ObjectPage::default();
        let after = listing.after.as_deref().unwrap_or_default();
        let mut at = self.keys.partition_point(|key| {
            key.as_str() < listing.prefix.as_str() || (listing.after.is_some() && key.as_str() <= after)
        });
        while let Some(key) = self.keys.get(at)
            && let Some(rest) = key.strip_prefix(listing.prefix.as_str())
        {
            if page.objects.len() + page.folders.len() == self.page {
                page.next = Some("more".to_owned());
                break;
            }
            match rest.split_once('/') {
                Some((name, _)) if listing.by_folder => {
                    let folder = format!("{}{name}/", listing.prefix);
                    at = self
                        .keys
                        .partition_point(|key| *key < folder || key.starts_with(&folder));
                    page.folders.push(folder);
                }
                _ => {
                    page.objects.push(ListedObject {
                        key: key.clone(),
                        owner: None,
                    });
                    at += 1;
                }
            }
        }
        page
    }

    pub(super) fn sample(&self, size: usize, seed: u64) -> Taken {
        self.run(Sampler::new(&["*".to_owned()], size, Vec::new(), seed))
    }

    pub(super) fn run(&self, mut sampler: Sampler) -> Taken {
        let (mut rounds, mut empty) = (Vec::new(), 0);
        loop {
            let round = sampler.next_round();
            if round.is_empty() {
                break;
            }
            rounds.push(round.len());
            let answers: Vec<(Listing, ObjectPage)> = round
                .into_iter()
                .map(|listing| {
                    let page = self.list(&listing);
                    (listing, page)
                })
                .collect();
            empty += answers
                .iter()
                .filter(|(_, page)| page.objects.is_empty() && page.folders.is_empty())
                .count();
            sampler.take(answers);
        }
        Taken {
            sample: sampler.finish(),
            rounds,
            empty,
        }
    }

    /// Which of `parts` equal parts of the key space a key is in.
    pub(super) fn part(&self, key: &str, parts: usize) -> usize {
        self.keys.partition_point(|other| other.as_str() < key) * parts / self.keys.len()
    }
}
