//! The events of the state machine, read strictly, and what each is answered with (template.yaml, `CensusStateMachine`).

use guardian_core::census::Census;
use guardian_core::name::BucketName;
use guardian_core::settings::Settings;
use guardian_reconcile::census::{Walk, WalkError, begin, failed, finish, head_batch};
use guardian_reconcile::seam::{Buckets, Clock, Declarations, Ledger, Queues};
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{Instrument, Span, error_span};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase")]
enum Step {
    Begin(Begin),
    Head(Head),
    Finish(Finish),
    Failed(Failed),
}

impl Step {
    /// What every line about the step says of it.
    fn span(&self) -> Span {
        let (bucket, walk) = match self {
            Self::Begin(Begin { bucket, id }) => (Some(bucket), id),
            Self::Head(Head { batch }) => (Some(&batch.batch_input.walk.bucket), &batch.batch_input.walk.id),
            Self::Finish(Finish { walk, .. }) => (Some(&walk.bucket), &walk.id),
            Self::Failed(Failed { id, .. }) => (None, id),
        };
        error_span!("step", bucket = bucket.map(tracing::field::display), walk)
    }
}

/// Begins a walk.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    bucket: BucketName,
    /// The execution's name.
    id: String,
}

/// Looks at a batch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    batch: Batch,
}

/// What Step Functions makes of objects put together (Step Functions Developer Guide, "ItemBatcher").
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Batch {
    batch_input: BatchInput,
    items: Vec<Item>,
}

/// What every batch of a walk is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchInput {
    walk: Walk,
}

/// An object of the listing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Item {
    key: String,
}

/// Ends a walk.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    walk: Walk,
    /// How many objects the Map Run handed over.
    listed: u64,
}

/// An execution ended otherwise than well.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    /// The execution's name.
    id: String,
    /// Its status, in the word of Step Functions.
    status: String,
}

/// Why a step was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StepError {
    /// The event is no step.
    #[error("the event is no step of a walk: {0}")]
    Event(String),
    /// The step could not be done.
    #[error(transparent)]
    Walk(#[from] WalkError),
}

impl StepError {
    fn refused(&self) -> Option<String> {
        match self {
            Self::Walk(error) => error.refused(),
            Self::Event(_) => None,
        }
    }
}

impl From<StepError> for Diagnostic {
    /// The type is what the state machine tells errors apart by: it tries again where that may help.
    fn from(error: StepError) -> Self {
        let may_pass = matches!(&error, StepError::Walk(error) if error.is_transient());
        Self {
            error_type: if may_pass { "Transient" } else { "Refused" }.to_owned(),
            error_message: match error.refused() {
                Some(right) => format!("{error}; allow {right}"),
                None => error.to_string(),
            },
        }
    }
}

/// Does a step.
pub(crate) async fn take<A>(aws: &A, settings: &Settings, event: Value) -> Result<Value, StepError>
where
    A: Buckets + Declarations + Ledger + Queues + Clock,
{
    let step: Step = serde_json::from_value(event).map_err(|error| StepError::Event(error.to_string()))?;
    let span = step.span();
    carry_out(aws, settings, step).instrument(span).await
}

async fn carry_out<A>(aws: &A, settings: &Settings, step: Step) -> Result<Value, StepError>
where
    A: Buckets + Declarations + Ledger + Queues + Clock,
{
    Ok(match step {
        Step::Begin(Begin { bucket, id }) => json!(begin(aws, settings, &bucket, &id).await?),
        Step::Head(Head { batch }) => {
            let keys: Vec<String> = batch.items.into_iter().map(|item| item.key).collect();
            head_batch(aws, &batch.batch_input.walk, &keys).await?;
            // Step Functions puts the answers to all batches into one list, of at most 256 KiB: one digit each lets a
            // walk have as many batches as a Map Run can have objects in them.
            json!(0)
        }
        Step::Finish(Finish { walk, listed }) => summary(&finish(aws, &walk, listed).await?),
        Step::Failed(Failed { id, status }) => {
            failed(&id, &status);
            json!({})
        }
    })
}

