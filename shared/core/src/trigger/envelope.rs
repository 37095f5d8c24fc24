//! EventBridge envelopes: what services send themselves, and CloudTrail records on their way.

use serde_json::Value;

use super::field::{quoted, shown, text};
use super::meaning::Meaning;
use super::named::Named;
use super::record::{self, Origin};
use super::{Trigger, actor, kms, s3};
use crate::name::AccountId;

/// Where declarations live: one parameter per bucket.
const DECLARATIONS: &str = "/cloudinary-guardian/buckets/";

pub(super) fn read(envelope: &Value) -> Trigger {
    let (source, kind) = (text(envelope, "/source"), text(envelope, "/detail-type"));
    let Some(detail) = envelope.get("detail").filter(|detail| detail.is_object()) else {
        return finish(envelope, kind, Meaning::ignore("the envelope has no `detail`"));
    };
    let (Some(source), Some(kind)) = (source, kind) else {
        let reason = "the envelope has no `source` or no `detail-type`";
        return finish(envelope, kind, Meaning::ignore(reason));
    };
    // Nobody but AWS can put an event with such a source on a bus (EventBridge refuses it in PutEvents), so
    // the source is the one field that cannot be forged.
    let Some(service) = source.strip_prefix("aws.") else {
        let reason = format!("the source {} is not from AWS", quoted(source));
        let event = text(detail, "/eventName").or(Some(kind));
        return Trigger {
            is_foreign: true,
            ..finish(envelope, event, Meaning::ignore(reason))
        };
    };
    if kind.ends_with(" via CloudTrail") {
        return from_cloudtrail(envelope, detail, service);
    }
    let mut trigger = finish(envelope, Some(kind), native(envelope, detail, service, kind));
    if service == "s3" {
        trigger.actor = actor::of_object_event(detail);
    }
    trigger
}

/// Why an event, in an envelope or a bare record, was not told to this account.
pub(super) fn not_told_to(event: &Value, account: &AccountId) -> Option<String> {
    let is_envelope = event.get("detail").is_some();
    let told = [
        ("/account", is_envelope),
        ("/detail/recipientAccountId", false),
        ("/recipientAccountId", false),
    ];
    told.into_iter()
        .find_map(|(place, is_required)| match event.pointer(place) {
            None if is_required => Some("the envelope does not say whose event it is".to_owned()),
            None | Some(Value::Null) if !is_required => None,
            Some(Value::String(other)) if other == account.as_str() => None,
            other => {
                let other = other.and_then(Value::as_str).unwrap_or_default();
                Some(format!(
                    "it was told to the account {}, not to this one",
                    quoted(other)
                ))
            }
        })
}

fn from_cloudtrail(envelope: &Value, record: &Value, service: &str) -> Trigger {
    let origin = Origin {
        service: Some(service),
        account: text(envelope, "/account"),
        region: text(envelope, "/region"),
    };
    let mut trigger = record::read(record, &origin);
    trigger.id = trigger.id.or_else(|| text(envelope, "/id").map(shown));
    trigger.time = trigger.time.or_else(|| text(envelope, "/time").map(shown));
    trigger
}

fn finish(envelope: &Value, event: Option<&str>, meaning: Meaning) -> Trigger {
    Trigger {
        id: text(envelope, "/id").map(shown),
        time: text(envelope, "/time").map(shown),
        ..meaning.into_trigger(event.map_or_else(|| "unknown".to_owned(), shown))
    }
}

/// What an event means that a service sent itself.
fn native(envelope: &Value, detail: &Value, service: &str, kind: &str) -> Meaning {
    match (service, kind) {
        ("s3", _) => s3::object_event(detail, kind),
        ("kms", _) => kms::event(envelope, detail, kind),
        // A rule with a schedule sends the first, EventBridge Scheduler the second.
        ("events" | "scheduler", "Scheduled Event") => Meaning::sweep("the time for a sweep has come"),
        ("ssm", "Parameter Store Change") => parameter(detail),
        ("cloudformation", "CloudFormation Stack Status Change") => stack(detail),
        _ => Meaning::ignore(format!(
            "{} of `aws.{}` is not listened to",
            quoted(kind),
            shown(service)
        )),
    }
}

fn parameter(detail: &Value) -> Meaning {
    let name = text(detail, "/name").unwrap_or_default();
    let Some(bucket) = name.strip_prefix(DECLARATIONS) else {
        return Meaning::ignore(format!("the parameter {} declares no bucket", quoted(name)));
    };
    let mut named = Named::default();
    named.add_bucket(bucket);
    match text(detail, "/operation").unwrap_or_default() {
        _ if named.is_empty() => Meaning::ignore(format!(
            "the parameter {} is not named for a bucket",
            quoted(name)
        )),
        "Create" => Meaning::check(named, "the bucket was declared"),
        "Update" => Meaning::check(named, "the declaration was changed"),
        "Delete" => Meaning::check(named, "the declaration was deleted"),
        operation => Meaning::ignore_named(
            named,
            format!(
                "the operation {} leaves the declaration as it is",
                quoted(operation)
            ),
        ),
    }
}

/// The rule in the template lets only our own stack through; which stack that is cannot be known here.
fn stack(detail: &Value) -> Meaning {
    match text(detail, "/status-details/status").unwrap_or_default() {
        "CREATE_COMPLETE" => Meaning::sweep("the stack was deployed"),
        "UPDATE_COMPLETE" => Meaning::sweep("the stack was updated"),
        status => Meaning::ignore(format!("the stack status {} asks for nothing", quoted(status))),
    }
}
