//! The one question about sets that everything else comes down to: is there a text inside all of these and outside
//! all of those?
//!
//! All patterns are run side by side as one automaton (a bit per position), breadth first over the texts that still
//! differ, so that an answer is exact and comes with the shortest example. Reaching a `*` makes every earlier position
//! of the same pattern redundant, which keeps patterns without `?` to about as many states as they have characters.

use std::collections::{BTreeSet, HashSet};

use super::work::Work;
use super::{Pattern, Token};

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Such a text exists; this is one.
    Yes(String),
    /// Proven: there is none.
    No,
    /// The budget ended first.
    TooComplex,
}

/// Looks for a text that is in at least one pattern of each group of `inside`, and in no pattern of `outside`.
pub(crate) fn find(inside: &[&[Pattern]], outside: &[&Pattern], work: &mut Work) -> Found {
    let total: usize = inside
        .iter()
        .flat_map(|group| group.iter())
        .chain(outside.iter().copied())
        .map(|pattern| pattern.tokens().len() + 1)
        .sum();
    if !work.charge(total) {
        return Found::TooComplex;
    }
    if inside.iter().any(|group| group.is_empty()) {
        return Found::No;
    }
    let (prefix, inside, outside) = strip(inside, outside);
    if inside.iter().any(Vec::is_empty) {
        return Found::No;
    }
    match Automaton::new(&inside, &outside, work) {
        Some(automaton) => automaton.search(prefix, work),
        None => Found::TooComplex,
    }
}

/// Patterns, or what is left of them.
type Tokens<'p> = Vec<&'p [Token]>;

