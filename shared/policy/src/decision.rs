//! What an evaluation came to, and why.

use std::fmt;

use serde_json::{Value, json};

use crate::statement::StatementRef;

mod text;

/// The three answers, from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Some resource of the set is certainly denied: by a statement, or because nothing allows it.
    Denied,
    /// No resource is certainly denied, but some hinge on what is not known.
    Depends,
    /// Proven for every resource of the set.
    Allowed,
}

impl Access {
    /// `allowed`, `denied` or `depends`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Depends => "depends",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a statement, or the lack of one, does to the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The statement allows this part.
    Allow,
    /// The statement denies this part.
    ExplicitDeny,
    /// Nothing allows this part.
    NoAllow,
    /// There is no document, so nothing allows anything.
    NoPolicy,
    /// The statement allows this part if its condition holds, which hinges on these keys.
    AllowIf {
        /// Condition keys as the statement spells them.
        keys: Vec<String>,
    },
    /// The statement denies this part if its condition holds, which hinges on these keys.
    DenyIf {
        /// Condition keys as the statement spells them.
        keys: Vec<String>,
    },
    /// The statement applies to some principals; whether the caller is one of them is not known.
    SomePrincipals,
    /// The statement speaks of this part only by way of a policy variable or a doubtful ARN pattern.
    DoubtfulResource,
    /// The statement has an element that IAM does not know.
    UnknownElement {
        /// Its name.
        name: String,
    },
    /// The statement would allow this part, but names only particular principals, not the account.
    NarrowPrincipal,
    /// The statement would allow this part, but its condition does not hold for the request.
    ConditionFails {
        /// The first key that fails.
        keys: Vec<String>,
    },
    /// The statement would allow the action, but speaks of another key, or of none.
    Inert,
    /// Deciding this part exactly takes more work than is allowed.
    TooComplex,
    /// No resources were asked about.
    NothingAsked,
    /// The statement makes the bucket policy public, and `RestrictPublicBuckets` stops all cross-account
    /// access then.
    RestrictPublicBuckets,
    /// Whether the policy is public is not certain, and `RestrictPublicBuckets` would stop all cross-account
    /// access.
    PerhapsPublic {
        /// Why it is not certain.
        why: String,
    },
    /// Bucket policies do not reach objects that other accounts own.
    ForeignObjects,
    /// The caller must send `x-amz-request-payer`.
    RequesterPays,
}

/// One reason of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The part of the resource set it holds for, as patterns.
    pub resources: Vec<String>,
    /// What is taken out of that part, as patterns.
    pub except: Vec<String>,
    /// A resource of that part, where one was looked for.
    pub example: Option<String>,
    /// The statement, where it is about one.
    pub statement: Option<StatementRef>,
    /// The resource control policy that the statement is in, counted from 0, where it is in one.
    pub control_policy: Option<usize>,
    /// What it does.
    pub cause: Cause,
}

impl Reason {
    pub(crate) fn new(cause: Cause) -> Self {
        Self {
            resources: Vec::new(),
            except: Vec::new(),
            example: None,
            statement: None,
            control_policy: None,
            cause,
        }
    }

    pub(crate) fn of(mut self, statement: StatementRef) -> Self {
        self.statement = Some(statement);
        self
    }

    pub(crate) fn on(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources.extend(resources);
        self
    }

    pub(crate) fn except(mut self, except: impl IntoIterator<Item = String>) -> Self {
        self.except.extend(except);
        self
    }

    pub(crate) fn example(mut self, example: Option<String>) -> Self {
        self.example = example;
        self
    }

    /// The condition keys it hinges on.
    pub fn keys(&self) -> Vec<String> {
        match &self.cause {
            Cause::AllowIf { keys } | Cause::DenyIf { keys } => keys.clone(),
            Cause::SomePrincipals => vec!["aws:PrincipalArn".to_owned()],
            _ => Vec::new(),
        }
    }

    /// The cause as one stable word.
    pub fn code(&self) -> &'static str {
        match self.cause {
            Cause::Allow => "allow",
            Cause::ExplicitDeny => "explicit-deny",
            Cause::NoAllow => "no-allow",
            Cause::NoPolicy => "no-policy",
            Cause::AllowIf { .. } => "allow-if",
            Cause::DenyIf { .. } => "deny-if",
            Cause::SomePrincipals => "some-principals",
            Cause::DoubtfulResource => "doubtful-resource",
            Cause::UnknownElement { .. } => "unknown-element",
            Cause::NarrowPrincipal => "narrow-principal",
            Cause::ConditionFails { .. } => "condition-fails",
            Cause::Inert => "inert",
            Cause::TooComplex => "too-complex",
            Cause::NothingAsked => "nothing-asked",
            Cause::RestrictPublicBuckets => "restrict-public-buckets",
            Cause::PerhapsPublic { .. } => "perhaps-public",
            Cause::ForeignObjects => "foreign-objects",
            Cause::RequesterPays => "requester-pays",
        }
    }

    /// Statement, cause, part and keys, for machines; `text` is the same for people.
    pub fn to_json(&self) -> Value {
        let mut json = json!({ "cause": self.code(), "text": self.to_string() });
        let mut put = |name: &str, value: Value| {
            if let Some(fields) = json.as_object_mut() {
                fields.insert(name.to_owned(), value);
            }
        };
        if let Some(statement) = &self.statement {
            put("statement", json!(statement.index));
            put("sid", json!(statement.sid));
        }
        if let Some(index) = self.control_policy {
            put("control_policy", json!(index));
        }
        if !self.resources.is_empty() {
            put("resources", json!(self.resources));
        }
        if !self.except.is_empty() {
            put("except", json!(self.except));
        }
        if let Some(example) = &self.example {
            put("example", json!(example));
        }
        let keys = self.keys();
        if !keys.is_empty() {
            put("keys", json!(keys));
        }
        json
    }
}

/// The answer to a question, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub(crate) access: Access,
    pub(crate) action: String,
    pub(crate) resources: Vec<String>,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) some_allowed: bool,
}

impl Decision {
    /// The answer.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The action that was asked about.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resources that were asked about.
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// What decided, most important first. Of an Allowed they are the statements that allow, of a Denied
    /// those that deny or fail to allow, of a Depends those that leave it open.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Some part is denied by a statement or setting, rather than merely not allowed.
    pub fn part_denied_explicitly(&self) -> bool {
        self.reasons
            .iter()
            .any(|reason| matches!(reason.cause, Cause::ExplicitDeny | Cause::RestrictPublicBuckets))
    }

    /// The condition keys that a Depends hinges on, each once.
    pub fn hinges_on(&self) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        if self.access == Access::Depends {
            for key in self.reasons.iter().flat_map(Reason::keys) {
                if !keys.iter().any(|known| known.eq_ignore_ascii_case(&key)) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    /// Some resources of the set are allowed, and the others merely not allowed.
    pub fn partially_allowed(&self) -> bool {
        self.access == Access::Denied && self.some_allowed && !self.part_denied_explicitly()
    }

    /// `{"verdict", "because": […]}` and what was asked.
    pub fn to_json(&self) -> Value {
        json!({
            "verdict": self.access.as_str(),
            "action": self.action,
            "resources": self.resources,
            "because": self.reasons.iter().map(Reason::to_json).collect::<Vec<_>>(),
        })
    }
}
