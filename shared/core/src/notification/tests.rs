//! What survives, and what is refused.

use super::*;

const QUEUE: &str = "<QueueConfiguration><Id>thumbnails</Id><Queue>arn:aws:sqs:us-east-1:111122223333:thumbnails</Queue>\
    <Event>s3:ObjectCreated:Put</Event><Event>s3:ObjectCreated:Copy</Event><Filter><S3Key><FilterRule><Name>Prefix</Name>\
    <Value>a &amp; b/</Value></FilterRule><FilterRule><Name>Suffix</Name><Value></Value></FilterRule></S3Key></Filter>\
    </QueueConfiguration>";
const TOPIC: &str = "<TopicConfiguration><Id>t</Id><Topic>arn:aws:sns:us-east-1:111122223333:uploads</Topic>\
    <Event>s3:ObjectRemoved:*</Event></TopicConfiguration>";
const FUNCTION: &str = "<CloudFunctionConfiguration><Id>f</Id><CloudFunction>arn:aws:lambda:us-east-1:111122223333:function:f\
    </CloudFunction><Event>s3:ObjectTagging:*</Event></CloudFunctionConfiguration>";

fn with(parts: &[&str]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NotificationConfiguration \
         xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}</NotificationConfiguration>",
        parts.concat()
    )
}

fn parsed(parts: &[&str]) -> Notifications {
    Notifications::parse(&with(parts)).unwrap()
}

#[test]
fn event_bridge_comes_in_and_every_other_byte_stays() {
    let before = parsed(&[QUEUE, TOPIC, FUNCTION]);
    assert!(!before.tells_event_bridge());
    let after = before.with_event_bridge().unwrap();
    assert!(after.tells_event_bridge());
    let added = "<EventBridgeConfiguration></EventBridgeConfiguration>";
    assert_eq!(after.as_xml(), with(&[QUEUE, TOPIC, FUNCTION, added]));
    assert_eq!(after.lost_of(&before), [""; 0]);
    assert_ne!(after, before);
    assert_ne!(after.canonical_hash(), before.canonical_hash());
}

#[test]
fn an_empty_configuration_in_any_writing_gets_it_too() {
    for text in [
        "<NotificationConfiguration/>",
        "<NotificationConfiguration></NotificationConfiguration>",
        "<NotificationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\" />",
        "<NotificationConfiguration>\n</NotificationConfiguration >\n<!-- the end -->",
    ] {
        let after = Notifications::parse(text).unwrap().with_event_bridge().unwrap();
        assert!(after.tells_event_bridge(), "{}", after.as_xml());
        assert_eq!(after.others(), [""; 0]);
    }
    assert_eq!(Notifications::none(), parsed(&[]));
}

#[test]
fn the_order_of_entries_events_and_rules_means_nothing_and_everything_else_does() {
    let turned = "<QueueConfiguration><Queue>arn:aws:sqs:us-east-1:111122223333:thumbnails</Queue><Id>thumbnails</Id>\
        <Event>s3:ObjectCreated:Copy</Event><Event>s3:ObjectCreated:Put</Event>\n<Filter><S3Key><FilterRule><Value/>\
        <Name>suffix</Name></FilterRule><FilterRule><Name>prefix</Name><Value>a &#38; b/</Value></FilterRule></S3Key>\
        </Filter></QueueConfiguration>";
    assert_eq!(parsed(&[TOPIC, QUEUE]), parsed(&[turned, TOPIC]));
    assert_eq!(
        parsed(&[TOPIC, QUEUE]).canonical_hash(),
        parsed(&[turned, TOPIC]).canonical_hash()
    );
    for (one, other) in [
        ("a &amp; b/", "a &amp; b"),
        ("s3:ObjectCreated:Put", "s3:ObjectCreated:Post"),
        (">thumbnails<", ">Thumbnails<"),
        ("<Event>s3:ObjectCreated:Copy</Event>", ""),
    ] {
        let changed = QUEUE.replace(one, other);
        assert_ne!(changed, QUEUE);
        assert_ne!(parsed(&[&changed]), parsed(&[QUEUE]), "{one}");
        assert_eq!(parsed(&[&changed]).lost_of(&parsed(&[QUEUE])).len(), 1, "{one}");
    }
    // The same entry twice is not the same as once.
    assert_eq!(
        parsed(&[TOPIC]).lost_of(&parsed(&[TOPIC, TOPIC])),
        ["topic arn:aws:sns:us-east-1:111122223333:uploads (`t`)"]
    );
}

#[test]
fn whatever_the_api_does_not_know_is_named_and_keeps_the_document_from_being_written() {
    for (part, named) in [
        (
            "<Digest>on</Digest>".to_owned(),
            "the element `NotificationConfiguration/Digest`",
        ),
        (
            QUEUE.replace("</Event><Event>", "</Event><Batch>5</Batch><Event>"),
            "the element `NotificationConfiguration/QueueConfiguration/Batch`",
        ),
        (
            QUEUE.replace("s3:ObjectCreated:Copy", "s3:ObjectCreated:Teleport"),
            "the value `s3:ObjectCreated:Teleport` of `NotificationConfiguration/QueueConfiguration/Event`",
        ),
        (
            QUEUE.replace("Suffix", "Size"),
            "the value `Size` of `NotificationConfiguration/QueueConfiguration/Filter/S3Key/FilterRule/Name`",
        ),
        (
            TOPIC.replace("<Topic>", "<Topic order=\"fifo\">"),
            "the attribute `order` of `NotificationConfiguration/TopicConfiguration/Topic`",
        ),
        (
            TOPIC.replace("<Id>t</Id>", "<Id><Of>t</Of></Id>"),
            "the element `NotificationConfiguration/TopicConfiguration/Id/Of`",
        ),
        (
            TOPIC.replace("<Id>", "paused<Id>"),
            "the text in `NotificationConfiguration/TopicConfiguration`",
        ),
        (
            TOPIC.replace("<Topic>", "<Topic xmlns=\"urn:other\">"),
            "the namespace of `NotificationConfiguration/TopicConfiguration/Topic`",
        ),
    ] {
        assert_eq!(
            parsed(&[&part]).with_event_bridge(),
            Err(vec![named.to_owned()]),
            "{part}"
        );
    }
    // With a prefix the element that is added would be another one.
    let prefixed = "<s3:NotificationConfiguration xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\" \
        xmlns=\"urn:other\"></s3:NotificationConfiguration>";
    assert!(
        Notifications::parse(prefixed)
            .unwrap()
            .with_event_bridge()
            .is_err()
    );
}

#[test]
fn what_is_no_such_document_is_not_taken_for_an_empty_one() {
    for text in ["", "<Notification", "<NotificationConfiguration><Queue", "{}"] {
        let error = Notifications::parse(text).unwrap_err();
        assert!(
            matches!(error, NotificationsError::Malformed(_)),
            "{text}: {error}"
        );
    }
    let error = Notifications::parse("<Error><Code>AccessDenied</Code></Error>").unwrap_err();
    assert_eq!(error.to_string(), "the document is a `Error`");
    // No document type, and so no entities of its own: nothing in it can grow.
    assert!(Notifications::parse("<!DOCTYPE x [<!ENTITY a \"b\">]><NotificationConfiguration/>").is_err());
}
