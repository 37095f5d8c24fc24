use guardian_core::notification::Notifications;

use super::*;

const QUEUE: &str = "arn:aws:sqs:us-east-1:111122223333:thumbnails";

fn entry(arn: &str) -> String {
    format!("<QueueConfiguration><Queue>{arn}</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>")
}

fn configuration(elements: &str) -> Notifications {
    let text = format!("<NotificationConfiguration>{elements}</NotificationConfiguration>");
    Notifications::parse(&text).unwrap()
}

#[test]
fn a_new_bucket_notifies_nobody_and_what_is_written_replaces_everything() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    let fresh = "fresh".parse().unwrap();
    ana.create_bucket(&fresh).unwrap();
    assert_eq!(
        done(model.get_bucket_notifications(&fresh)),
        Ok(Notifications::none())
    );
    assert!(
        done(model.get_bucket_notifications(&media()))
            .unwrap()
            .tells_event_bridge()
    );
    model.add_destination(QUEUE);
    ana.put_bucket_notifications(&media(), &entry(QUEUE)).unwrap();
    let found = done(model.get_bucket_notifications(&media())).unwrap();
    assert!(!found.tells_event_bridge());
    assert_eq!(found.others().len(), 1);
    // S3 gives every entry an id, and keeps it when it comes back.
    done(model.put_bucket_notifications(&media(), &found)).unwrap();
    assert_eq!(done(model.get_bucket_notifications(&media())), Ok(found));
}

#[test]
fn a_destination_that_is_not_there_is_refused_unless_nobody_asks_and_only_asking_sends_a_test() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    let refused = ana.put_bucket_notifications(&media(), &entry(QUEUE)).unwrap_err();
    assert!(refused.message.starts_with("InvalidArgument"), "{refused}");
    assert!(
        done(model.get_bucket_notifications(&media()))
            .unwrap()
            .tells_event_bridge()
    );
    done(model.put_bucket_notifications(&media(), &configuration(&entry(QUEUE)))).unwrap();
    assert_eq!(model.test_messages(), [""; 0]);
    model.add_destination(QUEUE);
    ana.put_bucket_notifications(&media(), &entry(QUEUE)).unwrap();
    assert_eq!(model.test_messages(), [QUEUE]);
}

#[test]
fn s3_writes_the_configuration_its_own_way_and_means_the_same() {
    let model = model();
    let sent = configuration(
        "<EventBridgeConfiguration/><QueueConfiguration><Filter><S3Key><FilterRule><Name>prefix</Name>\
         <Value>a &amp; b/</Value></FilterRule></S3Key></Filter><Id>q</Id><Queue>arn:q</Queue>\
         <Event>s3:ObjectCreated:*</Event></QueueConfiguration><TopicConfiguration><Id>t</Id><Topic>arn:t</Topic>\
         <Event>s3:ObjectRemoved:*</Event></TopicConfiguration>",
    );
    done(model.put_bucket_notifications(&media(), &sent)).unwrap();
    let found = done(model.get_bucket_notifications(&media())).unwrap();
    assert_eq!(found, sent);
    let text = model.notifications(&media()).unwrap();
    assert!(
        text.contains("<Name>Prefix</Name><Value>a &amp; b/</Value>"),
        "{text}"
    );
    assert!(
        text.find("<TopicConfiguration>") < text.find("<QueueConfiguration>"),
        "{text}"
    );
}

#[test]
fn a_deny_in_the_policy_decides_over_reading_and_writing_them() {
    for (action, reads, writes) in [
        ("s3:GetBucketNotification", false, true),
        ("s3:PutBucketNotification", true, false),
    ] {
        let model = model();
        put(&model, &deny(action)).unwrap();
        assert_eq!(
            done(model.get_bucket_notifications(&media())).is_ok(),
            reads,
            "{action}"
        );
        let written = done(model.put_bucket_notifications(&media(), &Notifications::none()));
        assert_eq!(written.is_ok(), writes, "{action}");
    }
}
