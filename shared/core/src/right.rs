//! The rights of the guardian's roles: what template.yaml gives, what needs it, and what is lost without it.
//!
//! One table, from which `docs/permissions.md` is made, by which a refused call is told together with the statement that
//! should have allowed it, and against which the roles and every recorded call are held (`tests/rights`). A right that is
//! new in template.yaml is added here, in the order of the template.

use serde_json::Value;

use crate::call::{CallError, CallErrorKind};
use crate::finding::Subject;
use crate::parts::PartKind;

mod census;
mod operation;
mod reconciler;
mod router;
#[cfg(test)]
mod tests;

pub use operation::{OPERATIONS, Operation, action_of};

/// A role of template.yaml.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The router's.
    Router,
    /// The reconciler's.
    Reconciler,
    /// That of the function which takes the steps of a walk over every object.
    Census,
    /// That of the state machine which calls it.
    CensusStateMachine,
}

impl Role {
    /// All of them, in the order of the template.
    pub const ALL: [Self; 4] = [
        Self::Router,
        Self::Reconciler,
        Self::Census,
        Self::CensusStateMachine,
    ];

    /// What template.yaml calls it.
    #[must_use]
    pub fn logical_id(self) -> &'static str {
        match self {
            Self::Router => "RouterRole",
            Self::Reconciler => "ReconcilerRole",
            Self::Census => "CensusRole",
            Self::CensusStateMachine => "CensusStateMachineRole",
        }
    }

    /// Its Allow statements.
    #[must_use]
    pub fn statements(self) -> &'static [Statement] {
        match self {
            Self::Router => router::STATEMENTS,
            Self::Reconciler => reconciler::STATEMENTS,
            Self::Census => census::STATEMENTS,
            Self::CensusStateMachine => census::OF_THE_STATE_MACHINE,
        }
    }

    /// Its Deny statements, which no Allow anywhere overrules.
    #[must_use]
    pub fn denials(self) -> &'static [Denial] {
        match self {
            Self::Reconciler => reconciler::DENIALS,
            Self::Router | Self::Census | Self::CensusStateMachine => &[],
        }
    }
}

/// An Allow statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Its Sid, unique within the role.
    pub sid: &'static str,
    /// With which parameters of the stack it is there.
    pub when: When,
    /// Its resources as the template writes them: `${Ledger.Arn}`, `${BucketArns}/*` for each entry of the list, `*`.
    pub resources: &'static [&'static str],
    /// Its condition.
    pub condition: Condition,
    /// What it allows.
    pub rights: &'static [Right],
}

/// One action that a statement allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    /// The IAM action.
    pub action: &'static str,
    /// Who makes the call.
    pub caller: Caller,
    /// What needs it.
    pub needed: &'static str,
    /// What is lost without it.
    pub without: &'static str,
}

/// Who makes the calls of a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The guardian's own code.
    Guardian,
    /// A service of AWS on its behalf, as this page of AWS says.
    Service(&'static str),
}

/// With which parameters of the stack a statement is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In every stack.
    Always,
    /// Where each of these parameters has this value; [`GIVEN`] is any but the empty one.
    With(&'static [(&'static str, &'static str)]),
    /// `WatchObjects=yes`, or `Census` other than `off`.
    Objects,
}

/// In [`When::With`]: the parameter is not left empty.
pub const GIVEN: &str = "…";

impl When {
    /// `Mode=repair`.
    pub(crate) const REPAIR: Self = Self::With(&[("Mode", "repair")]);
    /// `Census=full`.
    pub(crate) const FULL_CENSUS: Self = Self::With(&[("Census", "full")]);
    /// `Tracing=on`.
    pub(crate) const TRACED: Self = Self::With(&[("Tracing", "on")]);

    /// The parameters in words; none where it is always there.
    #[must_use]
    pub fn text(self) -> Option<String> {
        match self {
            Self::Always => None,
            Self::With(parameters) => {
                let said = |(parameter, value): &(&str, &str)| format!("{parameter}={value}");
                Some(parameters.iter().map(said).collect::<Vec<_>>().join(" and "))
            }
            Self::Objects => Some("WatchObjects=yes or Census=sample or full".to_owned()),
        }
    }
}

