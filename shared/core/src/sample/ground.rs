//! One part of the key space: all keys with a certain beginning. What of it was listed, and where to look next.

mod span;

use std::collections::BTreeSet;

use self::span::{Span, Spans, before_folder, end_of, next_to, without_next};
use super::Listing;
use super::chance::Chance;
use super::names::Names;
use crate::observation::ObjectPage;

/// How many of its keys a page teaches names by.
const LESSONS: usize = 128;

/// How often another place is made up for one that is of no use.
const TRIES: u32 = 12;

/// The golden ratio: multiples of it, less their whole part, lie evenly however many there are.
const GOLDEN: f64 = 0.618_033_988_75;

/// Of more folders side by side none is opened to see what is in it.
const FEW_FOLDERS: usize = 16;

/// So many times what was seen of a folder is expected of it where it goes on behind a page: folders differ in size by
/// orders of magnitude.
const GOES_ON: f64 = 10.0;

/// A span that was not listed.
struct Gap {
    span: Span,
    /// Which share of the key space is before it, and which in it, as the names lead to expect.
    low: f64,
    share: f64,
    /// The share, the larger the more keys are expected in it.
    weight: f64,
}

#[derive(Debug)]
pub(super) struct Ground {
    names: Names,
    listed: Spans,
    pages: Vec<Vec<String>>,
    /// What was asked for by folder.
    asked: BTreeSet<String>,
    /// Keys and folders that are there.
    known: BTreeSet<String>,
    /// Where to look next, as a share of what is expected of all gaps.
    next_share: Option<f64>,
}

impl Ground {
    pub(super) fn new(prefix: String) -> Self {
        Self {
            asked: BTreeSet::from([prefix.clone()]),
            names: Names::new(prefix),
            listed: Spans::default(),
            pages: Vec::new(),
            known: BTreeSet::new(),
            next_share: None,
        }
    }

    pub(super) fn prefix(&self) -> &str {
        self.names.prefix()
    }

    /// Whether there may be keys that were not listed.
    pub(super) fn is_open(&self) -> bool {
        !self.listed.gaps(self.prefix()).is_empty()
    }

