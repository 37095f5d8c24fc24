//! Which objects a walk is about: those that Cloudinary must be able to read.

use guardian_policy::matches;

/// What every key begins with that any of these patterns takes in; a listing needs to go no further.
pub(super) fn common_prefix(patterns: &[String]) -> String {
    let mut literals = patterns.iter().map(|pattern| literal(pattern));
    let Some(first) = literals.next() else {
        return String::new();
    };
    literals
        .fold(first, |common, other| {
            let same = common.chars().zip(other.chars()).take_while(|(a, b)| a == b);
            let length: usize = same.map(|(character, _)| character.len_utf8()).sum();
            common.get(..length).unwrap_or_default()
        })
        .to_owned()
}

/// The pattern up to its first `*` or `?`.
fn literal(pattern: &str) -> &str {
    pattern.split(['*', '?']).next().unwrap_or_default()
}

/// Whether the key is one of those.
pub(super) fn takes_in(patterns: &[String], key: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_patterns_begin_with_is_all_that_is_listed() {
        for (patterns, prefix) in [
            (&["*"][..], ""),
            (&["public/*"], "public/"),
            (&["public/a*", "public/b/*"], "public/"),
            (&["public/*", "other/*"], ""),
            (&["grün/ä*", "grün/ö*"], "grün/"),
            (&["logo.png"], "logo.png"),
            (&["a?c/*", "ab/*"], "a"),
            (&[], ""),
        ] {
            let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
            assert_eq!(common_prefix(&patterns), prefix, "{patterns:?}");
        }
    }
}
