//! Events about buckets and objects.

use serde_json::Value;

use super::Under;
use super::field::{is_true, quoted, text};
use super::meaning::Meaning;
use super::named::{Named, arns, s3_parts, texts};
use crate::cloudinary::MARKER_PREFIX;
use crate::name::KeyArn;

/// Whether S3 answered that the object is under a Bucket Key. What Cloudinary asks of a key is judged with and without.
const BUCKET_KEY: &str = "/responseElements/x-amz-server-side-encryption-bucket-key-enabled";

/// The buckets a CloudTrail record names.
///
/// `bucketName` is the one field of the request that kept its name and type through all versions. Where it
/// is no bucket name (an access point's ARN), the bucket stands among the resources.
pub(super) fn named(record: &Value) -> Named {
    let mut named = Named::default();
    named.add_bucket(text(record, "/requestParameters/bucketName").unwrap_or_default());
    if named.is_empty() {
        for (bucket, _) in arns(record).filter_map(s3_parts) {
            named.add_bucket(bucket);
        }
    }
    named
}

/// What a call means that CloudTrail recorded.
pub(super) fn call(record: &Value, event: &str, named: Named) -> Meaning {
    if let Some(reason) = bucket_change(event) {
        return Meaning::check(named, reason);
    }
    match event {
        "PutAccountPublicAccessBlock" => Meaning::sweep("the account's block on public access was changed"),
        "DeleteAccountPublicAccessBlock" => {
            Meaning::sweep("the account's block on public access was removed")
        }
        "UpdateObjectEncryption" => reencryption(record, named),
        "PutObject" | "CopyObject" | "CompleteMultipartUpload" => written(record, named),
        "CreateMultipartUpload" => begun(record, named),
        "DeleteObject" => object_call(record, named, "was deleted"),
        "DeleteObjects" => object_call(record, named, "was among the deleted objects"),
        "" => Meaning::ignore_named(named, "the record has no `eventName`"),
        _ => Meaning::ignore_named(
            named,
            format!("{} does not touch Cloudinary's access", quoted(event)),
        ),
    }
}

/// The calls on a bucket that can change whether Cloudinary can read it, under CloudTrail's names, which
/// are not always those of the API (S3 User Guide, "CloudTrail events for S3").
fn bucket_change(event: &str) -> Option<&'static str> {
    Some(match event {
        "PutBucketPolicy" => "the bucket policy was replaced",
        "DeleteBucketPolicy" => "the bucket policy was deleted",
        "PutBucketPublicAccessBlock" => "the bucket's block on public access was changed",
        "DeleteBucketPublicAccessBlock" => "the bucket's block on public access was removed",
        "PutBucketEncryption" => "the default encryption was changed",
        "DeleteBucketEncryption" => "the default encryption was reset",
        "PutBucketOwnershipControls" => "the object ownership setting was changed",
        "DeleteBucketOwnershipControls" => "the object ownership setting was removed",
        "PutBucketRequestPayment" => "who pays for requests was changed",
        "PutBucketLifecycle" => "the lifecycle rules were replaced, which may expire markers",
        "DeleteBucketLifecycle" => "the lifecycle rules were deleted",
        "PutBucketAcl" => "the access control list was replaced",
        "PutBucketAbac" => "access control by bucket tags was changed",
        // The call replaces the whole configuration: without EventBridge in it, marker events stop.
        "PutBucketNotification" => "the notifications were replaced, which may stop events about markers",
        "CreateBucket" => "the bucket was created",
        "DeleteBucket" => "the bucket was deleted",
        _ => return None,
    })
}

/// The objects a call names, each with its bucket.
fn objects(record: &Value) -> Vec<(&str, &str)> {
    let mut objects: Vec<(&str, &str)> = arns(record)
        .filter_map(s3_parts)
        .filter_map(|(bucket, key)| Some((bucket, key.filter(|key| !key.is_empty())?)))
        .collect();
    let bucket = text(record, "/requestParameters/bucketName");
    if let (Some(bucket), Some(key)) = (bucket, text(record, "/requestParameters/key"))
        && !objects.iter().any(|(_, listed)| *listed == key)
    {
        objects.push((bucket, key));
    }
    objects
}

/// A call on objects: only those on markers matter.
fn object_call(record: &Value, named: Named, what: &str) -> Meaning {
    let objects = objects(record);
    let mut marked = Named::default();
    let mut marker = None;
    for (bucket, key) in &objects {
        if key.starts_with(MARKER_PREFIX) {
            marked.add_bucket(bucket);
            marker = marker.or(Some(*key));
        }
    }
    match (marker, objects.first()) {
        (Some(marker), _) => Meaning::check(marked, format!("the marker {} {what}", quoted(marker))),
        (None, Some((_, key))) => {
            Meaning::ignore_named(named, format!("the object {} is no marker", quoted(key)))
        }
        // DeleteObjects lists no keys; CloudTrail adds a DeleteObject record for each.
        (None, None) => Meaning::ignore_named(named, "the event names no object"),
    }
}

/// A call that wrote an object. Markers matter whatever they are under, other objects where the record names the key.
fn written(record: &Value, named: Named) -> Meaning {
    match ordinary(record) {
        Some(object) => under_a_key(record, named, object, false),
        None => object_call(record, named, "was written"),
    }
}

