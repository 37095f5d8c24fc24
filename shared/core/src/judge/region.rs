//! Regions that an account has without asking, and those it has to enable.

use serde_json::json;

use crate::finding::{Code, Finding, Subject, Verdict};
use crate::judge::Judgement;
use crate::observation::BucketObservation;
use crate::settings::Settings;

/// The Regions that every account has: those launched before 20 March 2019 (AWS Account Management Reference Guide,
/// "Enable or disable AWS Regions in your account"; AWS Regions and Availability Zones, "AWS Regions"). Every other
/// has to be enabled first, by each account for itself.
const BY_DEFAULT: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// A key policy gives another account nothing in a Region that this account has not enabled (KMS Developer Guide,
/// "Key policies in AWS KMS"), and whether Cloudinary's has is not published.
pub(super) fn judge_region(settings: &Settings, seen: &BucketObservation) -> Judgement {
    let region = settings.region.as_str();
    if seen.keys.is_empty() || BY_DEFAULT.contains(&region) {
        return Judgement::default();
    }
    let message = format!(
        "objects of `{}` are under KMS keys in {region}, which an account has to enable before a key policy there gives it anything; whether Cloudinary's account {} has enabled it is not known here; ask Cloudinary's support, or read one such object through Cloudinary to see",
        seen.bucket, settings.cloudinary_account
    );
    let finding = Finding::new(
        Code::RegionOptIn,
        Subject::Bucket(seen.bucket.clone()),
        message,
        json!({"region": region, "keys": seen.keys.iter().map(|key| key.named.as_str()).collect::<Vec<_>>()}),
    );
    Judgement::of(Verdict::Depends, finding)
}
