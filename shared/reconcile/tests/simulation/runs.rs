//! Seeds by the thousand, on two threads, and what they came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use crate::bug::Bug;
use crate::law::{Law, Violation};
use crate::plan::plan;
use crate::play::play;
use crate::shrink::shrink;
use crate::step::Plan;

/// How many steps a seed has.
const LENGTH: usize = 1_000;
/// How many steps are taken where nobody says otherwise: 18 million calls, in three minutes.
const STEPS: u64 = 1_000_000;
/// Seeds that break a law, and which: bugs that are known and not mended (docs/reliability.md). Each has to break it still.
const KNOWN: [(u64, Law); 0] = [];
/// One for each of the two cores that CI has.
const THREADS: u64 = 2;

/// What the runs of some seeds came to.
#[derive(Default)]
struct Came {
    counts: BTreeMap<String, u64>,
    violations: Vec<(u64, Violation)>,
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.replace('_', "").parse().expect("a number"))
}

/// The seeds that are played: as `FIRST..LAST` says, or as many as make up the steps.
fn seeds() -> Range<u64> {
    if let Ok(range) = std::env::var("GUARDIAN_SIM_SEEDS") {
        let (first, last) = range.split_once("..").expect("FIRST..LAST");
        return first.parse().unwrap()..last.parse().unwrap();
    }
    let steps = number("GUARDIAN_SIM_STEPS").unwrap_or(STEPS);
    1..1 + steps.div_ceil(LENGTH as u64)
}

/// Adds what one run counted to what all did.
fn add(all: &mut BTreeMap<String, u64>, counts: BTreeMap<String, u64>) {
    for (what, count) in counts {
        let most = what.starts_with("most ");
        let total = all.entry(what).or_default();
        *total = if most { count.max(*total) } else { *total + count };
    }
}

/// Plays these seeds, each thread the next that nobody has, until so many broke a law.
fn run(seeds: &Range<u64>, enough: u64) -> Came {
    let (broken, next) = (AtomicU64::new(0), AtomicU64::new(seeds.start));
    let each = |_| {
        let mut came = Came::default();
        while broken.load(Ordering::Relaxed) < enough {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !seeds.contains(&seed) {
                break;
            }
            let outcome = play(&plan(seed, LENGTH), None, false);
            add(&mut came.counts, outcome.counts);
            if let Some(violation) = outcome.violation {
                broken.fetch_add(1, Ordering::Relaxed);
                came.violations.push((seed, violation));
            }
        }
        came
    };
    let mut all = Came::default();
    for came in on_threads(&each) {
        add(&mut all.counts, came.counts);
        all.violations.extend(came.violations);
    }
    all.violations.sort_by_key(|(seed, _)| *seed);
    all
}

fn on_threads<T: Send>(each: &(impl Fn(u64) -> T + Sync)) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || each(thread)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The story of a seed, and of the shortest plan that breaks the same law.
fn story(seed: u64, bug: Option<Bug>) -> String {
    let whole = plan(seed, LENGTH);
    let mut text = format!("seed {seed}: {:?}\n", whole.setup);
    let told = play(&whole, bug, true);
    let Some(violation) = told.violation else {
        return text + &told.story.join("\n");
    };
    let short = shrink(&whole, violation.law, bug);
    let _infallible = writeln!(text, "{:?}: {}", violation.law, violation.text);
    text + &telling(&short, bug)
}

fn telling(plan: &Plan, bug: Option<Bug>) -> String {
    let mut text = format!("{} steps of {:?}:\n", plan.steps.len(), plan.setup);
    for (number, step) in plan.steps.iter().enumerate() {
        let _infallible = writeln!(text, "{}. {step}", number + 1);
    }
    let told = play(plan, bug, true);
    let _infallible = writeln!(text, "as it was played:\n{}", told.story.join("\n"));
    text
}

#[test]
fn nothing_is_lost_under_any_order_of_events_and_any_fault() {
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(seed) = number("GUARDIAN_SIM_SEED") {
        println!("{}", story(seed, None));
        return;
    }
    let began = Instant::now();
    let seeds = seeds();
    let came = run(&seeds, 20);
    let _silent = std::panic::take_hook();
    for (what, count) in &came.counts {
        println!("{count:>12}  {what}");
    }
    println!("seeds {seeds:?} in {:.1} s", began.elapsed().as_secs_f64());
    for (seed, violation) in &came.violations {
        println!("seed {seed}: {:?}: {}", violation.law, violation.text);
    }
    let is_known = |seed: u64, law: Law| KNOWN.contains(&(seed, law));
    let broken = |seed: u64, law: Law| {
        let mut broken = came.violations.iter();
        broken.any(|(broken, violation)| *broken == seed && violation.law == law)
    };
    for (seed, law) in KNOWN {
        assert!(
            !seeds.contains(&seed) || broken(seed, law),
            "seed {seed} no longer breaks {law:?}: take it out of the known ones"
        );
        println!("seed {seed}: {law:?}: known, and not mended");
    }
    let mut news = came.violations.iter();
    if let Some((seed, _)) = news.find(|(seed, violation)| !is_known(*seed, violation.law)) {
        println!("{}", story(*seed, None));
        panic!("seed {seed} breaks a law; GUARDIAN_SIM_SEED={seed} tells its story");
    }
    nothing_is_rare(&came.counts);
}

