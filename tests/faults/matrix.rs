//! The whole matrix: every call of every look with every fault.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use guardian_core::right::{Caller, OPERATIONS, Role};

use crate::case::{Fate, Result, Run, judge, run};
use crate::emulator::{Emulator, Kind};
use crate::expected::{fate, forbidden, is_an_answer};
use crate::fault::{Class, Order};
use crate::modelled::errors;
use crate::page::page;
use crate::play::Play;
use crate::request::Site;
use crate::world::World;

/// Each answers one request at a time.
const EMULATORS: usize = 4;
/// Most of them wait.
const WORKERS: u64 = 40;

pub(crate) type Case = (Play, Site, Class);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// The cases of a look, by its calls without a fault. An operation meets every class once in each role, and the errors of its
/// model once; elsewhere, what can be different there.
fn cases(play: Play, baseline: &Run, known: &mut BTreeSet<String>) -> Vec<Case> {
    let mut before: Option<&Site> = None;
    let mut sites = BTreeSet::new();
    for site in &baseline.calls {
        let before = before.replace(site);
        // Of calls that are made side by side one stands for all.
        let is_new = match before {
            _ if matches!(site.name(), "LookupEvents" | "ListObjectsV2") => site.nth == 1,
            Some(before) => !before.is_like(site),
            None => true,
        };
        if is_new {
            sites.insert(site);
        }
    }
    let mut cases = Vec::new();
    for site in sites {
        let is_first_of_role = known.insert(format!("{:?} {}", play.role(), site.operation));
        let mut classes = if is_first_of_role {
            Class::GENERAL.to_vec()
        } else {
            Class::of_the_place(site).to_vec()
        };
        if known.insert(site.operation.clone()) {
            classes.extend(errors(site.name()).iter().copied().map(Class::Modelled));
        }
        // Where an operation is asked for something else, its answer has other words.
        if site.nth == 1 && !classes.contains(&Class::UnknownWord) {
            classes.push(Class::UnknownWord);
        }
        classes.retain(|class| class.applies_to(site));
        cases.extend(classes.into_iter().map(|class| (play, site.clone(), class)));
    }
    cases
}

