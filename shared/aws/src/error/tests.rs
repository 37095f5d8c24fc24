//! Every kind of failure, as the SDK delivers it.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::observation::MarkerEncryption;
use guardian_reconcile::seam::{Account, Buckets, Declarations, Keys, Ledger, Listing, Queues, Topic};

use crate::is_about_credentials;
use crate::tests::wire::{Reply, Wire, over, work};

fn wrong_region(region: Option<&str>) -> CallErrorKind {
    CallErrorKind::WrongRegion(region.map(str::to_owned))
}

async fn get_policy(reply: Reply) -> CallError {
    over([reply], async |aws| {
        aws.get_bucket_policy(&"media".parse().unwrap()).await
    })
    .await
    .0
    .unwrap_err()
}

async fn put_policy(reply: Reply) -> CallError {
    over([reply], async |aws| {
        aws.put_bucket_policy(&"media".parse().unwrap(), "{}").await
    })
    .await
    .0
    .unwrap_err()
}

async fn head_bucket(reply: Reply) -> CallError {
    over([reply], async |aws| {
        aws.head_bucket(&"media".parse().unwrap()).await
    })
    .await
    .0
    .unwrap_err()
}

async fn head_object(reply: Reply) -> CallError {
    over([reply], async |aws| {
        aws.head_object(&"media".parse().unwrap(), "m").await
    })
    .await
    .0
    .unwrap_err()
}

async fn put_key_policy(reply: Reply) -> (CallError, usize) {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k".parse().unwrap();
    let (result, wire) = over([reply], async |aws| aws.put_key_policy(&key, "{}").await).await;
    (result.unwrap_err(), wire.sent().len())
}

#[tokio::test]
async fn s3_refusals_have_their_kinds() {
    use CallErrorKind::{AccessDenied, Malformed, NoSuchBucket, Other, TooLarge, Transient};
    let table = [
        (400, "MalformedPolicy", Malformed),
        (400, "PolicyTooLarge", TooLarge),
        (400, "EntityTooLarge", TooLarge),
        (400, "InvalidRequest", Other),
        (403, "AccessDenied", AccessDenied),
        (403, "AllAccessDisabled", AccessDenied),
        (403, "SomethingNew", AccessDenied),
        (403, "InvalidAccessKeyId", Other),
        (403, "SignatureDoesNotMatch", Other),
        (400, "ExpiredToken", Other),
        (404, "NoSuchBucket", NoSuchBucket),
        (405, "MethodNotAllowed", AccessDenied),
        (409, "OperationAborted", Transient),
        (500, "InternalError", Transient),
        (501, "NotImplemented", Other),
        (503, "SlowDown", Transient),
        (503, "ServiceUnavailable", Transient),
        (400, "RequestTimeout", Transient),
    ];
    for (status, code, kind) in table {
        let error = put_policy(Reply::xml(status, code)).await;
        assert_eq!(error.kind, kind, "{code}");
        assert_eq!(error.operation, "s3:PutBucketPolicy");
        assert_eq!(error.message, format!("{code}: because"));
    }
}

#[tokio::test]
async fn credentials_are_told_apart_from_rights() {
    for code in [
        "ExpiredToken",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "RequestTimeTooSkewed",
    ] {
        assert!(
            is_about_credentials(&get_policy(Reply::xml(403, code)).await),
            "{code}"
        );
    }
    assert!(!is_about_credentials(
        &get_policy(Reply::xml(403, "AccessDenied")).await
    ));
}

