//! Queues: whether each is there, takes what the rules send, keeps what fails, and holds nothing that failed.

use serde_json::{Value, json};

use super::super::Judgement;
use super::sending::may_send;
use super::{Stack, unread};
use crate::alert::quoted;
use crate::finding::{Code, Finding, Subject, Verdict};
use crate::observation::{QueueObservation, QueueState};
use crate::parts::{OwnQueue, OwnRule};

pub(super) fn judge(stack: Stack<'_>, seen: &QueueObservation) -> Judgement {
    let queue = &seen.queue;
    let finding = |code, message, evidence| {
        let finding = Finding::new(code, Subject::Part(queue.part()), message, evidence);
        Judgement::of(Verdict::Readable, finding)
    };
    let state = match &seen.state {
        Ok(Some(state)) => state,
        Ok(None) => {
            let message = format!(
                "the queue `{}` ({}) does not exist; delete the stack and deploy it again",
                queue.name(),
                queue.logical
            );
            return finding(
                Code::QueueMissing,
                message,
                json!({"queue": queue.url, "logical": queue.logical}),
            );
        }
        Err(unknown) => return Judgement::of(Verdict::Readable, unread(queue.part(), unknown)),
    };
    let mut judgement = Judgement::default();
    let (differs, attributes) = differences(stack, queue, state);
    if !differs.is_empty() {
        let message = format!(
            "the queue `{}` ({}): {}; put it back: `aws sqs set-queue-attributes --queue-url {} --attributes {}`",
            queue.name(),
            queue.logical,
            differs.join(", "),
            quoted(&queue.url),
            quoted(&attributes.to_string())
        );
        let evidence = json!({
            "queue": queue.url, "logical": queue.logical, "differs": differs,
            "policy": state.policy, "redrive": state.redrive, "kms_key": state.kms_key,
        });
        judgement.absorb(finding(Code::QueueChanged, message, evidence));
    }
    let holds_failures = queue.expected().is_some_and(|expected| expected.is_dead_letters);
    if holds_failures && state.messages > 0 {
        let count = match state.messages {
            1 => "a message".to_owned(),
            many => format!("about {many} messages"),
        };
        let message = format!(
            "the queue `{}` ({}) holds {count}; {}",
            queue.name(),
            queue.logical,
            cure(stack, queue)
        );
        let evidence = json!({"queue": queue.url, "logical": queue.logical, "messages": state.messages});
        judgement.absorb(finding(Code::DeadLetters, message, evidence));
    }
    judgement
}

/// Messages go back only to the queue they came from: from one of EventBridge's there is no way back (SQS API Reference,
/// StartMessageMoveTask: "Non-SQS queue sources of dead-letter queues … are currently not supported"), and none is
/// needed, for the state tells what the event did.
fn cure(stack: Stack<'_>, queue: &OwnQueue) -> String {
    let feeds = |other: &&OwnQueue| {
        let to = other
            .expected()
            .and_then(|expected| expected.dead_letters.as_deref());
        to == Some(queue.logical.as_str())
    };
    if stack.parts.queues.iter().any(|other| feeds(&other)) {
        format!(
            "have them tried again: `aws sqs start-message-move-task --source-arn {}`",
            quoted(&stack.queue_arn(queue))
        )
    } else {
        format!(
            "the sweep has looked at everything since; once the reason is settled, throw them away: `aws sqs purge-queue --queue-url {}`",
            quoted(&queue.url)
        )
    }
}

/// What differs from the template, and the attributes that put it back.
fn differences(stack: Stack<'_>, queue: &OwnQueue, state: &QueueState) -> (Vec<String>, Value) {
    let (mut differs, mut attributes) = (Vec::new(), serde_json::Map::new());
    let dead_letters = queue
        .expected()
        .and_then(|expected| expected.dead_letters.as_deref());
    if let Some(dead_letters) = dead_letters.and_then(|logical| stack.queue(logical)) {
        let arn = stack.queue_arn(dead_letters);
        let redrive: Option<Value> = state
            .redrive
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let to = redrive
            .as_ref()
            .and_then(|redrive| redrive.get("deadLetterTargetArn"));
        if to.and_then(Value::as_str) != Some(arn.as_str()) {
            differs
                .push("what fails again and again does not go to the stack's dead-letter queue".to_owned());
            let redrive = json!({"deadLetterTargetArn": arn, "maxReceiveCount": "5"});
            attributes.insert("RedrivePolicy".to_owned(), redrive.to_string().into());
        }
    }
    let senders = senders(stack, queue);
    if !senders.is_empty() {
        let shut_out: Vec<&str> = senders
            .iter()
            .filter(|rule| !may_send(stack, queue, state.policy.as_deref(), &rule.name))
            .map(|rule| rule.logical.as_str())
            .collect();
        if !shut_out.is_empty() {
            differs.push(format!(
                "its policy does not let these rules send: {}",
                shut_out.join(", ")
            ));
            attributes.insert(
                "Policy".to_owned(),
                policy(stack, queue, &senders).to_string().into(),
            );
        }
        if let Some(key) = &state.kms_key {
            // "EventBridge … to an encrypted queue" wants the service in the key's policy (EventBridge User Guide,
            // "Amazon SQS permissions"); the template's own encryption wants nothing.
            differs.push(format!(
                "it is under the KMS key `{key}` and not under SQS's own encryption"
            ));
            attributes.insert("SqsManagedSseEnabled".to_owned(), "true".into());
        }
    }
    (differs, Value::Object(attributes))
}

/// The rules that send to the queue what they match, or what could not be delivered.
fn senders<'a>(stack: Stack<'a>, queue: &OwnQueue) -> Vec<&'a OwnRule> {
    let sends = |rule: &&OwnRule| {
        rule.expected()
            .is_some_and(|rule| rule.target == queue.logical || rule.dead_letters == queue.logical)
    };
    stack.parts.rules.iter().filter(sends).collect()
}

fn policy(stack: Stack<'_>, queue: &OwnQueue, senders: &[&OwnRule]) -> Value {
    let sources: Vec<String> = senders.iter().map(|rule| stack.rule_arn(&rule.name)).collect();
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "OnlyTheRulesOfThisStackSend", "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": stack.queue_arn(queue),
        "Condition": {
            "StringEquals": {"aws:SourceAccount": stack.settings.account},
            "ArnEquals": {"aws:SourceArn": sources},
        },
    }]})
}
