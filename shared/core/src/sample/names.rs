//! What keys look like here: the folders where they are known, and otherwise which characters stand where. By it a
//! key has a share of the key space before it, and a share leads to a key.

mod alphabet;
mod outlook;

use std::collections::{BTreeMap, BTreeSet};

use self::alphabet::{class_of, is_letter, random_parts};
pub(super) use self::outlook::Outlook;
use self::outlook::{Position, place_among};

/// Folders in one another, and characters of a name, of which more are not told apart.
const DEPTH: usize = 10;
const LENGTH: usize = 48;

/// What is expected of characters that were not seen at a place, where one that was seen counts 1: of each one where
/// several were seen, and of all together where it was always the same. Tried on the layouts of the tests.
const LETTER_OF_SEVERAL: f64 = 0.7;
const DIGIT_OF_SEVERAL: f64 = 0.5;
const OTHERS_OF_ONE: f64 = 0.6;
const OTHERS_OF_A_WORD: f64 = 0.02;

/// What remains of that with every place farther away from those that change, and with every search in vain.
const FARTHER: f64 = 0.75;
const AFTER_A_MISS: f64 = 0.3;

/// The characters at one place: so many folders down, so many characters into the name.
#[derive(Debug, Default)]
struct Place {
    seen: BTreeSet<char>,
    /// Of the same kind as those seen.
    kindred: BTreeSet<char>,
    /// What a random text might have there.
    random: BTreeSet<char>,
    alphabets: BTreeSet<&'static str>,
    /// How often it was part of a random text, and how often not.
    in_random: u32,
    in_plain: u32,
    /// From this one on there are none that were not seen: looked for in vain.
    none_from: Option<char>,
    /// How often others were looked for in vain.
    misses: i32,
}

#[derive(Debug)]
pub(super) struct Names {
    prefix: String,
    /// Of folders whose folders are all known, their names in order, each with its `/`.
    folders: BTreeMap<String, Vec<String>>,
    /// So many folders down: the names of the folders where most were found, for those beside it are often like it.
    typical: BTreeMap<usize, Vec<String>>,
    places: BTreeMap<(usize, usize), Place>,
}

/// From 1 for neighbours down: of what counts up, the next is the likeliest.
fn nearness(c: char, seen: char) -> f64 {
    1.0 / f64::from(u32::from(c).abs_diff(u32::from(seen)).max(1)).sqrt()
}

