//! The bucket: its name, place, policy, markers and the keys it needs.

use guardian_policy::{PolicyDocument, PolicyKind, Publicness, is_public};
use serde_json::{Value, json};

use super::grant::{Asked, GrantCodes, Wanted, judge_grant};
use super::key::{Reader, judge_key};
use super::notification::judge_notifications;
use super::region::judge_region;
use super::{Judgement, not_observed};
use crate::alert::plain;
use crate::cloudinary::{
    MARKER_PREFIX, READ_ACTION, Reading, bucket_grant, bucket_policy_id, bucket_sid, marker_key, scope,
};
use crate::declaration::Declaration;
use crate::finding::{Code, Desired, Finding, PAUSED_UNTIL, Remedy, Severity, Subject, Verdict};
use crate::moment::Moment;
use crate::name::{BucketName, CloudName};
use crate::observation::{
    BucketObservation, MarkerEncryption, MarkerObservation, ObjectEncryption, Presence, PublicAccessBlock,
};
use crate::settings::Settings;

const BUCKET_CODES: GrantCodes = GrantCodes {
    missing: Code::GrantMissing,
    partial: Code::GrantPartial,
    denied: Code::GrantDenied,
    conditional: Code::GrantConditional,
};

/// Judges a declared bucket by what was seen of it and of the keys it needs. `now` decides what is near.
#[must_use]
pub fn judge_bucket(
    settings: &Settings,
    declaration: &Declaration,
    seen: &BucketObservation,
    now: Moment,
) -> Judgement {
    let subject = Subject::Bucket(seen.bucket.clone());
    if let Some(judgement) = judge_presence(settings, seen, &subject) {
        return judgement;
    }
    let mut judgement = Judgement::default();
    match &seen.policy {
        Ok(policy) => {
            judgement.absorb(judge_policy(settings, declaration, policy.as_ref(), &subject));
            if let Some(policy) = policy {
                judgement.absorb(judge_publicness(policy, seen, &subject));
            }
        }
        Err(unknown) => judgement.add(Verdict::Unknown, not_observed(subject.clone(), unknown)),
    }
    judgement.absorb(judge_markers(declaration, seen));
    if let Err(unknown) = &seen.encryption {
        judgement.add(Verdict::Unknown, not_observed(subject, unknown));
    }
    let reader = Reader::of(declaration);
    for key in &seen.keys {
        let mut of_key = judge_key(settings, key, std::slice::from_ref(&reader), now);
        if !key.certain {
            // Whether any object is still under it is not known, and neither is whether a read fails.
            for finding in &mut of_key.findings {
                finding.verdict = finding.verdict.min(Verdict::Depends);
            }
        }
        judgement.absorb(of_key);
    }
    judgement.absorb(judge_region(settings, seen));
    let refused = judgement.find_on(Code::ObservationFailed, &Subject::Bucket(seen.bucket.clone()));
    // Whatever refuses the policy refuses this too; it is told once.
    if refused.is_none() || matches!(&seen.notifications, Some(Ok(_))) {
        judgement.absorb(judge_notifications(seen));
    }
    if let Some(until) = declaration.paused_until {
        judge_pause(&mut judgement, &seen.bucket, until);
    }
    judgement
}

/// Says that repairs are paused, and of each finding that it waits for that to end.
fn judge_pause(judgement: &mut Judgement, bucket: &BucketName, until: Moment) {
    for finding in &mut judgement.findings {
        if let (Remedy::Repair, Value::Object(evidence)) = (finding.remedy, &mut finding.evidence) {
            evidence.insert(PAUSED_UNTIL.to_owned(), json!(until));
        }
    }
    let message =
        format!("the declaration pauses repairs until {until}: the bucket is only observed until then");
    let subject = Subject::Bucket(bucket.clone());
    let finding = Finding::new(
        Code::RepairsPaused,
        subject,
        message,
        json!({PAUSED_UNTIL: until}),
    );
    judgement.add(Verdict::Readable, finding);
}

