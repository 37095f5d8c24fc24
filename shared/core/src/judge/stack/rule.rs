//! Event rules: whether each is there, enabled, and hands on what it should to where it should.

use serde_json::{Value, json};

use super::super::Judgement;
use super::{Stack, unread};
use crate::alert::quoted;
use crate::finding::{Code, Finding, Subject, Verdict};
use crate::observation::{RuleObservation, RuleState, RuleTarget};
use crate::parts::{ExpectedRule, is_expected_pattern};

pub(super) fn judge(stack: Stack<'_>, seen: &RuleObservation) -> Judgement {
    let (rule, subject) = (&seen.rule, Subject::Part(seen.rule.part()));
    let name = &rule.name;
    let add = |judgement: &mut Judgement, finding| judgement.add(Verdict::Readable, finding);
    let mut judgement = Judgement::default();
    let state = match &seen.state {
        Ok(Some(state)) => state,
        Ok(None) => {
            let message = format!(
                "the rule `{name}` ({}) does not exist; make it again: {}",
                rule.logical,
                commands(stack, name, rule.expected())
            );
            let evidence = json!({"rule": name, "logical": rule.logical});
            add(
                &mut judgement,
                Finding::new(Code::RuleMissing, subject, message, evidence),
            );
            return judgement;
        }
        Err(unknown) => {
            add(&mut judgement, unread(rule.part(), unknown));
            return judgement;
        }
    };
    if !state.enabled {
        let message = format!(
            "the rule `{name}` ({}) is disabled: `aws events enable-rule --name {}`",
            rule.logical,
            quoted(name)
        );
        let evidence = json!({"rule": name, "logical": rule.logical, "state": "DISABLED"});
        add(
            &mut judgement,
            Finding::new(Code::RuleDisabled, subject.clone(), message, evidence),
        );
    }
    let Some(expected) = rule.expected() else {
        return judgement;
    };
    let mut differs = Vec::from_iter(of_state(stack, expected, state));
    match &seen.targets {
        Ok(targets) => differs.extend(of_targets(stack, expected, targets)),
        Err(unknown) => add(&mut judgement, unread(rule.part(), unknown)),
    }
    if !differs.is_empty() {
        let message = format!(
            "the rule `{name}` ({}): {}; put it back: {}",
            rule.logical,
            differs.join(", "),
            commands(stack, name, Some(expected))
        );
        let evidence = json!({
            "rule": name, "logical": rule.logical, "differs": differs,
            "pattern": state.pattern, "schedule": state.schedule,
            "targets": seen.targets.as_ref().map(|targets| targets.iter().map(|target| &target.arn).collect::<Vec<_>>()).unwrap_or_default(),
        });
        add(
            &mut judgement,
            Finding::new(Code::RuleChanged, subject, message, evidence),
        );
    }
    judgement
}

fn of_state(stack: Stack<'_>, expected: &ExpectedRule, state: &RuleState) -> Option<&'static str> {
    match &expected.pattern {
        Some(pattern) => {
            let found = state
                .pattern
                .as_deref()
                .and_then(|text| serde_json::from_str::<Value>(text).ok());
            let same = found.is_some_and(|found| is_expected_pattern(pattern, &found));
            (!same).then_some("its event pattern is another")
        }
        None => {
            let same = state.schedule.as_deref() == Some(stack.parts.sweep.as_str());
            (!same).then_some("its schedule is another")
        }
    }
}

fn of_targets(stack: Stack<'_>, expected: &ExpectedRule, targets: &[RuleTarget]) -> Vec<&'static str> {
    // A function's ARN is not known here; its events are rewritten on purpose.
    let Some(queue) = stack.queue(&expected.target) else {
        return Vec::from_iter(targets.is_empty().then_some("it has no target"));
    };
    let arn = stack.queue_arn(queue);
    let ours: Vec<&RuleTarget> = targets.iter().filter(|target| target.arn == arn).collect();
    // Any one that gets the event as it is will do.
    let Some(whole) = ours.iter().find(|target| !target.rewritten) else {
        return Vec::from([if ours.is_empty() {
            "its target is not the stack's queue"
        } else {
            "the stack's queue gets something else than the event"
        }]);
    };
    let dead_letters = stack
        .queue(&expected.dead_letters)
        .map(|queue| stack.queue_arn(queue));
    let lost = dead_letters.is_some() && whole.dead_letters != dead_letters;
    Vec::from_iter(lost.then_some("what cannot be delivered is not kept in the stack's queue"))
}

/// What makes the rule what it should be.
fn commands(stack: Stack<'_>, name: &str, expected: Option<&ExpectedRule>) -> String {
    let Some((expected, queue)) = expected.and_then(|rule| Some((rule, stack.queue(&rule.target)?))) else {
        return "deploy the stack anew".to_owned();
    };
    let name = quoted(name);
    let (what, names) = match &expected.pattern {
        Some(pattern) => {
            let text = pattern.to_string();
            let names = if text.contains('<') {
                " (the stack's own name, id or ARN in the place of what stands in `<…>`)"
            } else {
                ""
            };
            (format!("--event-pattern {}", quoted(&text)), names)
        }
        None => (
            format!("--schedule-expression {}", quoted(stack.parts.sweep.as_str())),
            "",
        ),
    };
    let mut target = json!({"Id": "ingest", "Arn": stack.queue_arn(queue)});
    if let (Some(queue), Value::Object(target)) = (stack.queue(&expected.dead_letters), &mut target) {
        target.insert(
            "DeadLetterConfig".to_owned(),
            json!({"Arn": stack.queue_arn(queue)}),
        );
    }
    let targets = quoted(&json!([target]).to_string());
    format!(
        "`aws events put-rule --name {name} --state ENABLED {what}`{names}, then `aws events put-targets --rule {name} --targets {targets}`"
    )
}
