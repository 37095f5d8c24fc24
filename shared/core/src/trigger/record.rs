//! CloudTrail records, bare or from an envelope.

use serde_json::Value;

use super::field::{is_true, quoted, shown, text};
use super::meaning::Meaning;
use super::named::Named;
use super::{Trigger, actor, kms, s3, stack};

/// What the envelope knows where the record is silent.
#[derive(Debug, Default)]
pub(super) struct Origin<'a> {
    /// The service in the envelope's source: `s3` for `aws.s3`.
    pub(super) service: Option<&'a str>,
    pub(super) account: Option<&'a str>,
    pub(super) region: Option<&'a str>,
}

pub(super) fn read(record: &Value, origin: &Origin<'_>) -> Trigger {
    let event = text(record, "/eventName");
    Trigger {
        id: text(record, "/eventID").map(shown),
        actor: actor::of_record(record),
        time: text(record, "/eventTime").map(shown),
        ..meaning(record, event.unwrap_or_default(), origin)
            .into_trigger(event.map_or_else(|| "unknown".to_owned(), shown))
    }
}

fn meaning(record: &Value, event: &str, origin: &Origin<'_>) -> Meaning {
    let source = text(record, "/eventSource");
    let Some(service) = source.map_or(origin.service, service) else {
        return match source {
            Some(source) => Meaning::ignore(format!("{} is not a service of AWS", quoted(source))),
            None => Meaning::ignore("the record has no `eventSource`"),
        };
    };
    if service == "s3express" {
        return Meaning::ignore("directory buckets (`s3express.amazonaws.com`) are not guarded");
    }
    if let Some(sender) = origin.service
        && family(sender) != family(service)
    {
        let (source, sender) = (quoted(source.unwrap_or_default()), shown(sender));
        return Meaning::ignore(format!(
            "the source `aws.{sender}` and the event source {source} disagree"
        ));
    }
    let named = match family(service) {
        "s3" => s3::named(record),
        "kms" => kms::named(record, event, origin),
        _ => Named::default(),
    };
    if let Some(reason) = changes_nothing(record) {
        return Meaning::ignore_named(named, reason);
    }
    match family(service) {
        "s3" => s3::call(record, event, named),
        "kms" => kms::call(record, event, named),
        "cloudtrail" => stack::trail(record, event),
        "events" => stack::rule(record, event),
        "sqs" => stack::queue(record, event),
        "sns" => stack::topic(record, event),
        _ => Meaning::ignore(format!(
            "{} is not listened to",
            quoted(source.unwrap_or(service))
        )),
    }
}

/// The service behind an event source; China has a domain of its own.
fn service(source: &str) -> Option<&str> {
    source
        .strip_suffix(".amazonaws.com")
        .or_else(|| source.strip_suffix(".amazonaws.com.cn"))
}

/// One name for the spellings of one service. Which of them account-level calls carry is documented nowhere;
/// third-party rules expect `s3-control`.
fn family(service: &str) -> &str {
    match service {
        "s3-control" | "s3control" => "s3",
        service => service,
    }
}

/// Why a call changed nothing, whatever it was meant to do.
fn changes_nothing(record: &Value) -> Option<String> {
    // A failed call is delivered like any other, with the document it attempted.
    match record.get("errorCode") {
        None | Some(Value::Null) => {}
        Some(Value::String(code)) if code.is_empty() => {}
        Some(Value::String(code)) => return Some(format!("the call failed with {}", quoted(code))),
        Some(_) => return Some("the call failed".to_owned()),
    }
    if is_true(record, "/readOnly") {
        return Some("the call only reads".to_owned());
    }
    match text(record, "/eventType") {
        // The same call through an endpoint, told a second time to the owner of the endpoint.
        Some("AwsVpceEvent") => Some("it is the endpoint's copy of a call".to_owned()),
        Some("AwsCloudTrailInsight") => Some("it is an insight, not a call".to_owned()),
        _ => None,
    }
}