/// What makes everything else idle: a bucket that is not there, not here or not of a name Cloudinary takes.
fn judge_presence(settings: &Settings, seen: &BucketObservation, subject: &Subject) -> Option<Judgement> {
    let bucket = &seen.bucket;
    if bucket.as_str().contains('.') {
        // Cloudinary, upload_parameters: names with a dot are not supported for private storage URLs.
        let message = format!(
            "the name `{bucket}` contains a dot, which Cloudinary does not support for private buckets; buckets cannot be renamed, so copy the objects to a bucket without a dot"
        );
        let finding = Finding::new(
            Code::BucketNameUnsupported,
            subject.clone(),
            message,
            json!({"bucket": bucket}),
        );
        return Some(Judgement::of(Verdict::Blocked, finding));
    }
    match &seen.presence {
        Presence::Here => None,
        Presence::Missing => {
            let message = format!(
                "the bucket `{bucket}` does not exist in account {}; create it again or delete its declaration",
                settings.account
            );
            let finding = Finding::new(
                Code::BucketMissing,
                subject.clone(),
                message,
                json!({"bucket": bucket}),
            );
            Some(Judgement::of(Verdict::Blocked, finding))
        }
        Presence::InRegion(region) => {
            let message = format!(
                "the bucket `{bucket}` is in {region}, this guardian serves {}; deploy a guardian there and move the declaration to it",
                settings.region
            );
            let evidence = json!({"bucket_region": region, "guardian_region": settings.region});
            let finding = Finding::new(Code::BucketInOtherRegion, subject.clone(), message, evidence);
            Some(Judgement::of(Verdict::Unknown, finding))
        }
        Presence::Unknown(unknown) => {
            let mut finding = not_observed(subject.clone(), unknown);
            finding.message.push_str(&format!(
                "; the answer is the same when the bucket does not belong to account {}",
                settings.account
            ));
            Some(Judgement::of(Verdict::Unknown, finding))
        }
    }
}

fn judge_policy(
    settings: &Settings,
    declaration: &Declaration,
    policy: Option<&PolicyDocument>,
    subject: &Subject,
) -> Judgement {
    let scope = scope(
        &settings.partition,
        &declaration.bucket,
        &declaration.prefixes,
        &declaration.clouds,
    );
    let reading = Reading::of(settings, policy);
    judge_bucket_grant(&reading, &declaration.bucket, policy, &scope, subject)
}

/// Judges the grant that a bucket policy should make over `scope`.
pub(crate) fn judge_bucket_grant(
    reading: &Reading<'_>,
    bucket: &BucketName,
    policy: Option<&PolicyDocument>,
    scope: &[String],
    subject: &Subject,
) -> Judgement {
    let (sid, id) = (bucket_sid(bucket), bucket_policy_id(bucket));
    judge_grant(&Wanted {
        kind: PolicyKind::Bucket,
        document: policy,
        grant: bucket_grant(reading, &sid, &id, scope),
        questions: &bucket_questions(reading, scope),
        subject: subject.clone(),
        codes: BUCKET_CODES,
    })
}

/// What Cloudinary asks of a bucket policy.
pub(crate) fn bucket_questions(reading: &Reading<'_>, scope: &[String]) -> Vec<Asked> {
    vec![Asked {
        action: READ_ACTION,
        resources: scope.to_vec(),
        context: reading.of_object(),
    }]
}

/// RestrictPublicBuckets shuts out every other account as soon as one statement is public, "including
/// non-public delegation to specific accounts" (S3 User Guide, access-control-block-public-access).
fn judge_publicness(policy: &PolicyDocument, seen: &BucketObservation, subject: &Subject) -> Judgement {
    let public = is_public(policy);
    if matches!(public, Publicness::NotPublic) {
        return Judgement::default();
    }
    let certainly = matches!(public, Publicness::Public(_));
    let evidence = match &public {
        Publicness::Public(statements) => {
            json!({"public_statements": statements.iter().map(ToString::to_string).collect::<Vec<_>>()})
        }
        Publicness::Unsure(why) => json!({"perhaps_public": why}),
        Publicness::NotPublic => Value::Null,
    };
    let finding = |message: &str| {
        Finding::new(
            Code::PublicPolicyRestricted,
            subject.clone(),
            message,
            evidence.clone(),
        )
    };
    match &seen.public_access_block {
        Some(Ok(PublicAccessBlock {
            restrict_public_buckets: true,
            ..
        })) if certainly => Judgement::of(
            Verdict::Blocked,
            finding(
                "the policy has a public statement and the bucket restricts public buckets, so S3 shuts out every other account; remove or narrow the public statement",
            ),
        ),
        Some(Ok(switches)) => {
            let mut finding = finding(if switches.restrict_public_buckets {
                "S3 may take a statement of the policy for public, and with RestrictPublicBuckets it would then shut out every other account; narrow the statement"
            } else {
                "the policy has a statement that S3 may take for public; if the account restricts public buckets, every other account is shut out; narrow the statement"
            });
            finding.severity = Severity::Medium;
            Judgement::of(Verdict::Depends, finding)
        }
        Some(Err(unknown)) => Judgement::of(Verdict::Unknown, not_observed(subject.clone(), unknown)),
        None => Judgement::of(
            Verdict::Unknown,
            finding(
                "the policy has a statement that S3 may take for public, and Block Public Access was not read",
            ),
        ),
    }
}