/// The census without its keys, which may be more than an execution can carry; it stands in the ledger.
fn summary(census: &Census) -> Value {
    json!({
        "complete": census.is_complete(),
        "whole": census.whole,
        "objects": census.counts.objects,
        "keys": census.counts.keys.len(),
        "unknown": census.counts.unknown.objects,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(event: &Value) -> Result<Step, String> {
        serde_json::from_value(event.clone()).map_err(|error| error.to_string())
    }

    fn walk() -> Value {
        json!({
            "bucket": "media", "id": "media-1", "began": "2026-11-23T10:15:00Z", "owner": null, "prefix": "",
            "scope": ["*"]
        })
    }

    #[test]
    fn the_events_of_the_state_machine_are_read() {
        let begin = json!({"step": "begin", "bucket": "media", "id": "media-1"});
        assert!(matches!(read(&begin), Ok(Step::Begin(Begin { id, .. })) if id == "media-1"));
        let head = json!({"step": "head", "batch": {
            "BatchInput": {"walk": walk()}, "Items": [{"Key": "a.jpg"}, {"Key": "b.jpg"}]
        }});
        let Ok(Step::Head(head)) = read(&head) else {
            panic!()
        };
        assert_eq!(head.batch.items.len(), 2);
        assert_eq!(head.batch.batch_input.walk.id, "media-1");
        let finish = json!({"step": "finish", "walk": walk(), "listed": 2});
        assert!(matches!(
            read(&finish),
            Ok(Step::Finish(Finish { listed: 2, .. }))
        ));
        let failed = json!({"step": "failed", "id": "media-1", "status": "TIMED_OUT"});
        assert!(matches!(read(&failed), Ok(Step::Failed(Failed { status, .. })) if status == "TIMED_OUT"));
    }

    #[test]
    fn an_event_that_is_no_step_is_refused_with_what_is_wrong() {
        for (event, wrong) in [
            (json!({}), "missing field `step`"),
            (json!({"step": "delete"}), "unknown variant `delete`"),
            (json!({"step": "begin", "id": "1"}), "missing field `bucket`"),
            (
                json!({"step": "begin", "bucket": "a/b", "id": "1"}),
                "is not a bucket name",
            ),
            (
                json!({"step": "begin", "bucket": "media", "id": "1", "force": true}),
                "unknown field `force`",
            ),
            (
                json!({"step": "head", "batch": {"Items": [{"Key": "a"}]}}),
                "missing field `BatchInput`",
            ),
            (
                json!({"step": "finish", "walk": walk(), "listed": -1}),
                "invalid value",
            ),
            (json!([]), "missing field `step`"),
        ] {
            let said = read(&event).unwrap_err();
            assert!(said.contains(wrong), "{event}: {said}");
        }
    }

    #[test]
    fn the_state_machine_is_told_whether_trying_again_may_help() {
        let call = |kind| {
            let error = guardian_core::call::CallError {
                operation: "s3:GetObject",
                kind,
                message: "because".to_owned(),
            };
            Diagnostic::from(StepError::Walk(error.into())).error_type
        };
        use guardian_core::call::CallErrorKind;
        assert_eq!(call(CallErrorKind::Transient), "Transient");
        assert_eq!(call(CallErrorKind::AccessDenied), "Refused");
        let refused = guardian_core::call::CallError {
            operation: "s3:GetBucketAcl",
            kind: CallErrorKind::AccessDenied,
            message: "because".to_owned(),
        };
        let said = Diagnostic::from(StepError::Walk(refused.into())).error_message;
        assert!(said.contains("statement AskWhoseObjectsTheyAre"), "{said}");
        let event = StepError::Event("x".to_owned());
        assert_eq!(Diagnostic::from(event).error_type, "Refused");
    }
}
