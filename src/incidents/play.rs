//! Playing the list on a stage, and holding what happened against what had to.

use std::collections::BTreeMap;
use std::time::Duration;

use guardian_core::alert::TransitionKind;
use guardian_core::declaration::Declaration;
use guardian_core::finding::{Code, Finding, Verdict};
use guardian_core::name::{BucketName, KeyArn};
use guardian_core::plan::Change;
use guardian_core::settings::Mode;
use guardian_policy::{PolicyDocument, equivalent_statements};
use guardian_reconcile::{Report, Said};
use serde_json::Value;

use super::list::{Expected, Incident, Step, incidents};
use super::world::World;
use crate::stage::{Act, CallMade, Stage, StageError};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    AsExpected,
    /// Otherwise: each difference in words.
    Unexpected(Vec<String>),
}

/// A step as it was played.
#[derive(Debug, Clone)]
pub struct Played {
    /// Which incident.
    pub incident: &'static str,
    /// Which step of it, from 1.
    pub step: usize,
    /// The events AWS sent.
    pub events: Vec<Value>,
    /// What was found, without repeats.
    pub findings: Vec<Finding>,
    /// What was repaired.
    pub repairs: Vec<Change>,
    /// What people were told.
    pub alerts: Vec<Said>,
    /// How long after the first event the last repair was done and told, where time is the real one.
    pub healed_after: Option<Duration>,
    /// The AWS calls, where they can be seen.
    pub calls: Option<Calls>,
    /// The verdict on the bucket afterwards.
    pub verdict: Verdict,
    /// How it ended.
    pub outcome: Outcome,
}

/// The guardian's AWS calls in a step.
#[derive(Debug, Clone)]
pub struct Calls {
    /// Up to the end of the repair.
    pub first: Vec<CallMade>,
    /// Of the later looks.
    pub later: Vec<CallMade>,
}

/// What is proved at the end: every statement that the owner wrote is still there.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// Statements of others found again, by the document they are in.
    pub kept: BTreeMap<String, usize>,
    /// Statements of others that are gone or changed.
    pub lost: Vec<String>,
}

/// The documents as their owners last wrote them.
#[derive(Debug, Default)]
struct Owners {
    buckets: BTreeMap<BucketName, Option<Value>>,
    /// The ids of the entries in their notifications.
    notified: BTreeMap<BucketName, String>,
    keys: BTreeMap<KeyArn, Value>,
}

impl Owners {
    fn note(&mut self, act: &Act, world: &World) {
        match act {
            Act::PutBucketPolicy(bucket, policy) => {
                self.buckets.insert(bucket.clone(), Some(policy.clone()));
            }
            Act::DeleteBucketPolicy(bucket) => {
                self.buckets.insert(bucket.clone(), None);
            }
            Act::PutKeyPolicy(key, policy) => {
                self.keys.insert(key.clone(), policy.clone());
            }
            // The owner's document in Terraform still names the role; what is stored now shows its id, and
            // is left alone until the owner corrects it.
            Act::DeleteRole(_, bucket) => {
                self.buckets
                    .insert(bucket.clone(), Some(world.owners_policy(bucket)));
            }
            Act::NotifyOnly(bucket, queue) => {
                self.notified.insert(bucket.clone(), queue.clone());
            }
            Act::Unheard(act) => self.note(act, world),
            Act::PutObject(..)
            | Act::PutObjectUnder(..)
            | Act::CopyObjectUnder(..)
            | Act::ReencryptObject(..)
            | Act::DefaultDualLayer(..)
            | Act::DeleteBucketEncryption(_)
            | Act::ScheduleKeyDeletion(_)
            | Act::CancelKeyDeletion(_)
            | Act::RotateKey(_)
            | Act::Rotates(_)
            | Act::ImportKeyMaterial(..)
            | Act::DeleteKeyMaterial(_)
            | Act::Days(_)
            | Act::Census(_)
            | Act::DeleteObject(..)
            | Act::DefaultKey(..)
            | Act::DefaultAlias(..)
            | Act::PointAlias(..)
            | Act::DisableKey(_)
            | Act::EnableKey(_)
            | Act::Declare(..)
            | Act::Own(_)
            | Act::Sweep => {}
        }
    }
}

/// Plays the list and calls `show` after each step.
///
/// # Errors
///
/// What the stage could not do; how incidents end is in what was played.
pub async fn play<S: Stage>(
    stage: &S,
    mut show: impl FnMut(&Played),
) -> Result<(Vec<Played>, Proof), StageError> {
    let world = World::build(stage).await?;
    let mut owners = Owners::default();
    for bucket in world.buckets() {
        owners
            .buckets
            .insert(bucket.clone(), Some(world.owners_policy(bucket)));
    }
    for key in world.keys() {
        owners.keys.insert(key.clone(), world.owners_key_policy());
    }
    // What building the world stirred up is nobody's business yet: nothing is declared.
    stage.pump().await?;
    stage.let_time_pass().await?;
    stage.take_calls();

    let mut played = Vec::new();
    for incident in incidents(&world, stage.settings()) {
        for (index, step) in incident.steps.iter().enumerate() {
            let one = play_step(stage, &world, &incident, index + 1, step, &mut owners).await?;
            show(&one);
            played.push(one);
        }
    }
    let proof = prove(stage, &owners).await?;
    Ok((played, proof))
}