impl Names {
    pub(super) fn new(prefix: String) -> Self {
        Self {
            prefix,
            folders: BTreeMap::new(),
            typical: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The names of the folders of a folder, in order, where all are known.
    pub(super) fn folders(&self, folder: &str) -> Option<&[String]> {
        self.folders.get(folder).map(Vec::as_slice)
    }

    /// Notes all the folders of a folder.
    pub(super) fn fix_folders(&mut self, folder: &str, folders: &[String]) {
        let names = folders.iter().filter_map(|inner| inner.strip_prefix(folder));
        let names: Vec<String> = names.map(str::to_owned).collect();
        if names.is_empty() {
            return;
        }
        let depth = folder.matches('/').count() - self.prefix.matches('/').count();
        let typical = self.typical.entry(depth).or_default();
        if names.len() > typical.len() {
            typical.clone_from(&names);
        }
        self.folders.insert(folder.to_owned(), names);
    }

    /// Learns from a key, or from a folder, that is there.
    pub(super) fn learn(&mut self, key: &str) {
        let Some(rest) = key.strip_prefix(self.prefix.as_str()) else {
            return;
        };
        let mut names = rest.split('/').take(DEPTH).enumerate().peekable();
        while let Some((depth, name)) = names.next() {
            let random = random_parts(name);
            for (index, (c, class)) in name.chars().zip(random).take(LENGTH).enumerate() {
                let place = self.places.entry((depth, index)).or_default();
                if place.seen.insert(c) {
                    place.kindred.extend(class_of(c));
                }
                match class {
                    Some(class) => {
                        if place.alphabets.insert(class) {
                            place.random.extend(class.chars());
                        }
                        place.in_random += 1;
                    }
                    None => place.in_plain += 1,
                }
            }
            let length = name.chars().count();
            if names.peek().is_some() && length < LENGTH {
                self.places.entry((depth, length)).or_default().seen.insert('/');
            }
        }
    }

    /// Learns from what a listing that started after a made up place began with: where that is no longer beside the
    /// key known before the place, the character that led away from it leads nowhere, nor do those behind it.
    pub(super) fn miss(&mut self, place: &str, before: Option<&str>, found: Option<&str>) {
        let Some(before) = before else { return };
        let shared = |other: &str| {
            place
                .chars()
                .zip(other.chars())
                .take_while(|(a, b)| a == b)
                .count()
        };
        let known = shared(before);
        if found.is_some_and(|found| shared(found) >= known) {
            return;
        }
        let mut at = Position::default();
        for c in place.chars().take(known).skip(self.prefix.chars().count()) {
            at = at.behind(c);
        }
        if let (Some(c), Some(place)) = (
            place.chars().nth(known),
            self.places.get_mut(&(at.depth, at.index)),
        ) {
            place.none_from = Some(place.none_from.map_or(c, |none_from| none_from.min(c)));
            place.misses += 1;
        }
    }

    /// The characters to expect at a place, in order, each with its weight.
    fn expected(&self, at: (usize, usize), place: &Place) -> Vec<(char, f64)> {
        let mut expected: Vec<(char, f64)> = place.seen.iter().map(|c| (*c, 1.0)).collect();
        let others = |of: &BTreeSet<char>| -> Vec<char> {
            let there = |c: &char| place.none_from.is_none_or(|none_from| *c < none_from);
            of.difference(&place.seen).copied().filter(there).collect()
        };
        let in_vain = AFTER_A_MISS.powi(place.misses);
        match (place.seen.first(), place.in_random > place.in_plain) {
            (_, true) => expected.extend(others(&place.random).into_iter().map(|c| (c, 1.0))),
            (Some(only), false) if place.seen.len() == 1 => {
                // Nothing comes before the first key: what is there besides comes behind it.
                let others: Vec<char> = others(&place.kindred).into_iter().filter(|c| c > only).collect();
                let all: f64 = others.iter().map(|c| nearness(*c, *only)).sum();
                let weight = self.others_of_one(at, *only) * in_vain;
                expected.extend(others.iter().map(|c| (*c, weight * nearness(*c, *only) / all)));
            }
            _ => expected.extend(others(&place.kindred).into_iter().map(|c| {
                let near = || {
                    place
                        .seen
                        .iter()
                        .map(|seen| nearness(c, *seen))
                        .fold(0.0, f64::max)
                };
                // Words use all letters; of the digits a date or a number often uses but the first.
                let weight = if is_letter(c) {
                    LETTER_OF_SEVERAL
                } else {
                    DIGIT_OF_SEVERAL * near()
                };
                (c, weight * in_vain)
            })),
        }
        expected.sort_by_key(|(c, _)| *c);
        expected
    }

    /// What to expect of all others where it was always the same character. What is in order changes at the end first:
    /// the closer to characters that change, the more. Words rarely change at all.
    fn others_of_one(&self, (depth, index): (usize, usize), only: char) -> f64 {
        let mut all = OTHERS_OF_ONE;
        for index in index + 1..LENGTH {
            match self.places.get(&(depth, index)).map(|place| &place.seen) {
                Some(seen) if seen.len() > 1 && (!is_letter(only) || seen.iter().any(|c| is_letter(*c))) => {
                    return all;
                }
                Some(seen) if is_letter(only) && !seen.iter().all(|c| is_letter(*c)) => break,
                Some(seen) if seen.iter().any(|c| c.is_alphanumeric()) => all *= FARTHER,
                Some(_) => {}
                None => break,
            }
        }
        if is_letter(only) { OTHERS_OF_A_WORD } else { all }
    }

    /// All folders of folders whose folders are known.
    pub(super) fn all_folders(&self) -> impl Iterator<Item = String> {
        let inner = |(folder, names): (&String, &Vec<String>)| {
            let folder = folder.clone();
            let names = names.clone();
            names.into_iter().map(move |name| format!("{folder}{name}"))
        };
        self.folders.iter().flat_map(inner)
    }

    /// The innermost of them that holds a key.
    pub(super) fn folder_of(&self, key: &str) -> Option<String> {
        let mut at = self.prefix.clone();
        let mut found = false;
        let mut rest = key.strip_prefix(at.as_str())?;
        while let Some((name, inside)) = self.folders.get(&at).and_then(|names| place_among(names, rest).1) {
            at.push_str(name);
            rest = inside;
            found = true;
        }
        found.then_some(at)
    }

    /// What was learnt so far, as expectations.
    pub(super) fn outlook(&self) -> Outlook<'_> {
        let places = self.places.iter();
        let expected = places.map(|(at, place)| {
            let expected = self.expected(*at, place);
            let all = expected.iter().map(|(_, weight)| weight).sum();
            (*at, (expected, all))
        });
        Outlook::new(self, expected.collect())
    }
}
