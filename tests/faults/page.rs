//! The page docs/faults.md: what was seen to become of each fault.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::case::{Fate, Result};
use crate::fault::Class;
use crate::matrix::Case;
use crate::play::Play;
use crate::request::Site;

const HEAD: &str = "# Faults

<!-- Made by tests/faults. Do not edit: GUARDIAN_BLESS=1 cargo test -p cloudinary-guardian --test faults -->

What becomes of a look when one of its AWS calls fails, for every call that the functions make and every way in which it can
fail. Each cell was played: through the real SDK and a real socket, against an emulator behind a proxy that lets that one call
fail. A cell that comes out otherwise than `tests/faults/expected.rs` has it fails the test, and so does a call that is in the
table of rights (`shared/core/src/right`) and not here.
";

const LEGEND: &str = "
## What the words mean

| word | what happens |
|---|---|
| retried | The SDK makes the call again, three times in all, within the same look. Nobody notices. |
| again | The look ends there and repairs nothing more. Its message comes again once its visibility timeout is over, and that look does what is left. After five times it lies in the dead-letter queue, and an alarm says so. |
| without | The look goes on without what the call was for. A later look or the next sweep makes good for it. |
| told … | The look goes on. People are told this finding with what to do, and the first look after they did it says that it is over. |
| as it is | The look goes on as it would have: the answer had enough in it, or is one that such a call can give. |
| step again | The state machine takes the step of the walk again. |
| step over | The walk ends without a census, and that is in the log as an error. Redriven, it goes on where it stopped. |
| · | Not played at this place: the class was played at another call of the operation. |
| – | This call cannot meet it: an answer to HEAD has no body, and a repair's answer has no word in it. |

Two words are for the first attempt alone and for every attempt: `retried, again`. \"Reset before\" is a connection that is reset
before AWS did anything, \"reset after\" one that is reset when it was done; \"half\" is an answer that breaks off, \"empty\" one
without a body, \"unknown word\" a state, a kind or an algorithm that no list has.
";

const NEVER: &str = "
## What is looked after in each case

After the look with the fault, and again when everything has come to rest:

- each statement of others in the bucket's and the key's policy, and each entry of others in the notifications, stands as it was;
- there is no second statement of ours;
- no repair was made that stands on the answer of the failed call (below).

When everything has come to rest, without the fault:

- the bucket is readable: grant, marker, key, notifications; the walk has its census; what is declared no longer is forgotten;
- what people are told without the fault they were told, and the end of it; what they were told because of the fault has its end;
- no transition was told under two ids. The same message may come twice under one id where the answer of SNS, or what the ledger
  was told about it, was lost.
";

const COLUMNS: [(&str, &[Class]); 10] = [
    ("throttled", &[Class::ThrottledOnce, Class::Throttled]),
    ("inner error", &[Class::BrokenOnce, Class::Broken]),
    ("no answer", &[Class::SilentOnce, Class::Silent]),
    ("reset before", &[Class::ResetBeforeOnce, Class::ResetBefore]),
    ("reset after", &[Class::ResetAfterOnce, Class::ResetAfter]),
    ("access denied", &[Class::Denied]),
    ("unknown code", &[Class::UnknownCode]),
    ("half", &[Class::Half]),
    ("empty", &[Class::Empty]),
    ("unknown word", &[Class::UnknownWord]),
];

fn word(fate: &Fate) -> String {
    match fate {
        Fate::Retried => "retried".to_owned(),
        Fate::Unmoved => "as it is".to_owned(),
        Fate::Again => "again".to_owned(),
        Fate::Without => "without".to_owned(),
        Fate::Told(codes) => {
            let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
            format!("told {}", codes.join(", "))
        }
        Fate::StepAgain => "step again".to_owned(),
        Fate::StepOver => "step over".to_owned(),
    }
}