/// An upload in parts. It is its beginning that says how the object will be encrypted (S3 User Guide,
/// bucket-encryption-tracking); a marker is heard of when it is there.
fn begun(record: &Value, named: Named) -> Meaning {
    match (ordinary(record), objects(record).first()) {
        (Some(object), _) => under_a_key(record, named, object, true),
        (None, Some((_, marker))) => {
            let reason = format!("the upload of the marker {} has only begun", quoted(marker));
            Meaning::ignore_named(named, reason)
        }
        (None, None) => Meaning::ignore_named(named, "the event names no object"),
    }
}

/// The object a call is about, if it is named and no marker. A copy may list its source too.
fn ordinary(record: &Value) -> Option<&str> {
    let objects = objects(record);
    let marker = objects.iter().any(|(_, key)| key.starts_with(MARKER_PREFIX));
    let listed = || objects.first().map(|(_, key)| *key);
    let object = text(record, "/requestParameters/key").or_else(listed)?;
    (!marker).then_some(object)
}

/// An object that was, or will be, written under the KMS key that S3 answered with. Without one there is nothing to
/// learn: under SSE-S3 it hangs on no key.
fn under_a_key(record: &Value, mut named: Named, object: &str, begun: bool) -> Meaning {
    let answered = |header: &str| {
        let answer = record.get("responseElements")?.get(header)?;
        answer.as_str().filter(|text| !text.trim().is_empty())
    };
    let shown = quoted(object);
    let key = match answered("x-amz-server-side-encryption") {
        Some("aws:kms" | "aws:kms:dsse") => answered("x-amz-server-side-encryption-aws-kms-key-id"),
        Some(algorithm) => {
            let reason = format!("the object {shown} is under no KMS key but {}", quoted(algorithm));
            return Meaning::ignore_named(named, reason);
        }
        None => None,
    };
    let Some(key) = key else {
        let reason = format!("the object {shown} is no marker, and the event names no KMS key for it");
        return Meaning::ignore_named(named, reason);
    };
    let Ok(key) = key.parse::<KeyArn>() else {
        let reason = format!(
            "the object {shown} is under {}, which is no key's ARN",
            quoted(key)
        );
        return Meaning::ignore_named(named, reason);
    };
    let with = if is_true(record, BUCKET_KEY) {
        " and a Bucket Key"
    } else {
        ""
    };
    let reason = if begun {
        format!("an upload of the object {shown} has begun under a KMS key{with}")
    } else {
        format!("the object {shown} was written under a KMS key{with}")
    };
    named.add_key(key.as_str());
    Meaning::under(
        named,
        Under {
            object: object.to_owned(),
            key,
            begun,
        },
        reason,
    )
}

/// Objects may move to another key in place, which no event of S3's own tells. The target stands in the request, as a
/// full ARN (S3 API Reference, UpdateObjectEncryption); how the record spells that is not documented, so that it is
/// looked for by its form.
///
/// One job of S3 Batch Operations makes millions of these, so that an ordinary object is no reason to look at the
/// whole bucket.
fn reencryption(record: &Value, mut named: Named) -> Meaning {
    let parameters = record.get("requestParameters").map(texts).unwrap_or_default();
    for arn in parameters.into_iter().chain(arns(record)) {
        named.add_key(arn);
    }
    let Some(object) = ordinary(record) else {
        return Meaning::check(named, "an object's encryption was changed");
    };
    let (object, shown) = (object.to_owned(), quoted(object));
    match named.keys.first().cloned() {
        Some(key) => {
            let under = Under {
                object,
                key,
                begun: false,
            };
            Meaning::under(
                named,
                under,
                format!("the object {shown} was put under a KMS key"),
            )
        }
        None => {
            let reason =
                format!("the encryption of the object {shown} was changed; it may be under another key");
            Meaning::written(named, &object, reason)
        }
    }
}

/// What an event means that S3 sent itself.
pub(super) fn object_event(detail: &Value, kind: &str) -> Meaning {
    let mut named = Named::default();
    named.add_bucket(text(detail, "/bucket/name").unwrap_or_default());
    let key = detail
        .pointer("/object/key")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let marker = quoted(key);
    let expired = text(detail, "/reason") == Some("Lifecycle Expiration");
    let permanent = text(detail, "/deletion-type") == Some("Permanently Deleted");
    let reason = match kind {
        "Object Created" => format!("the marker {marker} was written"),
        "Object Deleted" if expired => format!("the marker {marker} was expired by a lifecycle rule"),
        // Removing a delete marker brings the object back and arrives as this very event.
        "Object Deleted" if permanent => {
            format!("a version of the marker {marker} was deleted, which may also have brought it back")
        }
        "Object Deleted" => format!("the marker {marker} was deleted"),
        _ => {
            return Meaning::ignore_named(
                named,
                format!("{} does not touch Cloudinary's access", quoted(kind)),
            );
        }
    };
    if !key.starts_with(MARKER_PREFIX) {
        if kind == "Object Created" && !key.is_empty() {
            let reason = format!("the object {marker} was written; it may be under another key");
            return Meaning::written(named, key, reason);
        }
        return Meaning::ignore_named(named, format!("the object {marker} is no marker"));
    }
    Meaning::check(named, reason)
}

#[cfg(test)]
mod tests;
