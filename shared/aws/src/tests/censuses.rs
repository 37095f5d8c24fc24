//! Step Functions: one name is one walk, and how far it is.

use guardian_core::call::CallErrorKind;
use guardian_reconcile::seam::{Censuses, Start};
use serde_json::json;

use super::wire::{Reply, Wire, over};
use crate::{Aws, Items, Progress, Stack, Status};

const MACHINE: &str = "arn:aws:states:eu-west-1:111122223333:stateMachine:guard-census";
const EXECUTION: &str = "arn:aws:states:eu-west-1:111122223333:execution:guard-census:media-1";

fn started() -> Reply {
    Reply::new(
        200,
        json!({"executionArn": EXECUTION, "startDate": 1_795_428_900}).to_string(),
    )
}

#[tokio::test]
async fn a_walk_is_started_by_its_name_and_told_its_bucket() {
    let media = "media".parse().unwrap();
    let (done, wire) = over([started()], async |aws| aws.start_census(&media, "media-1").await).await;
    assert_eq!(done, Ok(Start::UnderWay));
    let sent = wire.one();
    assert_eq!(
        sent.header("x-amz-target"),
        Some("AWSStepFunctions.StartExecution")
    );
    assert_eq!(
        sent.json(),
        json!({"stateMachineArn": MACHINE, "name": "media-1", "input": r#"{"bucket":"media"}"#})
    );
}

#[tokio::test]
async fn a_name_that_step_functions_does_not_take_is_made_one() {
    let old = format!("Old_Bucket.{}", "x".repeat(200));
    let bucket = old.parse().unwrap();
    let (done, wire) = over([started()], async |aws| aws.start_census(&bucket, &old).await).await;
    assert_eq!(done, Ok(Start::UnderWay));
    let sent = wire.one().json();
    let name = sent["name"].as_str().unwrap();
    assert!(name.len() <= 80 && !name.contains('.'), "{name}");
    assert_eq!(sent["input"], format!(r#"{{"bucket":"{old}"}}"#));
}

#[tokio::test]
async fn a_walk_that_ran_already_is_a_success_and_another_refusal_is_not() {
    let media = "media".parse().unwrap();
    let start = async |aws: Aws| aws.start_census(&media, "media-1").await;
    let (done, _) = over([Reply::json(400, "ExecutionAlreadyExists")], start).await;
    assert_eq!(done, Ok(Start::Over));
    for (reply, kind) in [
        (
            Reply::json(400, "AccessDeniedException"),
            CallErrorKind::AccessDenied,
        ),
        (Reply::json(400, "StateMachineDoesNotExist"), CallErrorKind::Other),
        (Reply::json(400, "ThrottlingException"), CallErrorKind::Transient),
    ] {
        let (refused, _) = over([reply], start).await;
        let error = refused.unwrap_err();
        assert_eq!((error.operation, error.kind), ("states:StartExecution", kind));
    }
}

#[tokio::test]
async fn a_stack_without_walks_starts_none() {
    let wire = Wire::new([started()]);
    let account = "111122223333".parse().unwrap();
    let aws = Aws::new(wire.connection(), account, Stack::default());
    let started = aws.start_census(&"media".parse().unwrap(), "media-1").await;
    assert_eq!(started, Ok(Start::Nowhere));
    let error = aws.census_progress("media-1").await.unwrap_err();
    assert_eq!(error.message, "the census state machine is not configured");
    assert!(wire.sent().is_empty());
}

fn described(status: &str, more: serde_json::Value) -> Reply {
    let mut answer = json!({
        "executionArn": EXECUTION, "stateMachineArn": MACHINE, "name": "media-1", "status": status,
        "startDate": 1_795_428_900
    });
    answer
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    Reply::new(200, answer.to_string())
}

#[tokio::test]
async fn how_far_a_walk_is_stands_in_its_map_run() {
    let run = format!("{}:a-run", MACHINE.replace(":stateMachine:", ":mapRun:"));
    let runs = json!({"mapRuns": [{
        "executionArn": EXECUTION, "mapRunArn": run, "stateMachineArn": MACHINE, "startDate": 1_795_428_901
    }]});
    let counts = json!({
        "pending": 3000, "running": 2000, "succeeded": 4000, "failed": 900, "timedOut": 90, "aborted": 10,
        "total": 10_000, "resultsWritten": 0
    });
    let of_run = json!({
        "mapRunArn": run, "executionArn": EXECUTION, "status": "RUNNING", "startDate": 1_795_428_901,
        "maxConcurrency": 10, "toleratedFailurePercentage": 0.0, "toleratedFailureCount": 0,
        "itemCounts": counts, "executionCounts": counts
    });
    let replies = [
        described("RUNNING", json!({})),
        Reply::new(200, runs.to_string()),
        Reply::new(200, of_run.to_string()),
    ];
    let (progress, wire) = over(replies, async |aws| aws.census_progress("media-1").await).await;
    let items = Items {
        total: 10_000,
        succeeded: 4000,
        failed: 1000,
        open: 5000,
    };
    assert_eq!(
        progress,
        Ok(Some(Progress {
            status: Status::Running,
            reason: None,
            items: Some(items),
        }))
    );
    let sent: Vec<_> = wire.sent().iter().map(super::wire::Sent::json).collect();
    assert_eq!(
        sent,
        [
            json!({"executionArn": EXECUTION}),
            json!({"executionArn": EXECUTION}),
            json!({"mapRunArn": run})
        ]
    );
}

#[tokio::test]
async fn a_walk_that_broke_off_before_it_listed_anything_says_why() {
    let failed = json!({"error": "Refused", "cause": "the bucket `media` is not declared"});
    let replies = [
        described("FAILED", failed),
        Reply::new(200, json!({"mapRuns": []}).to_string()),
    ];
    let (progress, _) = over(replies, async |aws| aws.census_progress(EXECUTION).await).await;
    assert_eq!(
        progress,
        Ok(Some(Progress {
            status: Status::Failed,
            reason: Some("Refused: the bucket `media` is not declared".to_owned()),
            items: None,
        }))
    );
}

#[tokio::test]
async fn a_walk_nobody_started_is_none() {
    let reply = Reply::json(400, "ExecutionDoesNotExist");
    let (progress, wire) = over([reply], async |aws| aws.census_progress("media-1").await).await;
    assert_eq!(progress, Ok(None));
    wire.one();
}
