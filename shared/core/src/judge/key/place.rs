//! Keys that are not where, or not whose, they have to be.

use guardian_policy::PolicyKind;
use serde_json::{Value, json};

use super::{Judgement, Reader, reencrypt};
use crate::alert::plain;
use crate::cloudinary::{Reading, key_grant};
use crate::finding::{Code, Desired, Finding, Subject, Verdict};
use crate::name::KeyArn;
use crate::observation::KeyObservation;
use crate::plan::documented_statement;
use crate::settings::Settings;

fn evidence_of(seen: &KeyObservation) -> Value {
    json!({"named": seen.named, "because": seen.because})
}

/// A key of another Region. Bucket and key have to be of one (S3 User Guide, "Using server-side encryption with AWS
/// KMS keys"), and KMS answers about its own Region only, so that asking there tells nothing.
pub(super) fn in_other_region(settings: &Settings, seen: &KeyObservation) -> Option<Judgement> {
    let mut parts = seen.named.strip_prefix("arn:")?.split(':');
    let (region, account) = (parts.nth(2)?, parts.next()?);
    if region == settings.region {
        return None;
    }
    let named = plain(&seen.named);
    let because = plain(&seen.because.join(", "));
    let here = &settings.region;
    let mut message = format!(
        "the key `{named}` lives in {region}, and S3 uses only keys of the bucket's own Region, {here}, so no object here is under it or can be ({because}); name the key of {here} that the objects are under"
    );
    if let Some(id) = parts.next().and_then(|rest| rest.strip_prefix("key/"))
        && id.starts_with("mrk-")
    {
        message.push_str(&format!(
            "; it is a multi-Region key, so that may be its replica `arn:{}:kms:{here}:{}:key/{}`, which has a policy of its own",
            settings.partition,
            plain(account),
            plain(id)
        ));
    }
    let mut evidence = evidence_of(seen);
    if let Value::Object(evidence) = &mut evidence {
        evidence.insert("key_region".to_owned(), region.into());
        evidence.insert("bucket_region".to_owned(), here.as_str().into());
    }
    // By its name, so that it is the bucket's finding: the key itself concerns nobody here and is not remembered.
    let subject = Subject::NamedKey(seen.named.clone());
    let finding = Finding::new(Code::KeyInOtherRegion, subject, message, evidence);
    Some(Judgement::of(Verdict::Depends, finding))
}

/// A name that leads to no key.
pub(super) fn missing(seen: &KeyObservation) -> Judgement {
    let message = format!(
        "there is no KMS key `{}` ({}); S3 does not check the name it is given, so name a key that exists; if the key was deleted, what was written under it is lost for good",
        plain(&seen.named),
        plain(&seen.because.join(", "))
    );
    let subject = seen
        .named
        .parse()
        .map_or_else(|_| Subject::NamedKey(seen.named.clone()), Subject::Key);
    let finding = Finding::new(Code::KeyMissing, subject, message, evidence_of(seen));
    Judgement::of(Verdict::Blocked, finding)
}

/// `aws/s3`: its policy admits its own account alone and cannot be changed (S3 User Guide, "Using server-side
/// encryption with AWS KMS keys").
pub(super) fn aws_managed(
    settings: &Settings,
    seen: &KeyObservation,
    arn: &KeyArn,
    readers: &[Reader],
) -> Judgement {
    let message = format!(
        "objects are encrypted under the AWS managed key {arn}, whose policy admits this account alone and cannot be changed; {}",
        reencrypt::commands(settings, arn, readers)
    );
    let evidence = json!({"key": arn, "because": seen.because});
    Judgement::of(
        Verdict::Blocked,
        Finding::new(Code::KeyAwsManaged, Subject::Key(arn.clone()), message, evidence),
    )
}

/// A key of another account: GetKeyPolicy and PutKeyPolicy never work across accounts (KMS Developer Guide,
/// key-policy-modifying-external-accounts), so what it grants is not known here.
pub(super) fn foreign(
    settings: &Settings,
    seen: &KeyObservation,
    arn: &KeyArn,
    readers: &[Reader],
) -> Judgement {
    let message = format!(
        "the key {arn} belongs to account {}, so its policy can be neither read nor repaired from here; ask its owner to add to the key's policy the statement that allows arn:{}:iam::{}:root `kms:Decrypt` and `kms:DescribeKey`; or leave that key, with the right to decrypt under it: {}",
        arn.account(),
        settings.partition,
        settings.cloudinary_account,
        reencrypt::commands(settings, arn, readers)
    );
    let evidence = json!({"key": arn, "because": seen.because});
    let finding = Finding::new(Code::KeyForeign, Subject::Key(arn.clone()), message, evidence);
    let own = [arn.to_string()];
    let reading = Reading::of(settings, []);
    let grant = key_grant(&reading, &own);
    let desired = documented_statement(&grant, PolicyKind::Key).map(|statement| Desired::KeyStatement {
        key: arn.clone(),
        statement,
    });
    Judgement::of(Verdict::Depends, finding.with_desired(desired))
}
