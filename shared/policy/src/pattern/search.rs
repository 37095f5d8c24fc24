//! The one question about sets that everything else comes down to: is there a text inside all of these and outside
//! all of those?
//!
//! One text is built character by character. Where it stands in the pattern of the set that is asked about is one
//! position; all other patterns are run beside it as one automaton, a bit per position. The search is breadth first, so
//! that the example is a shortest one, and two observations keep it small: reaching a `*` makes every earlier position
//! of the same pattern redundant, and a text that has used up more of `outside` and less of `inside` than another can
//! be forgotten. So a character that no pattern names is nearly always the best one for a wildcard.

use std::collections::{BTreeSet, HashMap};

use super::work::Work;
use super::{Pattern, Token};

/// What setting up a search costs, in units of work.
const FIND_COST: usize = 300;

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

/// Looks for a text that is in one pattern of `set`, in at least one pattern of each group of `inside`, and in no
/// pattern of `outside`.
pub(crate) fn find(set: &[Pattern], inside: &[&[Pattern]], outside: &[&Pattern], work: &mut Work) -> Found {
    let mut answer = Found::No;
    for pattern in set {
        match find_in(pattern, inside, outside, work) {
            Found::No => {}
            Found::TooComplex => answer = Found::TooComplex,
            found @ Found::Yes(_) => return found,
        }
    }
    answer
}

fn find_in(set: &Pattern, inside: &[&[Pattern]], outside: &[&Pattern], work: &mut Work) -> Found {
    let others = || {
        inside
            .iter()
            .flat_map(|group| group.iter())
            .chain(outside.iter().copied())
    };
    let total: usize = others().map(|pattern| pattern.tokens().len() + 1).sum();
    if !work.charge(FIND_COST + total) {
        return Found::TooComplex;
    }
    let (prefix, set, inside, outside) = strip(set.tokens(), inside, outside);
    if inside.iter().any(Vec::is_empty) {
        return Found::No;
    }
    match Automaton::new(set, &inside, &outside, work) {
        Some(automaton) => automaton.search(prefix, work),
        None => Found::TooComplex,
    }
}

/// Patterns, or what is left of them.
type Tokens<'p> = Vec<&'p [Token]>;

/// Cuts off the literal characters that all begin with, dropping patterns that differ there.
fn strip<'p>(
    mut set: &'p [Token],
    inside: &[&'p [Pattern]],
    outside: &[&'p Pattern],
) -> (String, &'p [Token], Vec<Tokens<'p>>, Tokens<'p>) {
    let mut inside: Vec<Tokens<'p>> = inside
        .iter()
        .map(|group| group.iter().map(Pattern::tokens).collect())
        .collect();
    let mut outside: Tokens<'p> = outside.iter().map(|pattern| pattern.tokens()).collect();
    let mut prefix = String::new();
    while let Some((Token::Literal(c), rest)) = set.split_first() {
        let literal = |tokens: &&[Token]| matches!(tokens.first(), None | Some(Token::Literal(_)));
        if !inside.iter().flatten().all(literal) || !outside.iter().all(literal) {
            break;
        }
        let advance = |tokens: &mut Tokens<'p>| {
            tokens.retain_mut(|tokens| match tokens.split_first() {
                Some((Token::Literal(first), rest)) if first == c => {
                    *tokens = rest;
                    true
                }
                _ => false,
            });
        };
        prefix.push(*c);
        set = rest;
        inside.iter_mut().for_each(advance);
        advance(&mut outside);
    }
    (prefix, set, inside, outside)
}

type Bits = Vec<u64>;

fn set_bit(bits: &mut [u64], at: usize) {
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

struct Automaton<'p> {
    set: &'p [Token],
    start: Bits,
    /// The class of each literal of the set.
    index: HashMap<char, usize>,
    /// Index 0 stands for every character that no pattern names.
    classes: Vec<Class>,
    /// The class that a position waits for, where it is a particular one.
    wanted: Vec<Option<usize>>,
    runs: Bits,
    /// Of each pattern its first position and its `*` positions, last one first.
    full_runs: Vec<(usize, Vec<usize>)>,
    /// Of each group of `inside` its positions and its ends.
    groups: Vec<(Bits, Bits)>,
    /// The positions of all of `inside`; the others are of `outside`.
    inside: Bits,
    outside_ends: Bits,
    /// Positions from which a pattern of `outside` matches whatever follows.
    outside_forever: Bits,
}

