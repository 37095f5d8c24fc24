//! Walks over every object: executions of the stack's state machine (Step Functions).

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{ExecutionStatus, MapRunItemCounts};
use guardian_core::call::CallError;
use guardian_core::census::execution_name;
use guardian_core::name::BucketName;
use guardian_reconcile::seam::{Censuses, Start};
use serde_json::json;

use crate::aws::Aws;
use crate::error::{call_error, unusable};

impl Censuses for Aws {
    async fn start_census(&self, bucket: &BucketName, name: &str) -> Result<Start, CallError> {
        const OPERATION: &str = "states:StartExecution";
        // A stack that walks is never without one (template.yaml); whoever is without one does not walk.
        let Ok(machine) = self.census_state_machine(OPERATION) else {
            return Ok(Start::Nowhere);
        };
        let call = self
            .clients()
            .sfn()
            .start_execution()
            .state_machine_arn(machine)
            .name(execution_name(name))
            .input(json!({"bucket": bucket}).to_string());
        match call.send().await {
            Ok(_) => Ok(Start::UnderWay),
            // While it runs the same call is a success by itself; this is the answer once it has ended, for 90 days
            // (Step Functions API Reference, StartExecution).
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(Start::Over),
            Err(error) => Err(call_error(OPERATION, error)),
        }
    }
}

/// How far a walk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How the execution stands.
    pub status: Status,
    /// Why it did not succeed, as far as Step Functions says: the error's name, then its cause.
    pub reason: Option<String>,
    /// The objects, once they are being listed.
    pub items: Option<Items>,
}

/// How an execution stands (Step Functions API Reference, DescribeExecution).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// On its way; also one that is taken up again after a redrive.
    Running,
    /// Done.
    Succeeded,
    /// Broken off: it can be redriven for 14 days.
    Failed,
    /// Broken off because it took too long.
    TimedOut,
    /// Stopped by somebody.
    Aborted,
    /// Anything else, in AWS's word.
    Other(String),
}

/// Objects by how far they are (Step Functions API Reference, DescribeMapRun, `itemCounts`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Items {
    /// So many were listed so far.
    pub total: u64,
    /// Looked at.
    pub succeeded: u64,
    /// In batches that failed, were stopped or took too long.
    pub failed: u64,
    /// In batches that are being looked at or wait for it.
    pub open: u64,
}

impl Aws {
    /// How far the walk of this name is (the one that it was started by), or of this execution ARN. `None` where there is
    /// no such execution: it was never started, or ended more than 90 days ago.
    ///
    /// # Errors
    ///
    /// A call that failed, or a stack without walks.
    pub async fn census_progress(&self, execution: &str) -> Result<Option<Progress>, CallError> {
        const OPERATION: &str = "states:DescribeExecution";
        let arn = self.execution_arn(OPERATION, execution)?;
        let call = self.clients().sfn().describe_execution().execution_arn(&arn);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("ExecutionDoesNotExist") => return Ok(None),
            Err(error) => return Err(call_error(OPERATION, error)),
        };
        let said: Vec<String> = [answer.error, answer.cause].into_iter().flatten().collect();
        Ok(Some(Progress {
            status: status(&answer.status),
            reason: (!said.is_empty()).then(|| said.join(": ")),
            items: self.items(&arn).await?,
        }))
    }

    /// The ARN of the execution that a walk of this name is.
    ///
    /// # Errors
    ///
    /// A stack without walks, or one whose state machine has no ARN of one.
    pub fn census_execution(&self, name: &str) -> Result<String, CallError> {
        self.execution_arn("states:DescribeExecution", name)
    }

    /// The counts of the execution's Map Run; a redrive goes on with the same one.
    async fn items(&self, execution: &str) -> Result<Option<Items>, CallError> {
        const LIST: &str = "states:ListMapRuns";
        const DESCRIBE: &str = "states:DescribeMapRun";
        let sfn = self.clients().sfn();
        let runs = sfn.list_map_runs().execution_arn(execution).send().await;
        let runs = runs.map_err(|error| call_error(LIST, error))?.map_runs;
        let Some(run) = runs.into_iter().max_by_key(|run| run.start_date.secs()) else {
            return Ok(None);
        };
        let run = sfn.describe_map_run().map_run_arn(run.map_run_arn).send().await;
        let run = run.map_err(|error| call_error(DESCRIBE, error))?;
        Ok(run.item_counts.as_ref().map(items))
    }

    /// The ARN of the execution of this name: the state machine's with another kind of resource and the name behind it
    /// (Service Authorization Reference, "Resource types defined by AWS Step Functions").
    fn execution_arn(&self, operation: &'static str, execution: &str) -> Result<String, CallError> {
        if execution.starts_with("arn:") {
            return Ok(execution.to_owned());
        }
        let machine = self.census_state_machine(operation)?;
        let (before, name) = machine
            .split_once(":stateMachine:")
            .ok_or_else(|| unusable(operation, format!("`{machine}` is no ARN of a state machine")))?;
        Ok(format!("{before}:execution:{name}:{}", execution_name(execution)))
    }
}

fn status(status: &ExecutionStatus) -> Status {
    match status {
        ExecutionStatus::Running | ExecutionStatus::PendingRedrive => Status::Running,
        ExecutionStatus::Succeeded => Status::Succeeded,
        ExecutionStatus::Failed => Status::Failed,
        ExecutionStatus::TimedOut => Status::TimedOut,
        ExecutionStatus::Aborted => Status::Aborted,
        other => Status::Other(other.as_str().to_owned()),
    }
}

fn items(counts: &MapRunItemCounts) -> Items {
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    Items {
        total: number(counts.total),
        succeeded: number(counts.succeeded),
        failed: number(counts.failed) + number(counts.timed_out) + number(counts.aborted),
        open: number(counts.pending) + number(counts.running),
    }
}