/// The condition of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// None.
    None,
    /// `StringEquals`: this key has this value, as the template writes it; `${Tag}` is what stands behind the `=` of
    /// `KeyTag`, `${TopicRegion}` the Region of `AlertTopicKeyArn`.
    Equals(&'static str, &'static str),
    /// `dynamodb:LeadingKeys`: every partition key of the request is like one of these.
    Pages(&'static [&'static str]),
}

impl Condition {
    /// The resource is the stack's account's: an S3 ARN names none, so that a pattern would fit strangers' buckets too.
    pub(crate) const OWN_ACCOUNT: Self = Self::Equals("aws:ResourceAccount", "${AWS::AccountId}");
}

/// A Deny statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial {
    /// Its Sid.
    pub sid: &'static str,
    /// With which parameters it is there.
    pub when: When,
    /// The action.
    pub action: &'static str,
    /// What is denied.
    pub what: &'static str,
}

/// The statements of a role that allow the action.
pub fn granting(role: Role, action: &str) -> impl Iterator<Item = &'static Statement> {
    role.statements()
        .iter()
        .filter(move |statement| statement.rights.iter().any(|right| right.action == action))
}

/// Where template.yaml gives the role this right: `statement LookAtBuckets of ReconcilerRole in template.yaml`.
#[must_use]
pub fn given(role: Role, action: &str) -> Option<String> {
    let statements: Vec<String> = granting(role, action).map(told).collect();
    (!statements.is_empty()).then(|| {
        let statements = statements.join(", or ");
        format!("{statements} of {} in template.yaml", role.logical_id())
    })
}

/// Which right a call was refused, and where template.yaml gives it; `None` where the call failed otherwise, or where
/// nothing gives it.
#[must_use]
pub fn refused(role: Role, error: &CallError) -> Option<String> {
    let given = given(role, error.operation).filter(|_| error.kind == CallErrorKind::AccessDenied)?;
    Some(format!("`{}`: {given}", error.operation))
}

/// The same for what a finding is about, with the resource. Findings are the reconciler's.
#[must_use]
pub fn refused_on(subject: &Subject, error: &CallError) -> Option<String> {
    let given =
        given(Role::Reconciler, error.operation).filter(|_| error.kind == CallErrorKind::AccessDenied)?;
    let resource = resource_of(subject, error.operation)?;
    Some(format!("`{}` on `{resource}` ({given})", error.operation))
}

/// Notes in a finding's evidence the statements that give the right of a refused call, as `Role.Sid`.
pub fn into_evidence(evidence: &mut Value, error: &CallError) {
    let role = Role::Reconciler;
    let given: Vec<String> = granting(role, error.operation)
        .map(|statement| format!("{}.{}", role.logical_id(), statement.sid))
        .collect();
    if let Value::Object(evidence) = evidence
        && error.kind == CallErrorKind::AccessDenied
        && !given.is_empty()
    {
        evidence.insert("granted_by".to_owned(), given.into());
    }
}

fn told(statement: &'static Statement) -> String {
    match statement.when.text() {
        None => format!("statement {}", statement.sid),
        Some(when) => format!("statement {} (with {when})", statement.sid),
    }
}

/// What the action is authorised on. Cloudinary's account, and with it every bucket that can be guarded, is in the
/// partition `aws`.
fn resource_of(subject: &Subject, action: &str) -> Option<String> {
    match subject {
        Subject::Bucket(bucket) if action == "s3:GetObject" || action == "s3:PutObject" => {
            Some(format!("arn:aws:s3:::{bucket}/*"))
        }
        Subject::Bucket(bucket) => Some(format!("arn:aws:s3:::{bucket}")),
        Subject::Marker(bucket, key) => Some(format!("arn:aws:s3:::{bucket}/{key}")),
        Subject::Key(arn) => Some(arn.to_string()),
        // A name says neither Region nor account: the resource as a policy would have it.
        Subject::Part(part) => match part.kind {
            PartKind::Trails => Some("*".to_owned()),
            PartKind::Trail | PartKind::Topic => Some(part.name.clone()),
            PartKind::Rule => Some(format!("arn:aws:events:*:*:rule/{}", part.name)),
            PartKind::Queue => Some(format!("arn:aws:sqs:*:*:{}", part.name)),
            PartKind::Schedule => None,
        },
        Subject::NamedKey(_) => None,
    }
}
