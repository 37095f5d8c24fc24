//! One look with one fault: what became of it, and whether anything happened that must not.

use std::collections::BTreeSet;

use guardian_core::finding::Code;

use crate::fault::{Class, Order};
use crate::modelled::Means;
use crate::play::{Play, Queues, Told, come_to_rest, deliver, told};
use crate::request::Site;
use crate::wire::Seen;
use crate::world::{Place, World};

/// What became of the look with the fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// The next attempt of the call went through, and the look with it.
    Retried,
    /// Nothing was different.
    Unmoved,
    /// The message came again.
    Again,
    /// The look went on without what the call was for.
    Without,
    /// It went on, and people were told these.
    Told(BTreeSet<String>),
    /// The step of a walk is taken again by the state machine.
    StepAgain,
    /// The walk ends without a census, and that is told.
    StepOver,
}

/// A look, followed to its end.
pub(crate) struct Run {
    /// The requests of the look itself.
    pub(crate) seen: Vec<Seen>,
    /// Its calls.
    pub(crate) calls: Vec<Site>,
    fate: Fate,
    codes: BTreeSet<Code>,
    /// What the look itself told people to see to.
    asked: BTreeSet<String>,
    told: Told,
    /// What the work queue took: the de-duplication ids.
    queued: Vec<String>,
    /// Whether it was as if there had been no fault, and was followed no further.
    is_short: bool,
    wrong: Vec<String>,
}

/// What a case came to.
#[derive(Debug, Clone)]
pub(crate) struct Result {
    pub(crate) fate: Fate,
    /// Repairs that were made after the failed call, in the same look.
    pub(crate) after: Vec<String>,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
}

/// Plays it, with a fault if one is ordered; `baseline` is how it ends without.
pub(crate) async fn run(world: &mut World, play: Play, order: Option<Order>, baseline: Option<&Run>) -> Run {
    let is_hasty = order.as_ref().is_some_and(|order| order.class.is_a_wait());
    let place = world.place(is_hasty).await;
    world.wire.begin(None);
    let first = play.prepare(world, &place).await;
    let before = told(&place, &world.wire.seen());
    world.wire.begin(order);
    let outcome = deliver(
        &place,
        place.hasty.as_ref().unwrap_or(&place.aws),
        &first,
        play.after(),
    )
    .await;
    world.wire.heal();
    let (seen, calls) = (world.wire.seen(), world.wire.calls());
    let mut wrong = Vec::new();
    for missing in world.missing_of_others(&place).await {
        wrong.push(format!("after the look there is not {missing}"));
    }

    let findings = outcome.reports.iter().flat_map(|report| &report.findings);
    let codes: BTreeSet<Code> = findings.map(|finding| finding.code).collect();
    let fate = match &outcome.said {
        Some(said) if said.starts_with("again") => Fate::StepAgain,
        Some(_) => Fate::StepOver,
        None if !outcome.failed.is_empty() => Fate::Again,
        None => Fate::Unmoved,
    };
    let of_the_look = told(&place, &seen).into_iter();
    let asked = of_the_look.filter(|(_, kinds)| kinds.iter().any(|(kind, _)| kind == "needs-you"));
    let asked = asked.map(|(what, _)| what).collect();
    let mut queues = Queues::default();
    let is_over = fate == Fate::StepOver;
    // The state machine gives a walk up that failed for good; whoever redrives it has it go on.
    let again = outcome.failed;
    // What went through at the second attempt is as it would have been; its end is that of the look without a fault.
    let is_through = seen.iter().rfind(|seen| seen.is_faulty).is_some_and(|faulty| {
        let mut attempts = seen.iter().filter(|seen| seen.call == faulty.call);
        fate == Fate::Unmoved && attempts.next_back().is_some_and(|last| !last.is_faulty)
    });
    let is_same = |baseline: &Run| {
        let sorted = |calls: &[Site]| -> BTreeSet<Site> { calls.iter().cloned().collect() };
        sorted(&baseline.calls) == sorted(&calls)
            && repairs(&baseline.seen) == repairs(&seen)
            && baseline.codes == codes
    };
    // A look that wrote nothing anywhere and failed was never there: what comes after it is the look without a fault.
    let is_traceless = matches!(fate, Fate::Again | Fate::StepAgain | Fate::StepOver)
        && !seen.iter().any(|seen| seen.took_effect() && !seen.site.is_read());
    if is_traceless || is_through && baseline.is_some_and(is_same) {
        world.declare(&place.bucket, None).await;
        return Run {
            told: told(&place, &seen),
            is_short: true,
            queued: Vec::new(),
            seen,
            calls,
            fate,
            codes,
            asked,
            wrong,
        };
    }
    let rounds = {
        let well = async || {
            let told = told(&place, &world.wire.seen());
            let is_told = baseline.is_none_or(|baseline| untold(&baseline.told, &told, &before).is_empty());
            is_told && is_well(world, play, &place).await.is_empty()
        };
        come_to_rest(world, &place, play, again, &mut queues, well).await
    };
    if rounds > 10 {
        let seen = world.wire.seen();
        let last = seen.iter().rev().take(40).filter(|seen| !seen.refusal.is_empty());
        let last = last.map(|seen| format!("{} {} {}", seen.site, seen.body, seen.refusal));
        let last = last.collect::<Vec<_>>().join("; ");
        wrong.push(format!(
            "after {rounds} deliveries it does not come to rest; the last calls were {last}"
        ));
    }
    for missing in world.missing_of_others(&place).await {
        wrong.push(format!("in the end there is not {missing}"));
    }
    for missing in is_well(world, play, &place).await {
        wrong.push(format!(
            "in the end there is not {missing}{}",
            if is_over { ", over" } else { "" }
        ));
    }
    let mut told = told(&place, &world.wire.seen());
    for (what, earlier) in before.clone() {
        told.entry(what).or_default().splice(0..0, earlier);
    }
    world.declare(&place.bucket, None).await;
    let mut queued = queues.known;
    queued.sort();
    Run {
        seen,
        calls,
        fate,
        codes,
        asked,
        told,
        queued,
        is_short: false,
        wrong,
    }
}