/// Cuts off the literal characters that all begin with, dropping patterns that differ there.
fn strip<'p>(inside: &[&'p [Pattern]], outside: &[&'p Pattern]) -> (String, Vec<Tokens<'p>>, Tokens<'p>) {
    let mut inside: Vec<Tokens<'p>> = inside
        .iter()
        .map(|group| group.iter().map(Pattern::tokens).collect())
        .collect();
    let mut outside: Tokens<'p> = outside.iter().map(|pattern| pattern.tokens()).collect();
    let mut prefix = String::new();
    while let Some(Token::Literal(c)) = inside.iter().find_map(|group| {
        if let [only] = group.as_slice() {
            only.first()
        } else {
            None
        }
    }) {
        let literal = |tokens: &&[Token]| matches!(tokens.first(), None | Some(Token::Literal(_)));
        if !inside.iter().flatten().all(literal) || !outside.iter().all(literal) {
            break;
        }
        let advance = |tokens: &[&'p [Token]]| -> Vec<&'p [Token]> {
            tokens
                .iter()
                .filter_map(|tokens| match tokens.split_first() {
                    Some((Token::Literal(first), rest)) if first == c => Some(rest),
                    _ => None,
                })
                .collect()
        };
        prefix.push(*c);
        inside = inside.iter().map(|group| advance(group)).collect();
        outside = advance(&outside);
    }
    (prefix, inside, outside)
}

type Bits = Vec<u64>;

fn set(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

fn is_set(bits: &[u64], at: usize) -> bool {
    bits.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
}

fn meets(left: &[u64], right: &[u64]) -> bool {
    left.iter().zip(right).any(|(l, r)| l & r != 0)
}

/// Clears the bits from `from` up to but without `to`.
fn clear(bits: &mut [u64], from: usize, to: usize) {
    let mut at = from;
    while at < to {
        let end = (at / 64 + 1) * 64;
        let upto = end.min(to);
        let above = u64::MAX << (at % 64);
        let below = if upto == end {
            u64::MAX
        } else {
            (1 << (upto % 64)) - 1
        };
        if let Some(word) = bits.get_mut(at / 64) {
            *word &= !(above & below);
        }
        at = upto;
    }
}

/// What one character does to every position.
struct Class {
    c: char,
    steps: Bits,
    stays: Bits,
}

struct Automaton {
    start: Bits,
    /// Index 0 stands for every character that no pattern names.
    classes: Vec<Class>,
    /// The class that a position waits for, where it is a particular one.
    wanted: Vec<Option<usize>>,
    runs: Bits,
    /// Of each pattern its first position and its `*` positions, last one first.
    full_runs: Vec<(usize, Vec<usize>)>,
    /// Of each group of `inside` its positions and its ends.
    groups: Vec<(Bits, Bits)>,
    outside_ends: Bits,
    /// Positions from which a pattern of `outside` matches whatever follows.
    outside_forever: Bits,
}

impl Automaton {
    fn new(inside: &[Vec<&[Token]>], outside: &[&[Token]], work: &mut Work) -> Option<Self> {
        let patterns = || inside.iter().flatten().chain(outside).copied();
        let size: usize = patterns().map(|tokens| tokens.len() + 1).sum();
        let words = size / 64 + 1;
        let mut alphabet: BTreeSet<char> = BTreeSet::new();
        for token in patterns().flatten() {
            match token {
                Token::Literal(c) => drop(alphabet.insert(*c)),
                Token::OneInSegment | Token::RunInSegment => drop(alphabet.insert(':')),
                Token::One | Token::Run => {}
            }
        }
        if !work.charge(2 * words * (alphabet.len() + 1) + size) {
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
            start: empty(),
            classes: std::iter::once(other)
                .chain(alphabet.iter().copied())
                .map(class)
                .collect(),
            wanted: vec![None; size],
            runs: empty(),
            full_runs: Vec::new(),
            groups: Vec::new(),
            outside_ends: empty(),
            outside_forever: empty(),
        };
        let index: std::collections::HashMap<char, usize> =
            alphabet.iter().enumerate().map(|(at, c)| (*c, at + 1)).collect();
        let mut base = 0;
        for group in inside {
            let (mut positions, mut ends) = (empty(), empty());
            for tokens in group {
                for at in base..=base + tokens.len() {
                    set(&mut positions, at);
                }
                set(&mut ends, base + tokens.len());
                automaton.add(tokens, &mut base, &index);
            }
            automaton.groups.push((positions, ends));
        }
        for tokens in outside {
            set(&mut automaton.outside_ends, base + tokens.len());
            if tokens.last() == Some(&Token::Run) {
                set(&mut automaton.outside_forever, base + tokens.len() - 1);
            }
            automaton.add(tokens, &mut base, &index);
        }
        let mut start = std::mem::take(&mut automaton.start);
        automaton.settle(&mut start);
        automaton.start = start;
        Some(automaton)
    }

    fn add(&mut self, tokens: &[Token], base: &mut usize, index: &std::collections::HashMap<char, usize>) {
        set(&mut self.start, *base);
        let mut full_runs = Vec::new();
        for (offset, token) in tokens.iter().enumerate() {
            let at = *base + offset;
            let colon = index.get(&':').copied();
            match token {
                Token::Literal(c) => {
                    let wanted = index.get(c).copied();
                    if let Some(slot) = self.wanted.get_mut(at) {
                        *slot = wanted;
                    }
                    if let Some(class) = wanted.and_then(|class| self.classes.get_mut(class)) {
                        set(&mut class.steps, at);
                    }
                }
                Token::One => self
                    .classes
                    .iter_mut()
                    .for_each(|class| set(&mut class.steps, at)),
                Token::Run => {
                    self.classes
                        .iter_mut()
                        .for_each(|class| set(&mut class.stays, at));
                    set(&mut self.runs, at);
                    full_runs.push(at);
                }
                Token::OneInSegment | Token::RunInSegment => {
                    let run = *token == Token::RunInSegment;
                    if run {
                        set(&mut self.runs, at);
                    }
                    if let Some(slot) = self.wanted.get_mut(at) {
                        *slot = colon;
                    }
                    for class in self.classes.iter_mut().filter(|class| class.c != ':') {
                        set(if run { &mut class.stays } else { &mut class.steps }, at);
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

    fn step(&self, bits: &[u64], class: &Class) -> Bits {
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

    fn is_alive(&self, bits: &[u64]) -> bool {
        self.groups.iter().all(|(positions, _)| meets(bits, positions)) && !meets(bits, &self.outside_forever)
    }

    fn accepts(&self, bits: &[u64]) -> bool {
        self.groups.iter().all(|(_, ends)| meets(bits, ends)) && !meets(bits, &self.outside_ends)
    }

    /// The characters that can lead from here to different places.
    fn choices(&self, bits: &[u64]) -> BTreeSet<usize> {
        let mut choices = BTreeSet::from([0]);
        for (number, word) in bits.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = usize::try_from(rest.trailing_zeros()).unwrap_or_default();
                rest &= rest - 1;
                choices.extend(self.wanted.get(number * 64 + bit).copied().flatten());
            }
        }
        choices
    }

    fn search(&self, prefix: String, work: &mut Work) -> Found {
        if !self.is_alive(&self.start) {
            return Found::No;
        }
        let mut seen: HashSet<Bits> = HashSet::from([self.start.clone()]);
        // Every state found, with the state it came from and the character that led here.
        let mut states: Vec<(Bits, usize, char)> = vec![(self.start.clone(), 0, '\0')];
        let cost = 8 + self.start.len() * (4 + 2 * self.groups.len()) + 2 * self.full_runs.len();
        let mut at = 0;
        while let Some((bits, _, _)) = states.get(at) {
            if self.accepts(bits) {
                return Found::Yes(prefix + &path(&states, at));
            }
            let choices = self.choices(bits);
            let mut reached = Vec::with_capacity(choices.len());
            for class in choices.iter().filter_map(|choice| self.classes.get(*choice)) {
                if !work.charge(cost) {
                    return Found::TooComplex;
                }
                let next = self.step(bits, class);
                if self.is_alive(&next) && seen.insert(next.clone()) {
                    reached.push((next, at, class.c));
                }
            }
            states.append(&mut reached);
            at += 1;
        }
        Found::No
    }
}

fn path(states: &[(Bits, usize, char)], end: usize) -> String {
    let mut reversed = Vec::new();
    let mut at = end;
    while at != 0 {
        let Some((_, from, c)) = states.get(at) else { break };
        reversed.push(*c);
        at = *from;
    }
    reversed.iter().rev().collect()
}
