//! SQS and SNS: groups, de-duplication, delays, one body per protocol.

use std::time::Duration;

use guardian_core::alert::Notice;
use guardian_core::call::CallErrorKind;
use guardian_core::cause::{LaterLook, Work};
use guardian_reconcile::seam::{Queues, Topic};

use super::wire::{Reply, Wire, over, work};
use crate::{Aws, Stack};

#[tokio::test]
async fn work_goes_to_its_group_and_what_was_refused_is_named() {
    let reply = Reply::new(
        200,
        r#"{"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"d"}],"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false}]}"#,
    );
    let batch = [work("bucket:one-a"), work("bucket:one-b")];
    let (refused, wire) = over([reply], async |aws| aws.send_work(&batch).await).await;
    assert_eq!(refused, Ok(vec![1]));
    let sent = wire.one().json();
    for (index, work) in batch.iter().enumerate() {
        let entry = &sent["Entries"][index];
        assert_eq!(entry["MessageGroupId"], work.group());
        assert_eq!(entry["MessageDeduplicationId"], work.deduplication_id());
        assert_eq!(
            serde_json::from_str::<Work>(entry["MessageBody"].as_str().unwrap()).unwrap(),
            *work
        );
    }
}

#[tokio::test]
async fn what_is_not_said_to_have_arrived_has_not() {
    let batch = [work("bucket:one-a"), work("bucket:one-b")];
    let aws = Wire::new([Reply::new(200, r#"{"Successful":[],"Failed":[]}"#)]).aws();
    assert_eq!(aws.send_work(&batch).await, Ok(vec![0, 1]));
    let aws = Wire::new([Reply::new(200, "{}")]).aws();
    let later = aws
        .send_later(&LaterLook::new(work("bucket:media")), Duration::ZERO)
        .await;
    assert!(later.unwrap_err().is_transient());
    let aws = Wire::new([Reply::new(
        200,
        "<PublishResponse><PublishResult/></PublishResponse>",
    )])
    .aws();
    assert!(aws.publish(&notice()).await.unwrap_err().is_transient());
}

#[tokio::test]
async fn no_work_is_no_call() {
    let (refused, wire) = over([Reply::new(500, "")], async |aws| aws.send_work(&[]).await).await;
    assert_eq!(refused, Ok(Vec::new()));
    assert!(wire.sent().is_empty());
}

#[tokio::test]
async fn a_later_look_waits_at_most_a_quarter_of_an_hour() {
    for (asked, sent) in [(30, 30), (7200, 900)] {
        let reply = Reply::new(200, r#"{"MessageId":"m"}"#);
        let (done, wire) = over([reply], async |aws| {
            aws.send_later(&LaterLook::new(work("bucket:media")), Duration::from_secs(asked))
                .await
        })
        .await;
        assert_eq!(done, Ok(()));
        let request = wire.one().json();
        assert_eq!(request["DelaySeconds"], sent);
        let message = serde_json::from_str(request["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(LaterLook::read(&message), Some(work("bucket:media")));
    }
}

fn notice() -> Notice {
    Notice {
        subject: "demo cannot read media".to_owned(),
        text: "what to do".to_owned(),
        json: r#"{"code":"grant-missing"}"#.to_owned(),
        chat: r#"{"version":"1.0"}"#.to_owned(),
        attributes: [("bucket", "media"), ("code", "")]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
    }
}

#[tokio::test]
async fn people_get_prose_and_machines_get_json() {
    let reply = Reply::new(
        200,
        "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
    );
    let (done, wire) = over([reply], async |aws| aws.publish(&notice()).await).await;
    assert_eq!(done, Ok(()));
    let form = wire.one().body;
    let field = |name: &str| {
        form.split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    assert_eq!(field("MessageStructure").as_deref(), Some("json"));
    assert_eq!(field("Subject").as_deref(), Some("demo%20cannot%20read%20media"));
    // The SDK sends them in any order.
    let attribute = |entry: u8| {
        let entry = format!("MessageAttributes.entry.{entry}");
        let name = field(&format!("{entry}.Name"))?;
        Some((name, field(&format!("{entry}.Value.StringValue"))?))
    };
    let mut attributes: Vec<(String, String)> = (1..=9).filter_map(attribute).collect();
    attributes.sort();
    // SNS takes no empty attribute, so there is no `code`.
    assert_eq!(
        attributes,
        [
            ("account", "111122223333"),
            ("bucket", "media"),
            ("region", "eu-west-1")
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let message = field("Message").unwrap();
    assert!(
        message.contains(
            "%22default%22%3A%22what%20to%20doTold%20by%20the%20guardian%20of%20account%20111122223333"
        ),
        "{message}"
    );
    for protocol in ["sqs", "lambda", "http", "firehose"] {
        let body = format!("%22{protocol}%22%3A%22%7B%5C%22code%5C%22");
        assert!(message.contains(&body), "{protocol}: {message}");
    }
    assert!(
        message.contains("%22https%22%3A%22%7B%5C%22version%5C%22"),
        "chat subscribes over https: {message}"
    );
}

#[tokio::test]
async fn a_topic_is_asked_in_its_own_region() {
    for (region, host) in [
        ("us-east-1", "https://sns.us-east-1.amazonaws.com/"),
        ("eu-west-1", "https://sns.eu-west-1.amazonaws.com/"),
    ] {
        let wire = Wire::new([published()]);
        let aws = telling(&wire, &format!("arn:aws:sns:{region}:444455556666:alerts"));
        assert_eq!(aws.publish(&notice()).await, Ok(()));
        let sent = wire.one();
        assert_eq!(sent.uri, host);
        let signed = sent.header("authorization").unwrap();
        assert!(
            signed.contains(&format!("/{region}/sns/aws4_request")),
            "{signed}"
        );
        assert!(
            sent.body
                .contains(&format!("arn%3Aaws%3Asns%3A{region}%3A444455556666%3Aalerts"))
        );
    }
}

#[tokio::test]
async fn a_topic_that_may_not_be_published_to_says_what_both_sides_have_to_allow() {
    let topic = "arn:aws:sns:us-east-1:444455556666:alerts";
    for (status, code, kind, remedy) in [
        (
            403,
            "AuthorizationError",
            CallErrorKind::AccessDenied,
            "let the topic's policy allow the guardian's role `sns:Publish`, and name the topic in the stack's parameter `AlertTopicArn`, which gives the role the same",
        ),
        (
            400,
            "KMSAccessDenied",
            CallErrorKind::AccessDenied,
            "let the policy of the topic's KMS key allow the guardian's role `kms:GenerateDataKey` and `kms:Decrypt`, and name that key in the stack's parameter `AlertTopicKeyArn`, which gives the role the same",
        ),
        (
            400,
            "KMSDisabled",
            CallErrorKind::Other,
            "see to the KMS key that the topic is encrypted with",
        ),
        (
            404,
            "NotFound",
            CallErrorKind::Other,
            "create the topic, or name another in the stack's parameter `AlertTopicArn`",
        ),
    ] {
        let wire = Wire::new([Reply::query(status, code)]);
        let error = telling(&wire, topic).publish(&notice()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{code}");
        assert_eq!(
            error.message,
            format!("{code}: because; nobody was told through `{topic}`: {remedy}")
        );
    }
}

#[tokio::test]
async fn a_topic_that_is_only_busy_is_asked_again_without_advice() {
    let wire = Wire::new([Reply::query(400, "KMSThrottling")]);
    let aws = telling(&wire, "arn:aws:sns:us-east-1:444455556666:alerts");
    let error = aws.publish(&notice()).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(error.message, "KMSThrottling: because");
}

fn published() -> Reply {
    Reply::new(
        200,
        "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
    )
}

/// The stack in eu-west-1, with this topic to tell through.
fn telling(wire: &Wire, topic: &str) -> Aws {
    let stack = Stack {
        topic_arn: Some(topic.to_owned()),
        ..Stack::default()
    };
    Aws::new(wire.connection(), "111122223333".parse().unwrap(), stack)
}

#[tokio::test]
async fn what_the_stack_does_not_name_is_not_called() {
    let wire = Wire::new([Reply::new(200, "{}")]);
    let aws = Aws::new(
        wire.connection(),
        "111122223333".parse().unwrap(),
        Stack::default(),
    );
    let error = aws.send_work(&[work("bucket:media")]).await.unwrap_err();
    assert_eq!(
        (error.operation, error.kind),
        ("sqs:SendMessage", CallErrorKind::Other)
    );
    assert_eq!(error.message, "the work queue is not configured");
    assert!(aws.publish(&notice()).await.is_err());
    assert!(wire.sent().is_empty());
}
