//! The roles of the template and the table of rights in the code are one and the same, whatever the parameters.

use guardian_core::right::{Condition, GIVEN, Role, Statement, When};
use serde_json::{Value, json};

use crate::roles::{Roles, texts};

const BUCKETS: [&str; 2] = ["arn:aws:s3:::images-*", "arn:aws:s3:::media"];
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/*";
/// In another account and another Region than the stack.
const TOPIC: &str = "arn:aws:sns:us-east-1:444455556666:alerts";
const TOPIC_KEY: &str = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Resources of the stack that are there with one value of a parameter only, in statements that are always there.
const ONLY_WITH: [(&str, &str, &str); 7] = [
    ("${ObjectQueue.Arn}", "WatchObjects", "yes"),
    ("${ObjectRule.Arn}", "WatchObjects", "yes"),
    ("${ObjectDataEventRule.Arn}", "WatchObjects", "yes"),
    ("${ObjectEncryptionRule.Arn}", "WatchObjects", "yes"),
    ("${BrokenWalkRule.Arn}", "Census", "full"),
    ("${AlertTopic}", "AlertTopicArn", ""),
    ("${AlertTopicArn}", "AlertTopicArn", GIVEN),
];

/// The parameters that rights hang on, each with its values from the least to the most.
fn parameters() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        ("Mode", vec![json!("observe"), json!("repair")]),
        ("KeyArns", vec![json!([""]), json!([KEY])]),
        ("KeyTag", vec![json!(""), json!("cloudinary-guardian=media")]),
        ("ManageNotifications", vec![json!("no"), json!("yes")]),
        ("AlertTopicArn", vec![json!(""), json!(TOPIC)]),
        ("AlertTopicKeyArn", vec![json!(""), json!(TOPIC_KEY)]),
        ("WatchObjects", vec![json!("no"), json!("yes")]),
        ("Census", vec![json!("off"), json!("sample"), json!("full")]),
        ("Tracing", vec![json!("off"), json!("on")]),
    ]
}

/// A stack that is set to something.
struct Set(Value);

impl Set {
    /// The least and the most that can be set, and from both of them each parameter changed by itself.
    fn every() -> Vec<Self> {
        let ends = [false, true].map(|is_most| {
            let mut set = json!({"BucketArns": BUCKETS, "AllowedClouds": ["demo", "demo-*"]});
            for (name, values) in parameters() {
                let end = if is_most { values.last() } else { values.first() };
                set[name] = end.unwrap().clone();
            }
            set
        });
        let mut sets = ends.to_vec();
        for end in &ends {
            for (name, values) in parameters() {
                for value in values {
                    let mut set = end.clone();
                    set[name] = value;
                    if !sets.contains(&set) {
                        sets.push(set);
                    }
                }
            }
        }
        sets.into_iter().map(Self).collect()
    }

    fn is(&self, parameter: &str, value: &str) -> bool {
        let set = &self.0[parameter];
        assert!(
            !set.is_null(),
            "`{parameter}` is not among the parameters of this test"
        );
        if value == GIVEN {
            *set != json!([""]) && *set != json!("")
        } else {
            set == value
        }
    }

    fn holds(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::With(parameters) => parameters.iter().all(|(name, value)| self.is(name, value)),
            When::Objects => self.is("WatchObjects", "yes") || !self.is("Census", "off"),
        }
    }

    /// Whether the stack has this resource of its own at all.
    fn has(&self, resource: &str) -> bool {
        let mut only = ONLY_WITH.iter().filter(|(name, ..)| *name == resource);
        only.all(|(_, parameter, value)| self.is(parameter, value))
    }

    /// The resources of a statement as the expanded template writes them.
    fn resources(&self, statement: &Statement) -> Vec<String> {
        let mut resources = Vec::new();
        for text in statement.resources {
            let text = resolved(text).replace("${KeyArns}", KEY);
            if let Some(path) = text.strip_prefix("${BucketArns}") {
                resources.extend(BUCKETS.iter().map(|bucket| format!("{bucket}{path}")));
            } else if self.has(&text) {
                let text = text
                    .replace("${AlertTopicArn}", TOPIC)
                    .replace("${AlertTopicKeyArn}", TOPIC_KEY);
                resources.push(text.replace("${", "<").replace('}', ">"));
            }
        }
        resources
    }
}

/// A text of the template with the place of the stack put in.
fn resolved(text: &str) -> String {
    text.replace("${AWS::Partition}", "aws")
        .replace("${AWS::Region}", "eu-west-1")
        .replace("${AWS::AccountId}", "111122223333")
        .replace("${AWS::StackName}", "guardian")
        .replace("${Tag}", "media")
        .replace("${TopicRegion}", "us-east-1")
}

fn condition(condition: Condition) -> Value {
    match condition {
        Condition::None => Value::Null,
        Condition::Equals(key, value) => json!({"StringEquals": {key: resolved(value)}}),
        Condition::Pages(pages) => json!({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": pages}}),
    }
}

#[test]
fn every_role_grants_what_the_table_says_and_nothing_else() {
    let sets = Set::every();
    let parameters: Vec<Value> = sets.iter().map(|Set(set)| set.clone()).collect();
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
