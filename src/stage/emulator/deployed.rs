//! A stack that is deployed in the emulator: what its parts are called, and, where its functions run, how events reach
//! them and what came of it.

use std::time::{Duration, Instant, SystemTime};

use guardian_aws::Stack;
use guardian_core::alert::TransitionKind;
use guardian_core::finding::Code;
use guardian_core::name::Resource;
use guardian_reconcile::{Report, Said};
use serde_json::Value;

use super::clients::Clients;
use super::queues::Told;
use crate::stage::StageError;

/// How long the functions may take over one step. What they failed on comes again after minutes only, so this is how
/// a failure shows.
const PATIENCE: Duration = Duration::from_secs(150);

const PAUSE: Duration = Duration::from_millis(20);

const WHAT: &str = "read the description of the deployed stack";

/// A deployed stack.
#[derive(Debug, Clone)]
pub struct Deployed {
    pub(super) stack: Stack,
    /// None where the emulator runs no functions: then the router and the reconciler run here, on the stack's queues,
    /// table and topic.
    pub(super) functions: Option<Functions>,
}

/// The queues around the functions of a deployed stack.
#[derive(Debug, Clone)]
pub(super) struct Functions {
    /// What is put here is put on the event bus, where the stack's rules take it up.
    events: String,
    /// Where the schedule's event goes: a rule with a schedule looks at no event.
    ingest: String,
    /// Every queue that an event passes, in the order in which it does.
    passed: Vec<String>,
    /// Subscribed to the stack's topic.
    told: String,
}

impl Deployed {
    /// Reads the description: the stack's outputs under their own names, and, where its functions run, the queues
    /// around them as `Functions: {Events, Passed, Told}`.
    ///
    /// # Errors
    ///
    /// Names what is missing.
    pub fn parse(text: &str) -> Result<Self, StageError> {
        let all: Value = serde_json::from_str(text).map_err(|error| StageError::new(WHAT, error))?;
        let ingest = text_of(&all, "IngestQueueUrl")?;
        let functions = all.get("Functions").map(|queues| {
            let passed = queues.get("Passed").and_then(Value::as_array);
            let passed = passed.ok_or_else(|| missing("Passed"))?.iter();
            let passed = passed.map(|url| url.as_str().map(str::to_owned).ok_or_else(|| missing("Passed")));
            Ok(Functions {
                events: text_of(queues, "Events")?,
                ingest: ingest.clone(),
                passed: passed.collect::<Result<_, StageError>>()?,
                told: text_of(queues, "Told")?,
            })
        });
        Ok(Self {
            stack: Stack {
                table: Some(text_of(&all, "LedgerTable")?),
                topic_arn: Some(text_of(&all, "AlertTopicArn")?),
                work_queue_url: Some(text_of(&all, "WorkQueueUrl")?),
                ingest_queue_url: Some(ingest),
                census_state_machine: None,
            },
            functions: functions.transpose()?,
        })
    }
}

