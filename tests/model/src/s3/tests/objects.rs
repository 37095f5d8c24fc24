use guardian_core::observation::ObjectPage;
use guardian_reconcile::seam::Listing;

use super::*;

#[test]
fn a_marker_is_written_once_and_never_replaced() {
    let model = model();
    let write = || done(model.put_marker(&media(), MARKER, MarkerEncryption::SseS3));
    assert_eq!(done(model.head_object(&media(), MARKER)), Ok(None));
    assert_eq!(write(), Ok(MarkerWrite::Created));
    assert_eq!(write(), Ok(MarkerWrite::AlreadyThere));
    let head = done(model.head_object(&media(), MARKER)).unwrap().unwrap();
    assert_eq!(head.encryption, ObjectEncryption::SseS3);
}

#[test]
fn an_object_without_a_say_is_encrypted_as_the_bucket_does_by_default() {
    let model = model();
    let key = model.add_key();
    model.add_alias("alias/media", &key);
    let encryption_of = |default: Option<&str>| {
        let encryption = DefaultEncryption::Kms {
            key: default.map(str::to_owned),
            bucket_key: true,
        };
        model.set_default_encryption(&media(), encryption.clone());
        assert_eq!(done(model.get_bucket_encryption(&media())), Ok(encryption));
        model
            .act_as(Who::cli("ana"))
            .put_object(&media(), "a", None)
            .unwrap();
        done(model.head_object(&media(), "a"))
            .unwrap()
            .unwrap()
            .encryption
    };
    for named in [
        key.id(),
        key.as_str(),
        "alias/media",
        "arn:aws:kms:us-east-1:111122223333:alias/media",
    ] {
        assert_eq!(
            encryption_of(Some(named)),
            ObjectEncryption::Kms(key.to_string()),
            "{named}"
        );
    }
    assert_eq!(
        encryption_of(None),
        ObjectEncryption::Kms(model.aws_managed_key().to_string())
    );
}

#[test]
fn a_key_that_is_not_usable_fails_the_write() {
    let model = model();
    let key = model.add_key();
    model.set_default_encryption(
        &media(),
        DefaultEncryption::Kms {
            key: Some(key.to_string()),
            bucket_key: true,
        },
    );
    for state in [
        KeyState::Disabled,
        KeyState::PendingDeletion,
        KeyState::PendingImport,
    ] {
        model.set_key_state(&key, state);
        let error = done(model.put_marker(&media(), MARKER, MarkerEncryption::BucketDefault)).unwrap_err();
        assert!(error.message.starts_with("KMS."), "{error}");
    }
    assert_eq!(
        done(model.put_marker(&media(), MARKER, MarkerEncryption::SseS3)),
        Ok(MarkerWrite::Created),
        "a marker under SSE-S3 hangs on no key"
    );
}

#[test]
fn an_alias_in_the_default_means_the_writers_own_key() {
    let model = model();
    let ours = model.add_key();
    model.add_alias("alias/media", &ours);
    let encryption = DefaultEncryption::Kms {
        key: Some("alias/media".to_owned()),
        bucket_key: false,
    };
    model.set_default_encryption(&media(), encryption);
    let partner: guardian_core::name::AccountId = "444455556666".parse().unwrap();
    let theirs = model.add_key_of(&partner, "us-east-1");
    model.add_alias("alias/media", &theirs);
    put(
        &model,
        &policy(&json!({
            "Effect": "Allow", "Principal": {"AWS": partner.as_str()}, "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::media/*",
        })),
    )
    .unwrap();
    model
        .act_as(Who::cli("bo").of_account(partner))
        .put_object(&media(), "a", None)
        .unwrap();
    let head = done(model.head_object(&media(), "a")).unwrap().unwrap();
    assert_eq!(head.encryption, ObjectEncryption::Kms(theirs.to_string()));
}

#[test]
fn a_deny_that_demands_kms_refuses_a_marker_under_sse_s3() {
    let model = model();
    put(
        &model,
        &policy(&json!({
            "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::media/*",
            "Condition": {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"},
                          "Null": {"s3:x-amz-server-side-encryption": "false"}},
        })),
    )
    .unwrap();
    let write = |encryption| done(model.put_marker(&media(), MARKER, encryption));
    assert_eq!(
        write(MarkerEncryption::SseS3).unwrap_err().kind,
        CallErrorKind::AccessDenied
    );
    assert_eq!(write(MarkerEncryption::BucketDefault), Ok(MarkerWrite::Created));
}

#[test]
fn pages_end_where_there_is_nothing_more() {
    let model = model();
    model.set_page_sizes(2, 1, 10, 10);
    for key in ["a", "m/1", "m/2", "m/3", "z"] {
        model.add_object(&media(), key, ObjectEncryption::SseS3);
    }
    let below = |next| Listing {
        prefix: "m/",
        next,
        ..Listing::default()
    };
    let keys = |page: &ObjectPage| {
        page.objects
            .iter()
            .map(|object| object.key.clone())
            .collect::<Vec<_>>()
    };
    let first = done(model.list_objects(&media(), &below(None))).unwrap();
    assert_eq!(
        (keys(&first).join(" "), first.next.as_deref()),
        ("m/1 m/2".to_owned(), Some("m/2"))
    );
    let last = done(model.list_objects(&media(), &below(first.next.as_deref()))).unwrap();
    assert_eq!((keys(&last).join(" "), last.next), ("m/3".to_owned(), None));

    model.add_bucket(&"more".parse().unwrap());
    model.add_bucket_of(
        &"foreign".parse().unwrap(),
        &"444455556666".parse().unwrap(),
        "us-east-1",
    );
    let first = done(model.list_buckets(None)).unwrap();
    assert_eq!(first.buckets, [media()]);
    let last = done(model.list_buckets(first.next.as_deref())).unwrap();
    assert_eq!((last.buckets, last.next), (vec!["more".parse().unwrap()], None));
}
