//! The digest: how all that is declared stands, in one message.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::chat::{DESCRIPTION, Notification, code, notification};
use super::machine::{VERSION, first_that_fits};
use super::plain::{length_in_json, list};
use super::text::{LIMIT, fitted, section};
use super::{Notice, subject};
use crate::declaration::DECLARE;
use crate::finding::{Code, Severity, Verdict};
use crate::moment::Moment;
use crate::name::BucketName;
use crate::settings::CensusLevel;

/// How everything stands that is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// When it was drawn up.
    pub at: Moment,
    /// When the one before was.
    pub since: Option<Moment>,
    /// Every declared bucket.
    pub buckets: Vec<DigestLine>,
    /// Whether objects are looked at to learn which keys they are under: what is said of keys rests on that.
    #[serde(default)]
    pub census: CensusLevel,
    /// The open incidents of the guardian itself.
    #[serde(default)]
    pub guardian: Vec<OpenFinding>,
}

/// How one bucket stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestLine {
    /// The bucket.
    pub bucket: BucketName,
    /// Whether Cloudinary can read it.
    pub verdict: Verdict,
    /// The incidents that are open.
    pub open: Vec<OpenFinding>,
    /// How many new objects were not looked at.
    pub not_looked_at: u64,
}

/// An open incident, in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFinding {
    /// What it is.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// Since when, where it is an incident of the bucket and not of one of its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
}

impl DigestLine {
    fn is_unwell(&self) -> bool {
        self.verdict != Verdict::Readable || !self.open.is_empty()
    }

    fn worst(&self) -> Option<Severity> {
        self.open.iter().map(|open| open.severity).max()
    }
}

/// How many lines of a kind a message names; the counts are always of all.
const MOST: usize = 300;
/// The same for chat, from most to none.
const FEWER_IN_CHAT: [usize; 4] = [20, 10, 5, 0];

const NOTHING: &str = "Nothing needs you.";
const NOTHING_DECLARED: &str =
    "Nothing is looked after until a bucket is declared, with names of your own for BUCKET and CLOUD:";

struct Counted<'a> {
    digest: &'a Digest,
    verdicts: BTreeMap<Verdict, usize>,
    /// Worst first, then by name.
    unwell: Vec<&'a DigestLine>,
    /// Most first, then by name.
    unseen: Vec<&'a DigestLine>,
    unseen_objects: u64,
}

impl<'a> Counted<'a> {
    fn of(digest: &'a Digest) -> Self {
        let mut verdicts = BTreeMap::new();
        for line in &digest.buckets {
            *verdicts.entry(line.verdict).or_default() += 1;
        }
        let mut unwell: Vec<&DigestLine> = digest.buckets.iter().filter(|line| line.is_unwell()).collect();
        unwell.sort_by(|one, other| {
            let weight = |line: &DigestLine| (line.verdict, line.worst());
            weight(other)
                .cmp(&weight(one))
                .then_with(|| one.bucket.cmp(&other.bucket))
        });
        let mut unseen: Vec<&DigestLine> = digest
            .buckets
            .iter()
            .filter(|line| line.not_looked_at > 0)
            .collect();
        unseen.sort_by(|one, other| {
            let more = other.not_looked_at.cmp(&one.not_looked_at);
            more.then_with(|| one.bucket.cmp(&other.bucket))
        });
        let unseen_objects = unseen
            .iter()
            .fold(0, |sum: u64, line| sum.saturating_add(line.not_looked_at));
        Self {
            digest,
            verdicts,
            unwell,
            unseen,
            unseen_objects,
        }
    }

    /// `137 buckets declared: 135 readable, 1 depends, 1 blocked`.
    fn summary(&self) -> String {
        let each: Vec<String> = self
            .verdicts
            .iter()
            .map(|(verdict, count)| format!("{count} {verdict}"))
            .collect();
        match self.digest.buckets.len() {
            0 => "no bucket declared".to_owned(),
            1 => format!("1 bucket declared: {}", each.join(", ")),
            many => format!("{many} buckets declared: {}", each.join(", ")),
        }
    }

