//! The one question about sets that everything else comes down to: is there a text inside all of these and
//! outside all of those?
//!
//! One text is built character by character. Where it stands in the pattern of the set that is asked about is
//! one position; all other patterns are run beside it as one automaton, a bit per position. The search is
//! breadth first, so that the example is a shortest one, and two observations keep it small: reaching a `*`
//! makes every earlier position of the same pattern redundant, and a text that has used up more of `outside`
//! and less of `inside` than another can be forgotten. So a character that no pattern names is nearly always
//! the best one for a wildcard.

use super::automaton::{Automaton, Tokens};
use super::bits::Bits;
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

/// Looks for a text that is in one pattern of `set`, in at least one pattern of each group of `inside`, and
/// in no pattern of `outside`.
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

impl Automaton<'_> {
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
            if self.accepts(state.at, &state.bits) {
                return Found::Yes(prefix + &seen.path(number));
            }
            let choices = self.choices(state.at, &state.bits);
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
