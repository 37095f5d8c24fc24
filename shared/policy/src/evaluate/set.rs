//! Questions about sets of resources, the easy ones answered without a search.

use crate::document::PolicyKind;
use crate::pattern::Pattern;
use crate::pattern::search::{Found, find};
use crate::pattern::work::Work;
use crate::resource::Area;

/// The set that a pattern of the question stands for.
pub(super) fn asked(text: &str, kind: PolicyKind) -> Pattern {
    let objects = text.strip_suffix("/*").filter(|bucket| {
        let name = bucket.splitn(6, ':').nth(5).unwrap_or_default();
        kind != PolicyKind::Key
            && bucket.split(':').nth(2) == Some("s3")
            && !name.is_empty()
            && !name.contains(['/', '*', '?', ':'])
    });
    match objects {
        // No object has an empty key.
        Some(bucket) => Pattern::glob(&format!("{bucket}/?*")),
        None => Pattern::glob(text),
    }
}

/// Is there a resource of the set that lies in all areas of `within` and in none of `without`?
pub(super) fn exists(set: &Pattern, within: &[&Area], without: &[&Area], work: &mut Work) -> Found {
    let size = |area: &&Area| match area {
        Area::In(patterns) | Area::Out(patterns) => patterns.len(),
    };
    if !work.charge(1 + within.iter().chain(without).map(size).sum::<usize>()) {
        return Found::TooComplex;
    }
    if let Some(text) = set.only_text() {
        return is_in(text, within, without, work);
    }
    let mut inside: Vec<&[Pattern]> = Vec::new();
    let mut outside: Vec<&Pattern> = Vec::new();
    let holds_all =
        |patterns: &[Pattern]| -> bool { patterns.iter().any(|pattern| pattern.plainly_holds(set)) };
    for area in within {
        match area {
            Area::In(patterns) if holds_all(patterns) => {}
            Area::In(patterns) => inside.push(patterns),
            Area::Out(patterns) if holds_all(patterns) => return Found::No,
            Area::Out(patterns) => outside.extend(patterns),
        }
    }
    for area in without {
        match area {
            Area::In(patterns) if holds_all(patterns) => return Found::No,
            Area::In(patterns) => outside.extend(patterns),
            Area::Out(patterns) if holds_all(patterns) => {}
            Area::Out(patterns) => inside.push(patterns),
        }
    }
    outside.retain(|pattern| !pattern.is_apart(set));
    find(std::slice::from_ref(set), &inside, &outside, work)
}

/// The same for one resource.
fn is_in(text: &str, within: &[&Area], without: &[&Area], work: &mut Work) -> Found {
    let mut holds = |area: &Area| {
        let (patterns, is_in) = match area {
            Area::In(patterns) => (patterns, true),
            Area::Out(patterns) => (patterns, false),
        };
        for pattern in patterns {
            if !work.charge(pattern.matching_cost(text)) {
                return None;
            }
            if pattern.matches(text) {
                return Some(is_in);
            }
        }
        Some(!is_in)
    };
    for (areas, wanted) in [(within, true), (without, false)] {
        for area in areas {
            match holds(area) {
                Some(holds) if holds == wanted => {}
                Some(_) => return Found::No,
                None => return Found::TooComplex,
            }
        }
    }
    Found::Yes(text.to_owned())
}
