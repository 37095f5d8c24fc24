//! The call log counts what was sent, tries included.

use guardian_core::observation::MarkerEncryption;
use guardian_reconcile::seam::{Buckets, Keys};

use super::wire::{Reply, Wire};

#[tokio::test]
async fn every_attempt_counts_and_writes_stand_out() {
    let wire = Wire::new([
        Reply::xml(503, "SlowDown"),
        Reply::new(200, "{}"),
        Reply::new(200, ""),
    ]);
    let aws = wire.aws();
    let media = "media".parse().unwrap();
    assert!(aws.get_bucket_policy(&media).await.is_ok());
    assert!(aws.put_marker(&media, "m", MarkerEncryption::SseS3).await.is_ok());
    let calls = aws.take_calls();
    let names: Vec<_> = calls.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        ["S3:GetBucketPolicy", "S3:GetBucketPolicy", "S3:PutObject"]
    );
    assert_eq!(calls.iter().filter(|call| call.is_write()).count(), 1);
    assert_eq!(calls.iter().filter(|call| call.is_repair()).count(), 1);
    assert!(aws.calls().is_empty());
}

#[tokio::test]
async fn one_log_serves_all_services() {
    let wire = Wire::new([Reply::new(200, r#"{"Policy":"{}"}"#)]);
    let aws = wire.aws();
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k".parse().unwrap();
    assert!(aws.get_key_policy(&key).await.is_ok());
    assert!(
        aws.connection().caller().await.is_err(),
        "that was no answer of STS"
    );
    let services: Vec<_> = aws.calls().iter().map(|call| call.service().to_owned()).collect();
    assert_eq!(services, ["KMS", "STS"]);
}
