//! Patterns run side by side: where a text stands in each of them.

use std::collections::{BTreeSet, HashMap};

use super::Token;
use super::bits::{Bits, clear, is_set, meets, set_bit};
use super::work::Work;

/// Patterns, or what is left of them.
pub(super) type Tokens<'p> = Vec<&'p [Token]>;

/// What one character does to every position.
pub(super) struct Class {
    pub(super) c: char,
    steps: Bits,
    stays: Bits,
}

pub(super) struct Automaton<'p> {
    pub(super) set: &'p [Token],
    pub(super) start: Bits,
    /// The class of each literal of the set.
    index: HashMap<char, usize>,
    /// Index 0 stands for every character that no pattern names.
    pub(super) classes: Vec<Class>,
    /// The class that a position waits for, where it is a particular one.
    wanted: Vec<Option<usize>>,
    runs: Bits,
    /// Of each pattern its first position and its `*` positions, last one first.
    pub(super) full_runs: Vec<(usize, Vec<usize>)>,
    /// Of each group of `inside` its positions and its ends.
    pub(super) groups: Vec<(Bits, Bits)>,
    /// The positions of all of `inside`; the others are of `outside`.
    inside: Bits,
    outside_ends: Bits,
    /// Positions from which a pattern of `outside` matches whatever follows.
    outside_forever: Bits,
}

