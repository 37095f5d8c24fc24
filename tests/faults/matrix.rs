//! The whole matrix: every call of every look with every fault.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::case::{Result, Run, judge, run};
use crate::emulator::{Emulator, Kind};
use crate::fault::{Class, Order};
use crate::modelled::errors;
use crate::play::Play;
use crate::request::Site;
use crate::world::World;

/// Most of them wait.
const WORKERS: u64 = 12;

type Case = (Play, Site, Class);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// The cases of a look, by its calls without a fault.
fn cases(play: Play, baseline: &Run, known: &mut BTreeSet<(String, String)>) -> Vec<Case> {
    let mut cases = Vec::new();
    for site in &baseline.calls {
        let is_first = known.insert((format!("{:?}", play.role()), site.operation.clone()));
        let general: &[Class] = if is_first { &Class::GENERAL } else { &Class::OF_THE_PLACE };
        let modelled = errors(site.name()).iter().filter(|_| is_first);
        let classes = general.iter().copied().chain(modelled.map(|error| Class::Modelled(*error)));
        let classes = classes.filter(|class| class.applies_to(site));
        cases.extend(classes.map(|class| (play, site.clone(), class)));
    }
    cases
}

#[test]
fn every_call_with_every_fault_ends_as_it_is_written_down() {
    let Some(emulator) = Emulator::start(Kind::Ministack) else {
        return;
    };
    let address = emulator.endpoint().trim_start_matches("http://").parse().unwrap();
    let baselines: BTreeMap<Play, Run> = block_on(async {
        let mut world = World::new(0, address).await;
        let mut baselines = BTreeMap::new();
        for play in Play::ALL {
            let began = std::time::Instant::now();
            baselines.insert(play, run(&mut world, play, None).await);
            eprintln!("{play:?} {:?}", began.elapsed());
        }
        baselines
    });
    let mut known = BTreeSet::new();
    let mut all = VecDeque::new();
    for (play, baseline) in &baselines {
        all.extend(cases(*play, baseline, &mut known));
    }
    if let Ok(only) = std::env::var("ONLY") {
        all.retain(|(play, site, class)| format!("{play:?} {site} {class:?}").contains(&only));
    }
    let (waiting, baselines) = (Arc::new(Mutex::new(all)), Arc::new(baselines));
    let workers: Vec<_> = (1..=WORKERS)
        .map(|number| {
            let (waiting, baselines) = (Arc::clone(&waiting), Arc::clone(&baselines));
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
                        let run = run(&mut world, play, Some(order.clone())).await;
                        done.push(((play, site, class), judge(&baselines[&play], &run, &order)));
                    }
                })
            })
        })
        .collect();
    let mut results: Vec<(Case, Result)> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    results.sort_by_key(|(case, _)| case.clone());
    let mut text = String::new();
    for (play, baseline) in baselines.iter() {
        writeln!(text, "# {play:?}: {:?}", baseline.calls.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        writeln!(text, "#    {}", baseline.describe()).unwrap();
    }
    for ((play, site, class), result) in &results {
        writeln!(
            text,
            "{play:?} | {site} | {class:?} | {:?} | after {:?} | repeated {} | {:?}",
            result.fate, result.after, result.repeated, result.wrong
        )
        .unwrap();
    }
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults.txt"), text).unwrap();
}
