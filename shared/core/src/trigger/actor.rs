//! Who did it, as far as the event says.

use serde_json::Value;

use super::field::{first, shown, text};
use super::tool;
use crate::cause::Actor;

/// Where a CloudTrail record names the principal, the best place first. For an assumed role the ARN ends in
/// the session, which tells people apart that share a role. Service events have none but `invokedBy`;
/// `sessionIssuer` is `{}` for a console login of an IAM user.
const PRINCIPALS: [&str; 6] = [
    "/userIdentity/arn",
    "/userIdentity/sessionContext/sessionIssuer/arn",
    "/userIdentity/userName",
    "/userIdentity/invokedBy",
    "/userIdentity/principalId",
    "/userIdentity/accountId",
];

/// The actor of a CloudTrail record.
pub(super) fn of_record(record: &Value) -> Option<Actor> {
    known(Actor {
        principal: first(record, &PRINCIPALS).map(shown),
        tool: tool::of_record(record),
        // For a call that AWS made, a service stands here, which the tool tells already.
        address: text(record, "/sourceIPAddress")
            .filter(|address| !is_service(address))
            .map(shown),
        request: text(record, "/requestID").map(shown),
    })
}

/// The actor of an event that S3 sent itself: an account id or a service, never a person.
pub(super) fn of_object_event(detail: &Value) -> Option<Actor> {
    let lifecycle = text(detail, "/reason") == Some("Lifecycle Expiration");
    known(Actor {
        principal: text(detail, "/requester").map(shown),
        tool: lifecycle.then(|| "S3 Lifecycle".to_owned()),
        address: text(detail, "/source-ip-address").map(shown),
        request: text(detail, "/request-id").map(shown),
    })
}

/// Whether a caller or an address is a service of AWS acting by itself.
///
/// Not the console: `signin.amazonaws.com` in `invokedBy` is a person.
pub(super) fn is_service(text: &str) -> bool {
    let name = tool::service_principal(text);
    text == "AWS Internal" || name.is_some_and(|name| !tool::is_console(name))
}

fn known(actor: Actor) -> Option<Actor> {
    (actor != Actor::default()).then_some(actor)
}

#[cfg(test)]
mod tests;
