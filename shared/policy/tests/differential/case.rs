//! One generated case: a request of which everything is known, and what somebody might know of it.

use std::fmt;

use guardian_policy::{
    Decision, Knowledge, PolicyDocument, PolicyKind, Question, Setting, Surroundings, evaluate_within,
};
use serde_json::{Map, Value, json};

use crate::choices::Choices;
use crate::worlds;
use crate::worlds::known::{self, Known};
use crate::worlds::vocabulary::{ACCOUNT, CALLERS, KEYS, OWNER, Type};

pub(crate) struct Case {
    number: u64,
    pub(crate) kind: PolicyKind,
    pub(crate) policy: Value,
    pub(crate) controls: Vec<Value>,
    restrict: bool,
    action: &'static str,
    /// A set, as a pattern.
    set: String,
    /// A member of it.
    object: String,
    /// The member was named as an example of what is denied.
    pub(crate) is_example: bool,
    caller: usize,
    request: Known,
    known: Known,
}

/// Bytes of a series, apart from those of any other number.
fn bytes(seed: u64, number: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03);
    (0..128)
        .flat_map(|_| {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)).to_le_bytes()
        })
        .collect()
}

impl Case {
    pub(crate) fn generate(seed: u64, number: u64) -> Self {
        let bytes = bytes(seed, number);
        let mut choices = Choices::new(&bytes);
        let flavor = number % 8;
        let kind = if flavor == 7 {
            PolicyKind::Key
        } else {
            PolicyKind::Bucket
        };
        let asked = worlds::asked(&mut choices, kind);
        let caller = choices.below(CALLERS.len());
        let request = known::fully_known(&mut choices, caller);
        let known = known::less_known(&mut choices, &request);
        let controls = if flavor == 6 {
            vec![worlds::policy(&mut choices, PolicyKind::ResourceControl)]
        } else {
            Vec::new()
        };
        let object = worlds::member(&asked.resource, &mut choices);
        let wants_example = choices.one_in(2);
        let policy = worlds::policy(&mut choices, kind);
        let mut case = Self {
            number,
            kind,
            policy,
            controls,
            restrict: flavor == 5,
            action: asked.action,
            set: asked.resource,
            object,
            is_example: false,
            caller,
            request,
            known,
        };
        if wants_example {
            let of_the_set = case.ask_of_the_set();
            let example = of_the_set
                .reasons()
                .iter()
                .find_map(|reason| reason.example.clone())
                // No object has an empty key, and what has wildcards is a set for the simulator.
                .filter(|example| !example.ends_with(":b/") && !example.contains(['*', '?']));
            if let Some(example) = example {
                case.object = example;
                case.is_example = true;
            }
        }
        case
    }

    /// As the simulator is asked.
    pub(crate) fn question(&self) -> Value {
        let mut keys = Map::new();
        for ((name, kind, _), known) in KEYS.iter().zip(&self.request) {
            if let Knowledge::Known(values) = known {
                let value = match kind {
                    Type::Texts => json!(values),
                    _ => json!(values[0]),
                };
                keys.insert((*name).to_owned(), value);
            }
        }
        json!({
            "policy": self.policy,
            "controls": self.controls,
            "restrict": self.restrict,
            "principal": CALLERS[self.caller].0,
            "action": self.action,
            "resource": self.object,
            "owner": OWNER,
            "keys": keys,
        })
    }

    pub(crate) fn ask(&self) -> Decision {
        self.decide(&self.request, &self.object)
    }

    pub(crate) fn ask_knowing_less(&self) -> Decision {
        self.decide(&self.known, &self.object)
    }

    pub(crate) fn ask_of_the_set(&self) -> Decision {
        self.decide(&self.known, &self.set)
    }

    fn decide(&self, known: &Known, resource: &str) -> Decision {
        let read = |value: &Value| PolicyDocument::parse(&value.to_string()).unwrap();
        let policy = read(&self.policy);
        let controls: Vec<PolicyDocument> = self.controls.iter().map(read).collect();
        let context = known::context(known);
        let question = Question {
            account: ACCOUNT,
            action: self.action,
            resources: &[resource.to_owned()],
            context: &context,
            kind: self.kind,
        };
        let surroundings = Surroundings {
            owner: Some(OWNER),
            restrict_public_buckets: if self.restrict { Setting::On } else { Setting::Off },
            resource_control_policies: &controls,
            ..Surroundings::default()
        };
        evaluate_within(Some(&policy), &question, &surroundings)
    }

    pub(crate) fn caller(&self) -> (&'static str, &'static str) {
        CALLERS[self.caller]
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        KEYS.iter()
            .zip(&self.request)
            .any(|((name, ..), known)| name.eq_ignore_ascii_case(key) && matches!(known, Knowledge::Known(_)))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "case {}, set {}, knowing {:?}\n{}",
            self.number,
            self.set,
            self.known,
            self.question()
        )
    }
}
