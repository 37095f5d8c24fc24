//! What state a key is in, and what ends it.

use std::time::Duration;

use serde_json::json;

use super::Judgement;
use crate::alert::{plain, quoted};
use crate::finding::{Code, Finding, Severity, Subject, Verdict};
use crate::moment::Moment;
use crate::name::KeyArn;
use crate::observation::{KeyDescription, KeyOrigin, KeyState, MultiRegion};

const DAY: u64 = 24 * 60 * 60;
/// How long before imported material expires people are told.
const WARNING: Duration = Duration::from_secs(30 * DAY);
/// When it becomes urgent.
const URGENT: Duration = Duration::from_secs(7 * DAY);

/// The parameters by which the AWS CLI finds a key, whatever Region it is set to.
pub(super) fn key_id(arn: &KeyArn) -> String {
    format!("--region {} --key-id {arn}", arn.region())
}

/// In every state but Enabled and Updating, Decrypt fails whatever the policy says (KMS Developer Guide, "Key
/// states of AWS KMS keys"). `certain`: whether objects are under the key, or only may be.
pub(super) fn judge_state(
    description: &KeyDescription,
    because: &[String],
    certain: bool,
    now: Moment,
) -> Judgement {
    let subject = Subject::Key(description.arn.clone());
    if description.state.is_usable() {
        return judge_expiry(description, subject, now);
    }
    let (code, message) = match &description.state {
        KeyState::Enabled | KeyState::Updating => return Judgement::default(),
        KeyState::Disabled => (Code::KeyDisabled, disabled(&description.arn)),
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion => {
            (Code::KeyPendingDeletion, deletion(description, because, certain))
        }
        KeyState::PendingImport => (Code::KeyMaterialMissing, material(description)),
        KeyState::Unavailable => (Code::KeyStoreDisconnected, disconnected(description)),
        KeyState::Creating | KeyState::Other(_) => (Code::KeyUnusable, unusable(description)),
    };
    let evidence = json!({
        "key": description.arn,
        "deletion_date": description.deletion_date,
        "state": description.state.as_str(),
    });
    Judgement::of(Verdict::Blocked, Finding::new(code, subject, message, evidence))
}

fn disabled(arn: &KeyArn) -> String {
    format!(
        "the key {arn} is disabled, so nothing under it can be read; ask whoever disabled it, and enable it: aws kms enable-key {}",
        key_id(arn)
    )
}

fn deletion(description: &KeyDescription, because: &[String], certain: bool) -> String {
    let arn = &description.arn;
    let id = key_id(arn);
    let when = match (&description.state, &description.multi_region) {
        (KeyState::PendingReplicaDeletion, kin) => {
            let replicas = match kin {
                Some(MultiRegion::Primary { replicas }) if !replicas.is_empty() => {
                    let names: Vec<&str> = replicas.iter().map(KeyArn::as_str).collect();
                    format!(" ({})", names.join(", "))
                }
                _ => String::new(),
            };
            let days = description
                .deletion_window
                .map(|days| format!(", {days} days after the last of them"))
                .unwrap_or_default();
            format!(" as soon as its replicas{replicas} are deleted{days}")
        }
        _ => description
            .deletion_date
            .map(|date| format!(" on {date}"))
            .unwrap_or_default(),
    };
    let cancel = format!(
        "cancel it, which leaves the key disabled, and then enable the key: aws kms cancel-key-deletion {id} && aws kms enable-key {id}"
    );
    // Which requests an S3 Bucket Key spares: S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket
    // Keys".
    let cached = "where S3 Bucket Keys are on, some reads may go on for a while from what S3 got before, which proves nothing";
    if certain {
        return format!(
            "the key {arn} will be deleted{when}, and until that is cancelled nothing under it can be read; once it is deleted, what is under it is lost for good; {cancel}; {cached}"
        );
    }
    format!(
        "the key {arn} will be deleted{when}, and nothing under it can be read until that is cancelled; whether an object is still under it is not known ({}), so find out before that date; when it was last used: aws kms get-key-last-usage {id}; who asked for it since and was refused: aws cloudtrail lookup-events --region {} --lookup-attributes AttributeKey=ResourceName,AttributeValue={arn}; how the objects themselves are encrypted: HeadObject, or a manifest of S3 Batch Operations that takes the objects under this key; if one is, {cancel}; {cached}",
        plain(&because.join(", ")),
        arn.region()
    )
}