fn text_of(all: &Value, name: &'static str) -> Result<String, StageError> {
    let text = all.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> StageError {
    StageError::new(WHAT, format!("it has no `{name}`"))
}

impl Functions {
    /// Has the events delivered and waits until the functions have dealt with all that came of them. Answers with what
    /// people were told, and how long after the first event the last word about a repair was.
    pub(super) async fn pump(
        &self,
        clients: &Clients,
        events: &[Value],
    ) -> Result<(Vec<Report>, Option<Duration>), StageError> {
        let began = SystemTime::now();
        for event in events {
            let scheduled = event.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event");
            let to = if scheduled { &self.ingest } else { &self.events };
            clients.send(to, &event.to_string()).await?;
        }
        self.come_to_rest(clients).await?;
        let told = clients.told(&self.told).await?;
        let reports: Vec<(SystemTime, Report)> = told.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let repaired = reports.iter().filter(|(_, report)| {
            report
                .said
                .iter()
                .any(|said| said.kind == TransitionKind::Repaired)
        });
        let last = repaired.map(|(at, _)| *at).max();
        let took = last.and_then(|last| last.duration_since(began).ok());
        Ok((reports.into_iter().map(|(_, report)| report).collect(), took))
    }

    /// A message is taken out of a queue only when what came of it is in the next one: queues that were seen empty one
    /// after the other, in this order and twice, are.
    async fn come_to_rest(&self, clients: &Clients) -> Result<(), StageError> {
        let began = Instant::now();
        loop {
            let mut busy = None;
            for queue in self.passed.iter().chain(&self.passed) {
                let waiting = clients.waiting(queue).await?;
                if waiting > 0 {
                    busy = Some((queue, waiting));
                    break;
                }
            }
            match busy {
                None => return Ok(()),
                Some((queue, waiting)) if began.elapsed() > PATIENCE => {
                    let why = format!(
                        "{waiting} messages are in {queue} after {} s; the functions' logs say why",
                        PATIENCE.as_secs()
                    );
                    return Err(StageError::new("come to rest", why));
                }
                Some(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

/// What a message of the topic says (docs/alert.schema.json), and when it came.
fn read(told: &Told) -> Result<(SystemTime, Report), StageError> {
    const WHAT: &str = "read what was told";
    let failed = |why: &str| StageError::new(WHAT, format!("{why}: {}", told.body));
    let envelope: Value = serde_json::from_str(&told.body).map_err(|error| StageError::new(WHAT, error))?;
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let message = text(&envelope, "/Message").ok_or_else(|| failed("it is no notification"))?;
    let subject = text(&envelope, "/Subject").unwrap_or_default();
    let body: Value = serde_json::from_str(&message).map_err(|error| StageError::new(WHAT, error))?;
    let kind = body.pointer("/transition/kind").cloned().unwrap_or_default();
    let kind: TransitionKind = serde_json::from_value(kind).map_err(|error| StageError::new(WHAT, error))?;
    let resource = text(&body, "/resource").ok_or_else(|| failed("it has no resource"))?;
    let resource: Resource = resource.parse().map_err(|error| StageError::new(WHAT, error))?;
    let id = text(&body, "/transition/id").ok_or_else(|| failed("it has no id"))?;
    let code = body.pointer("/finding/code").cloned().unwrap_or_default();
    let code: Code = serde_json::from_value(code).map_err(|error| StageError::new(WHAT, error))?;
    let event = text(&body, "/cause/event").unwrap_or_default();
    let report = Report {
        said: vec![Said {
            id,
            code,
            kind,
            subject,
            text: text(&body, "/finding/message").unwrap_or_default(),
        }],
        ..Report::new(resource, &event)
    };
    Ok((told.at, report))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn description() -> Value {
        json!({
            "LedgerTable": "ledger", "AlertTopicArn": "arn:aws:sns:eu-west-1:123456789012:alerts",
            "IngestQueueUrl": "ingest", "WorkQueueUrl": "work",
        })
    }

    #[test]
    fn a_stack_is_described_by_its_outputs_alone_where_no_functions_run() {
        let deployed = Deployed::parse(&description().to_string()).unwrap();
        assert!(deployed.functions.is_none());
        assert_eq!(deployed.stack.work_queue_url.as_deref(), Some("work"));
    }

    #[test]
    fn what_is_missing_is_named() {
        for name in ["LedgerTable", "AlertTopicArn", "IngestQueueUrl", "WorkQueueUrl"] {
            let mut without = description();
            without.as_object_mut().unwrap().remove(name);
            let error = Deployed::parse(&without.to_string()).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        let mut without = description();
        without["Functions"] = json!({"Events": "events", "Told": "told"});
        let error = Deployed::parse(&without.to_string()).unwrap_err();
        assert!(error.to_string().contains("Passed"), "{error}");
    }

    #[test]
    fn a_message_of_the_topic_says_what_was_told_of_which_resource() {
        let message = json!({
            "kind": "incident", "resource": "bucket:media",
            "transition": {"id": "grant-missing/bucket:media/1", "kind": "repaired"},
            "finding": {"code": "grant-missing", "message": "no statement"},
            "cause": {"event": "DeleteBucketPolicy"},
        });
        let body = json!({"Message": message.to_string(), "Subject": "repaired"}).to_string();
        let told = Told {
            at: SystemTime::UNIX_EPOCH,
            body,
        };
        let (_, report) = read(&told).unwrap();
        assert_eq!(report.resource.to_string(), "bucket:media");
        assert_eq!(report.event, "DeleteBucketPolicy");
        let said = report.said.first().unwrap();
        assert_eq!(
            (said.kind, said.id.as_str()),
            (TransitionKind::Repaired, "grant-missing/bucket:media/1")
        );
    }
}
