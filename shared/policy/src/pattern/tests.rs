use proptest::prelude::*;

use super::search::{Found, find};
use super::work::{BUDGET, Work};
use super::{Pattern, Token};

fn work() -> Work {
    Work::new(BUDGET)
}

fn globs(texts: &[String]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::glob(text)).collect()
}

/// Every text of up to six characters over two letters of the patterns and one that is in none.
fn texts() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..6 {
        last = last
            .iter()
            .flat_map(|text| ["a", "b", "z"].map(|c| format!("{text}{c}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn pattern() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof![Just("a"), Just("b"), Just("?"), Just("*")], 0..5)
        .prop_map(|parts| parts.concat())
}

fn patterns(most: usize) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(pattern(), 0..=most)
}

/// A second matcher, written the other way round.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            matches(rest, text) || matches!(text, [_, tail @ ..] if matches(pattern, tail))
        }
        ([b'?', rest @ ..], [_, tail @ ..]) => matches(rest, tail),
        ([c, rest @ ..], [d, tail @ ..]) => c == d && matches(rest, tail),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_text_matches_as_a_plain_matcher_says(pattern in pattern(), text in "[abz]{0,6}") {
        prop_assert_eq!(Pattern::glob(&pattern).matches(&text), matches(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn the_search_agrees_with_trying_every_short_text(
        set in pattern(),
        within in proptest::option::of(patterns(2)),
        without in patterns(4),
    ) {
        let set = globs(&[set]);
        let groups: Vec<Vec<Pattern>> = within.as_deref().map(globs).into_iter().collect();
        let inside: Vec<&[Pattern]> = groups.iter().map(Vec::as_slice).collect();
        let outside = globs(&without);
        let outside: Vec<&Pattern> = outside.iter().collect();
        let is_one = |text: &str| {
            set.iter().any(|pattern| pattern.matches(text))
                && groups.iter().all(|group| group.iter().any(|pattern| pattern.matches(text)))
                && !outside.iter().any(|pattern| pattern.matches(text))
        };
        match find(&set, &inside, &outside, &mut work()) {
            Found::Yes(text) => prop_assert!(is_one(&text), "`{}` is no example", text),
            Found::No => {
                let missed = texts().into_iter().find(|text| is_one(text));
                prop_assert_eq!(missed, None);
            }
            Found::TooComplex => prop_assert!(false, "small patterns are never too complex"),
        }
    }
}

#[test]
fn the_example_is_the_shortest_one() {
    let set = Pattern::glob("bucket/?*");
    let allowed = [Pattern::glob("bucket/a*"), Pattern::glob("bucket/?")];
    let found = find(&[set], &[], &allowed.iter().collect::<Vec<_>>(), &mut work());
    assert_eq!(found, Found::Yes("bucket/xx".into()));
}

#[test]
fn a_star_held_in_its_segment_stops_at_a_colon() {
    let held = Pattern::from_tokens([Token::Literal('a'), Token::RunInSegment, Token::Literal('c')]);
    assert!(held.matches("abc"));
    assert!(!held.matches("a:c"));
    let free = Pattern::glob("a*c");
    assert_eq!(
        find(&[free], &[], &[&held], &mut work()),
        Found::Yes("a:c".into())
    );
}

#[test]
fn runs_of_wildcards_are_brought_into_one_form() {
    assert_eq!(Pattern::glob("a**?*b"), Pattern::glob("a?*b"));
}

#[test]
fn an_exhausted_budget_is_no_answer() {
    let set = Pattern::glob(&"*a?".repeat(12));
    let other = Pattern::glob(&"*?a".repeat(12));
    assert_eq!(
        find(&[set], &[&[other]], &[], &mut Work::new(1_000)),
        Found::TooComplex
    );
}
