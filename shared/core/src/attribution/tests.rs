use serde_json::json;

use super::*;
use crate::finding::Subject;

fn cause(event: &str) -> Cause {
    Cause::of_event("e-1", event)
}

fn finding(code: Code) -> Finding {
    Finding::new(
        code,
        Subject::Bucket("media".parse().unwrap()),
        "something is wrong",
        json!({}),
    )
}

fn searched(code: Code, event: &str) -> Search {
    search(&finding(code), &cause(event), false)
}

fn record(event: &str, bucket: &str, agent: &str) -> String {
    json!({
        "eventVersion": "1.11", "eventSource": "s3.amazonaws.com", "eventName": event, "eventID": format!("{event}/{bucket}"),
        "eventTime": "2026-11-23T10:15:00Z", "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
        "userAgent": agent, "userIdentity": {"arn": "arn:aws:iam::111122223333:user/ana"},
        "requestParameters": {"bucketName": bucket},
    })
    .to_string()
}

#[test]
fn nobody_is_searched_for_where_the_event_itself_can_have_done_it() {
    for (code, event) in [
        (Code::GrantMissing, "PutBucketPolicy"),
        (Code::GrantDenied, "PutBucketPolicy"),
        (Code::KeyGrantMissing, "PutKeyPolicy"),
        (Code::KeyDisabled, "CancelKeyDeletion"),
        (Code::PublicPolicyRestricted, "PutAccountPublicAccessBlock"),
        (Code::MarkerMissing, "DeleteObject"),
        (Code::NotificationsOff, "PutBucketNotification"),
        (Code::GrantMissing, "Parameter Store Change"),
    ] {
        assert_eq!(searched(code, event), Search::None, "{code} {event}");
    }
}

#[test]
fn an_event_that_cannot_have_done_it_blames_nobody() {
    for (code, event, asked) in [
        (Code::GrantDenied, "PutBucketEncryption", "PutBucketPolicy"),
        (Code::GrantPartial, "Scheduled Event", "PutBucketPolicy"),
        (Code::KeyDisabled, "PutBucketPolicy", "DisableKey"),
        (Code::KeyGrantMissing, "Scheduled Event", "PutKeyPolicy"),
        (Code::KeyGrantMissing, "PutBucketEncryption", "PutKeyPolicy"),
        (Code::BucketMissing, "Scheduled Event", "DeleteBucket"),
        (Code::NotificationsOff, "Scheduled Event", "PutBucketNotification"),
    ] {
        assert_eq!(searched(code, event), Search::Ask(asked), "{code} {event}");
    }
}

#[test]
fn what_brings_a_key_into_use_explains_what_is_wrong_with_that_key_only() {
    for event in ["PutBucketEncryption", "UpdateAlias", "Object Created"] {
        let missing = finding(Code::KeyGrantMissing);
        assert_eq!(search(&missing, &cause(event), true), Search::None, "{event}");
        let asked = Search::Ask("PutKeyPolicy");
        assert_eq!(search(&missing, &cause(event), false), asked, "{event}");
    }
    let denied = finding(Code::GrantDenied);
    assert_eq!(
        search(&denied, &cause("PutBucketEncryption"), true),
        Search::Ask("PutBucketPolicy")
    );
}

#[test]
fn nobody_is_blamed_for_a_marker_by_an_event_about_something_else() {
    let who = |event: &str| {
        let cause = Cause {
            actor: Some(Actor {
                principal: Some("111122223333".to_owned()),
                ..Actor::default()
            }),
            ..cause(event)
        };
        unnamed(&finding(Code::MarkerMissing), &cause, Nameless::DataEvents).actor
    };
    assert!(who("Object Deleted").is_some());
    for event in ["PutBucketPolicy", "Object Created", "Scheduled Event"] {
        assert_eq!(who(event), None, "{event}");
    }
}

#[test]
fn a_policy_that_is_gone_was_deleted() {
    let mut missing = finding(Code::GrantMissing);
    assert_eq!(
        search(&missing, &cause("Scheduled Event"), false),
        Search::Ask("PutBucketPolicy")
    );
    missing.evidence = json!({"policy": "absent"});
    assert_eq!(
        search(&missing, &cause("Scheduled Event"), false),
        Search::Ask("DeleteBucketPolicy")
    );
}

#[test]
fn markers_are_data_and_the_event_history_holds_none_of_that() {
    for event in [
        "Object Deleted",
        "Scheduled Event",
        "PutBucketPolicy",
        "PutObject",
    ] {
        assert_eq!(
            searched(Code::MarkerMissing, event),
            Search::DataEvents,
            "{event}"
        );
    }
}

#[test]
fn what_is_nobodys_doing_is_not_searched_for() {
    for code in [Code::Flapping, Code::DeclarationInvalid, Code::ObservationFailed] {
        assert_eq!(searched(code, "Scheduled Event"), Search::None, "{code}");
    }
}

#[test]
fn the_newest_record_about_the_resource_that_is_not_our_own_names_the_author() {
    let media: Resource = "bucket:media".parse().unwrap();
    let finding = finding(Code::GrantMissing);
    let records = [
        "no json".to_owned(),
        record("PutBucketPolicy", "another", "aws-cli/2"),
        record("PutBucketPolicy", "media", "app/cloudinary-guardian"),
        record("GetBucketPolicy", "media", "aws-cli/2"),
        record("DeleteBucketPolicy", "media", "Terraform/1.9"),
        record("PutBucketPolicy", "media", "aws-cli/2"),
    ];
    let found = last_about(&media, &finding, &records).unwrap();
    assert_eq!(found.id, "DeleteBucketPolicy/media");
    assert_eq!(
        describe(&found),
        "arn:aws:iam::111122223333:user/ana with Terraform (the last DeleteBucketPolicy on record)"
    );
    assert_eq!(last_about(&media, &finding, &records[..4]), None);
}

#[test]
fn where_nobody_is_named_it_is_said_why() {
    let mut cause = cause("Scheduled Event");
    assert_eq!(describe(&cause), "not named by the event");
    cause.nameless = Some(Nameless::DataEvents);
    assert_eq!(describe(&cause), "not knowable without data events");
    cause.nameless = Some(Nameless::NoRecord("PutKeyPolicy".to_owned()));
    assert!(describe(&cause).contains("no PutKeyPolicy"));
    cause.actor = Some(Actor {
        principal: Some("111122223333".to_owned()),
        ..Actor::default()
    });
    cause.nameless = Some(Nameless::DataEvents);
    assert_eq!(
        describe(&cause),
        "111122223333 (whoever that was is not knowable without data events)"
    );
}
