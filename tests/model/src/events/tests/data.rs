//! Data events of objects: recorded where a trail is told to, and delivered where a rule wants them.

use super::*;
use guardian_core::name::KeyArn;

const KEY_ID: &str = "/detail/responseElements/x-amz-server-side-encryption-aws-kms-key-id";

/// A bucket that S3 sends no events of, whose data events are recorded, with a key and an object under SSE-S3.
fn recorded() -> (Model, KeyArn) {
    let model = model();
    let key = model.add_key();
    model.add_object(&media(), "cat.jpg", ObjectEncryption::SseS3);
    model
        .act_as(Who::terraform())
        .put_bucket_notification(&media(), false)
        .unwrap();
    delivered(&model);
    model.take_events();
    model.record_data_events(true);
    model.watch_objects(true);
    (model, key)
}

fn events(model: &Model) -> Vec<Value> {
    let events = model.take_events();
    events
        .iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect()
}

#[test]
fn an_object_that_moves_in_place_keeps_tag_and_version_and_s3_itself_says_nothing() {
    let (model, key) = recorded();
    let ana = model.act_as(Who::console("ana"));
    ana.put_bucket_notification(&media(), true).unwrap();
    ana.enable_versioning(&media()).unwrap();
    ana.put_object(&media(), "dog.jpg", None).unwrap();
    let before = model.objects(&media())["dog.jpg"].clone();
    model.take_events();
    delivered(&model);

    ana.update_object_encryption(&media(), "dog.jpg", &key).unwrap();
    let after = &model.objects(&media())["dog.jpg"];
    assert_eq!(after.encryption, ObjectEncryption::Kms(key.to_string()));
    assert_eq!((&after.etag, &after.version), (&before.etag, &before.version));
    assert!(after.version.is_some());
    let event = the_only(&model);
    assert_eq!(events(&model), std::slice::from_ref(&event));
    assert_eq!(event["detail-type"], "AWS API Call via CloudTrail");
    let record = &event["detail"];
    assert_eq!(record["eventName"], "UpdateObjectEncryption");
    assert_eq!(
        record["requestParameters"]["ObjectEncryption"]["SSEKMS"]["KMSKeyArn"],
        key.as_str()
    );
    assert_eq!(
        (&record["eventCategory"], &record["managementEvent"]),
        (&json!("Data"), &json!(false))
    );
    assert_eq!(record["resources"][0]["ARN"], "arn:aws:s3:::media/dog.jpg");
    assert_eq!(record["resources"][1]["ARN"], "arn:aws:s3:::media");
}

#[test]
fn a_copy_in_place_is_a_new_object_under_the_key_and_told_twice() {
    let (model, key) = recorded();
    let ana = model.act_as(Who::console("ana"));
    ana.put_bucket_notification(&media(), true).unwrap();
    let before = model.objects(&media())["cat.jpg"].clone();
    model.take_events();
    ana.copy_in_place(&media(), "cat.jpg", key.as_str()).unwrap();
    let after = &model.objects(&media())["cat.jpg"];
    assert_eq!(after.encryption, ObjectEncryption::Kms(key.to_string()));
    assert_ne!(after.etag, before.etag);
    let [native, record] = <[Value; 2]>::try_from(events(&model)).unwrap();
    assert_eq!(
        (&native["detail-type"], &native["detail"]["reason"]),
        (&json!("Object Created"), &json!("CopyObject"))
    );
    assert_eq!(record["detail"]["eventName"], "CopyObject");
    assert_eq!(
        record["detail"]["requestParameters"]["x-amz-copy-source"],
        "media/cat.jpg"
    );
    assert_eq!(record.pointer(KEY_ID).unwrap(), key.as_str());
}

#[test]
fn the_record_of_an_upload_names_the_key_by_its_arn_whatever_the_request_called_it() {
    let (model, key) = recorded();
    model.add_alias("alias/media", &key);
    let ana = model.act_as(Who::console("ana"));
    ana.put_object(&media(), "dog.jpg", Some("alias/media")).unwrap();
    assert_eq!(the_only(&model).pointer(KEY_ID).unwrap(), key.as_str());
}

#[test]
fn a_record_arrives_only_where_objects_are_watched_and_it_names_a_key_and_that_of_a_marker_always() {
    let (model, key) = recorded();
    let ana = model.act_as(Who::console("ana"));
    let act = || {
        ana.put_object(&media(), "plain.jpg", None).unwrap();
        ana.put_object(&media(), "secret.jpg", Some(key.as_str()))
            .unwrap();
        ana.put_object(&media(), MARKER, None).unwrap();
        ana.update_object_encryption(&media(), "plain.jpg", &key).unwrap();
        ana.update_object_encryption(&media(), MARKER, &key).unwrap();
        let arrived = delivered(&model).into_iter();
        arrived
            .map(|event| {
                let text = |at: &str| event.pointer(at).unwrap().as_str().unwrap().to_owned();
                format!(
                    "{} {}",
                    text("/detail/eventName"),
                    text("/detail/requestParameters/key")
                )
            })
            .collect::<Vec<String>>()
    };
    let marker = format!("PutObject {MARKER}");
    assert_eq!(
        act(),
        [
            "PutObject secret.jpg",
            &marker,
            "UpdateObjectEncryption plain.jpg"
        ]
    );
    model.watch_objects(false);
    assert_eq!(act(), [marker.as_str()]);
    model.record_data_events(false);
    model.watch_objects(true);
    assert_eq!(act(), [""; 0]);
}

#[test]
fn no_data_event_lies_in_the_event_history() {
    let (model, key) = recorded();
    let ana = model.act_as(Who::console("ana"));
    ana.put_object(&media(), "dog.jpg", Some(key.as_str())).unwrap();
    let found = done(guardian_reconcile::seam::Trail::lookup_events(
        &model,
        "PutObject",
    ))
    .unwrap();
    assert_eq!(found, [""; 0]);
}

#[test]
fn an_object_that_is_not_there_or_under_the_customers_own_key_does_not_move() {
    let (model, key) = recorded();
    let ana = model.act_as(Who::console("ana"));
    let missing = ana
        .update_object_encryption(&media(), "gone.jpg", &key)
        .unwrap_err();
    assert_eq!(missing.kind, CallErrorKind::NotFound);
    assert!(ana.copy_in_place(&media(), "gone.jpg", key.as_str()).is_err());
    model.add_object(&media(), "own.jpg", ObjectEncryption::SseC);
    assert!(ana.update_object_encryption(&media(), "own.jpg", &key).is_err());
    let managed = model.aws_managed_key();
    assert!(
        ana.update_object_encryption(&media(), "cat.jpg", &managed)
            .is_err()
    );
    ana.disable_key(&key).unwrap();
    assert!(ana.update_object_encryption(&media(), "cat.jpg", &key).is_err());
    let encryption = &model.objects(&media())["cat.jpg"].encryption;
    assert_eq!(encryption, &ObjectEncryption::SseS3);
}
