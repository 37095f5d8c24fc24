//! Which objects of a bucket to look at, to learn which keys its objects are under: some, spread over the bucket,
//! other ones with every seed.
//!
//! Nothing here asks S3. A [`Sampler`] says which listings it wants, in at most [`ROUNDS`] rounds and at most
//! [`CALLS`] in all, and picks from the answers. A first page alone would show what sorts first. So it looks at the
//! folders, and enters the rest of the key space at places it makes up from the names it has seen: sequential names,
//! dates and hashes follow patterns, `StartAfter` "can be any key in the bucket" and need not exist (S3 API Reference,
//! ListObjectsV2), and an answer runs on into what comes next. Where it finds nothing it learns that there is nothing.
//!
//! It is a sample: a key that few objects are under can be missed. What the tests hold, with 50 objects of buckets of
//! 40,000 to 100,000 and twenty seeds: of twenty equal parts of the key space at least six are seen on average with one
//! seed (eleven where names are hashes), and at least thirteen with all seeds together; what only the last tenth has is
//! found with eight seeds at least, and with sixteen where names are hashes or words. Two layouts are harder: time
//! stamps in one flat folder, whose years are found one after the other (six parts on average, but the last tenth
//! hardly ever), and one folder with nearly everything among hundreds of small ones (four parts, twelve together).

mod chance;
mod ground;
mod names;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use guardian_policy::matches;

use self::chance::Chance;
use self::ground::Ground;
use crate::cloudinary::MARKER_PREFIX;
use crate::observation::ObjectPage;

/// At most so many rounds of listings; those of one round depend on no answer of the same.
pub const ROUNDS: usize = 4;

/// At most so many listings in all.
pub const CALLS: usize = 12;

/// Beginnings of keys that are listed both flat and by folder; where there are more, the folders are not asked for.
const IN_DEPTH: usize = 3;

/// Beginnings of keys that are listed at all; of more, these are chosen by chance.
const BEGINNINGS: usize = 8;

/// One call of ListObjectsV2, of one page; what the seams of the guardian call a listing, with its own texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listing {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Only keys behind this one, which need not exist (`StartAfter`).
    pub after: Option<String>,
    /// Keys that have another `/` behind the prefix are put together as a folder.
    pub by_folder: bool,
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sample {
    /// The object keys, each once: first those that were named, then the others in order.
    pub objects: Vec<String>,
    /// How many objects in scope the listings showed; there are at least so many.
    pub listed: usize,
    /// Whether these are all objects in scope. The markers do not count, unless nothing else is there.
    pub whole: bool,
}

/// Chooses listings and, from their answers, objects.
#[derive(Debug)]
pub struct Sampler {
    patterns: Vec<String>,
    size: usize,
    named: Vec<String>,
    /// Objects that patterns without a wildcard name. Whether they exist is not known.
    spelled_out: Vec<String>,
    grounds: Vec<Ground>,
    /// Some of what is in scope is never listed.
    left_out: bool,
    rounds: usize,
    calls: usize,
    chance: Chance,
}

impl Sampler {
    /// Of the objects whose keys match one of `prefixes` (patterns with `*` and `?`, as declared) at most `size`.
    /// Those that are `named` come first, as far as they are in scope; where they fill the sample, nothing is listed.
    #[must_use]
    pub fn new(prefixes: &[String], size: usize, named: Vec<String>, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut once = BTreeSet::new();
        let mut named: Vec<String> = named
            .into_iter()
            .filter(|key| is_in_scope(prefixes, key) && once.insert(key.clone()))
            .collect();
        named.truncate(size);
        let mut spelled_out = BTreeSet::new();
        let mut beginnings = BTreeSet::new();
        for pattern in prefixes {
            match pattern.split_once(['*', '?']) {
                Some((beginning, _)) => beginnings.insert(beginning.to_owned()),
                None => spelled_out.insert(pattern.clone()),
            };
        }
        let mut beginnings = without_nested(beginnings);
        chance.shuffle(&mut beginnings);
        let left_out = beginnings.len() > BEGINNINGS;
        beginnings.truncate(BEGINNINGS);
        Self {
            patterns: prefixes.to_vec(),
            size,
            spelled_out: spelled_out.into_iter().collect(),
            grounds: beginnings.into_iter().map(Ground::new).collect(),
            left_out,
            rounds: 0,
            calls: 0,
            chance,
            named,
        }
    }

    /// The listings to make next, side by side; none where enough is known.
    pub fn next_round(&mut self) -> Vec<Listing> {
        if self.named.len() >= self.size || self.rounds >= ROUNDS {
            return Vec::new();
        }
        let mut round = if self.rounds == 0 {
            self.first_round()
        } else {
            self.later_round()
        };
        round.truncate(CALLS - self.calls);
        self.rounds += 1;
        self.calls += round.len();
        round
    }