/// What must have happened, for so many steps once.
const HAPPENS: [(&str, u64); 21] = [
    ("acts after a write", 500),
    ("acts before a write", 500),
    ("batches that failed in part", 500),
    ("buckets not readable in the end", 1_000),
    ("buckets readable in the end", 1_000),
    ("effective PutBucketNotificationConfiguration", 1_000),
    ("effective PutBucketPolicy", 200),
    ("effective PutKeyPolicy", 500),
    ("effective PutObject", 500),
    ("functions cut off after a call of their own", 500),
    ("functions timed out between a write and its answer", 2_000),
    ("messages repeated", 2_000),
    ("races: others wrote before a stale read of ours", 2_000),
    ("races: others wrote between our read and our write", 1_000),
    ("redriven from the Work queue's dead letters", 1_000),
    ("runs in which somebody goes on undoing our writes", 12_500),
    ("runs judged without a sweep", 7_500),
    ("second sweeps judged", 4_000),
    ("stale reads", 200),
    ("told repaired", 200),
    ("writes whose answer was lost", 1_000),
];

/// How many kinds of steps there are, the calls that fail counted one by one.
const KINDS: usize = 80;

/// Every kind of step, and everything that may go wrong, did occur, and not once by chance.
fn nothing_is_rare(counts: &BTreeMap<String, u64>) {
    let count = |what: &str| counts.get(what).copied().unwrap_or_default();
    let steps = count("steps");
    // Of a few seeds nothing follows.
    if steps < 100_000 {
        return;
    }
    for (what, once_in) in HAPPENS {
        assert!(
            count(what) >= steps / once_in,
            "{what}: {} in {steps} steps",
            count(what)
        );
    }
    let kinds: Vec<(&String, &u64)> = counts
        .iter()
        .filter(|(what, _)| what.starts_with("step "))
        .collect();
    assert!(
        steps < 100_000 || kinds.len() >= KINDS,
        "{} kinds of steps",
        kinds.len()
    );
    for (kind, count) in kinds {
        assert!(*count >= steps / 4_000, "{kind}: {count} in {steps} steps");
    }
}

/// How many steps a plan has that a planted bug is looked for in, and how many plans at most.
const SHORT: usize = 60;
const PLANS: u64 = 150;

/// The laws that a planted bug breaks.
fn broken_by(bug: Bug) -> &'static [Law] {
    match bug {
        Bug::DropsForeign => &[Law::SentAsRead],
        Bug::SkipsReread => &[Law::ReadJustBefore],
        Bug::TakesFailedForEmpty => &[Law::UnknownIsNotEmpty, Law::SentAsRead, Law::RaceAttributed],
        Bug::ForgetsTold => &[Law::NoRepeat, Law::NothingUntold],
        Bug::NeverTells => &[Law::NothingUntold],
        Bug::AcknowledgesFailed => &[Law::ExplainedByEvents],
        Bug::ForgetsRepairs => &[Law::Budget, Law::Explained],
    }
}

#[test]
fn a_bug_that_is_planted_is_found_and_its_story_is_short() {
    std::panic::set_hook(Box::new(|_| {}));
    if number("GUARDIAN_SIM_SEED").is_some() {
        return;
    }
    let each = |thread: u64| {
        let bugs = Bug::ALL
            .into_iter()
            .zip(0..)
            .filter(|(_, number)| number % THREADS == thread);
        let found = bugs.map(|(bug, _)| {
            let seed = (1..=PLANS).find_map(|seed| {
                let violation = play(&plan(seed, SHORT), Some(bug), false).violation?;
                broken_by(bug)
                    .contains(&violation.law)
                    .then_some((seed, violation))
            });
            let Some((seed, violation)) = seed else {
                return (bug, None, format!("{bug:?} was not found in {PLANS} plans"));
            };
            let short = shrink(&plan(seed, SHORT), violation.law, Some(bug));
            let told = format!(
                "{bug:?}, found by seed {seed}: {:?}: {}\n{}",
                violation.law,
                violation.text,
                telling(&short, Some(bug))
            );
            (bug, Some((violation.law, short.steps.len())), told)
        });
        found.collect::<Vec<_>>()
    };
    for (bug, found, story) in on_threads(&each).into_iter().flatten() {
        println!("{story}");
        let (_, steps) = found.expect("found");
        assert!(steps <= 15, "{bug:?}: {steps} steps");
    }
}