/// The page.
pub(crate) fn page(results: &[(Case, Result)]) -> String {
    let mut page = HEAD.to_owned();
    let sites: BTreeSet<(Play, &Site)> = results.iter().map(|((play, site, _), _)| (*play, site)).collect();
    let operations: BTreeSet<&str> = sites.iter().map(|(_, site)| site.operation.as_str()).collect();
    writeln!(
        page,
        "\n{} operations at {} places with {} faults, all played: {} of them end as they should.",
        operations.len(),
        sites.len(),
        results.len(),
        results
            .iter()
            .filter(|(_, result)| result.wrong.is_empty())
            .count(),
    )
    .unwrap();
    page.push_str(LEGEND);
    for play in Play::ALL {
        writeln!(page, "\n## {}\n", play.title()).unwrap();
        let mut line = "| call |".to_owned();
        COLUMNS
            .iter()
            .for_each(|(name, _)| line.push_str(&format!(" {name} |")));
        writeln!(page, "{line}\n|{}", "---|".repeat(COLUMNS.len() + 1)).unwrap();
        for (_, site) in sites.iter().filter(|(of, _)| *of == play) {
            let fates: BTreeMap<Class, &Fate> = of(results, play, site)
                .map(|(class, result)| (class, &result.fate))
                .collect();
            let mut line = format!("| {site} |");
            for (_, classes) in COLUMNS {
                let played = classes
                    .iter()
                    .filter_map(|class| fates.get(class))
                    .map(|fate| word(fate));
                let mut played: Vec<String> = played.collect();
                if played.is_empty() {
                    let can = classes.iter().any(|class| class.applies_to(site));
                    played.push(if can { "·" } else { "–" }.to_owned());
                }
                line.push_str(&format!(" {} |", played.join(", ")));
            }
            writeln!(page, "{line}").unwrap();
        }
        errors(
            &mut page,
            results,
            play,
            sites.iter().filter(|(of, _)| *of == play).map(|(_, site)| *site),
        );
    }
    page.push_str(NEVER);
    still_made(&mut page, results);
    page
}

fn of<'r>(
    results: &'r [(Case, Result)],
    play: Play,
    site: &'r Site,
) -> impl Iterator<Item = (Class, &'r Result)> {
    let is_of = move |((of, at, _), _): &&(Case, Result)| *of == play && at == site;
    results
        .iter()
        .filter(is_of)
        .map(|((.., class), result)| (*class, result))
}

/// What becomes of the errors that an operation's own model has.
fn errors<'s>(
    page: &mut String,
    results: &[(Case, Result)],
    play: Play,
    sites: impl Iterator<Item = &'s Site>,
) {
    let mut rows = Vec::new();
    for site in sites {
        let mut by_fate: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (class, result) in of(results, play, site) {
            if let Class::Modelled(error) = class {
                let codes = by_fate.entry(word(&result.fate)).or_default();
                codes.push(format!("{} ({})", error.code, error.status));
            }
        }
        rows.extend(
            by_fate
                .into_iter()
                .map(|(word, codes)| format!("| {site} | {} | {word} |", codes.join(", "))),
        );
    }
    if rows.is_empty() {
        return;
    }
    page.push_str("\n| call | error (HTTP status) | what becomes of it |\n|---|---|---|\n");
    rows.iter().for_each(|row| page.push_str(&format!("{row}\n")));
}

/// Markers are written beside the bucket's settings: which of the two comes first says nothing.
fn is_beside(site: &str, repair: &str) -> bool {
    let of_settings = [
        "GetBucketPolicy, the ",
        "PutBucketPolicy",
        "PutBucketNotificationConfiguration",
    ];
    let is_of_settings = of_settings.iter().any(|call| site.starts_with(call));
    (is_of_settings && repair == "PutObject") || (site == "PutObject" && repair != "PutObject")
}

/// Which repairs are made though another call of the same look failed.
fn still_made(page: &mut String, results: &[(Case, Result)]) {
    page.push_str(
        "
### Repairs that are made though a call of the same look failed

A call that is not here is followed by none. Each repair stands on what was read of its own: the marker on the marker's absence,
the bucket's policy on the bucket's policy. Markers are written beside the bucket's settings, and which of the two comes first is
left open here.

| failed call | repairs made after it |
|---|---|
",
    );
    let mut rows: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for ((_, site, _), result) in results {
        // The name of who did it is asked for while the repairs are made.
        if site.name() == "LookupEvents" {
            continue;
        }
        let made = result.after.iter().map(String::as_str);
        let made: Vec<&str> = made
            .filter(|repair| !is_beside(&site.to_string(), repair))
            .collect();
        if !made.is_empty() {
            rows.entry(site.to_string()).or_default().extend(made);
        }
    }
    for (site, made) in rows {
        writeln!(
            page,
            "| {site} | {} |",
            made.into_iter().collect::<Vec<_>>().join(", ")
        )
        .unwrap();
    }
}
