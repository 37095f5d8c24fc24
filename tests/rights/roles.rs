//! The roles as CloudFormation would make them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use guardian_core::right::Role;
use guardian_policy::IdentityPolicies;
use serde_json::{Value, json};

use crate::emulator::{python, say};
use crate::guardian::run;

/// The first run fetches 340 MB.
const LIMIT: Duration = Duration::from_secs(900);

/// `tests/emulators/setup` says so where it cannot make the environment.
const CANNOT: i32 = 77;

/// The roles of one set of parameters, as JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Roles(BTreeMap<String, Value>);

impl Roles {
    /// The template with each of these sets of parameters put in; `None`, and loudly, where this machine cannot have the
    /// tools.
    pub(crate) fn with(sets: &[Value]) -> Option<Vec<Self>> {
        // Says loudly, or fails, where there is no Python at all.
        python()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/template/roles");
        let done = run(Command::new(script), &json!(sets).to_string(), LIMIT);
        if done.status == Some(CANNOT) {
            let required = std::env::var_os("GUARDIAN_REQUIRE_EMULATORS").is_some_and(|value| value == "1");
            assert!(!required, "{}", done.stderr);
            say(&format!(
                "SKIPPED: the template cannot be expanded here: {}",
                done.stderr.trim()
            ));
            return None;
        }
        let roles: Vec<BTreeMap<String, Value>> = serde_json::from_str(&done.expect(0).stdout).unwrap();
        Some(roles.into_iter().map(Self).collect())
    }

    /// The same with the stack's own things in the place of their names in the template.
    pub(crate) fn of_the_stack(&self, things: &[(String, String)]) -> Self {
        let mut text = json!(self.0).to_string();
        for (name, arn) in things {
            text = text.replace(&format!("<{name}>"), arn);
        }
        Self(serde_json::from_str(&text).unwrap())
    }

    pub(crate) fn has(&self, role: Role) -> bool {
        self.0.contains_key(role.logical_id())
    }

    /// The logical ids.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What IAM would evaluate for a session of the role.
    pub(crate) fn policies(&self, role: Role) -> IdentityPolicies {
        IdentityPolicies::from_values(self.documents(role)).unwrap()
    }

    fn documents(&self, role: Role) -> impl Iterator<Item = &Value> {
        let policies = self
            .0
            .get(role.logical_id())
            .and_then(|role| role.get("Policies"));
        let policies = policies.and_then(Value::as_array).into_iter().flatten();
        policies.map(|policy| &policy["PolicyDocument"])
    }

    /// The statements of the role's policies with this effect.
    pub(crate) fn statements(&self, role: Role, effect: &str) -> Vec<&Value> {
        let all = self
            .documents(role)
            .flat_map(|document| texts_or(&document["Statement"]));
        all.filter(|statement| statement["Effect"] == effect).collect()
    }

    /// The same roles after somebody changed every statement that this holds for.
    pub(crate) fn changed(&self, mut change: impl FnMut(&str, &mut Value)) -> Self {
        let mut roles = self.clone();
        for (name, role) in &mut roles.0 {
            for policy in role["Policies"].as_array_mut().unwrap() {
                for statement in policy["PolicyDocument"]["Statement"].as_array_mut().unwrap() {
                    change(name, statement);
                }
            }
        }
        roles
    }
}

/// One or many.
fn texts_or(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        one => std::slice::from_ref(one),
    }
}

/// An element of a statement that is a text or several.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    texts_or(value).iter().filter_map(Value::as_str).collect()
}