    fn first_round(&self) -> Vec<Listing> {
        let listings = |by_folder: bool| {
            self.grounds.iter().map(move |ground| Listing {
                prefix: ground.prefix().to_owned(),
                after: None,
                by_folder,
            })
        };
        let in_depth = self.grounds.len() <= IN_DEPTH;
        listings(false)
            .chain(in_depth.then(|| listings(true)).into_iter().flatten())
            .collect()
    }

    fn later_round(&mut self) -> Vec<Listing> {
        let rounds_left = ROUNDS - self.rounds;
        let calls = (CALLS - self.calls).div_ceil(rounds_left);
        let mut open: Vec<&mut Ground> = self
            .grounds
            .iter_mut()
            .filter(|ground| ground.is_open())
            .collect();
        self.chance.shuffle(&mut open);
        let grounds = open.len();
        let mut round = Vec::new();
        for (at, ground) in open.into_iter().enumerate() {
            // What does not divide goes to the first.
            let share = (calls + grounds - 1 - at) / grounds;
            // A listing by folder is of use to a later round only.
            let folders = match rounds_left {
                3.. => share.saturating_sub(1),
                2 => share / 3,
                _ => 0,
            };
            let by_folder = ground.folders_to_list(folders, &mut self.chance);
            let probes = ground.probes(share - by_folder.len(), &mut self.chance);
            round.extend(by_folder);
            round.extend(probes);
        }
        round
    }

    /// Takes the answers to a round; a listing that is left out counts as not made.
    pub fn take(&mut self, answers: Vec<(Listing, ObjectPage)>) {
        for (listing, page) in answers {
            let mut grounds = self.grounds.iter_mut();
            if let Some(ground) = grounds.find(|ground| listing.prefix.starts_with(ground.prefix())) {
                ground.take(&listing, page);
            }
        }
    }

    /// Picks the objects.
    #[must_use]
    pub fn finish(mut self) -> Sample {
        let mut listed: BTreeSet<String> = BTreeSet::new();
        let mut markers: BTreeSet<String> = BTreeSet::new();
        let mut taken: BTreeSet<String> = self.named.iter().cloned().collect();
        let mut pages: Vec<Vec<String>> = Vec::new();
        let all_listed = !self.left_out && self.grounds.iter().all(|ground| !ground.is_open());
        let everything = self.patterns.iter().any(|pattern| pattern == "*");
        for page in self.grounds.iter_mut().flat_map(Ground::take_pages) {
            let mut fresh = Vec::new();
            for key in page {
                if !everything && !self.patterns.iter().any(|pattern| matches(pattern, &key)) {
                    continue;
                }
                if key.starts_with(MARKER_PREFIX) {
                    markers.insert(key);
                } else if listed.insert(key.clone()) && !taken.contains(&key) {
                    fresh.push(key);
                }
            }
            pages.push(fresh);
        }
        let apart =
            |key: &String| !key.starts_with(MARKER_PREFIX) && !listed.contains(key) && !taken.contains(key);
        pages.push(
            self.spelled_out
                .iter()
                .filter(|key| apart(key))
                .cloned()
                .collect(),
        );
        if self.named.is_empty() && pages.iter().all(Vec::is_empty) {
            pages.push(markers.into_iter().collect());
        }
        let there: usize = pages.iter().map(Vec::len).sum();
        let room = self.size - self.named.len();
        taken.clear();
        for (page, share) in shares(pages, room) {
            taken.extend(spread(page, share, &mut self.chance));
        }
        self.named.extend(taken);
        Sample {
            objects: self.named,
            listed: listed.len(),
            whole: self.rounds > 0 && all_listed && there <= room,
        }
    }
}

fn is_in_scope(patterns: &[String], key: &str) -> bool {
    !key.starts_with(MARKER_PREFIX) && patterns.iter().any(|pattern| matches(pattern, key))
}

/// In order, without those that begin with another: its listing shows theirs too.
fn without_nested(beginnings: BTreeSet<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for beginning in beginnings {
        if kept
            .last()
            .is_none_or(|last| !beginning.starts_with(last.as_str()))
        {
            kept.push(beginning);
        }
    }
    kept
}

/// How many to take of each page: the same of all, and of the longer what the shorter do not have.
fn shares(mut pages: Vec<Vec<String>>, mut room: usize) -> Vec<(Vec<String>, usize)> {
    pages.retain(|page| !page.is_empty());
    pages.sort_by_key(Vec::len);
    let mut left = pages.len();
    let mut shares = Vec::with_capacity(left);
    for page in pages {
        let share = page.len().min(room / left);
        left -= 1;
        room -= share;
        shares.push((page, share));
    }
    shares
}

/// One by chance out of each of `share` equal parts.
fn spread(page: Vec<String>, share: usize, chance: &mut Chance) -> Vec<String> {
    let length = page.len();
    let picked: BTreeSet<usize> = (0..share)
        .map(|part| {
            let (from, to) = (part * length / share, (part + 1) * length / share);
            from + chance.below(to - from)
        })
        .collect();
    let all = page.into_iter().enumerate();
    all.filter(|(at, _)| picked.contains(at))
        .map(|(_, key)| key)
        .collect()
}
