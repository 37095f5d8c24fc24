use guardian_policy::{
    Access, Cause, Context, Decision, Effect, Knowledge, PolicyDocument, PolicyKind, Question, Setting,
    Surroundings, evaluate as ask, evaluate_within,
};
use serde_json::{Value, json};

use super::choices::Choices;
use super::worlds::vocabulary::{ACCOUNT, CALLERS};
use super::worlds::{self, known as knowledge};
use super::{document, kind};

/// Work that was cut short has no law to keep but this: it is never an Allowed.
fn is_cut_short(decision: &Decision) -> bool {
    decision
        .reasons()
        .iter()
        .any(|reason| reason.cause == Cause::TooComplex)
}

struct Asker<'a> {
    action: &'a str,
    kind: PolicyKind,
}

impl Asker<'_> {
    fn ask(&self, document: &PolicyDocument, context: &Context, resources: &[String]) -> Decision {
        let question = Question {
            account: ACCOUNT,
            action: self.action,
            resources,
            context,
            kind: self.kind,
        };
        let decision = ask(Some(document), &question);
        // What `RCPFullAWSAccess` allows has no statement of the document to name.
        let is_default = self.kind == PolicyKind::ResourceControl && decision.access() == Access::Allowed;
        assert!(
            is_default || !decision.reasons().is_empty(),
            "{} of {resources:?} without a reason: {}",
            decision.access(),
            document.to_compact_json()
        );
        assert_eq!(decision.to_json()["verdict"], decision.access().as_str());
        if is_cut_short(&decision) {
            assert_eq!(decision.access(), Access::Depends);
        }
        decision
    }
}

