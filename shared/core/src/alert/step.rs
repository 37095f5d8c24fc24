//! What to do next.

use super::{Occasion, TransitionKind};
use crate::finding::{Code, Remedy, Subject, Verdict};
use crate::parts::{Part, PartKind};

/// What the placeholders of the catalogue stand for here. Where more than one name would fit, the placeholder
/// stays.
struct Names {
    bucket: Option<String>,
    key: Option<String>,
    marker: Option<String>,
    cloud: Option<String>,
    part: Option<Part>,
}

impl Names {
    fn of(occasion: &Occasion<'_>) -> Self {
        let finding = occasion.finding;
        let bucket = finding
            .subject
            .bucket()
            .or(match occasion.affected.buckets.as_slice() {
                [one] => Some(one),
                _ => None,
            });
        let clouds = occasion.clouds();
        Self {
            bucket: bucket.map(ToString::to_string),
            key: finding.subject.key().map(ToString::to_string),
            marker: match &finding.subject {
                Subject::Marker(_, key) => Some(key.clone()),
                Subject::Bucket(_) | Subject::Key(_) | Subject::NamedKey(_) | Subject::Part(_) => None,
            },
            cloud: match clouds.as_slice() {
                [one] => Some(one.to_string()),
                _ => None,
            },
            part: finding.subject.part().cloned(),
        }
    }

    fn named(&self, word: &str) -> Option<&str> {
        match word {
            "BUCKET" => self.bucket.as_deref(),
            "KEY_ARN" => self.key.as_deref(),
            "MARKER" => self.marker.as_deref(),
            "CLOUD" => self.cloud.as_deref(),
            "TRAIL" => self.part(PartKind::Trail),
            "RULE" => self.part(PartKind::Rule),
            "QUEUE" => self.part(PartKind::Queue),
            "TOPIC_ARN" => self.part(PartKind::Topic),
            _ => None,
        }
    }

    fn part(&self, kind: PartKind) -> Option<&str> {
        let part = self.part.as_ref().filter(|part| part.kind == kind);
        part.map(|part| part.name.as_str())
    }
}

/// The steps, each one line. `dress` makes a name harmless for the body that it goes into.
pub(super) fn steps(occasion: &Occasion<'_>, dress: impl Fn(&str) -> String) -> Vec<String> {
    let code = occasion.finding.code;
    match occasion.kind {
        TransitionKind::Repaired => told("Nothing now.", Some(keep(code)), occasion),
        TransitionKind::Resolved => told("Nothing: this is over.", None, occasion),
        TransitionKind::NeedsYou | TransitionKind::Reminder => {
            let names = Names::of(occasion);
            let observed = occasion.finding.remedy == Remedy::Repair && occasion.planned().is_some();
            let first = observed.then(|| match occasion.finding.paused_until() {
                Some(until) => format!("Repairs are paused until {until}: the first look after that makes the change above. {END_PAUSE}"),
                None => OBSERVED.to_owned(),
            });
            let steps = code.steps().iter();
            first
                .into_iter()
                .chain(steps.map(|step| filled(step, &names, &dress)))
                .collect()
        }
    }
}

/// What is left to do when it is over.
fn told(first: &str, keep: Option<&str>, occasion: &Occasion<'_>) -> Vec<String> {
    let failed = occasion.finding.verdict != Verdict::Readable;
    let caches = failed.then_some(CACHES);
    let steps = [Some(first), keep, caches];
    steps.into_iter().flatten().map(str::to_owned).collect()
}

const OBSERVED: &str = "The guardian only observes here. Let it repair (`\"mode\": \"repair\"` in the declaration, and the stack's mode), or make the change above.";

const END_PAUSE: &str = "To have it made now, take `pause_until` out of the declaration.";

/// Cloudinary documents how long answers stay cached; what failed stays failed for as long.
const CACHES: &str = "Cloudinary's CDN caches failed answers for minutes to a day; invalidate what failed.";

/// How to keep a repaired thing from being undone.
const fn keep(code: Code) -> &'static str {
    match code {
        Code::MarkerMissing => {
            "Keep the marker out of whatever removed it (a sync with `--delete`, a lifecycle rule), or keep it in the source below."
        }
        Code::NotificationsOff => {
            "Put the setting below into the source that writes the bucket's notifications, so that its next run does not turn them off again."
        }
        Code::KeyGrantUnused => {
            "Take the statement below out of the source that writes this policy, so that the next run does not put it back."
        }
        _ => {
            "Put the statement below into the source that writes this policy, so that the next run does not take it away again."
        }
    }
}

/// Puts names in the place of the words that stand for them, in one pass, so that a name is never taken for a
/// placeholder itself.
fn filled(step: &str, names: &Names, dress: &impl Fn(&str) -> String) -> String {
    let (mut text, mut word) = (String::new(), String::new());
    // The blank behind the end closes the last word.
    for c in step.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        match names.named(&word) {
            Some(name) => text.push_str(&dress(&quoted(name))),
            None => text.push_str(&word),
        }
        word.clear();
        text.push(c);
    }
    text.pop();
    text
}

/// A name as one word of a shell's command line, whatever it holds.
pub(crate) fn quoted(name: &str) -> String {
    let harmless = |b: u8| b.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&b);
    if !name.is_empty() && name.bytes().all(harmless) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_the_place_of_whole_words_only_and_are_not_read_again() {
        let names = Names {
            bucket: Some("MARKER".to_owned()),
            key: None,
            marker: Some("a b".to_owned()),
            cloud: None,
            part: None,
        };
        let step = "s3://BUCKET/MARKER to NEW_BUCKET under KEY_ARN.";
        assert_eq!(
            filled(step, &names, &str::to_owned),
            "s3://MARKER/'a b' to NEW_BUCKET under KEY_ARN."
        );
    }

    #[test]
    fn a_hostile_name_is_one_word_for_the_shell() {
        assert_eq!(quoted(".wellknown/cloudinary/demo"), ".wellknown/cloudinary/demo");
        assert_eq!(quoted("x'; rm -rf / #"), r"'x'\''; rm -rf / #'");
        assert_eq!(quoted("$(id)"), "'$(id)'");
        assert_eq!(quoted(""), "''");
    }
}
