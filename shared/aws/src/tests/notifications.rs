//! S3: the notification configuration goes in and out as the text it is.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::name::BucketName;
use guardian_core::notification::{EVENTS, Notifications};
use guardian_reconcile::seam::Buckets;

use super::wire::{Reply, Wire, over};

/// What a GetBucketNotificationConfiguration answers, with things that no type of the SDK carries.
const TEXT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NotificationConfiguration \
    xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><QueueConfiguration><Id>q</Id>\
    <Queue>arn:aws:sqs:eu-west-1:111122223333:q</Queue><Event>s3:ObjectCreated:Teleport</Event><Batch>5</Batch>\
    <Filter><S3Key><FilterRule><Name>Prefix</Name><Value>a &amp; b/\u{e9}</Value></FilterRule></S3Key></Filter>\
    </QueueConfiguration><StreamConfiguration/></NotificationConfiguration>";

fn media() -> BucketName {
    "media".parse().unwrap()
}

async fn got(reply: Reply) -> Result<Notifications, CallError> {
    let (got, _) = over([reply], async |aws| aws.get_bucket_notifications(&media()).await).await;
    got
}

#[tokio::test]
async fn a_configuration_comes_in_byte_for_byte_with_what_the_sdk_does_not_know() {
    let found = got(Reply::new(200, TEXT)).await.unwrap();
    assert_eq!(found.as_xml(), TEXT);
    assert!(!found.tells_event_bridge());
    assert_eq!(found.with_event_bridge().unwrap_err().len(), 3);
}

#[tokio::test]
async fn a_configuration_goes_out_byte_for_byte_and_tests_no_destination() {
    let notifications = Notifications::parse(TEXT).unwrap();
    let (put, wire) = over([Reply::new(200, "")], async |aws| {
        aws.put_bucket_notifications(&media(), &notifications).await
    })
    .await;
    assert_eq!(put, Ok(()));
    let sent = wire.one();
    assert_eq!(sent.method, "PUT");
    assert_eq!(sent.uri, "https://media.s3.eu-west-1.amazonaws.com/?notification");
    assert_eq!(sent.body, TEXT);
    let length = TEXT.len().to_string();
    assert_eq!(sent.header("content-length"), Some(length.as_str()));
    assert_eq!(sent.header("content-type"), Some("application/xml"));
    assert_eq!(sent.header("x-amz-skip-destination-validation"), Some("true"));
    // The signature is over this body, not over the one that the SDK wrote.
    let empty = Wire::new([Reply::new(200, "")]);
    let _ = empty
        .aws()
        .put_bucket_notifications(&media(), &Notifications::none())
        .await;
    let of = |sent: &super::wire::Sent| sent.header("x-amz-content-sha256").map(str::to_owned);
    assert!(of(&sent).is_some_and(|hash| hash.len() == 64), "{sent:?}");
    assert_ne!(of(&sent), of(&empty.one()));
}

#[tokio::test]
async fn a_retry_sends_the_same_text_and_the_last_answer_counts() {
    let notifications = Notifications::parse(TEXT).unwrap();
    let (put, wire) = over([Reply::lost(), Reply::new(200, "")], async |aws| {
        aws.put_bucket_notifications(&media(), &notifications).await
    })
    .await;
    assert_eq!(put, Ok(()));
    let bodies: Vec<String> = wire.sent().into_iter().map(|sent| sent.body).collect();
    assert_eq!(bodies, [TEXT; 2]);
    let (got, _) = over(
        [Reply::xml(503, "SlowDown"), Reply::new(200, TEXT)],
        async |aws| aws.get_bucket_notifications(&media()).await,
    )
    .await;
    assert_eq!(got.unwrap().as_xml(), TEXT);
}

#[tokio::test]
async fn event_bridge_is_seen_in_either_writing_and_nothing_is_nobody() {
    for element in [
        "<EventBridgeConfiguration/>",
        "<EventBridgeConfiguration></EventBridgeConfiguration>",
    ] {
        let text = format!("<NotificationConfiguration>{element}</NotificationConfiguration>");
        assert!(got(Reply::new(200, text)).await.unwrap().tells_event_bridge());
    }
    let none = Reply::new(
        200,
        "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>",
    );
    assert_eq!(got(none).await, Ok(Notifications::none()));
}

#[tokio::test]
async fn an_answer_that_broke_off_is_not_taken_for_a_bucket_that_notifies_nobody() {
    for body in [
        "",
        "<NotificationConfiguration>",
        "<NotificationConfiguration><QueueConf",
    ] {
        let error = got(Reply::new(200, body)).await.unwrap_err();
        assert_eq!(
            (error.operation, &error.kind),
            ("s3:GetBucketNotification", &CallErrorKind::Transient),
            "{body}"
        );
    }
    let denied = got(Reply::xml(403, "AccessDenied")).await.unwrap_err();
    assert_eq!(denied.kind, CallErrorKind::AccessDenied);
}

#[test]
fn the_events_that_count_as_known_are_those_of_the_sdk() {
    let mut known = EVENTS.to_vec();
    known.sort_unstable();
    let mut of_the_sdk = aws_sdk_s3::types::Event::values().to_vec();
    of_the_sdk.sort_unstable();
    assert_eq!(known, of_the_sdk);
}
