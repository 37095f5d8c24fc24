//! Requests against roles, both ways.

use guardian_core::right::{Caller, Role};
use guardian_policy::{Access, IdentityPolicies};
use serde_json::{Value, json};

use crate::request::Request;
use crate::roles::{Roles, texts};

/// What is wrong: requests that no role allows, and rights that no request needs.
pub(crate) fn complaints(roles: &Roles, requests: &[Request]) -> Vec<String> {
    let mut complaints = refused(roles, requests);
    complaints.extend(unused(roles, requests));
    complaints
}

/// The requests that the role of their function does not allow.
fn refused(roles: &Roles, requests: &[Request]) -> Vec<String> {
    let mut complaints = Vec::new();
    for role in Role::ALL {
        let policies = roles.policies(role);
        for request in requests.iter().filter(|request| request.role == role) {
            let resources = [request.resource.clone()];
            let decision = policies.evaluate(request.action, &resources, &request.context);
            if decision.access() != Access::Allowed {
                complaints.push(format!(
                    "{} does not allow {} on {}: {}",
                    role.logical_id(),
                    request.action,
                    request.resource,
                    decision.to_json()
                ));
            }
        }
    }
    complaints.sort();
    complaints.dedup();
    complaints
}

/// The rights to do one thing on one resource that no request made use of. Not those that AWS's own services use.
fn unused(roles: &Roles, requests: &[Request]) -> Vec<String> {
    let mut complaints = Vec::new();
    for role in Role::ALL {
        for statement in roles.statements(role, "Allow") {
            for action in texts(&statement["Action"]) {
                if is_a_services(role, statement, action) {
                    continue;
                }
                for resource in texts(&statement["Resource"]) {
                    let alone = alone(statement, action, resource);
                    let is_used = requests.iter().any(|request| {
                        let asked = [request.resource.clone()];
                        request.role == role
                            && request.action == action
                            && alone.evaluate(action, &asked, &request.context).access() == Access::Allowed
                    });
                    if !is_used {
                        complaints.push(format!(
                            "{} grants {action} on {resource} in {}, and nothing needs it",
                            role.logical_id(),
                            statement["Sid"]
                        ));
                    }
                }
            }
        }
    }
    complaints
}

/// What one right allows by itself.
fn alone(statement: &Value, action: &str, resource: &str) -> IdentityPolicies {
    let mut statement = statement.clone();
    statement["Action"] = json!(action);
    statement["Resource"] = json!(resource);
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    IdentityPolicies::from_values([&document]).unwrap()
}

/// Whether the table says that it is a service of AWS that uses the right on our behalf.
fn is_a_services(role: Role, statement: &Value, action: &str) -> bool {
    role.statements()
        .iter()
        .filter(|known| statement["Sid"] == known.sid)
        .flat_map(|known| known.rights)
        .any(|right| right.action == action && matches!(right.caller, Caller::Service(_)))
}
