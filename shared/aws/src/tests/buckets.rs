//! S3: the requests sent, and the answers that are no errors.

use guardian_core::name::BucketName;
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, MarkerEncryption, MarkerWrite, ObjectEncryption, ObjectHead, PublicAccessBlock,
};
use guardian_reconcile::seam::{Account, Buckets, Listing};

use super::wire::{ACCOUNT, Reply, Wire, over};

const MARKER: &str = ".wellknown/cloudinary/demo";

fn media() -> BucketName {
    "media".parse().unwrap()
}

#[tokio::test]
async fn every_call_on_a_bucket_asserts_its_owner() {
    let wire = Wire::new([Reply::new(200, "")]);
    let (aws, media) = (wire.aws(), media());
    // What comes back does not matter here: an empty body is no answer to some of these.
    let _ = aws.head_bucket(&media).await;
    let _ = aws.get_bucket_policy(&media).await;
    let _ = aws.put_bucket_policy(&media, "{}").await;
    let _ = aws.get_bucket_encryption(&media).await;
    let _ = aws.get_public_access_block(&media).await;
    let _ = aws.head_object(&media, MARKER).await;
    let _ = aws.list_objects(&media, &below(".wellknown/")).await;
    let _ = aws.put_marker(&media, MARKER, MarkerEncryption::SseS3).await;
    let _ = aws.get_bucket_notifications(&media).await;
    let _ = aws.put_bucket_notifications(&media, &Notifications::none()).await;
    let operations: Vec<_> = aws.calls().iter().map(ToString::to_string).collect();
    let expected = [
        "S3:HeadBucket",
        "S3:GetBucketPolicy",
        "S3:PutBucketPolicy",
        "S3:GetBucketEncryption",
        "S3:GetPublicAccessBlock",
        "S3:HeadObject",
        "S3:ListObjectsV2",
        "S3:PutObject",
        "S3:GetBucketNotificationConfiguration",
        "S3:PutBucketNotificationConfiguration",
    ];
    let mut seen = operations.clone();
    seen.dedup();
    assert_eq!(seen, expected);
    for sent in wire.sent() {
        assert_eq!(
            sent.header("x-amz-expected-bucket-owner"),
            Some(ACCOUNT),
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn a_marker_is_empty_new_and_hangs_on_no_key() {
    let (written, wire) = over([Reply::new(200, "")], async |aws| {
        aws.put_marker(&media(), MARKER, MarkerEncryption::SseS3).await
    })
    .await;
    assert_eq!(written, Ok(MarkerWrite::Created));
    let sent = wire.one();
    assert_eq!(sent.method, "PUT");
    assert!(
        sent.uri
            .starts_with("https://media.s3.eu-west-1.amazonaws.com/.wellknown/cloudinary/demo"),
        "{sent:?}"
    );
    assert_eq!(sent.header("if-none-match"), Some("*"));
    assert_eq!(sent.header("x-amz-server-side-encryption"), Some("AES256"));
    assert_eq!(sent.header("content-type"), Some("text/plain"));
    assert_eq!(sent.body, "");
    assert_eq!(sent.header("content-length").unwrap_or("0"), "0");
    // A bucket with Object Lock takes no object without a checksum.
    assert!(sent.header("x-amz-checksum-crc32").is_some(), "{sent:?}");
}

#[tokio::test]
async fn a_marker_may_be_left_to_the_buckets_default() {
    let (_, wire) = over([Reply::new(200, "")], async |aws| {
        aws.put_marker(&media(), MARKER, MarkerEncryption::BucketDefault)
            .await
    })
    .await;
    assert_eq!(wire.one().header("x-amz-server-side-encryption"), None);
    assert_eq!(wire.one().header("if-none-match"), Some("*"));
}

#[tokio::test]
async fn a_marker_that_is_there_is_not_written() {
    let (written, wire) = over([Reply::xml(412, "PreconditionFailed")], async |aws| {
        aws.put_marker(&media(), MARKER, MarkerEncryption::SseS3).await
    })
    .await;
    assert_eq!(written, Ok(MarkerWrite::AlreadyThere));
    wire.one();
}

#[tokio::test]
async fn a_policy_goes_out_byte_for_byte_and_asks_for_no_lockout() {
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let (put, wire) = over([Reply::new(204, "")], async |aws| {
        aws.put_bucket_policy(&media(), policy).await
    })
    .await;
    assert_eq!(put, Ok(()));
    let sent = wire.one();
    assert_eq!(sent.body, policy);
    assert_eq!(sent.header("x-amz-confirm-remove-self-bucket-access"), None);
}

#[tokio::test]
async fn a_policy_comes_in_byte_for_byte() {
    let policy = "{ \"Version\":\n \"2012-10-17\" }";
    let (got, _) = over([Reply::new(200, policy)], async |aws| {
        aws.get_bucket_policy(&media()).await
    })
    .await;
    assert_eq!(got, Ok(Some(policy.to_owned())));
    let (none, _) = over([Reply::xml(404, "NoSuchBucketPolicy")], async |aws| {
        aws.get_bucket_policy(&media()).await
    })
    .await;
    assert_eq!(none, Ok(None));
}

async fn encryption(reply: Reply) -> DefaultEncryption {
    over([reply], async |aws| aws.get_bucket_encryption(&media()).await)
        .await
        .0
        .unwrap()
}

fn rule(algorithm: &str, rest: &str) -> Reply {
    let body = format!(
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}\
         </SSEAlgorithm>{rest}</Rule></ServerSideEncryptionConfiguration>"
    );
    Reply::new(200, body)
}

#[tokio::test]
async fn the_default_encryption_is_read_as_it_is_configured() {
    const KEY: &str = "<KMSMasterKeyID>alias/media</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>";
    let none = Reply::xml(404, "ServerSideEncryptionConfigurationNotFoundError");
    assert_eq!(encryption(none).await, DefaultEncryption::SseS3);
    let aes = rule("AES256", "</ApplyServerSideEncryptionByDefault>");
    assert_eq!(encryption(aes).await, DefaultEncryption::SseS3);
    let kms = rule(
        "aws:kms",
        &format!("{KEY}<BucketKeyEnabled>true</BucketKeyEnabled>"),
    );
    let key = Some("alias/media".to_owned());
    assert_eq!(
        encryption(kms).await,
        DefaultEncryption::Kms {
            key: key.clone(),
            bucket_key: true
        }
    );
    let dsse = rule(
        "aws:kms:dsse",
        &format!("{KEY}<BucketKeyEnabled>true</BucketKeyEnabled>"),
    );
    assert_eq!(
        encryption(dsse).await,
        DefaultEncryption::Kms {
            key,
            bucket_key: false
        }
    );
    let managed = rule("aws:kms", "</ApplyServerSideEncryptionByDefault>");
    assert_eq!(
        encryption(managed).await,
        DefaultEncryption::Kms {
            key: None,
            bucket_key: false
        }
    );
}

#[tokio::test]
async fn no_block_of_public_access_is_all_switches_off() {
    let (none, _) = over(
        [Reply::xml(404, "NoSuchPublicAccessBlockConfiguration")],
        async |aws| aws.get_public_access_block(&media()).await,
    )
    .await;
    assert_eq!(none, Ok(PublicAccessBlock::default()));
    let body = "<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy>\
                <RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    let (some, _) = over([Reply::new(200, body)], async |aws| {
        aws.get_public_access_block(&media()).await
    })
    .await;
    assert_eq!(
        some,
        Ok(PublicAccessBlock {
            block_public_policy: true,
            ..PublicAccessBlock::default()
        })
    );
}