/// The repairs that took effect.
fn repairs(seen: &[Seen]) -> BTreeSet<&str> {
    let done = seen
        .iter()
        .filter(|seen| seen.site.is_repair() && seen.took_effect());
    done.map(|seen| seen.site.name()).collect()
}

fn ends(kinds: &[(String, String)]) -> bool {
    kinds
        .iter()
        .any(|(kind, _)| kind == "repaired" || kind == "resolved")
}

/// What people were told without the fault, and were not told here, or not the end of it; and what they were told besides
/// and never the end of.
fn untold(without: &Told, told: &Told, before: &Told) -> Vec<String> {
    let mut untold = Vec::new();
    for (what, kinds) in without.iter().filter(|(what, _)| !before.contains_key(*what)) {
        match told.get(what) {
            None => untold.push(format!("`{what}` was never told")),
            Some(told) if ends(kinds) && !ends(told) => {
                untold.push(format!("the end of `{what}` was never told"))
            }
            Some(_) => {}
        }
    }
    for (what, kinds) in told {
        if !ends(kinds) && without.get(what).is_none_or(|known| ends(known)) {
            untold.push(format!("`{what}` was told as {kinds:?} and never ended"));
        }
    }
    untold
}

/// What is not yet as it should be in the end.
async fn is_well(world: &World, play: Play, place: &Place) -> Vec<String> {
    let mut missing = Vec::new();
    if play.heals() {
        missing = world.missing_of_ours(place).await;
    }
    let page = async || world.page(place, &format!("bucket:{}", place.bucket)).await;
    match play {
        Play::Undeclared => {
            let forgotten = |name: &String| !name.starts_with("incident#");
            missing.extend(
                page()
                    .await
                    .into_iter()
                    .filter(forgotten)
                    .map(|name| format!("an end of `{name}`")),
            );
        }
        Play::WalkEnds => {
            if !page().await.contains(&"census".to_owned()) {
                missing.push("the census".to_owned());
            }
            let parts = world.page(place, &format!("census:{}", place.bucket)).await;
            missing.extend(parts.into_iter().map(|name| format!("an end of `{name}`")));
        }
        Play::WalkGoes
            if world
                .page(place, &format!("census:{}", place.bucket))
                .await
                .is_empty() =>
        {
            missing.push("the batch".to_owned());
        }
        _ => {}
    }
    missing
}