#[tokio::test]
async fn head_has_no_body_and_is_still_understood() {
    assert_eq!(
        head_bucket(Reply::new(404, "")).await.kind,
        CallErrorKind::NoSuchBucket
    );
    assert_eq!(
        head_bucket(Reply::new(403, "")).await.kind,
        CallErrorKind::AccessDenied
    );
    assert_eq!(
        head_bucket(Reply::new(503, "")).await.kind,
        CallErrorKind::Transient
    );
    assert_eq!(
        head_object(Reply::new(403, "")).await.kind,
        CallErrorKind::AccessDenied
    );
    assert_eq!(head_object(Reply::new(403, "")).await.operation, "s3:GetObject");
    let told = head_bucket(Reply::new(403, "").with("x-amz-request-id", "R1"))
        .await
        .message;
    assert_eq!(
        told, "HTTP status 403 without a reason",
        "the same every time, so that it is one finding"
    );
    let unclear = head_object(Reply::new(400, "")).await;
    assert_eq!(unclear.kind, CallErrorKind::Other);
    assert!(unclear.message.contains("SSE-C"), "{unclear}");
}

#[tokio::test]
async fn a_bucket_elsewhere_is_found_by_any_of_s3s_signs() {
    const REGION: &str = "x-amz-bucket-region";
    let there = wrong_region(Some("us-west-2"));
    for status in [301, 307, 400] {
        assert_eq!(
            head_bucket(Reply::new(status, "").with(REGION, "us-west-2"))
                .await
                .kind,
            there,
            "{status}"
        );
    }
    let redirect = Reply::xml(301, "PermanentRedirect").with(REGION, "us-west-2");
    assert_eq!(get_policy(redirect).await.kind, there);
    assert_eq!(
        get_policy(Reply::xml(301, "PermanentRedirect")).await.kind,
        wrong_region(None)
    );
    let opt_in = Reply::xml(400, "IllegalLocationConstraintException");
    assert_eq!(get_policy(opt_in).await.kind, wrong_region(None));
    let signature = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'eu-west-1' is wrong; \
                     expecting 'us-west-2'</Message><Region>us-west-2</Region></Error>";
    assert_eq!(get_policy(Reply::new(400, signature)).await.kind, there);
}

#[tokio::test]
async fn a_region_in_a_refusal_proves_nothing() {
    const REGION: &str = "x-amz-bucket-region";
    let refused = Reply::xml(403, "AccessDenied").with(REGION, "us-west-2");
    assert_eq!(get_policy(refused).await.kind, CallErrorKind::AccessDenied);
    assert_eq!(
        head_bucket(Reply::new(400, "").with(REGION, "eu-west-1"))
            .await
            .kind,
        CallErrorKind::Other
    );
    let expired = Reply::xml(400, "ExpiredToken").with(REGION, "us-west-2");
    assert!(is_about_credentials(&get_policy(expired).await));
    let new = Reply::xml(307, "TemporaryRedirect").with(REGION, "eu-west-1");
    assert_eq!(get_policy(new).await.kind, CallErrorKind::Transient);
    let no_key = Reply::xml(400, "AuthorizationHeaderMalformed");
    assert_eq!(get_policy(no_key).await.kind, CallErrorKind::Other);
}