fn judge_markers(declaration: &Declaration, seen: &BucketObservation) -> Judgement {
    let mut judgement = Judgement::default();
    for marker in &seen.markers {
        judge_marker(&mut judgement, seen, marker);
    }
    match &seen.listed {
        Ok(keys) => {
            for key in keys {
                let Some(cloud) = key
                    .strip_prefix(MARKER_PREFIX)
                    .and_then(|name| name.parse::<CloudName>().ok())
                else {
                    continue;
                };
                if !declaration.clouds.contains(&cloud) {
                    let message = format!(
                        "the marker `{key}` lets the cloud name `{cloud}` read this bucket, and it is not declared; declare it, or delete the object after asking who put it there"
                    );
                    let subject = Subject::Marker(seen.bucket.clone(), key.clone());
                    let finding = Finding::new(
                        Code::MarkerUnexpected,
                        subject,
                        message,
                        json!({"key": key, "cloud": cloud}),
                    );
                    judgement.findings.push(finding);
                }
            }
        }
        Err(unknown) => {
            judgement.add(
                Verdict::Unknown,
                not_observed(Subject::Bucket(seen.bucket.clone()), unknown),
            );
        }
    }
    judgement
}

fn judge_marker(judgement: &mut Judgement, seen: &BucketObservation, marker: &MarkerObservation) {
    let subject = Subject::marker(&seen.bucket, &marker.cloud);
    let key = marker_key(&marker.cloud);
    match &marker.head {
        Ok(None) => {
            let near = near_misses(seen, &marker.cloud);
            let mut message = format!(
                "the cloud name `{}` may not read: there is no object `{key}`",
                marker.cloud
            );
            if let Some(first) = near.first() {
                message.push_str(&format!(
                    " (`{}` is not it: the name must match byte for byte)",
                    plain(first)
                ));
            }
            let evidence = json!({"key": key, "near_misses": near});
            judgement.add(
                Verdict::Blocked,
                Finding::new(Code::MarkerMissing, subject, message, evidence),
            );
        }
        Ok(Some(head)) => {
            let reason = match (&head.encryption, head.archived) {
                (ObjectEncryption::SseC, _) => "is encrypted with a key that the customer must send (SSE-C)",
                (_, true) => "lies in an archive storage class",
                _ => return,
            };
            let message =
                format!("the marker `{key}` {reason}; write it again as an empty object with SSE-S3");
            let evidence = json!({"key": key, "storage_class": head.storage_class});
            let finding = Finding::new(Code::MarkerUnreadable, subject, message, evidence);
            let desired = Desired::marker(&seen.bucket, key, MarkerEncryption::SseS3);
            judgement.add(Verdict::Depends, finding.with_desired(Some(desired)));
        }
        Err(unknown) => judgement.add(Verdict::Unknown, not_observed(subject, unknown)),
    }
}

/// Keys under the marker prefix that somebody may have meant for this cloud name.
fn near_misses(seen: &BucketObservation, cloud: &CloudName) -> Vec<String> {
    let Ok(keys) = &seen.listed else { return Vec::new() };
    let wanted = cloud.as_str().to_ascii_lowercase();
    keys.iter()
        .filter(|key| {
            let name = key
                .strip_prefix(MARKER_PREFIX)
                .unwrap_or(key)
                .to_ascii_lowercase();
            let stem = name
                .trim_matches('/')
                .split('.')
                .next()
                .unwrap_or_default()
                .trim();
            stem == wanted
        })
        .cloned()
        .collect()
}