/// The commands that bring key material back (KMS Developer Guide, "Importing key material for AWS KMS keys").
fn import(arn: &KeyArn) -> String {
    let id = key_id(arn);
    format!(
        "aws kms get-parameters-for-import {id} --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096; encrypt the material with the public key it gives; then aws kms import-key-material {id} --import-type EXISTING_KEY_MATERIAL --import-token fileb://TOKEN --encrypted-key-material fileb://MATERIAL --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE"
    )
}

fn material(description: &KeyDescription) -> String {
    let arn = &description.arn;
    let primary = match &description.multi_region {
        Some(MultiRegion::Replica { primary }) => {
            let name = primary.as_ref().map(|arn| format!(" {arn}")).unwrap_or_default();
            format!("; it is a replica, so the primary key{name} needs the material first")
        }
        Some(MultiRegion::Primary { .. }) | None => String::new(),
    };
    format!(
        "key material of {arn} was deleted, has expired or was never imported, so nothing under the key can be read; import the very same material again, for no other decrypts what is there: {}; a key that was rotated needs all of its materials; those in PENDING_IMPORT are missing: aws kms list-key-rotations {} --include-key-material ALL_KEY_MATERIAL{primary}",
        import(arn),
        key_id(arn)
    )
}

fn disconnected(description: &KeyDescription) -> String {
    let arn = &description.arn;
    let store = description.key_store.as_deref().map_or_else(
        || "--custom-key-store-id KEY_STORE_ID".to_owned(),
        |id| format!("--custom-key-store-id {}", quoted(&plain(id))),
    );
    let region = arn.region();
    // KMS API Reference, ConnectCustomKeyStore.
    let (kind, first) = match description.origin {
        Some(KeyOrigin::AwsCloudHsm) => (
            "CloudHSM key store",
            "its cluster needs an active HSM, and the crypto user `kmsuser` must not be logged in",
        ),
        Some(KeyOrigin::ExternalKeyStore) => (
            "external key store",
            "its proxy and the key manager behind it have to be reachable",
        ),
        Some(KeyOrigin::AwsKms | KeyOrigin::External) | None => {
            ("custom key store", "what is behind it has to be reachable")
        }
    };
    format!(
        "the {kind} that holds the key {arn} is not connected, so nothing under the key can be read; ConnectionState and ConnectionErrorCode say why: aws kms describe-custom-key-stores --region {region} {store}; {first}; connect it: aws kms connect-custom-key-store --region {region} {store}; where the state is FAILED, disconnect it first: aws kms disconnect-custom-key-store --region {region} {store}"
    )
}

fn unusable(description: &KeyDescription) -> String {
    let arn = &description.arn;
    let state = plain(description.state.as_str());
    let next = if description.state == KeyState::Creating {
        "it is a new replica and becomes usable by itself within seconds or minutes"
    } else {
        "the state is one that this version of the guardian does not know; look it up in the KMS Developer Guide, `Key states of AWS KMS keys`"
    };
    format!(
        "the key {arn} is in state {state}, in which nothing under it can be read; {next}: aws kms describe-key {}",
        key_id(arn)
    )
}

/// "When a key material expires, KMS deletes the key material and the KMS key becomes unusable" (KMS API Reference,
/// KeyMetadata, `ValidTo`).
fn judge_expiry(description: &KeyDescription, subject: Subject, now: Moment) -> Judgement {
    let Some(expires) = description.material_expires else {
        return Judgement::default();
    };
    let left = expires.since(now);
    if left > WARNING {
        return Judgement::default();
    }
    let arn = &description.arn;
    let message = format!(
        "key material that was imported into {arn} expires at {expires}, and from then on nothing under the key can be read; import the same material again before that, with a later date or none: {}",
        import(arn)
    );
    let evidence = json!({"key": arn, "expires": expires, "days_left": left.as_secs() / DAY});
    let mut finding = Finding::new(Code::KeyMaterialExpiring, subject, message, evidence);
    if left <= URGENT {
        finding.severity = Severity::High;
    }
    Judgement::of(Verdict::Readable, finding)
}
