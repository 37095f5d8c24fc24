//! Equivalence under what AWS does to a document.

use guardian_policy::{PolicyDocument, PolicyKind, Question, difference, equivalent, evaluate};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::worlds;

/// A random source that is used up bit by bit.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.roll(at + 1));
        }
    }
}

/// The document as AWS might give it back.
fn rewritten(policy: &Value, dice: &mut Dice) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    for statement in statements.iter_mut() {
        *statement = rewritten_statement(statement, dice);
    }
    dice.shuffle(statements);
    if statements.len() == 1 && dice.roll(2) == 0 {
        policy["Statement"] = policy["Statement"][0].take();
    }
    reordered(&policy, dice)
}

fn rewritten_statement(statement: &Value, dice: &mut Dice) -> Value {
    let mut body = statement.as_object().unwrap().clone();
    for (name, value) in &mut body {
        match name.as_str() {
            "Action" | "NotAction" => {
                *value = list(value, dice, |text, dice| {
                    if dice.roll(3) == 0 {
                        text.to_uppercase()
                    } else {
                        text
                    }
                });
            }
            "Resource" | "NotResource" => *value = list(value, dice, |text, _| text),
            "Principal" | "NotPrincipal" => *value = principal(value, dice),
            "Condition" => {
                for keys in value.as_object_mut().unwrap().values_mut() {
                    let renamed = keys.as_object().unwrap().iter().map(|(key, values)| {
                        let key = if dice.roll(2) == 0 {
                            key.to_uppercase()
                        } else {
                            key.clone()
                        };
                        (key, list(values, dice, |text, _| text))
                    });
                    *keys = Value::Object(renamed.collect::<Map<_, _>>());
                    for values in keys.as_object_mut().unwrap().values_mut() {
                        untext(values, dice);
                    }
                }
            }
            _ => {}
        }
    }
    reordered(&Value::Object(body), dice)
}

/// `"true"` and `"10"` without their quotes.
fn untext(values: &mut Value, dice: &mut Dice) {
    let bare = match values.as_str() {
        Some("true") => json!(true),
        Some("false") => json!(false),
        Some("10") => json!(10),
        _ => return,
    };
    if dice.roll(2) == 0 {
        *values = bare;
    }
}

fn principal(value: &Value, dice: &mut Dice) -> Value {
    if value == "*" {
        return if dice.roll(2) == 0 {
            json!({ "AWS": "*" })
        } else {
            json!("*")
        };
    }
    let mut kinds = value.as_object().unwrap().clone();
    for names in kinds.values_mut() {
        *names = list(names, dice, |name, dice| {
            let is_id = name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit());
            if is_id && dice.roll(2) == 0 {
                format!("arn:aws:iam::{name}:root")
            } else {
                name
            }
        });
    }
    Value::Object(kinds)
}

fn list(value: &Value, dice: &mut Dice, mut form: impl FnMut(String, &mut Dice) -> String) -> Value {
    let texts = match value {
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    };
    let mut texts: Vec<Value> = texts
        .into_iter()
        .map(|text| {
            text.as_str()
                .map(|text| json!(form(text.to_owned(), dice)))
                .unwrap_or(text)
        })
        .collect();
    dice.shuffle(&mut texts);
    if texts.len() == 1 && dice.roll(2) == 0 {
        texts.remove(0)
    } else {
        Value::Array(texts)
    }
}

fn reordered(value: &Value, dice: &mut Dice) -> Value {
    let mut entries: Vec<(String, Value)> = value.as_object().unwrap().clone().into_iter().collect();
    dice.shuffle(&mut entries);
    Value::Object(entries.into_iter().collect())
}

fn parse(value: &Value) -> PolicyDocument {
    PolicyDocument::parse(&value.to_string()).unwrap()
}

/// The document after a change that AWS would not make.
fn changed(policy: &Value, which: usize) -> Option<Value> {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    let at = which % statements.len().max(1);
    let statement = statements.get_mut(at)?;
    match which % 6 {
        0 => drop(statements.remove(at)),
        1 => {
            statement["Effect"] = json!(if statement["Effect"] == "Allow" {
                "Deny"
            } else {
                "Allow"
            })
        }
        2 => statement["Sid"] = json!("Other"),
        3 => statement["Resource"] = json!("arn:aws:s3:::b/changed"),
        4 => statement["Action"] = json!("s3:Changed"),
        _ => statement["Condition"] = json!({ "StringEquals": { "k:Changed": "x" } }),
    }
    (which % 6 != 3 || statement_has(&policy, at, "Resource")).then_some(policy)
}

fn statement_has(policy: &Value, at: usize, element: &str) -> bool {
    policy["Statement"][at].get(element).is_some()
        && policy["Statement"][at].get(format!("Not{element}")).is_none()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn a_rewritten_document_is_equivalent(policy in worlds::policy(), first: u64, second: u64) {
        let original = parse(&policy);
        let one = parse(&rewritten(&policy, &mut Dice(first)));
        let two = parse(&rewritten(&policy, &mut Dice(second)));
        // Reflexive, symmetric and, by way of the original, transitive.
        prop_assert!(equivalent(&original, &original));
        prop_assert!(equivalent(&original, &one) && equivalent(&one, &original));
        prop_assert!(equivalent(&one, &two), "{}\n{}", one.to_compact_json(), two.to_compact_json());
        prop_assert_eq!(one.canonical_hash(), two.canonical_hash());
        prop_assert!(difference(&one, &two).is_empty());
    }

    #[test]
    fn a_rewritten_document_gives_the_same_answers(
        policy in worlds::policy(), dice: u64, known in worlds::known(), object in worlds::object(),
    ) {
        let context = worlds::context(&known);
        let resources = [object];
        let question = Question {
            account: worlds::ACCOUNT,
            action: "s3:GetObject",
            resources: &resources,
            context: &context,
            kind: PolicyKind::Bucket,
        };
        let before = evaluate(Some(&parse(&policy)), &question);
        let after = evaluate(Some(&parse(&rewritten(&policy, &mut Dice(dice)))), &question);
        prop_assert_eq!(before.access(), after.access());
    }

    #[test]
    fn a_changed_document_is_not_equivalent(policy in worlds::policy(), which: usize, dice: u64) {
        if let Some(changed) = changed(&policy, which) {
            let original = parse(&rewritten(&policy, &mut Dice(dice)));
            if let Ok(changed) = PolicyDocument::parse(&changed.to_string()) {
                prop_assert!(!equivalent(&original, &changed));
                prop_assert!(!difference(&original, &changed).is_empty());
                prop_assert_ne!(original.canonical_hash(), changed.canonical_hash());
            }
        }
    }

    #[test]
    fn a_document_goes_back_as_it_came(policy in worlds::policy(), dice: u64) {
        let text = rewritten(&policy, &mut Dice(dice)).to_string();
        prop_assert_eq!(PolicyDocument::parse(&text).unwrap().to_compact_json(), text);
    }
}