    fn is_well(&self) -> bool {
        self.unwell.is_empty() && self.digest.guardian.is_empty() && !self.digest.buckets.is_empty()
    }

    /// The open incidents of the guardian itself, worst first, each a line.
    fn guardian(&self) -> Vec<String> {
        let mut open = self.digest.guardian.clone();
        open.sort_by_key(|open| (std::cmp::Reverse(open.severity), open.code));
        open.iter().map(open_line).collect()
    }

    fn worst(&self) -> &'static str {
        let of_buckets = self.unwell.iter().filter_map(|line| line.worst());
        let of_guardian = self.digest.guardian.iter().map(|open| open.severity);
        let worst = of_buckets.chain(of_guardian).max();
        worst.map_or("none", Severity::as_str)
    }
}

/// Renders the digest.
#[must_use]
pub fn digest(digest: &Digest) -> Notice {
    let counted = Counted::of(digest);
    let bucket = match digest.buckets.as_slice() {
        [one] => one.bucket.to_string(),
        [] => "none".to_owned(),
        _ => "many".to_owned(),
    };
    let attributes = [
        ("bucket", bucket),
        ("severity", counted.worst().to_owned()),
        ("transition", "digest".to_owned()),
    ];
    Notice {
        subject: subject::of(&format!("digest: {}", counted.summary())),
        text: text(&counted),
        json: first_that_fits(FEWER.into_iter().map(|most| machine(&counted, most))),
        chat: chat(&counted),
        attributes: attributes
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    }
}

/// How many lines are named, from most to none: the first that fits is sent.
const FEWER: [usize; 5] = [MOST, 100, 30, 10, 0];

fn text(counted: &Counted<'_>) -> String {
    let mut last = String::new();
    for most in FEWER {
        last = naming(counted, most);
        if length_in_json(&last) + END.len() <= LIMIT - 200 {
            break;
        }
    }
    fitted(last, END)
}

const END: &str = "\nMore on a bucket: guardian check BUCKET; on a finding: guardian finding CODE\n";

fn naming(counted: &Counted<'_>, most: usize) -> String {
    let mut text = format!("DIGEST of {}", counted.digest.at);
    // Writing to a String cannot fail; the results carry no news.
    let _ = match counted.digest.since {
        Some(since) => writeln!(text, ", after the one of {since}"),
        None => writeln!(text),
    };
    let _ = writeln!(text, "\n{}", counted.summary());
    if counted.digest.buckets.is_empty() {
        let _ = writeln!(text, "{NOTHING_DECLARED}\n  {DECLARE}");
    } else if counted.is_well() {
        let _ = writeln!(text, "{NOTHING}");
    }
    let guardian = counted.guardian();
    if !guardian.is_empty() {
        section(&mut text, "The guardian itself", &guardian);
    }
    if !counted.unwell.is_empty() {
        section(
            &mut text,
            "Unwell, worst first",
            &some(&counted.unwell, most, unwell_line),
        );
    }
    if !counted.unseen.is_empty() {
        let title = format!("New objects not looked at: {}", counted.unseen_objects);
        section(&mut text, &title, &some(&counted.unseen, most, unseen_line));
    }
    let _ = writeln!(text, "\n{}", what_is_known_of_keys(counted.digest.census));
    text
}

const fn what_is_known_of_keys(census: CensusLevel) -> &'static str {
    match census {
        CensusLevel::Off => {
            "Objects are not looked at (Census=off): a key that only older objects are under is not known, unless an event or a recorded census named it."
        }
        CensusLevel::Sample => {
            "Some objects of each bucket are looked at with each sweep (Census=sample): a key that few objects are under may not be known yet."
        }
        CensusLevel::Full => {
            "Some objects of each bucket are looked at with each sweep, and all of them from time to time (Census=full)."
        }
    }
}