impl<'p> Automaton<'p> {
    pub(super) fn new(
        set: &'p [Token],
        inside: &[Tokens<'p>],
        outside: &[&'p [Token]],
        work: &mut Work,
    ) -> Option<Self> {
        let patterns = || inside.iter().flatten().chain(outside).copied();
        let size: usize = patterns().map(|tokens| tokens.len() + 1).sum();
        let words = size / 64 + 1;
        let mut alphabet: BTreeSet<char> = BTreeSet::new();
        for token in patterns().flatten().chain(set) {
            match token {
                Token::Literal(c) => drop(alphabet.insert(*c)),
                Token::OneInSegment | Token::RunInSegment => drop(alphabet.insert(':')),
                Token::One | Token::Run => {}
            }
        }
        let wildcards = patterns()
            .flatten()
            .filter(|token| !matches!(token, Token::Literal(_)))
            .count();
        if !work.charge((words + wildcards) * (alphabet.len() + 1) + size) {
            return None;
        }
        let other = "xyzabcdefghijklmnopqrstuvw0123456789"
            .chars()
            .chain('\u{e0}'..)
            .find(|c| !alphabet.contains(c))
            .unwrap_or(char::REPLACEMENT_CHARACTER);
        let empty = || vec![0_u64; words];
        let class = |c: char| Class {
            c,
            steps: empty(),
            stays: empty(),
        };
        let mut automaton = Self {
            set,
            start: empty(),
            index: alphabet.iter().enumerate().map(|(at, c)| (*c, at + 1)).collect(),
            classes: std::iter::once(other)
                .chain(alphabet.iter().copied())
                .map(class)
                .collect(),
            wanted: vec![None; size],
            runs: empty(),
            full_runs: Vec::new(),
            groups: Vec::new(),
            inside: empty(),
            outside_ends: empty(),
            outside_forever: empty(),
        };
        let mut base = 0;
        for group in inside {
            let (mut positions, mut ends) = (empty(), empty());
            for tokens in group {
                for at in base..=base + tokens.len() {
                    set_bit(&mut positions, at);
                    set_bit(&mut automaton.inside, at);
                }
                set_bit(&mut ends, base + tokens.len());
                automaton.add(tokens, &mut base);
            }
            automaton.groups.push((positions, ends));
        }
        for tokens in outside {
            set_bit(&mut automaton.outside_ends, base + tokens.len());
            if tokens.last() == Some(&Token::Run) {
                set_bit(&mut automaton.outside_forever, base + tokens.len() - 1);
            }
            automaton.add(tokens, &mut base);
        }
        let mut start = std::mem::take(&mut automaton.start);
        automaton.settle(&mut start);
        automaton.start = start;
        Some(automaton)
    }

    fn add(&mut self, tokens: &[Token], base: &mut usize) {
        set_bit(&mut self.start, *base);
        let mut full_runs = Vec::new();
        for (offset, token) in tokens.iter().enumerate() {
            let at = *base + offset;
            let colon = self.index.get(&':').copied();
            match token {
                Token::Literal(c) => {
                    let wanted = self.index.get(c).copied();
                    if let Some(slot) = self.wanted.get_mut(at) {
                        *slot = wanted;
                    }
                    if let Some(class) = wanted.and_then(|class| self.classes.get_mut(class)) {
                        set_bit(&mut class.steps, at);
                    }
                }
                Token::One => self
                    .classes
                    .iter_mut()
                    .for_each(|class| set_bit(&mut class.steps, at)),
                Token::Run => {
                    self.classes
                        .iter_mut()
                        .for_each(|class| set_bit(&mut class.stays, at));
                    set_bit(&mut self.runs, at);
                    full_runs.push(at);
                }
                Token::OneInSegment | Token::RunInSegment => {
                    let run = *token == Token::RunInSegment;
                    if run {
                        set_bit(&mut self.runs, at);
                    }
                    if let Some(slot) = self.wanted.get_mut(at) {
                        *slot = colon;
                    }
                    for class in self.classes.iter_mut().filter(|class| class.c != ':') {
                        set_bit(if run { &mut class.stays } else { &mut class.steps }, at);
                    }
                }
            }
        }
        if !full_runs.is_empty() {
            full_runs.reverse();
            self.full_runs.push((*base, full_runs));
        }
        *base += tokens.len() + 1;
    }

    /// Follows the empty steps past `*` and drops what they make redundant.
    fn settle(&self, bits: &mut [u64]) {
        let mut carry = 0;
        for (word, runs) in bits.iter_mut().zip(&self.runs) {
            let waiting = *word & runs;
            *word |= waiting << 1 | carry;
            carry = waiting >> 63;
        }
        for (base, runs) in &self.full_runs {
            if let Some(last) = runs.iter().find(|at| is_set(bits, **at)) {
                clear(bits, *base, *last);
            }
        }
    }

    pub(super) fn step(&self, bits: &[u64], class: &Class) -> Bits {
        let mut carry = 0;
        let mut next: Bits = bits
            .iter()
            .zip(class.steps.iter().zip(&class.stays))
            .map(|(word, (steps, stays))| {
                let stepping = word & steps;
                let moved = stepping << 1 | carry;
                carry = stepping >> 63;
                moved | (word & stays)
            })
            .collect();
        self.settle(&mut next);
        next
    }

    pub(super) fn is_alive(&self, bits: &[u64]) -> bool {
        self.groups.iter().all(|(positions, _)| meets(bits, positions)) && !meets(bits, &self.outside_forever)
    }

    pub(super) fn accepts(&self, at: usize, bits: &[u64]) -> bool {
        at == self.set.len()
            && self.groups.iter().all(|(_, ends)| meets(bits, ends))
            && !meets(bits, &self.outside_ends)
    }

    /// Whatever can be made of `bits` can be made of `other`.
    pub(super) fn is_no_better(&self, bits: &[u64], other: &[u64]) -> bool {
        let words = bits.iter().zip(other).zip(&self.inside);
        words
            .into_iter()
            .all(|((new, old), inside)| (new & !old & inside) | (old & !new & !inside) == 0)
    }

    /// The characters that can lead from here to different places.
    pub(super) fn choices(&self, at: usize, bits: &[u64]) -> Vec<usize> {
        let token = match self.set.get(at) {
            None => return Vec::new(),
            Some(Token::Literal(c)) => return self.index.get(c).copied().into_iter().collect(),
            Some(token) => token,
        };
        let mut choices = BTreeSet::from([0]);
        for (number, word) in bits.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = usize::try_from(rest.trailing_zeros()).unwrap_or_default();
                rest &= rest - 1;
                choices.extend(self.wanted.get(number * 64 + bit).copied().flatten());
            }
        }
        if matches!(token, Token::OneInSegment | Token::RunInSegment)
            && let Some(colon) = self.index.get(&':')
        {
            choices.remove(colon);
        }
        choices.into_iter().collect()
    }
}
