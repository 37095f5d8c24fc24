//! The event rules of the stack: what reaches the ingest queue at all.

use serde_json::Value;

use crate::eyes::Eyes;
use crate::ssm::DECLARATIONS;
use crate::state::Home;

/// Where the markers lie.
const MARKERS: &str = ".wellknown/cloudinary/";

/// Calls that can change Cloudinary's ability to read, as far as the model makes them. (The names are
/// CloudTrail's, which differ from the API's for Block Public Access and notifications.)
const CALLS: [&str; 30] = [
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock",
    "PutAccountPublicAccessBlock",
    "DeleteAccountPublicAccessBlock",
    "PutBucketEncryption",
    "DeleteBucketEncryption",
    "PutBucketNotification",
    "CreateBucket",
    "DeleteBucket",
    "PutKeyPolicy",
    "CreateGrant",
    "RevokeGrant",
    "RetireGrant",
    "DisableKey",
    "EnableKey",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
    "DeleteKey",
    "ImportKeyMaterial",
    "DeleteImportedKeyMaterial",
    "DeleteExpiredKeyMaterial",
    "RotateKeyOnDemand",
    "RotateKey",
    "EnableKeyRotation",
    "DisableKeyRotation",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
];

/// Whether a rule matches. Rules stand on the bus of one account and Region; those for new objects are there only
/// where the stack watches them.
pub(crate) fn match_event(envelope: &Value, home: &Home, watches_objects: bool) -> bool {
    let text = |pointer: &str| {
        envelope
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if text("/account") != home.account || text("/region") != home.region {
        return false;
    }
    let is_marker = text("/detail/object/key").starts_with(MARKERS);
    match (text("/source"), text("/detail-type")) {
        ("aws.s3", "Object Created") if watches_objects => true,
        ("aws.s3", "Object Created" | "Object Deleted") => is_marker,
        ("aws.ssm", "Parameter Store Change") => text("/detail/name").starts_with(DECLARATIONS),
        ("aws.kms", "KMS CMK Deletion" | "KMS Imported Key Material Expiration" | "KMS CMK Rotation") => true,
        ("aws.s3", "AWS API Call via CloudTrail") if is_of_an_object(&text) => {
            match_data_event(&text, watches_objects)
        }
        ("aws.s3" | "aws.kms", "AWS API Call via CloudTrail" | "AWS Service Event via CloudTrail") => {
            CALLS.contains(&text("/detail/eventName"))
        }
        ("aws.cloudtrail", "AWS API Call via CloudTrail") => TRAIL_CALLS.contains(&text("/detail/eventName")),
        // Whose they are is asked when there is a stack; without one there is nobody to look after.
        ("aws.events" | "aws.sqs" | "aws.sns", "AWS API Call via CloudTrail") => true,
        _ => false,
    }
}

const TRAIL_CALLS: [&str; 6] = [
    "StopLogging",
    "StartLogging",
    "CreateTrail",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
];

/// Whether a trail tells of the call, and the rule that it arrives by hands it on.
pub(crate) fn travels(envelope: &Value, eyes: &Eyes) -> bool {
    let text = |pointer: &str| {
        envelope
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let told =
        !text("/detail-type").ends_with(" via CloudTrail") || eyes.hears_of(text("/detail/eventSource"));
    told && eyes.passes(rule_of(&text))
}

/// The rule that an event arrives by, as the template calls it.
fn rule_of<'a>(text: &impl Fn(&str) -> &'a str) -> &'static str {
    let is_marker = text("/detail/object/key").starts_with(MARKERS);
    let is_marker_of_call = text("/detail/requestParameters/key").starts_with(MARKERS);
    match (text("/source"), text("/detail-type"), text("/detail/eventName")) {
        ("aws.s3", "Object Created" | "Object Deleted", _) if is_marker => "MarkerRule",
        ("aws.s3", "Object Created", _) => "ObjectRule",
        ("aws.s3", _, "UpdateObjectEncryption") => "ObjectEncryptionRule",
        ("aws.s3", ..) if is_of_an_object(text) && is_marker_of_call => "MarkerDataEventRule",
        ("aws.s3", ..) if is_of_an_object(text) => "ObjectDataEventRule",
        ("aws.s3", ..) => "BucketConfigurationRule",
        ("aws.ssm", ..) => "DeclarationRule",
        ("aws.kms", "AWS Service Event via CloudTrail", _) => "KeyServiceEventRule",
        ("aws.kms", "AWS API Call via CloudTrail", "CreateGrant" | "RevokeGrant" | "RetireGrant") => {
            "KeyGrantRule"
        }
        ("aws.kms", "AWS API Call via CloudTrail", _) => "KeyRule",
        ("aws.kms", ..) => "KeyLifecycleRule",
        ("aws.cloudtrail", ..) => "TrailRule",
        ("aws.events", ..) => "OwnRule",
        ("aws.sqs", ..) => "OwnQueueRule",
        ("aws.sns", ..) => "OwnTopicRule",
        _ => "",
    }
}

fn is_of_an_object<'a>(text: &impl Fn(&str) -> &'a str) -> bool {
    text("/detail/eventCategory") == "Data"
}

/// The rules for data events: of markers, and of other objects where they are watched and the record names a KMS key.
fn match_data_event<'a>(text: &impl Fn(&str) -> &'a str, watches_objects: bool) -> bool {
    let is_marker = text("/detail/requestParameters/key").starts_with(MARKERS);
    let algorithm = text("/detail/responseElements/x-amz-server-side-encryption");
    match text("/detail/eventName") {
        "PutObject" | "CopyObject" if is_marker => true,
        "PutObject" | "CopyObject" => watches_objects && matches!(algorithm, "aws:kms" | "aws:kms:dsse"),
        "UpdateObjectEncryption" => watches_objects && !is_marker,
        _ => false,
    }
}
