//! A burst of events.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use futures_util::future::join_all;
use guardian_core::cause::Work;
use guardian_core::name::BucketName;
use guardian_model::{Message as Received, Who};
use guardian_reconcile::{Message, Report, reconcile_batch, route_batch};
use serde_json::json;

use crate::memory::Memory;
use crate::scale;
use crate::stage::Stage;

/// What Lambda hands over at a time, and how many functions run side by side (`BatchSize` and `MaximumConcurrency` in
/// template.yaml).
const BATCH: usize = 10;
const SIDE_BY_SIDE: usize = 10;

fn name(number: usize) -> BucketName {
    format!("media-{number:04}").parse().unwrap()
}

/// A policy that knows nothing of Cloudinary, another one each time.
fn policy(bucket: &BucketName, number: usize) -> String {
    let statement = json!({
        "Sid": format!("Owner{number}"), "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/thumbnailer"},
        "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket}/thumbnails/*")
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn messages(received: &[Received]) -> Vec<Message> {
    let message = |received: &Received| Message {
        id: received.id.clone(),
        body: received.body.clone(),
    };
    received.iter().map(message).collect()
}

/// What came of a burst.
#[derive(Default)]
struct Outcome {
    /// Messages that the reconciler was handed.
    messages: usize,
    reports: Vec<Report>,
    /// The events that the reconciler heard of.
    heard: BTreeSet<String>,
    calls: BTreeMap<&'static str, usize>,
}

/// A stage with declared buckets, all healthy.
fn healthy(buckets: usize) -> Stage {
    let stage = Stage::new(11);
    stage
        .model
        .create_principal("arn:aws:iam::111122223333:role/thumbnailer");
    for number in 0..buckets {
        let bucket = name(number);
        stage.model.add_bucket(&bucket);
        stage.model.declare(&bucket, r#"{"clouds": ["demo"]}"#);
    }
    stage.sweep();
    run(&stage, &mut Memory::default(), 0);
    stage.model.take_events();
    stage.model.take_notices();
    stage.model.advance(std::time::Duration::from_secs(24 * 60 * 60));
    stage
}

/// Runs both functions, ten of each side by side, until nothing is left.
fn run(stage: &Stage, memory: &mut Memory, tenth: usize) -> Outcome {
    let mut outcome = Outcome::default();
    // Which event of a bucket came in when, and which was handed over last.
    let mut order: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    stage.model.suspend_calls(true);
    loop {
        let events: Vec<_> = (0..SIDE_BY_SIDE)
            .map(|_| stage.model.receive_ingest(BATCH))
            .filter(|batch| !batch.is_empty())
            .collect();
        for batch in &events {
            let failed = poll(route_batch(&stage.model, &messages(batch)));
            stage.model.settle_ingest(batch, &failed);
        }
        let work: Vec<_> = (0..SIDE_BY_SIDE)
            .map(|_| stage.model.receive_work(BATCH))
            .filter(|batch| !batch.is_empty())
            .collect();
        let mut at_work = BTreeSet::new();
        for batch in &work {
            let groups: BTreeSet<&str> = batch.iter().filter_map(|m| m.group.as_deref()).collect();
            for group in groups {
                assert!(
                    at_work.insert(group.to_owned()),
                    "two looks at {group} at the same time"
                );
            }
            outcome.messages += batch.len();
            for message in batch {
                let work: Work = serde_json::from_str(&message.body).unwrap();
                let group = work.group();
                let known = order.entry(group.clone()).or_default();
                let place = known.len();
                known.push(work.cause.id.clone());
                let before = last.insert(group.clone(), place);
                assert!(before.is_none_or(|before| before < place), "{group} out of order");
                outcome.heard.insert(work.cause.id);
            }
        }
        let all = work.iter().map(|batch| {
            let batch = messages(batch);
            async move { reconcile_batch(&stage.model, &stage.settings, &batch).await }
        });
        for (batch, (reports, failed)) in work.iter().zip(poll(join_all(all))) {
            stage.model.settle_work(batch, &failed);
            outcome.reports.extend(reports);
        }
        for call in stage.model.take_journal() {
            *outcome.calls.entry(call.operation).or_default() += 1;
        }
        if outcome.messages >= tenth {
            memory.is_early();
        }
        if events.is_empty() && work.is_empty() {
            match stage.model.next_due() {
                Some(due) => stage.model.advance(due),
                None => break,
            }
        }
    }
    stage.model.suspend_calls(false);
    outcome
}

/// Runs something on a model that lets others go first at every call.
fn poll<T>(call: impl Future<Output = T>) -> T {
    let mut call = std::pin::pin!(call);
    loop {
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        if let std::task::Poll::Ready(outcome) = call.as_mut().poll(&mut context) {
            return outcome;
        }
    }
}

/// `events` policies without our grant, over and over; `by_bucket` says whether those of a bucket come one right after the
/// other.
#[track_caller]
fn burst(events: usize, buckets: usize, by_bucket: bool) {
    let stage = healthy(buckets);
    let terraform = stage.model.act_as(Who::terraform());
    for number in 0..events {
        let bucket = name(if by_bucket {
            number * buckets / events
        } else {
            number % buckets
        });
        terraform
            .put_bucket_policy(&bucket, &policy(&bucket, number))
            .unwrap();
    }
    let sent: BTreeSet<String> = stage
        .model
        .events()
        .iter()
        .filter_map(|event| id(event))
        .collect();
    assert_eq!(sent.len(), events, "each event is one of its own");
    let began = Instant::now();
    let mut memory = Memory::default();
    let outcome = run(&stage, &mut memory, events / 10);
    let seconds = began.elapsed().as_secs_f64();

    assert!(sent.is_subset(&outcome.heard), "an event was lost on its way");
    assert_eq!(stage.model.dead_letters(), []);
    for number in 0..buckets {
        let policy = stage.model.policy(&name(number)).unwrap();
        assert!(policy.contains("232482882421"), "{}: {policy}", name(number));
    }
    let writes = outcome.calls.get("PutBucketPolicy").copied().unwrap_or_default();
    assert_eq!(
        writes, buckets,
        "one repair a bucket, whatever the number of events"
    );
    let told = stage.model.take_notices().len();
    assert_eq!(told, buckets, "and one message");
    let looks = outcome.reports.len();
    let calls: usize = outcome.calls.values().sum();
    println!(
        "{events} events for {buckets} buckets, {}: {} messages, {looks} looks ({:.1} messages each), {calls} calls, \
         {writes} writes, {told} messages to people, {seconds:.1} s, {}",
        if by_bucket { "bucket by bucket" } else { "in turn" },
        outcome.messages,
        outcome.messages as f64 / looks as f64,
        memory.is_flat(outcome.messages),
    );
}

fn id(event: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(event).ok()?;
    value.pointer("/detail/eventID")?.as_str().map(str::to_owned)
}

#[test]
fn a_burst_for_many_buckets_loses_nothing_and_repairs_each_once() {
    burst(1000 * scale(), 100 * scale(), false);
}

#[test]
fn a_burst_for_many_buckets_that_comes_bucket_by_bucket_is_few_looks() {
    burst(1000 * scale(), 100 * scale(), true);
}

#[test]
fn a_burst_for_one_bucket_is_a_tenth_of_the_looks_and_one_repair() {
    burst(1000 * scale(), 1, false);
}