fn some(lines: &[&DigestLine], most: usize, render: fn(&DigestLine) -> String) -> Vec<String> {
    let mut out: Vec<String> = lines.iter().take(most).map(|line| render(line)).collect();
    if lines.len() > most {
        out.push(format!("… and {} more", lines.len() - most));
    }
    out
}

fn unwell_line(line: &DigestLine) -> String {
    let open: Vec<String> = line.open.iter().map(open_line).collect();
    let open = if open.is_empty() {
        "no incident is open".to_owned()
    } else {
        list(&open, 2_000)
    };
    format!("{:<8}  {}: {open}", line.verdict, line.bucket)
}

fn open_line(open: &OpenFinding) -> String {
    match open.since {
        Some(since) => format!("{} ({}) since {since}", open.code, open.severity),
        None => format!("{} ({})", open.code, open.severity),
    }
}

fn unseen_line(line: &DigestLine) -> String {
    format!("{}: {}", line.bucket, line.not_looked_at)
}

fn machine(counted: &Counted<'_>, most: usize) -> Value {
    let verdict = |verdict: Verdict| counted.verdicts.get(&verdict).copied().unwrap_or(0);
    let unwell: Vec<Value> = counted
        .unwell
        .iter()
        .take(most)
        .map(|line| json!({"bucket": line.bucket, "verdict": line.verdict, "open": line.open}))
        .collect();
    let unseen: Vec<Value> = counted
        .unseen
        .iter()
        .take(most)
        .map(|line| json!({"bucket": line.bucket, "objects": line.not_looked_at}))
        .collect();
    let mut omitted = Vec::new();
    if unwell.len() < counted.unwell.len() {
        omitted.push("unwell");
    }
    if unseen.len() < counted.unseen.len() {
        omitted.push("not_looked_at");
    }
    json!({
        "version": VERSION,
        "kind": "digest",
        "at": counted.digest.at,
        "since": counted.digest.since,
        "bucket_count": counted.digest.buckets.len(),
        "verdicts": {
            "readable": verdict(Verdict::Readable),
            "depends": verdict(Verdict::Depends),
            "unknown": verdict(Verdict::Unknown),
            "blocked": verdict(Verdict::Blocked),
        },
        "unwell": unwell,
        "unwell_count": counted.unwell.len(),
        "not_looked_at": unseen,
        "not_looked_at_objects": counted.unseen_objects,
        "census": counted.digest.census,
        "guardian": counted.digest.guardian,
        "omitted": omitted,
    })
}

fn described(counted: &Counted<'_>, most: usize) -> String {
    let mut out = vec![counted.summary()];
    if counted.digest.buckets.is_empty() {
        out.push(format!("{NOTHING_DECLARED} {}", code(DECLARE)));
    } else if counted.is_well() {
        out.push(NOTHING.to_owned());
    }
    let guardian = counted.guardian();
    if !guardian.is_empty() {
        out.push(format!("*The guardian itself:* {}", list(&guardian, 1_000)));
    }
    out.extend(some(&counted.unwell, most, |line| code(&unwell_line(line))));
    if counted.unseen_objects > 0 {
        out.push(format!("*New objects not looked at:* {}", counted.unseen_objects));
    }
    out.join("\n")
}

fn chat(counted: &Counted<'_>) -> String {
    let mut description = String::new();
    for most in FEWER_IN_CHAT {
        description = described(counted, most);
        // Some room is kept free for the end of a block.
        if description.chars().count() < DESCRIPTION - 10 {
            break;
        }
    }
    notification(&Notification {
        title: &format!("digest: {}", counted.summary()),
        description: &description,
        steps: Vec::new(),
        keywords: vec!["digest".to_owned()],
        thread: "digest",
        summary: "how everything stands that is declared",
        related: Vec::new(),
        context: json!({
            "transition": "digest",
            "severity": counted.worst(),
            "bucket_count": counted.digest.buckets.len().to_string(),
        }),
    })
}

#[cfg(test)]
mod tests;
