//! What the policies of a role or user allow it by themselves.
//!
//! Source: IAM User Guide, "Identity-based policies and resource-based policies" and "Policy evaluation logic": a
//! statement of an identity policy has no Principal, because it speaks of whom it is attached to; an explicit Deny in
//! any of the policies wins over every Allow in all of them.

use serde_json::{Value, json};

use crate::context::Context;
use crate::decision::Decision;
use crate::document::{ParseError, PolicyDocument, PolicyKind};
use crate::evaluate::{Question, evaluate};

#[cfg(test)]
mod tests;

/// The policies of one role or user, taken together.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityPolicies {
    /// Every statement of theirs, with the Principal put in that an identity policy leaves out.
    document: PolicyDocument,
}

impl IdentityPolicies {
    /// Reads the policies of one identity, in their order.
    ///
    /// Each must be of the version 2012-10-17: in older ones `${…}` is plain text.
    ///
    /// # Errors
    ///
    /// The first document that is none, with the place in it; also one with a Principal, or with a statement without
    /// Resource, neither of which IAM takes in an identity policy ("Grammar of the IAM JSON policy language").
    pub fn from_values<'v>(policies: impl IntoIterator<Item = &'v Value>) -> Result<Self, ParseError> {
        let mut all = Vec::new();
        for policy in policies {
            if policy.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
                return Err(ParseError::new("Version", "expected `2012-10-17`"));
            }
            let statements = match policy.get("Statement") {
                Some(Value::Array(statements)) => statements.as_slice(),
                Some(single) => std::slice::from_ref(single),
                None => return Err(ParseError::new("Statement", "required element is missing")),
            };
            for (index, statement) in statements.iter().enumerate() {
                all.push(of_the_identity(index, statement)?);
            }
        }
        let document = json!({"Version": "2012-10-17", "Statement": all});
        let document = PolicyDocument::from_value(document)?;
        Ok(Self { document })
    }

    /// Whether they allow the action on every one of these resources. `context` is what is known of the request: a
    /// request that was made has no unknown keys, so that its answer is never a Depends.
    ///
    /// What resource policies, boundaries and organisations add or take away is not in it. Indexes in the reasons count
    /// the statements of all policies.
    pub fn evaluate(&self, action: &str, resources: &[String], context: &Context) -> Decision {
        let question = Question {
            // Every statement speaks of the identity, whosever it is.
            account: "",
            action,
            resources,
            context,
            // Of the kinds of documents the one that names resources by their ARNs and adds nothing to what it says.
            kind: PolicyKind::Bucket,
        };
        evaluate(Some(&self.document), &question)
    }

    /// The statements of all policies, in their order.
    pub fn statements(&self) -> impl Iterator<Item = crate::Statement<'_>> {
        self.document.statements()
    }
}

fn of_the_identity(index: usize, statement: &Value) -> Result<Value, ParseError> {
    let place = |element: &str| format!("Statement[{index}]{element}");
    let Some(body) = statement.as_object() else {
        return Err(ParseError::new(place(""), "expected an object"));
    };
    for element in ["Principal", "NotPrincipal"] {
        if body.contains_key(element) {
            let reason = "an identity policy names no principal";
            return Err(ParseError::new(place(&format!(".{element}")), reason));
        }
    }
    if !body.contains_key("Resource") && !body.contains_key("NotResource") {
        return Err(ParseError::new(place(".Resource"), "required element is missing"));
    }
    let mut body = body.clone();
    body.insert("Principal".to_owned(), json!("*"));
    Ok(Value::Object(body))
}
