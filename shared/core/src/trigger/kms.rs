//! Events about KMS keys.

use serde_json::Value;

use super::actor::is_service;
use super::field::{is_true, quoted, text};
use super::meaning::Meaning;
use super::named::{Named, arns};
use super::record::Origin;

/// Where a call names its key. `keyId` holds whatever the caller typed; the answer often has the ARN.
const KEY_FIELDS: [&str; 4] = [
    "/requestParameters/keyId",
    "/requestParameters/targetKeyId",
    "/responseElements/keyId",
    "/serviceEventDetails/keyId",
];

/// The keys a CloudTrail record names and, where an alias came, moved or went, that alias.
pub(super) fn named(record: &Value, event: &str, origin: &Origin<'_>) -> Named {
    let mut named = Named::default();
    let fields = || KEY_FIELDS.iter().filter_map(|pointer| text(record, pointer));
    // Region and account come from an ARN where there is one: AWS's examples name another Region beside it.
    for arn in arns(record).chain(fields()) {
        named.add_key(arn);
    }
    let account = text(record, "/recipientAccountId").or(origin.account);
    let region = text(record, "/awsRegion").or(origin.region);
    if named.keys.is_empty() {
        for id in fields() {
            if let Some(arn) = full_arn(&format!("key/{id}"), region, account) {
                named.add_key(&arn);
            }
        }
    }
    if matches!(event, "CreateAlias" | "UpdateAlias" | "DeleteAlias") {
        arns(record).for_each(|arn| named.add_alias(arn));
        if named.aliases.is_empty() {
            let name = text(record, "/requestParameters/aliasName").unwrap_or_default();
            if let Some(arn) = full_arn(name, region, account) {
                named.add_alias(&arn);
            }
        }
    }
    named
}

/// The ARN of a bare key id (a UUID or `mrk-…`, though the form is not checked, for AWS's own examples break
/// it) behind `key/`, or of a bare alias name (`alias/…`).
fn full_arn(name: &str, region: Option<&str>, account: Option<&str>) -> Option<String> {
    let (region, account) = (region?, account?);
    Some(format!("arn:{}:kms:{region}:{account}:{name}", partition(region)))
}

fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// What a call, or an event of the service's own, means that CloudTrail recorded.
pub(super) fn call(record: &Value, event: &str, named: Named) -> Meaning {
    let reason = match event {
        "PutKeyPolicy" if is_true(record, "/requestParameters/bypassPolicyLockoutSafetyCheck") => {
            "the key policy was replaced without the lockout safety check".to_owned()
        }
        "CreateAlias" | "UpdateAlias" => format!("the key is now what {} names", alias(record)),
        "DeleteAlias" => format!("{} no longer names the key", alias(record)),
        "CreateGrant" | "RevokeGrant" | "RetireGrant" if by_service(record) => {
            return Meaning::ignore_named(named, "the grant was made or ended by an AWS service for itself");
        }
        "" => return Meaning::ignore_named(named, "the record has no `eventName`"),
        _ => match key_change(event) {
            Some(reason) => reason.to_owned(),
            None => {
                let reason = format!("{} does not touch Cloudinary's access", quoted(event));
                return Meaning::ignore_named(named, reason);
            }
        },
    };
    Meaning::check(named, reason)
}

fn key_change(event: &str) -> Option<&'static str> {
    Some(match event {
        "PutKeyPolicy" => "the key policy was replaced",
        "CreateGrant" => "a grant on the key was created",
        "RevokeGrant" => "a grant on the key was revoked",
        "RetireGrant" => "a grant on the key was retired",
        "DisableKey" => "the key was disabled",
        "EnableKey" => "the key was enabled",
        "ScheduleKeyDeletion" => "the key was scheduled for deletion",
        // KMS Developer Guide: the key comes back disabled.
        "CancelKeyDeletion" => "the deletion of the key was cancelled, which leaves it disabled",
        "DeleteKey" => "the key was deleted",
        "ImportKeyMaterial" => "key material was imported",
        "DeleteImportedKeyMaterial" => "imported key material was deleted",
        "DeleteExpiredKeyMaterial" => "imported key material expired",
        // Rotation changes neither ARN nor policy and old material still decrypts (KMS Developer Guide,
        // "Rotate AWS KMS keys"). Checked all the same, so that it is seen to be needless.
        "RotateKey" => "the key material was rotated, so the check is expected to find nothing to change",
        "RotateKeyOnDemand" => "a rotation was asked for, so the check is expected to find nothing to change",
        "EnableKeyRotation" => {
            "automatic rotation was turned on, so the check is expected to find nothing to change"
        }
        "DisableKeyRotation" => {
            "automatic rotation was turned off, so the check is expected to find nothing to change"
        }
        _ => return None,
    })
}

fn alias(record: &Value) -> String {
    text(record, "/requestParameters/aliasName").map_or_else(|| "an alias".to_owned(), quoted)
}

/// Services that use a key for their own data make grants by the thousand.
fn by_service(record: &Value) -> bool {
    let made_by = ["/userIdentity/invokedBy", "/sourceIPAddress"].map(|pointer| text(record, pointer));
    // Old records name the service as the grantee alone, in a form of its own
    // (`111122223333:aws:ec2-infrastructure:i-…`).
    let grantee = text(record, "/requestParameters/granteePrincipal").unwrap_or_default();
    made_by.into_iter().flatten().any(is_service)
        || text(record, "/userIdentity/type") == Some("AWSService")
        || (!grantee.starts_with("arn:") && grantee.contains(":aws:"))
}

/// What an event means that KMS sent itself. These carry the ARN in the envelope.
pub(super) fn event(envelope: &Value, detail: &Value, kind: &str) -> Meaning {
    let mut named = Named::default();
    for arn in arns(envelope).chain(text(detail, "/key-id")) {
        named.add_key(arn);
    }
    if named.is_empty()
        && let Some(id) = text(detail, "/key-id")
    {
        let place = (text(envelope, "/region"), text(envelope, "/account"));
        if let Some(arn) = full_arn(&format!("key/{id}"), place.0, place.1) {
            named.add_key(&arn);
        }
    }
    let reason = match kind {
        "KMS CMK Rotation" => {
            "the key material was rotated, so the check is expected to find nothing to change"
        }
        "KMS CMK Deletion" => "the key was deleted",
        "KMS Imported Key Material Expiration" => "imported key material expired",
        _ => {
            let reason = format!("{} does not touch Cloudinary's access", quoted(kind));
            return Meaning::ignore_named(named, reason);
        }
    };
    Meaning::check(named, reason)
}
