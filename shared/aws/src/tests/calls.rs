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

#[tokio::test]
async fn a_throttled_request_is_counted_in_the_words_of_every_protocol() {
    let media = "media".parse().unwrap();
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k".parse().unwrap();
    let throttled = [
        Reply::xml(503, "SlowDown"),
        Reply::new(503, ""),
        Reply::xml(400, "RequestLimitExceeded"),
    ];
    for reply in throttled {
        let aws = Wire::new([reply.clone(), Reply::new(200, "{}")]).aws();
        let _ = aws.get_bucket_policy(&media).await;
        assert_eq!(aws.take_throttled(), 1, "{reply:?}");
        assert_eq!(aws.take_throttled(), 0, "it was forgotten");
    }
    for (reply, times) in [
        (Reply::json(400, "ThrottlingException"), 1),
        (Reply::json(400, "com.amazonaws.kms#ThrottlingException"), 1),
        (
            Reply::new(400, "{}").with("x-amzn-errortype", "ThrottlingException:http://"),
            1,
        ),
        (Reply::json(400, "AccessDeniedException"), 0),
        (Reply::json(400, "LimitExceededException"), 0),
        (Reply::json(500, "KMSInternalException"), 0),
        (Reply::new(400, r#"{"message":"Throttling"}"#), 0),
        (Reply::new(200, r#"{"Policy":"ThrottlingException"}"#), 0),
    ] {
        let aws = Wire::new([reply.clone(), Reply::new(200, r#"{"Policy":"{}"}"#)]).aws();
        let _ = aws.get_key_policy(&key).await;
        assert_eq!(aws.take_throttled(), times, "{reply:?}");
    }
}
