//! Messages: several, poisonous, refused, failing.

use guardian_core::call::CallErrorKind;
use guardian_model::Queue;
use guardian_reconcile::{Message, route_batch};

use crate::stage::{Stage, done};
use crate::told::only;
use crate::world::{DEMO, MARKER, bucket, grant};

fn with_two_buckets() -> Stage {
    let stage = Stage::with_media();
    stage.plain_bucket(&bucket("archive"));
    stage.declared(&bucket("archive"), DEMO);
    stage.settled();
    stage
}

#[test]
fn a_poisonous_message_is_consumed_and_fails_none_of_its_neighbours() {
    let stage = Stage::with_media();
    let poison = [
        "",
        "not JSON",
        "null",
        "[]",
        "17",
        r#""text""#,
        "{}",
        r#"{"detail-type": "AWS API Call via CloudTrail", "source": "aws.s3"}"#,
        r#"{"detail-type": 1, "source": [], "detail": {}, "id": {}}"#,
        r#"{"detail-type": "AWS API Call via CloudTrail", "source": "aws.s3", "detail": {"eventName": 7, "requestParameters": "x", "eventID": [], "userIdentity": 3}}"#,
        r#"{"detail-type": "AWS API Call via CloudTrail", "source": "aws.s3", "detail": {"eventName": "PutBucketPolicy", "eventSource": "s3.amazonaws.com", "requestParameters": {"bucketName": "../../etc"}}}"#,
        r#"{"source": "cloudinary-guardian", "detail-type": "Later Look", "detail": {"resource": "bucket:", "cause": {}}}"#,
        "{\"detail\": \u{0}}",
    ];
    for body in poison.iter().take(9) {
        stage.model.inject(body);
    }
    stage.terraform_replaces(&bucket("media"), &[]);
    for body in poison.iter().skip(9) {
        stage.model.inject(body);
    }
    stage.rest();
    stage.expect_told(&["repaired: grant-missing on media"]);
    assert_eq!(stage.model.waiting(Queue::Ingest), 0);
    assert_eq!(stage.model.dead_letters(), []);
    let others = stage
        .model
        .take_journal()
        .into_iter()
        .filter(|call| !call.resource.contains("media"));
    assert_eq!(others.count(), 0, "no poison became work");
}

#[test]
fn work_that_is_none_of_ours_is_consumed() {
    let stage = Stage::with_media();
    let bodies = [
        "",
        "{}",
        r#"{"resource": "lambda:x", "cause": {"id": "1", "event": "x"}}"#,
        r#"{"resource": "alias:alias/media", "cause": {"id": "1", "event": "x"}}"#,
    ];
    let messages: Vec<Message> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| Message {
            id: index.to_string(),
            body: (*body).to_owned(),
        })
        .collect();
    let (reports, failed) = done(guardian_reconcile::reconcile_batch(
        &stage.model,
        &stage.settings,
        &messages,
    ));
    assert_eq!((reports, failed), (vec![], vec![]));
    stage.expect_calls("");
}

#[test]
fn a_call_that_failed_and_a_bucket_nobody_declares_are_ignored() {
    let stage = Stage::with_media();
    stage.model.record_failures(true);
    let media = bucket("media");
    assert!(stage.ana().put_bucket_policy(&media, "{").is_err());
    stage.rest();
    stage.expect_calls("");
}

#[test]
fn several_messages_of_one_resource_are_one_reconcile() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.ana().delete_object(&media, MARKER).unwrap();
    stage.terraform_replaces(&media, &[]);
    stage.ana().put_bucket_notification(&media, true).unwrap();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media, bucket:media, bucket:media
        [look at media]
        PutItem bucket:media incident#grant-missing#bucket:media
        PutItem bucket:media incident#marker-missing#marker:media/…/demo
        GetBucketPolicy media
        PutBucketPolicy media
        GetBucketPolicy media
        PutObject media/…/demo
        LookupEvents PutBucketPolicy
        PutItem bucket:media incident#grant-missing#bucket:media
        PutItem bucket:media incident#marker-missing#marker:media/…/demo
        Publish repaired: grant-missing on media
        Publish repaired: marker-missing on media
        PutItem bucket:media incident#grant-missing#bucket:media
        PutItem bucket:media incident#marker-missing#marker:media/…/demo
        SendMessage bucket:media in 30 s",
    );
    assert_eq!(report.repairs.len(), 2);
    assert_eq!(stage.model.waiting(Queue::Work), 0);
}

