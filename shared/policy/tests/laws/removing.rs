use guardian_policy::{
    Access, Context, Effect, Merge, PolicyDocument, PolicyKind, Question, Removal, StatementChange, evaluate,
    foreign_statements_kept, merge_grant, remove_grant,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::merging::{BACKUP, READ, document, grant, resources, statements};
use crate::worlds::ACCOUNT;

/// Whether a statement plainly does nothing but grant the account some of these actions.
fn only_grants(statement: &Value, actions: &[&str]) -> bool {
    let many = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let names = many(&statement["Principal"]["AWS"]);
    let own = many(&statement["Action"]);
    statement["Effect"] == "Allow"
        && statement["Principal"]
            .as_object()
            .is_some_and(|kinds| kinds.len() == 1)
        && !names.is_empty()
        && names.iter().all(|name| {
            name.as_str()
                .is_some_and(|name| name.contains(ACCOUNT) && !name.contains('/'))
        })
        && !own.is_empty()
        && own.iter().all(|own| {
            own.as_str()
                .is_some_and(|own| actions.iter().any(|action| action.eq_ignore_ascii_case(own)))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn a_removal_takes_only_what_grants_the_account_and_says_what_is_left(
        value in document(), actions in select(vec![READ, BACKUP]), resources in resources(),
    ) {
        let before = PolicyDocument::parse(&value.to_string()).unwrap();
        let grant = grant(actions, &resources);
        let removal = remove_grant(&before, &grant, PolicyKind::Bucket).unwrap();
        let (after, remaining, kept) = match removal {
            Removal::Unchanged { kept } => (before.clone(), None, kept),
            Removal::Changed { document: after, change, kept, remaining } => {
                prop_assert!(foreign_statements_kept(Some(&before), &after, &change));
                let StatementChange::Removed { statements: gone } = change else {
                    return Err(TestCaseError::fail("no removal"));
                };
                prop_assert!(gone.iter().all(|gone| only_grants(&gone.statement, actions)));
                // Not only equivalent: the same JSON in the same order.
                let gone: Vec<usize> = gone.iter().map(|gone| gone.index).collect();
                let old: Vec<Value> = statements(&before)
                    .into_iter()
                    .enumerate()
                    .filter(|(index, _)| !gone.contains(index))
                    .map(|(_, statement)| statement)
                    .collect();
                prop_assert_eq!(old, statements(&after));
                for element in ["Version", "Id", "Comment"] {
                    prop_assert_eq!(before.as_value().get(element), after.as_value().get(element));
                }
                (after, Some(remaining), kept)
            }
        };
        // Removing twice is removing once.
        let again = remove_grant(&after, &grant, PolicyKind::Bucket).unwrap();
        prop_assert!(matches!(again, Removal::Unchanged { .. }), "{:?}", again);
        // Whatever still grants it is named, and whatever is named was there and allows.
        let context = Context::new().known("aws:PrincipalAccount", [ACCOUNT]);
        let denied = grant.actions.iter().all(|action| {
            let question = Question {
                account: ACCOUNT,
                action,
                resources: grant.resources,
                context: &context,
                kind: PolicyKind::Bucket,
            };
            let decision = evaluate(Some(&after), &question);
            decision.access() == Access::Denied && !decision.partially_allowed()
        });
        if let Some(remaining) = remaining {
            prop_assert_eq!(remaining.is_empty(), denied);
        }
        prop_assert!(denied || !kept.is_empty());
        for statement in &kept {
            let effect = before.statements().nth(statement.index).and_then(|statement| statement.effect());
            prop_assert_eq!(effect, Some(Effect::Allow));
        }
    }

    #[test]
    fn what_a_merge_adds_a_removal_takes_away(
        value in document(), actions in select(vec![READ, BACKUP]), resources in resources(),
    ) {
        let before = PolicyDocument::parse(&value.to_string()).unwrap();
        let grant = grant(actions, &resources);
        let without = |document: &PolicyDocument| match remove_grant(document, &grant, PolicyKind::Bucket).unwrap() {
            Removal::Unchanged { .. } => statements(document),
            Removal::Changed { document, .. } => statements(&document),
        };
        if let Ok(Merge::Changed { document: merged, .. }) = merge_grant(Some(&before), &grant, PolicyKind::Bucket) {
            prop_assert_eq!(without(&merged), without(&before));
        }
    }
}