/// The laws of evaluation, for any document and any question.
pub(super) fn evaluate(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let kind = kind(&mut choices);
    let asked = worlds::asked(&mut choices, kind);
    let caller = choices.below(CALLERS.len());
    let request = knowledge::fully_known(&mut choices, caller);
    let known = knowledge::less_known(&mut choices, &request);
    let (whole, part) = (knowledge::context(&request), knowledge::context(&known));
    let member = worlds::member(&asked.resource, &mut choices);
    let more = worlds::statement(&mut choices, kind);
    let other = worlds::asked(&mut choices, kind).resource;
    let at = choices.below(8);
    let Some(document) = document(choices, kind) else {
        return;
    };

    let asker = Asker {
        action: asked.action,
        kind,
    };
    let set = [asked.resource];
    let decision = asker.ask(&document, &part, &set);
    let access = decision.access();

    // Every member of the set is at least as well off as the whole.
    let one = asker.ask(&document, &part, std::slice::from_ref(&member));
    if !is_cut_short(&decision) && !is_cut_short(&one) {
        assert!(access <= one.access(), "{decision}\nbut {one}");
    }
    // Knowing more settles the open answers and no others.
    let settled = asker.ask(&document, &whole, std::slice::from_ref(&member));
    if access == Access::Allowed {
        assert_eq!(settled.access(), Access::Allowed, "{decision}\nbut {settled}");
    }
    if one.access() == Access::Denied && !is_cut_short(&settled) {
        assert_eq!(settled.access(), Access::Denied, "{one}\nbut {settled}");
    }
    // A union is as good as its worst part.
    let second = asker.ask(&document, &part, std::slice::from_ref(&other));
    let both = asker.ask(&document, &part, &[set[0].clone(), other]);
    if ![&decision, &second, &both].into_iter().any(is_cut_short) {
        assert_eq!(both.access(), access.min(second.access()));
    }
    assert!(both.access() <= access || is_cut_short(&decision) || is_cut_short(&both));

    // Another Allow never lowers the answer, another Deny never raises it.
    for (effect, may_be) in [
        ("Allow", [Access::Allowed, Access::Depends, Access::Denied]),
        ("Deny", [Access::Denied, Access::Depends, Access::Allowed]),
    ] {
        let mut more = more.clone();
        more["Effect"] = json!(effect);
        let after = asker.ask(&with(&document, at, more), &part, &set);
        if !is_cut_short(&after) && !is_cut_short(&decision) {
            let place = |access: Access| may_be.iter().position(|may_be| *may_be == access);
            assert!(
                place(after.access()) <= place(access),
                "{effect}: {decision}\nbecame {after}"
            );
        }
    }
    // A Deny for everyone is final.
    let resource = if kind == PolicyKind::Key {
        "*"
    } else {
        "arn:aws:s3:::b/*"
    };
    let wall = json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": resource });
    let walled = asker.ask(&with(&document, at, wall), &part, &set);
    assert!(
        walled.access() == Access::Denied || is_cut_short(&walled),
        "{walled}"
    );

    // An Allow that hinges on what nobody can know is never Allowed; neither is an unknown operator, which is
    // no policy at all.
    if kind != PolicyKind::ResourceControl {
        let hedged = hedged(&document, "StringEquals");
        let hedged = PolicyDocument::from_value(hedged).map(|document| asker.ask(&document, &part, &set));
        assert!(hedged.is_ok_and(|decision| decision.access() != Access::Allowed));
        if document
            .statements()
            .any(|statement| statement.effect() == Some(Effect::Allow))
        {
            assert!(PolicyDocument::from_value(self::hedged(&document, "StringEqualsMaybe")).is_err());
        }
    }
    // What stands around a policy only takes away.
    let control = with(&document, at, more);
    let surroundings = Surroundings {
        owner: None,
        restrict_public_buckets: Setting::On,
        foreign_objects: Setting::Unknown,
        requester_pays: Setting::Off,
        resource_control_policies: std::slice::from_ref(&control),
    };
    let question = Question {
        account: ACCOUNT,
        action: asked.action,
        resources: &set,
        context: &part,
        kind,
    };
    let within = evaluate_within(Some(&document), &question, &surroundings);
    assert!(within.access() <= access, "{decision}\nbecame {within}");
    assert!(!within.to_string().is_empty());
    // Nothing known at all is allowed only if everything is.
    let blind = asker.ask(&document, &Context::new(), &set);
    if blind.access() == Access::Allowed {
        assert!(
            access == Access::Allowed || is_cut_short(&decision),
            "{blind}\nbut {decision}\n{}\n{part:?}",
            document.to_compact_json()
        );
    }
    debug_assert!(!request.contains(&Knowledge::Unknown));
}

fn statements(document: &PolicyDocument) -> Vec<Value> {
    document
        .statements()
        .map(|statement| statement.value().clone())
        .collect()
}

fn rebuilt(document: &PolicyDocument, statements: Vec<Value>) -> Value {
    let mut value = document.as_value().clone();
    value["Statement"] = Value::Array(statements);
    value
}

fn with(document: &PolicyDocument, at: usize, more: Value) -> PolicyDocument {
    let mut statements = statements(document);
    statements.insert(at % (statements.len() + 1), more);
    super::read(&rebuilt(document, statements))
}

/// Every Allow with one more condition, on a key of which nothing is known.
fn hedged(document: &PolicyDocument, operator: &str) -> Value {
    let mut statements = statements(document);
    for statement in &mut statements {
        let is_allow = statement["Effect"]
            .as_str()
            .is_some_and(|effect| effect.eq_ignore_ascii_case("Allow"));
        if is_allow && let Some(body) = statement.as_object_mut() {
            let condition = body.entry("Condition").or_insert_with(|| json!({}));
            // Beside what is there, however that spells the operator.
            let conditions = condition.as_object_mut();
            let keys = conditions.map(|conditions| conditions.entry(operator).or_insert_with(|| json!({})));
            if let Some(keys) = keys.and_then(Value::as_object_mut) {
                keys.insert("aws:PrincipalTag/nobody-knows".into(), json!("yes"));
            }
        }
    }
    rebuilt(document, statements)
}