#[test]
fn a_look_of_the_sweep_in_the_same_batch_does_not_take_away_the_later_look() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.sweep();
    stage.round();
    stage.terraform_replaces(&media, &[grant(&media)]);
    assert!(only(stage.round()).later.is_some());
}

#[test]
fn work_that_the_queue_did_not_take_fails_exactly_the_messages_concerned() {
    let stage = with_two_buckets();
    let (media, archive) = (bucket("media"), bucket("archive"));
    stage.terraform_replaces(&media, &[grant(&media)]);
    stage.terraform_replaces(&archive, &[grant(&archive)]);
    stage.ana().put_bucket_notification(&media, true).unwrap();
    stage.model.reject_work(&[1]);
    let received = stage.model.receive_ingest(10);
    let messages: Vec<Message> = received
        .iter()
        .map(|message| Message {
            id: message.id.clone(),
            body: message.body.clone(),
        })
        .collect();
    let failed = done(route_batch(&stage.model, &messages));
    assert_eq!(failed, [received[1].id.clone()]);
    stage.model.settle_ingest(&received, &failed);
    assert_eq!(stage.model.waiting(Queue::Work), 2);
    stage.model.take_journal();
    stage.rest();
    let looks = |name: &str| {
        let journal = stage.model.journal();
        journal
            .iter()
            .filter(|call| call.to_string() == format!("HeadBucket {name}"))
            .count()
    };
    // One look each, and the two later looks.
    assert_eq!((looks("media"), looks("archive")), (3, 3));
}

#[test]
fn a_queue_that_is_down_loses_nothing_and_duplicates_nothing() {
    let stage = with_two_buckets();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.terraform_replaces(&bucket("archive"), &[]);
    stage
        .model
        .fail_next("SendMessageBatch", 1, CallErrorKind::Transient);
    assert_eq!(stage.round(), []);
    assert_eq!(stage.model.waiting(Queue::Ingest), 2);
    stage.rest();
    stage.expect_told(&[
        "repaired: grant-missing on archive",
        "repaired: grant-missing on media",
    ]);
    assert_eq!(
        stage.take_repairs(),
        ["PutBucketPolicy archive", "PutBucketPolicy media"]
    );
}

#[test]
fn a_group_that_fails_fails_no_other_group() {
    let stage = with_two_buckets();
    stage.terraform_replaces(&bucket("archive"), &[]);
    stage.terraform_replaces(&bucket("media"), &[]);
    // The groups run in the order of their names.
    stage.model.fail_next("HeadBucket", 1, CallErrorKind::Transient);
    let report = only(stage.round());
    assert_eq!(report.resource.to_string(), "bucket:media");
    stage.expect_told(&["repaired: grant-missing on media"]);
    assert_eq!(stage.model.waiting(Queue::Work), 1);
    stage.rest();
    stage.expect_told(&["repaired: grant-missing on archive"]);
}

#[test]
fn a_later_look_that_could_not_be_sent_fails_the_message_and_is_sent_by_the_next_delivery() {
    let stage = Stage::with_media();
    let media = bucket("media");
    stage.terraform_replaces(&media, &[grant(&media)]);
    stage.model.fail_next("SendMessage", 1, CallErrorKind::Transient);
    assert_eq!(stage.round(), []);
    stage.model.take_journal();
    stage.model.advance(stage.model.next_due().unwrap());
    stage.round();
    stage.expect_calls(
        "[look at media]
        SendMessage bucket:media in 30 s",
    );
}
