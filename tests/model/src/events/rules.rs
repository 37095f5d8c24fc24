//! The event rules of the stack: what reaches the ingest queue at all.

use serde_json::Value;

use crate::ssm::DECLARATIONS;
use crate::state::Home;

/// Where the markers lie.
const MARKERS: &str = ".wellknown/cloudinary/";

/// Calls that can change Cloudinary's ability to read, as far as the model makes them. (The names are
/// CloudTrail's, which differ from the API's for Block Public Access and notifications.)
const CALLS: [&str; 23] = [
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
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
];

/// Whether a rule matches. Rules stand on the bus of one account and Region; the one for new objects is there only
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
    match (text("/source"), text("/detail-type")) {
        ("aws.s3", "Object Created") if watches_objects => true,
        ("aws.s3", "Object Created" | "Object Deleted") => text("/detail/object/key").starts_with(MARKERS),
        ("aws.ssm", "Parameter Store Change") => text("/detail/name").starts_with(DECLARATIONS),
        ("aws.kms", "KMS CMK Deletion") => true,
        ("aws.s3" | "aws.kms", "AWS API Call via CloudTrail" | "AWS Service Event via CloudTrail") => {
            CALLS.contains(&text("/detail/eventName"))
        }
        _ => false,
    }
}