/// Holds a look with a fault against the same without.
pub(crate) fn judge(baseline: &Run, run: &Run, order: &Order) -> Result {
    let mut wrong = run.wrong.clone();
    let at = run.seen.iter().position(|seen| seen.is_faulty);
    let Some(at) = at else {
        wrong.push("the call was never made".to_owned());
        return Result {
            fate: run.fate.clone(),
            after: Vec::new(),
            wrong,
        };
    };
    let call = &run.seen[at].call;
    let attempts: Vec<&Seen> = run.seen.iter().filter(|seen| seen.call == *call).collect();
    let went_through = !attempts.last().unwrap().is_faulty;
    let mut new: BTreeSet<String> = run
        .codes
        .difference(&baseline.codes)
        .map(ToString::to_string)
        .collect();
    let asked = |what: &String| baseline.asked.contains(what);
    new.extend(
        run.asked
            .iter()
            .filter(|what| !asked(what))
            .map(|what| what.split(' ').next().unwrap().to_owned()),
    );
    let names = |run: &Run| -> BTreeSet<Site> { run.calls.iter().cloned().collect() };
    let fate = match &run.fate {
        Fate::Unmoved if !new.is_empty() => Fate::Told(new),
        Fate::Unmoved if went_through => Fate::Retried,
        Fate::Unmoved if repairs(&run.seen) != repairs(&baseline.seen) || names(run) != names(baseline) => {
            Fate::Without
        }
        Fate::Unmoved
            if !went_through && !matches!(order.class, Class::Half | Class::Empty | Class::UnknownWord) =>
        {
            Fate::Without
        }
        other => other.clone(),
    };
    let failed_at = run.seen.iter().rposition(|seen| seen.call == *call).unwrap_or(at);
    let mut after: Vec<String> = run.seen[failed_at + 1..]
        .iter()
        .filter(|seen| seen.site.is_repair() && !went_through)
        .map(|seen| seen.site.name().to_owned())
        .collect();
    after.sort();
    after.dedup();

    let mut repeated = 0;
    for (what, kinds) in &run.told {
        let ids: BTreeSet<&String> = kinds.iter().map(|(_, id)| id).collect();
        repeated += kinds.len() - ids.len();
        for kind in ["needs-you", "repaired", "resolved"] {
            let of_kind: BTreeSet<&String> = kinds
                .iter()
                .filter(|(known, _)| known == kind)
                .map(|(_, id)| id)
                .collect();
            // "Done already" of what is not done is found out, and is an incident of its own then.
            let is_misled = matches!(order.class, Class::Modelled(error) if error.means == Means::Done);
            if of_kind.len() > 1 && !is_misled {
                wrong.push(format!("`{what}` was told as {kind} {} times", of_kind.len()));
            }
        }
    }
    // Where the answer of SNS was lost, or what the ledger was to know of it.
    let may_repeat = matches!(order.site.name(), "Publish" | "PutItem");
    if repeated > 0 && !may_repeat {
        wrong.push(format!("{repeated} messages were told twice"));
    }
    if run.is_short {
        return Result { fate, after, wrong };
    }
    wrong.extend(untold(&baseline.told, &run.told, &Told::new()));
    if run.queued != baseline.queued && matches!(order.site.name(), "SendMessageBatch") {
        let missing = baseline
            .queued
            .iter()
            .filter(|id| !run.queued.contains(id))
            .count();
        if missing > 0
            && matches!(run.fate, Fate::Unmoved | Fate::Again)
            && run.queued.len() < baseline.queued.len()
        {
            wrong.push(format!("{missing} messages never came into the work queue"));
        }
    }
    Result { fate, after, wrong }
}