async fn play_step<S: Stage>(
    stage: &S,
    world: &World,
    incident: &Incident,
    number: usize,
    step: &Step,
    owners: &mut Owners,
) -> Result<Played, StageError> {
    let mut events = Vec::new();
    for act in &step.acts {
        events.extend(stage.act(step.who.clone(), act).await?);
        owners.note(act, world);
    }
    let reports = stage.pump().await?;
    let (healed_after, first) = (stage.healed_after(), stage.take_calls());
    let later = stage.let_time_pass().await?;
    let calls = first
        .zip(stage.take_calls())
        .map(|(first, later)| Calls { first, later });

    let declaration = Declaration::ad_hoc(
        incident.bucket.clone(),
        world.clouds(&incident.bucket),
        Mode::Observe,
    );
    let verdict = stage.look(&declaration).await?.judgement.verdict();
    let all: Vec<&Report> = reports.iter().chain(&later).collect();
    let alerts: Vec<Said> = all.iter().flat_map(|report| report.said.clone()).collect();
    let mut wrong = differences(&step.expected, &alerts, verdict);
    let late = calls.iter().flat_map(|calls| &calls.later);
    let late_repairs = late.filter(|call| call.repairs).count();
    if late_repairs > 0 {
        wrong.push(format!(
            "{late_repairs} writes in later looks, where nothing had changed"
        ));
    }
    let lost = prove(stage, owners).await?.lost;
    wrong.extend(lost.into_iter().map(|what| format!("lost: {what}")));
    Ok(Played {
        incident: incident.name,
        step: number,
        events,
        findings: distinct(&all),
        repairs: all.iter().flat_map(|report| report.repairs.clone()).collect(),
        alerts,
        healed_after,
        calls,
        verdict,
        outcome: if wrong.is_empty() {
            Outcome::AsExpected
        } else {
            Outcome::Unexpected(wrong)
        },
    })
}

fn distinct(reports: &[&Report]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in reports.iter().flat_map(|report| &report.findings) {
        if !findings
            .iter()
            .any(|known| known.identity() == finding.identity())
        {
            findings.push(finding.clone());
        }
    }
    findings
}

fn differences(expected: &Expected, alerts: &[Said], verdict: Verdict) -> Vec<String> {
    let mut wrong = Vec::new();
    for (kind, codes) in [
        (TransitionKind::Repaired, expected.repaired),
        (TransitionKind::NeedsYou, expected.needs_you),
        (TransitionKind::Resolved, expected.resolved),
    ] {
        let mut told: Vec<&str> = alerts
            .iter()
            .filter(|said| said.kind == kind)
            .map(|said| said.code.as_str())
            .collect();
        let mut wanted: Vec<&str> = codes.iter().map(|code: &Code| code.as_str()).collect();
        told.sort_unstable();
        wanted.sort_unstable();
        if told != wanted {
            wrong.push(format!(
                "told `{}`: {told:?} instead of {wanted:?}",
                kind.as_str()
            ));
        }
    }
    if let Some(wanted) = expected.verdict
        && wanted != verdict
    {
        wrong.push(format!("the bucket is {verdict} instead of {wanted}"));
    }
    wrong
}

async fn prove<S: Stage>(stage: &S, owners: &Owners) -> Result<Proof, StageError> {
    let mut proof = Proof::default();
    for (bucket, written) in &owners.buckets {
        let stored = stage.bucket_policy(bucket).await?;
        compare(
            &mut proof,
            &format!("bucket policy of {bucket}"),
            written.as_ref(),
            stored.as_deref(),
        )?;
    }
    for (bucket, queue) in &owners.notified {
        let place = format!("notifications of {bucket}");
        let found = stage.notified(bucket).await?;
        if found.iter().any(|entry| entry.contains(&format!("(`{queue}`)"))) {
            *proof.kept.entry(place).or_default() += 1;
        } else {
            proof.lost.push(format!("`{queue}` in the {place}"));
        }
    }
    for (key, written) in &owners.keys {
        let stored = stage.key_policy(key).await?;
        compare(
            &mut proof,
            &format!("key policy of {key}"),
            Some(written),
            stored.as_deref(),
        )?;
    }
    Ok(proof)
}

/// Every statement the owner wrote is found again among the stored ones, in order.
fn compare(
    proof: &mut Proof,
    place: &str,
    written: Option<&Value>,
    stored: Option<&str>,
) -> Result<(), StageError> {
    let read =
        |text: &str| PolicyDocument::parse(text).map_err(|error| StageError::new("read a policy", error));
    let written = written.map(|value| read(&value.to_string())).transpose()?;
    let stored = stored.map(read).transpose()?;
    let kept = proof.kept.entry(place.to_owned()).or_default();
    let Some(written) = written else { return Ok(()) };
    let mut rest = stored.iter().flat_map(PolicyDocument::statements);
    for statement in written.statements() {
        if rest.any(|found| equivalent_statements(&found, &statement)) {
            *kept += 1;
        } else {
            let name = statement.sid().unwrap_or("a statement without Sid").to_owned();
            proof.lost.push(format!("`{name}` in the {place}"));
        }
    }
    Ok(())
}