    pub(super) fn take_pages(&mut self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.pages)
    }

    pub(super) fn take(&mut self, listing: &Listing, page: ObjectPage) {
        let keys: Vec<String> = page.objects.into_iter().map(|object| object.key).collect();
        let first = keys.first().or(page.folders.first()).map(String::as_str);
        if let Some(after) = &listing.after {
            let before = self.known.range(..after.clone()).next_back();
            self.names.miss(after, before.map(String::as_str), first);
        }
        let step = (keys.len() / LESSONS).max(1);
        for key in keys.iter().step_by(step).chain(keys.last()) {
            self.names.learn(key);
        }
        for folder in &page.folders {
            self.names.learn(folder);
        }
        self.cover(listing, &keys, &page.folders, page.next.is_some());
        self.known.extend(keys.iter().chain(&page.folders).cloned());
        if listing.by_folder && page.next.is_none() {
            self.names.fix_folders(&listing.prefix, &page.folders);
        }
        self.pages.push(keys);
    }

    /// Notes what a page tells of: everything from its beginning to its end but what is inside of its folders.
    fn cover(&mut self, listing: &Listing, keys: &[String], folders: &[String], goes_on: bool) {
        let mut from = listing.after.as_deref().map_or(listing.prefix.clone(), next_to);
        if goes_on && !folders.is_empty() {
            // The folders that are not known yet lie among the keys, and only the names tell how many there may be.
            return;
        }
        for folder in folders {
            let inside = end_of(folder);
            self.listed.add(Span {
                from,
                to: Some(folder.clone()),
            });
            from = inside;
        }
        let to = match (goes_on, keys.last(), listing.prefix == self.prefix()) {
            (true, Some(last), _) => Some(next_to(last)),
            (true, None, _) => Some(from.clone()),
            (false, _, true) => None,
            (false, _, false) => Some(end_of(&listing.prefix)),
        };
        self.listed.add(Span { from, to });
    }

    /// At most so many folders whose folders are worth knowing: where there is but one way to go, those on the way,
    /// and where there are few, some of them, because the others may be like them.
    pub(super) fn folders_to_list(&mut self, most: usize, chance: &mut Chance) -> Vec<Listing> {
        let mut at = self.prefix().to_owned();
        while let Some([only]) = self.names.folders(&at) {
            at.push_str(only);
        }
        let (mut wanted, most) = match self.names.folders(&at) {
            Some(few) if few.len() <= FEW_FOLDERS => {
                let mut few: Vec<String> = few.iter().map(|name| format!("{at}{name}")).collect();
                chance.shuffle(&mut few);
                let most = most.min(if few.len() <= 3 { 2 } else { 1 });
                (few, most)
            }
            Some(_) => return Vec::new(),
            None => (self.way_down(&at), most),
        };
        let gaps = self.listed.gaps(self.prefix());
        wanted.retain(|folder| {
            let within =
                |gap: &Span| gap.from < end_of(folder) && gap.to.as_ref().is_none_or(|to| to > folder);
            !self.asked.contains(folder) && gaps.iter().any(within)
        });
        wanted.truncate(most);
        self.asked.extend(wanted.iter().cloned());
        let by_folder = |prefix| Listing {
            prefix,
            after: None,
            by_folder: true,
        };
        wanted.into_iter().map(by_folder).collect()
    }

    /// A folder, and the folders in it that all keys of the first page are in, but for the last, if it has no folders:
    /// first the outermost, then the innermost.
    fn way_down(&self, folder: &str) -> Vec<String> {
        let Some((first, last)) = self
            .pages
            .first()
            .and_then(|page| Some((page.first()?, page.last()?)))
        else {
            return Vec::new();
        };
        let shared = first
            .chars()
            .zip(last.chars())
            .take_while(|(one, other)| one == other);
        let mut at = String::new();
        let mut way = Vec::new();
        for (c, _) in shared {
            at.push(c);
            if c == '/' && at.starts_with(folder) {
                way.push(at.clone());
            }
        }
        let is_flat = |folder: &String| {
            first
                .strip_prefix(folder.as_str())
                .is_some_and(|rest| !rest.contains('/'))
        };
        if way.last().is_some_and(is_flat) {
            way.pop();
        }
        if let Some(inner) = way.get_mut(1..) {
            inner.reverse();
        }
        way
    }

    /// So many flat listings in what was not listed yet, spread over where the names seen so far lead to expect keys.
    pub(super) fn probes(&mut self, count: usize, chance: &mut Chance) -> Vec<Listing> {
        let outlook = self.names.outlook();
        let usual = self.usual_folder();
        let gaps: Vec<Gap> = self
            .listed
            .gaps(self.prefix())
            .into_iter()
            .map(|span| {
                let low = outlook.share_before(&span.from);
                let high = span.to.as_deref().map_or(1.0, |to| outlook.share_before(to));
                let share = (high - low).max(0.0);
                let weight = share * usual.map_or(1.0, |usual| self.more_than(usual, &span));
                Gap {
                    span,
                    low,
                    share,
                    weight,
                }
            })
            .collect();
        let expected: f64 = gaps.iter().map(|gap| gap.weight).sum();
        let mut places: BTreeSet<Option<String>> = BTreeSet::new();
        let mut next_share = self.next_share;
        for _ in 0..count {
            let mut walk_on = None;
            let share = *next_share.get_or_insert_with(|| chance.fraction());
            next_share = Some((share + GOLDEN) % 1.0);
            let made_up = (0..TRIES).find_map(|attempt| {
                // Where the place itself is of no use, those around it are tried, farther away every time.
                let around = f64::from(attempt) / f64::from(TRIES) * (chance.fraction() - 0.5);
                let mut place = expected * (share + around).rem_euclid(1.0);
                let gap = gaps.iter().find(|gap| {
                    let here = place < gap.weight;
                    if !here {
                        place -= gap.weight;
                    }
                    here
                })?;
                let key = outlook.key_at(gap.low + place / gap.weight * gap.share, gap.share / 64.0);
                walk_on = Some(self.start_of(&gap.span.from));
                let place = Some(before_folder(key.clone()));
                (gap.span.holds(&key) && !places.contains(&place)).then_some(place)
            });
            // Where names lead nowhere: from where an earlier page ended.
            let blind = || {
                gaps.get(chance.below(gaps.len()))
                    .map(|gap| self.start_of(&gap.span.from))
            };
            places.extend(made_up.or(walk_on).or_else(blind));
        }
        self.next_share = next_share;
        let flat = |after| Listing {
            prefix: self.prefix().to_owned(),
            after,
            by_folder: false,
        };
        places.into_iter().map(flat).collect()
    }

    /// How many keys the folders have on average that are listed from end to end.
    fn usual_folder(&self) -> Option<f64> {
        let mut whole = 0_u32;
        let mut keys = 0;
        for folder in self.names.all_folders() {
            let end = end_of(&folder);
            if self.listed.hold(&folder, &end) {
                whole += 1;
                keys += self.known.range(folder..end).count();
            }
        }
        (whole > 0 && keys > 0).then(|| f64::from(u32::try_from(keys).unwrap_or(u32::MAX)) / f64::from(whole))
    }

    /// How many times as many keys as in the usual folder are expected where a folder went on behind a page.
    fn more_than(&self, usual: f64, gap: &Span) -> f64 {
        let Some(folder) = self.names.folder_of(&gap.from) else {
            return 1.0;
        };
        let end = end_of(&folder);
        let known = self.known.range(folder..end).count();
        let known = f64::from(u32::try_from(known).unwrap_or(u32::MAX));
        (known * GOES_ON / usual).max(1.0)
    }

    /// What to start after, so that a listing begins with `from`.
    fn start_of(&self, from: &str) -> Option<String> {
        if from == self.prefix() {
            return None;
        }
        Some(before_folder(without_next(from).to_owned()))
    }
}