impl<'p> Automaton<'p> {
    fn new(
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

    fn accepts(&self, state: &State) -> bool {
        state.at == self.set.len()
            && self.groups.iter().all(|(_, ends)| meets(&state.bits, ends))
            && !meets(&state.bits, &self.outside_ends)
    }

    /// Whatever can be made of `bits` can be made of `other`.
    fn is_no_better(&self, bits: &[u64], other: &[u64]) -> bool {
        let words = bits.iter().zip(other).zip(&self.inside);
        words
            .into_iter()
            .all(|((new, old), inside)| (new & !old & inside) | (old & !new & !inside) == 0)
    }

    /// The characters that can lead from here to different places.
    fn choices(&self, state: &State) -> Vec<usize> {
        let token = match self.set.get(state.at) {
            None => return Vec::new(),
            Some(Token::Literal(c)) => return self.index.get(c).copied().into_iter().collect(),
            Some(token) => token,
        };
        let mut choices = BTreeSet::from([0]);
        for (number, word) in state.bits.iter().enumerate() {
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

    fn search(&self, prefix: String, work: &mut Work) -> Found {
        let cost = 20 + self.start.len() * (3 + self.groups.len()) + 2 * self.full_runs.len();
        let mut seen = Seen {
            states: Vec::new(),
            places: vec![Vec::new(); self.set.len() + 1],
        };
        if self.is_alive(&self.start) && !self.reach(&mut seen, 0, &self.start, 0, '\0', work) {
            return Found::TooComplex;
        }
        let mut number = 0;
        while let Some(state) = seen.states.get(number) {
            if self.accepts(state) {
                return Found::Yes(prefix + &seen.path(number));
            }
            let choices = self.choices(state);
            let run = matches!(self.set.get(state.at), Some(Token::Run | Token::RunInSegment));
            let at = if run { state.at } else { state.at + 1 };
            let bits = state.bits.clone();
            for class in choices.iter().filter_map(|choice| self.classes.get(*choice)) {
                if !work.charge(cost) {
                    return Found::TooComplex;
                }
                let next = self.step(&bits, class);
                if self.is_alive(&next) && !self.reach(&mut seen, at, &next, number, class.c, work) {
                    return Found::TooComplex;
                }
            }
            number += 1;
        }
        Found::No
    }

    /// Notes a state and, past the end of a run, the one behind it; false when the budget ends.
    fn reach(&self, seen: &mut Seen, at: usize, bits: &Bits, from: usize, c: char, work: &mut Work) -> bool {
        let past = match self.set.get(at) {
            Some(Token::Run | Token::RunInSegment) => at + 1,
            _ => at,
        };
        let mut compared = 2;
        for at in at..=past {
            let Some(place) = seen.places.get_mut(at) else {
                continue;
            };
            let is_new = !place.iter().any(|number| {
                compared += 1;
                seen.states
                    .get(*number)
                    .is_some_and(|known| self.is_no_better(bits, &known.bits))
            });
            if is_new {
                place.push(seen.states.len());
                seen.states.push(State {
                    at,
                    bits: bits.clone(),
                    from,
                    c,
                });
            }
        }
        work.charge(2 * compared)
    }
}

/// A text so far: where it stands in the set, where in the other patterns, and how it came about.
struct State {
    at: usize,
    bits: Bits,
    from: usize,
    c: char,
}

struct Seen {
    states: Vec<State>,
    /// By position in the set.
    places: Vec<Vec<usize>>,
}

impl Seen {
    fn path(&self, end: usize) -> String {
        let mut reversed = Vec::new();
        let mut number = end;
        while let Some(state) = self.states.get(number).filter(|state| state.c != '\0') {
            reversed.push(state.c);
            number = state.from;
        }
        reversed.iter().rev().collect()
    }
}