#[test]
fn every_call_with_every_fault_ends_as_it_is_written_down() {
    let started = (0..EMULATORS)
        .map(|_| Emulator::start(Kind::Ministack))
        .collect::<Option<Vec<_>>>();
    let Some(emulators) = started else {
        return;
    };
    let addresses: Vec<SocketAddr> = emulators
        .iter()
        .map(|emulator| emulator.endpoint().trim_start_matches("http://").parse().unwrap())
        .collect();
    let address = addresses[0];
    let baselines: BTreeMap<Play, Run> = block_on(async {
        let mut world = World::new(0, address).await;
        let mut baselines = BTreeMap::new();
        for play in Play::ALL {
            baselines.insert(play, run(&mut world, play, None, None).await);
        }
        baselines
    });
    every_right_is_played(&baselines);
    let mut known = BTreeSet::new();
    let mut all = VecDeque::new();
    for (play, baseline) in &baselines {
        all.extend(cases(*play, baseline, &mut known));
    }
    // Those that wait are not to wait all at the same time.
    all.make_contiguous().sort_by_key(|(play, site, class)| {
        let text = format!("{class:?} {site} {play:?}");
        text.bytes()
            .fold(7_u32, |hash, byte| {
                hash.wrapping_mul(31).wrapping_add(u32::from(byte))
            })
            .reverse_bits()
    });
    // To look into some of them: GUARDIAN_FAULTS="Key PutKeyPolicy".
    let only = std::env::var("GUARDIAN_FAULTS").ok();
    if let Some(only) = &only {
        all.retain(|(play, site, class)| format!("{play:?} {site} {class:?}").contains(only.as_str()));
    }
    let (waiting, baselines) = (Arc::new(Mutex::new(all)), Arc::new(baselines));
    let workers: Vec<_> = (1..=WORKERS)
        .map(|number| {
            let (waiting, baselines) = (Arc::clone(&waiting), Arc::clone(&baselines));
            let address = addresses[usize::try_from(number).unwrap() % EMULATORS];
            thread::spawn(move || {
                block_on(async move {
                    let mut world = World::new(number, address).await;
                    let mut done: Vec<(Case, Result)> = Vec::new();
                    loop {
                        let next = waiting.lock().unwrap().pop_front();
                        let Some((play, site, class)) = next else {
                            return done;
                        };
                        let order = Order {
                            site: site.clone(),
                            class,
                        };
                        let run = run(&mut world, play, Some(order.clone()), baselines.get(&play)).await;
                        let mut result = judge(&baselines[&play], &run, &order);
                        let expected = fate(play, &site, class);
                        if result.fate == Fate::Without && is_an_answer(class) {
                            result.fate = Fate::Unmoved;
                        }
                        if result.fate != expected {
                            result.wrong.push(format!("expected {expected:?}"));
                        }
                        if result
                            .after
                            .iter()
                            .any(|after| forbidden(&site, class).contains(&after.as_str()))
                        {
                            result.wrong.push(format!("written after: {:?}", result.after));
                        }
                        if std::env::var_os("GUARDIAN_FAULTS_SAID").is_some() {
                            println!(
                                "{play:?} | {site} | {class:?} | {:?} | {:?} | {:?}",
                                result.fate, result.after, result.wrong
                            );
                        }
                        done.push(((play, site, class), result));
                    }
                })
            })
        })
        .collect();
    let mut results: Vec<(Case, Result)> = workers
        .into_iter()
        .flat_map(|worker| worker.join().unwrap())
        .collect();
    results.sort_by_key(|(case, _)| case.clone());
    drop(emulators);
    let wrong: Vec<String> = results
        .iter()
        .filter(|(_, result)| !result.wrong.is_empty())
        .map(|((play, site, class), result)| {
            let Result { fate, wrong, .. } = result;
            format!("{play:?}: {site}: {class:?}: {fate:?}: {}", wrong.join("; "))
        })
        .collect();
    if only.is_none() {
        hold(&page(&results));
    }
    assert!(
        wrong.is_empty(),
        "{} of {} end otherwise than they should:\n{}",
        wrong.len(),
        results.len(),
        wrong.join("\n")
    );
}

/// Holds the page against what was seen, or writes it anew.
fn hold(page: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    if std::env::var_os("GUARDIAN_BLESS").is_some() {
        fs::write(file, page).unwrap();
        return;
    }
    let stands = fs::read_to_string(file).unwrap_or_default();
    let different = || stands.lines().zip(page.lines()).find(|(old, new)| old != new);
    assert!(
        stands == page,
        "docs/faults.md is stale, first in {:?}; write it anew with\nGUARDIAN_BLESS=1 cargo test -p cloudinary-guardian --test faults",
        different()
    );
}

/// Each operation that the table of rights gives a function is in one of its looks.
fn every_right_is_played(baselines: &BTreeMap<Play, Run>) {
    let played: BTreeSet<(Role, String)> = baselines
        .iter()
        .flat_map(|(play, run)| run.calls.iter().map(|site| (play.role(), site.operation.clone())))
        .collect();
    for role in Role::ALL {
        let rights = role.statements().iter().flat_map(|statement| statement.rights);
        for right in rights.filter(|right| right.caller == Caller::Guardian) {
            let operations = OPERATIONS
                .iter()
                .filter(|operation| operation.action == right.action);
            // Several operations stand under one right; these functions need one of them.
            let operations =
                operations.filter(|operation| !(operation.name == "SendMessage" && role != Role::Reconciler));
            for operation in operations {
                let name = format!("{}:{}", operation.service, operation.name);
                assert!(
                    played.contains(&(role, name.clone())),
                    "{role:?} may call {name}, and no look here does: let one, so that its faults are played"
                );
            }
        }
    }
}
