//! The subject line of the e-mail.

use super::{Occasion, plain::plain};

/// SNS API Reference, Publish: a subject "must be less than 100 characters long".
const LIMIT: usize = 99;

/// What begins every subject line.
const FROM: &str = "[Cloudinary Guardian]";

/// Transition, code and where, cut to what SNS takes.
pub(super) fn subject(occasion: &Occasion<'_>) -> String {
    within_limits(&format!("{FROM} {}", headline(occasion)))
}

/// The same for anything else that is sent.
pub(super) fn of(text: &str) -> String {
    within_limits(&format!("{FROM} {text}"))
}

/// The subject without its sender.
pub(super) fn headline(occasion: &Occasion<'_>) -> String {
    let what = match occasion.affected.buckets.as_slice() {
        [one] => one.to_string(),
        [] => occasion.resource.to_string(),
        many => format!("{} buckets", many.len()),
    };
    plain(&format!(
        "{}: {} on {what}",
        occasion.kind.as_str(),
        occasion.finding.code
    ))
}

/// ASCII, no line break, no control character, less than 100 characters; a longer one ends in three dots.
fn within_limits(text: &str) -> String {
    let mut ascii: Vec<char> = text
        .chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .collect();
    if ascii.len() > LIMIT {
        ascii.truncate(LIMIT - 3);
        ascii.extend("...".chars());
    }
    ascii.into_iter().collect()
}
