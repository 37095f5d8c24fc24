//! The roles of the template and the table of rights in the code are one and the same, whatever the parameters.

use guardian_core::right::{Condition, Role, Statement, When};
use serde_json::{Value, json};

use crate::roles::{Roles, texts};

/// A stack that is set to something.
struct Set {
    repairs: bool,
    keys: bool,
    objects: bool,
    census: &'static str,
}

const BUCKETS: [&str; 2] = ["arn:aws:s3:::images-*", "arn:aws:s3:::media"];
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/*";

impl Set {
    fn every() -> Vec<Self> {
        let mut sets = Vec::new();
        for (repairs, keys) in [(false, false), (false, true), (true, false), (true, true)] {
            for objects in [false, true] {
                for census in ["off", "sample", "full"] {
                    sets.push(Self {
                        repairs,
                        keys,
                        objects,
                        census,
                    });
                }
            }
        }
        sets
    }

    fn parameters(&self) -> Value {
        json!({
            "Mode": if self.repairs { "repair" } else { "observe" },
            "BucketArns": BUCKETS,
            "AllowedClouds": ["demo", "demo-*"],
            "KeyArns": if self.keys { vec![KEY] } else { vec![""] },
            "WatchObjects": if self.objects { "yes" } else { "no" },
            "Census": self.census,
        })
    }

    fn holds(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Repair => self.repairs,
            When::RepairKeys => self.repairs && self.keys,
            When::Objects => self.objects || self.census != "off",
            When::FullCensus => self.census == "full",
        }
    }

    /// The resources of a statement as the expanded template writes them.
    fn resources(&self, statement: &Statement) -> Vec<String> {
        let mut resources = Vec::new();
        for text in statement.resources {
            let text = text
                .replace("${AWS::Partition}", "aws")
                .replace("${AWS::Region}", "eu-west-1")
                .replace("${AWS::AccountId}", "111122223333")
                .replace("${AWS::StackName}", "guardian")
                .replace("${KeyArns}", KEY);
            if let Some(path) = text.strip_prefix("${BucketArns}") {
                resources.extend(BUCKETS.iter().map(|bucket| format!("{bucket}{path}")));
            } else if text != "${ObjectQueue.Arn}" || self.objects {
                resources.push(text.replace("${", "<").replace('}', ">"));
            }
        }
        resources
    }
}

fn condition(condition: Condition) -> Value {
    match condition {
        Condition::None => Value::Null,
        Condition::OwnAccount => json!({"StringEquals": {"aws:ResourceAccount": "111122223333"}}),
        Condition::Pages(pages) => json!({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": pages}}),
    }
}

#[test]
fn every_role_grants_what_the_table_says_and_nothing_else() {
    let sets = Set::every();
    let parameters: Vec<Value> = sets.iter().map(Set::parameters).collect();
    let Some(expanded) = Roles::with(&parameters) else {
        return;
    };
    for ((set, roles), parameters) in sets.iter().zip(&expanded).zip(&parameters) {
        let known: Vec<&str> = Role::ALL.into_iter().map(Role::logical_id).collect();
        for name in roles.names() {
            assert!(known.contains(&name), "{name} is in no table of rights");
        }
        for role in Role::ALL {
            let expected: Vec<&Statement> = role
                .statements()
                .iter()
                .filter(|statement| set.holds(statement.when))
                .collect();
            assert_eq!(roles.has(role), !expected.is_empty(), "{role:?} {parameters}");
            let found = roles.statements(role, "Allow");
            let sids: Vec<&str> = found
                .iter()
                .map(|statement| statement["Sid"].as_str().unwrap())
                .collect();
            let in_table: Vec<&str> = expected.iter().map(|statement| statement.sid).collect();
            assert_eq!(sids, in_table, "{role:?} {parameters}");
            for (found, expected) in found.into_iter().zip(expected) {
                let place = format!("{role:?}, statement {}, {parameters}", expected.sid);
                let actions: Vec<&str> = expected.rights.iter().map(|right| right.action).collect();
                assert_eq!(texts(&found["Action"]), actions, "{place}");
                assert_eq!(texts(&found["Resource"]), set.resources(expected), "{place}");
                assert_eq!(found["Condition"], condition(expected.condition), "{place}");
            }
            let denied: Vec<(&str, &str)> = roles
                .statements(role, "Deny")
                .into_iter()
                .map(|statement| {
                    let action = statement["Action"].as_str().unwrap();
                    (statement["Sid"].as_str().unwrap(), action)
                })
                .collect();
            let in_table: Vec<(&str, &str)> = role
                .denials()
                .iter()
                .filter(|denial| set.holds(denial.when))
                .map(|denial| (denial.sid, denial.action))
                .collect();
            assert_eq!(denied, in_table, "{role:?} {parameters}");
        }
    }
}
