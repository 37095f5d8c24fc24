use guardian_policy::{Access, Cause, Decision, PolicyDocument, PolicyKind, Question, evaluate};
use proptest::array::uniform10;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::plain;
use crate::worlds::{self, ACCOUNT, Known};

fn parse(policy: &Value) -> PolicyDocument {
    PolicyDocument::parse(&policy.to_string()).unwrap()
}

fn ask(policy: &Value, known: &Known, resources: &[String]) -> Decision {
    let context = worlds::context(known);
    let question = Question {
        account: ACCOUNT,
        action: "s3:GetObject",
        resources,
        context: &context,
        kind: PolicyKind::Bucket,
    };
    evaluate(Some(&parse(policy)), &question)
}

fn with(policy: &Value, at: usize, statement: Value, effect: &str) -> Value {
    let mut policy = policy.clone();
    let mut statement = statement;
    statement["Effect"] = json!(effect);
    let statements = policy["Statement"].as_array_mut().unwrap();
    statements.insert(at % (statements.len() + 1), statement);
    policy
}

fn objects() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(worlds::object(), 1..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn adding_an_allow_never_lowers_the_verdict(
        policy in worlds::policy(), more in worlds::statement(), at: usize, known in worlds::known(), objects in objects(),
    ) {
        let before = ask(&policy, &known, &objects).access();
        let after = ask(&with(&policy, at, more, "Allow"), &known, &objects).access();
        prop_assert!(after >= before, "{before} became {after}");
    }

    #[test]
    fn adding_a_deny_never_raises_the_verdict(
        policy in worlds::policy(), more in worlds::statement(), at: usize, known in worlds::known(), objects in objects(),
    ) {
        let before = ask(&policy, &known, &objects).access();
        let after = ask(&with(&policy, at, more, "Deny"), &known, &objects).access();
        prop_assert!(after <= before, "{before} became {after}");
    }

    #[test]
    fn allowed_is_allowed_for_every_member_and_every_completion(
        policy in worlds::policy(),
        known in worlds::known(),
        object in worlds::object(),
        choices in proptest::collection::vec(uniform10(any::<usize>()), 16),
    ) {
        let decision = ask(&policy, &known, std::slice::from_ref(&object));
        if decision.access() == Access::Allowed {
            for choices in &choices {
                let request = worlds::complete(&known, choices, &worlds::member(&object, choices));
                prop_assert!(plain::allows(&policy, &request), "{decision}\nbut not {request:?}");
            }
        }
    }

    #[test]
    fn the_example_of_a_denial_is_denied_in_every_completion(
        policy in worlds::policy(),
        known in worlds::known(),
        object in worlds::object(),
        choices in proptest::collection::vec(uniform10(any::<usize>()), 16),
    ) {
        let decision = ask(&policy, &known, std::slice::from_ref(&object));
        let example = decision.reasons().iter().find(|reason| reason.cause == Cause::NoAllow);
        if let Some(example) = example.and_then(|reason| reason.example.clone()) {
            prop_assert_eq!(ask(&policy, &known, std::slice::from_ref(&example)).access(), Access::Denied);
            for choices in &choices {
                let request = worlds::complete(&known, choices, &example);
                prop_assert!(!plain::allows(&policy, &request), "{decision}\nbut allowed {request:?}");
            }
        }
    }

    #[test]
    fn a_single_denied_object_is_denied_in_every_completion(
        policy in worlds::policy(),
        known in worlds::known(),
        object in "arn:aws:s3:::b/[ab/]{1,3}",
        choices in proptest::collection::vec(uniform10(any::<usize>()), 16),
    ) {
        let decision = ask(&policy, &known, std::slice::from_ref(&object));
        if decision.access() == Access::Denied {
            for choices in &choices {
                let request = worlds::complete(&known, choices, &object);
                prop_assert!(!plain::allows(&policy, &request), "{decision}\nbut allowed {request:?}");
            }
        }
    }

    #[test]
    fn with_everything_known_the_answer_is_that_of_the_plain_evaluator(
        policy in worlds::policy(),
        known in worlds::fully_known(),
        object in "arn:aws:s3:::b/[ab/]{1,3}",
        choices in uniform10(any::<usize>()),
    ) {
        // NotPrincipal with the account is left open on purpose.
        if policy.to_string().contains("NotPrincipal") {
            return Ok(());
        }
        let decision = ask(&policy, &known, std::slice::from_ref(&object));
        // Nor is it known which users a federated user stands for.
        if decision.reasons().iter().any(|reason| reason.cause == Cause::SomePrincipals) {
            return Ok(());
        }
        let expected = if plain::allows(&policy, &worlds::complete(&known, &choices, &object)) {
            Access::Allowed
        } else {
            Access::Denied
        };
        prop_assert_eq!(decision.access(), expected, "{}", decision);
    }

    #[test]
    fn a_set_is_judged_by_its_members(
        policy in worlds::policy(),
        known in worlds::known(),
        object in worlds::object(),
        choices in proptest::collection::vec(uniform10(any::<usize>()), 12),
    ) {
        let whole = ask(&policy, &known, std::slice::from_ref(&object)).access();
        for choices in &choices {
            let member = worlds::member(&object, choices);
            let part = ask(&policy, &known, std::slice::from_ref(&member)).access();
            // The worst of its members, of which not all are tried.
            prop_assert!(whole <= part, "{whole}, but `{member}` is {part}");
        }
    }

    #[test]
    fn a_union_is_as_good_as_its_worst_part(
        policy in worlds::policy(), known in worlds::known(), objects in objects(),
    ) {
        let whole = ask(&policy, &known, &objects).access();
        let parts = objects.iter().map(|object| ask(&policy, &known, std::slice::from_ref(object)).access());
        prop_assert_eq!(Some(whole), parts.min());
    }

    #[test]
    fn every_answer_says_why(policy in worlds::policy(), known in worlds::known(), objects in objects()) {
        let decision = ask(&policy, &known, &objects);
        prop_assert!(!decision.reasons().is_empty());
        prop_assert_eq!(decision.hinges_on().is_empty(), decision.access() != Access::Depends);
        prop_assert!(decision.to_string().lines().count() <= 3);
        let json = decision.to_json();
        prop_assert_eq!(json["verdict"].as_str(), Some(decision.access().as_str()));
    }
}
#[test]
fn the_random_questions_have_all_three_answers() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..1000 {
        let (policy, known, object) = (worlds::policy(), worlds::known(), worlds::object())
            .new_tree(&mut runner)
            .unwrap()
            .current();
        *counts
            .entry(ask(&policy, &known, &[object]).access())
            .or_insert(0) += 1;
    }
    assert!(
        counts.len() == 3 && counts.values().all(|count| *count > 50),
        "{counts:?}"
    );
}
