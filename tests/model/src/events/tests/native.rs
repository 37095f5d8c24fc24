use super::*;

#[test]
fn only_markers_reach_the_ingest_queue() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    ana.put_object(&media(), "photos/a.jpg", None).unwrap();
    assert_eq!((model.events().len(), model.waiting(Queue::Ingest)), (1, 0));
    ana.put_object(&media(), MARKER, None).unwrap();
    let event = the_only(&model);
    assert_eq!(event["resources"], json!(["arn:aws:s3:::media"]));
    assert_eq!(event["detail"]["event-version"], "1.2");
    assert_eq!(event["detail"]["requester"], "111122223333");
    assert_eq!(event["detail"]["reason"], "PutObject");
}

#[test]
fn lifecycle_has_no_address_and_a_delete_marker_has_a_tag() {
    let model = model();
    model.add_object(&media(), MARKER, ObjectEncryption::SseS3);
    model
        .act_as(Who::lifecycle())
        .delete_object(&media(), MARKER)
        .unwrap();
    let detail = the_only(&model)["detail"].clone();
    assert_eq!(
        (&detail["requester"], &detail["reason"]),
        (&json!("s3.amazonaws.com"), &json!("Lifecycle Expiration"))
    );
    assert_eq!(detail["deletion-type"], "Permanently Deleted");
    assert!(detail.get("source-ip-address").is_none() && detail["object"].get("etag").is_none());

    let ana = model.act_as(Who::cli("ana"));
    ana.enable_versioning(&media()).unwrap();
    ana.put_object(&media(), MARKER, None).unwrap();
    delivered(&model);
    ana.delete_object(&media(), MARKER).unwrap();
    let detail = the_only(&model)["detail"].clone();
    assert_eq!(detail["deletion-type"], "Delete Marker Created");
    assert!(detail["object"].get("etag").is_some() && detail["object"].get("version-id").is_some());
    assert!(model.objects(&media()).is_empty());
}

#[test]
fn an_undeleted_marker_reads_as_a_deletion_and_yet_is_there() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    ana.enable_versioning(&media()).unwrap();
    ana.put_object(&media(), MARKER, None).unwrap();
    ana.delete_object(&media(), MARKER).unwrap();
    delivered(&model);
    ana.undelete_object(&media(), MARKER).unwrap();
    let event = the_only(&model);
    assert_eq!(event["detail-type"], "Object Deleted");
    assert_eq!(event["detail"]["deletion-type"], "Permanently Deleted");
    assert!(done(model.head_object(&media(), MARKER)).unwrap().is_some());
}

#[test]
fn without_event_bridge_objects_change_unseen() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    ana.put_bucket_notification(&media(), false).unwrap();
    delivered(&model);
    ana.put_object(&media(), MARKER, None).unwrap();
    assert_eq!(delivered(&model), [] as [Value; 0]);
}

#[test]
fn a_declaration_that_changes_is_an_event_that_names_nobody() {
    let model = model();
    let terraform = model.act_as(Who::terraform());
    for (operation, write) in [("Create", true), ("Update", true), ("Delete", false)] {
        if write {
            terraform
                .put_parameter("media", r#"{"clouds":["demo"]}"#)
                .unwrap();
        } else {
            terraform.delete_parameter("media").unwrap();
        }
        let event = the_only(&model);
        assert_eq!(event["detail-type"], "Parameter Store Change");
        assert_eq!(
            event["detail"],
            json!({"operation": operation, "name": "/cloudinary-guardian/buckets/media", "type": "String"})
        );
        assert_eq!(
            event["resources"],
            json!(["arn:aws:ssm:us-east-1:111122223333:parameter/cloudinary-guardian/buckets/media"])
        );
    }
}