fn below(prefix: &str) -> Listing<'_> {
    Listing {
        prefix,
        ..Listing::default()
    }
}

async fn head(reply: Reply) -> Option<ObjectHead> {
    let (head, wire) = over([reply], async |aws| aws.head_object(&media(), MARKER).await).await;
    assert_eq!(wire.one().header("x-amz-checksum-mode"), None);
    head.unwrap()
}

#[tokio::test]
async fn an_object_tells_its_encryption_and_class() {
    const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let plain = Reply::new(200, "").with("x-amz-server-side-encryption", "AES256");
    let expected = ObjectHead {
        encryption: ObjectEncryption::SseS3,
        ..ObjectHead::default()
    };
    assert_eq!(head(plain).await, Some(expected.clone()));
    assert_eq!(
        head(Reply::new(200, "").with("x-amz-storage-class", "STANDARD")).await,
        Some(expected)
    );
    for algorithm in ["aws:kms", "aws:kms:dsse"] {
        let kms = Reply::new(200, "").with("x-amz-server-side-encryption", algorithm);
        let kms = kms
            .with("x-amz-server-side-encryption-aws-kms-key-id", ARN)
            .with("x-amz-storage-class", "GLACIER");
        let encryption = ObjectEncryption::Kms(ARN.to_owned());
        assert_eq!(
            head(kms).await,
            Some(ObjectHead {
                encryption,
                storage_class: Some("GLACIER".to_owned()),
                archived: true,
                ..ObjectHead::default()
            })
        );
    }
    assert_eq!(
        head(Reply::new(404, "").with("x-amz-delete-marker", "true")).await,
        None
    );
}

#[tokio::test]
async fn a_listing_is_asked_for_encoded_and_read_decoded() {
    let body = "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
                <NextContinuationToken>t/+=</NextContinuationToken>\
                <Contents><Key>.wellknown/cloudinary/a+b%2Bc%01</Key></Contents></ListBucketResult>";
    let (page, wire) = over([Reply::new(200, body)], async |aws| {
        let listing = Listing {
            next: Some("earlier"),
            ..below(".wellknown/cloudinary/")
        };
        aws.list_objects(&media(), &listing).await
    })
    .await;
    let page = page.unwrap();
    assert_eq!(page.objects[0].key, ".wellknown/cloudinary/a b+c\u{1}");
    assert_eq!(page.next.as_deref(), Some("t/+="));
    let uri = wire.one().uri;
    for part in [
        "encoding-type=url",
        "continuation-token=earlier",
        "prefix=.wellknown%2Fcloudinary%2F",
    ] {
        assert!(uri.contains(part), "{uri}");
    }
}

#[tokio::test]
async fn a_listing_that_was_not_encoded_is_left_alone() {
    let body = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a+b%2B</Key></Contents></ListBucketResult>";
    let (page, _) = over([Reply::new(200, body)], async |aws| {
        aws.list_objects(&media(), &below("a")).await
    })
    .await;
    assert_eq!(page.unwrap().objects[0].key, "a+b%2B");
}

#[tokio::test]
async fn the_buckets_of_the_account_come_in_pages() {
    let body = "<ListAllMyBucketsResult><Buckets><Bucket><Name>media</Name></Bucket></Buckets>\
                <ContinuationToken>more</ContinuationToken></ListAllMyBucketsResult>";
    let (page, wire) = over([Reply::new(200, body)], async |aws| aws.list_buckets(None).await).await;
    let page = page.unwrap();
    assert_eq!(page.buckets, [media()]);
    assert_eq!(page.next.as_deref(), Some("more"));
    assert!(wire.one().uri.contains("max-buckets=1000"));
}
