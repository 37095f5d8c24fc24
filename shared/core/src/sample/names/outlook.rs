//! From keys to shares of the key space and back.

use std::collections::BTreeMap;

use super::{DEPTH, Names};

/// How far into the folders, and into a name there.
#[derive(Clone, Copy, Default)]
pub(super) struct Position {
    pub(super) depth: usize,
    pub(super) index: usize,
}

impl Position {
    pub(super) fn behind(self, c: char) -> Self {
        if c == '/' {
            Self {
                depth: self.depth + 1,
                index: 0,
            }
        } else {
            Self {
                index: self.index + 1,
                ..self
            }
        }
    }
}

/// How many of these names come before a text or hold it; and the one that holds it, with what of it is inside.
pub(super) fn place_among<'a, 'b>(names: &'a [String], text: &'b str) -> (usize, Option<(&'a str, &'b str)>) {
    let before = names.partition_point(|name| name.as_str() <= text);
    let last = before.checked_sub(1).and_then(|last| names.get(last));
    let holder = last.and_then(|last| Some((last.as_str(), text.strip_prefix(last.as_str())?)));
    (before, holder)
}

/// Characters with their weights, and the sum of these.
pub(super) type Expected = (Vec<(char, f64)>, f64);

/// What names lead to expect of the key space.
pub(in crate::sample) struct Outlook<'a> {
    names: &'a Names,
    expected: BTreeMap<(usize, usize), Expected>,
}

impl<'a> Outlook<'a> {
    pub(super) fn new(names: &'a Names, expected: BTreeMap<(usize, usize), Expected>) -> Self {
        Self { names, expected }
    }

    fn at(&self, at: Position) -> Option<&Expected> {
        self.expected.get(&(at.depth, at.index))
    }

    /// The names of the folders to expect in a folder.
    fn folders(&self, folder: &str, at: Position) -> Option<&[String]> {
        if at.index > 0 {
            return None;
        }
        let known = self.names.folders.get(folder);
        let names = known.or_else(|| self.names.typical.get(&at.depth))?;
        Some(names.as_slice())
    }

    /// Which share of the keys, from 0 to 1, may be expected before this one.
    pub(in crate::sample) fn share_before(&self, key: &str) -> f64 {
        let Some(mut rest) = key.strip_prefix(self.names.prefix.as_str()) else {
            return 0.0;
        };
        let (mut low, mut width) = (0.0, 1.0);
        let mut way = self.names.prefix.clone();
        let mut at = Position::default();
        loop {
            if let Some(folders) = self.folders(&way, at) {
                let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
                let part = width / number(folders.len());
                let (before, holder) = place_among(folders, rest);
                let Some((name, inside)) = holder else {
                    return low + part * number(before);
                };
                low += part * number(before - 1);
                width = part;
                rest = inside;
                way.push_str(name);
                at = at.behind('/');
                continue;
            }
            let mut characters = rest.chars();
            let Some(c) = characters.next() else {
                return low;
            };
            let Some((expected, all)) = self.at(at) else {
                return low;
            };
            let before: f64 = expected
                .iter()
                .take_while(|(other, _)| *other < c)
                .map(|(_, weight)| weight)
                .sum();
            low += width * before / all;
            let Some((_, own)) = expected.iter().find(|(other, _)| *other == c) else {
                return low;
            };
            width *= own / all;
            rest = characters.as_str();
            way.push(c);
            at = at.behind(c);
        }
    }

    /// A key, or the beginning of one, with about this share of the keys before it.
    pub(in crate::sample) fn key_at(&self, mut share: f64, precision: f64) -> String {
        let mut key = self.names.prefix.clone();
        let mut width = 1.0;
        let mut at = Position::default();
        while width > precision && at.depth < DEPTH {
            if let Some(folders) = self.folders(&key, at) {
                let all = f64::from(u32::try_from(folders.len()).unwrap_or(u32::MAX));
                share *= all;
                width /= all;
                let mut way = None;
                for folder in folders {
                    way = Some(folder);
                    if share < 1.0 {
                        break;
                    }
                    share -= 1.0;
                }
                let Some(way) = way else { break };
                key.push_str(way);
                at = at.behind('/');
                continue;
            }
            let Some((expected, all)) = self.at(at) else { break };
            share *= all;
            let mut next = None;
            for (c, weight) in expected {
                next = Some((*c, *weight));
                if share < *weight {
                    break;
                }
                share -= weight;
            }
            let Some((c, weight)) = next else { break };
            share /= weight;
            width *= weight / all;
            key.push(c);
            at = at.behind(c);
        }
        key
    }
}