#[tokio::test]
async fn kms_refusals_have_their_kinds() {
    use CallErrorKind::{AccessDenied, Malformed, NotFound, Other, TooLarge, Transient};
    let table = [
        ("AccessDeniedException", AccessDenied),
        ("MalformedPolicyDocumentException", Malformed),
        ("LimitExceededException", TooLarge),
        ("NotFoundException", NotFound),
        ("ThrottlingException", Transient),
        ("KMSInternalException", Transient),
        ("DependencyTimeoutException", Transient),
        ("KeyUnavailableException", Transient),
        ("KMSInvalidStateException", Other),
        ("UnrecognizedClientException", Other),
    ];
    for (code, kind) in table {
        assert_eq!(
            put_key_policy(Reply::json(400, code)).await.0.kind,
            kind,
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_key_policy_over_the_limit_is_not_tried_again() {
    assert_eq!(
        put_key_policy(Reply::json(400, "LimitExceededException")).await.1,
        1
    );
    assert_eq!(put_key_policy(Reply::json(400, "ThrottlingException")).await.1, 3);
}

#[tokio::test]
async fn two_writers_at_once_are_tried_again() {
    let replies = [Reply::xml(409, "OperationAborted"), Reply::new(204, "")];
    let (put, wire) = over(replies, async |aws| {
        aws.put_bucket_policy(&"media".parse().unwrap(), "{}").await
    })
    .await;
    assert_eq!((put, wire.sent().len()), (Ok(()), 2));
    let (put, wire) = over([Reply::xml(409, "ConditionalRequestConflict")], async |aws| {
        aws.put_marker(&"media".parse().unwrap(), "m", MarkerEncryption::SseS3)
            .await
    })
    .await;
    assert_eq!(
        (put.unwrap_err().kind, wire.sent().len()),
        (CallErrorKind::Transient, 3)
    );
}

#[tokio::test]
async fn a_lost_connection_or_a_proxys_error_is_transient() {
    let lost = get_policy(Reply::lost()).await;
    assert_eq!(lost.kind, CallErrorKind::Transient);
    assert!(lost.message.contains("connection reset"), "{lost}");
    let proxy = get_policy(Reply::new(502, "<html>Bad Gateway</html>")).await;
    assert_eq!(proxy.kind, CallErrorKind::Transient);
    assert_eq!(proxy.message, "HTTP status 502: <html>Bad Gateway</html>");
}

#[tokio::test]
async fn a_missing_part_of_the_stack_is_not_a_thing_that_is_gone() {
    let resource = "bucket:media".parse().unwrap();
    let (entries, _) = over([Reply::json(400, "ResourceNotFoundException")], async |aws| {
        aws.read_entries(&resource, "", None).await
    })
    .await;
    assert_eq!(entries.unwrap_err().kind, CallErrorKind::Other);
    let notice = guardian_core::alert::Notice {
        subject: "s".to_owned(),
        text: "t".to_owned(),
        json: "{}".to_owned(),
        chat: String::new(),
        attributes: std::collections::BTreeMap::new(),
    };
    let (told, _) = over([Reply::query(404, "NotFound")], async |aws| {
        aws.publish(&notice).await
    })
    .await;
    assert_eq!(told.unwrap_err().kind, CallErrorKind::Other);
    let (told, _) = over([Reply::query(403, "AuthorizationError")], async |aws| {
        aws.publish(&notice).await
    })
    .await;
    assert_eq!(told.unwrap_err().kind, CallErrorKind::AccessDenied);
}

#[tokio::test]
async fn a_queues_refusal_is_read_like_any_other() {
    let (sent, _) = over(
        [Reply::json(403, "com.amazonaws.sqs#RequestThrottled")],
        async |aws| aws.send_work(&[work("sweep")]).await,
    )
    .await;
    assert_eq!(sent.unwrap_err().kind, CallErrorKind::Transient);
}

/// The SDK takes an empty or broken-off body for an answer with nothing in it.
#[tokio::test]
async fn an_answer_that_breaks_off_is_not_an_empty_one() {
    let media = "media".parse().unwrap();
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k".parse().unwrap();
    for body in ["", "<Lis", "<ListBucketResult><Contents><Key>a</Key></Contents>"] {
        let aws = Wire::new([Reply::new(200, body)]).aws();
        let kinds = [
            aws.list_objects(&media, &Listing::default()).await.map(drop),
            aws.get_bucket_encryption(&media).await.map(drop),
            aws.list_buckets(None).await.map(drop),
        ];
        for failed in kinds {
            assert_eq!(failed.unwrap_err().kind, CallErrorKind::Transient, "{body}");
        }
    }
    let aws = Wire::new([Reply::new(200, "")]).aws();
    assert!(aws.get_bucket_policy(&media).await.unwrap_err().is_transient());
    assert!(
        aws.get_public_access_block(&media)
            .await
            .unwrap_err()
            .is_transient()
    );
    assert!(aws.get_key_policy(&key).await.unwrap_err().is_transient());
    assert!(aws.describe_key("k").await.unwrap_err().is_transient());
    assert!(aws.get_declaration(&media).await.unwrap_err().is_transient());
    assert!(aws.list_declarations(None).await.unwrap_err().is_transient());
    assert!(
        aws.read_entries(&"sweep".parse().unwrap(), "", None)
            .await
            .unwrap_err()
            .is_transient()
    );
}
