use super::*;

#[test]
fn a_policy_change_is_recorded_as_it_was_sent() {
    let model = model();
    model
        .act_as(Who::terraform())
        .put_bucket_policy(&media(), POLICY)
        .unwrap();
    let event = the_only(&model);
    assert_eq!(event["detail-type"], "AWS API Call via CloudTrail");
    assert_eq!(
        (&event["source"], &event["resources"]),
        (&json!("aws.s3"), &json!([]))
    );
    let detail = &event["detail"];
    assert_eq!(detail["eventName"], "PutBucketPolicy");
    assert_eq!(detail["requestParameters"]["bucketName"], "media");
    assert_eq!(
        detail["requestParameters"]["policy"], "",
        "the sub-resource, not a value"
    );
    assert_eq!(
        detail["requestParameters"]["bucketPolicy"]["Statement"]["Principal"]["AWS"], "232482882421",
        "not the normalised form that is stored"
    );
    assert_eq!(detail["resources"][0]["ARN"], "arn:aws:s3:::media");
    assert_eq!(
        detail["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"],
        "terraform-deploy"
    );
    assert!(detail["userAgent"].as_str().unwrap().contains("Terraform/"));
    assert!(detail.get("errorCode").is_none());
}

#[test]
fn our_own_writes_are_recorded_like_everybody_elses() {
    let model = model();
    done(model.put_bucket_policy(&media(), POLICY)).unwrap();
    done(model.put_marker(&media(), MARKER, MarkerEncryption::SseS3)).unwrap();
    let events = delivered(&model);
    assert_eq!(
        events[0]["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"],
        json!(model.guardian_role())
    );
    assert_eq!(events[1]["detail-type"], "Object Created");
}

#[test]
fn a_human_in_the_console_has_an_empty_session_issuer() {
    let model = model();
    model
        .act_as(Who::console("ana"))
        .delete_bucket_policy(&media())
        .unwrap();
    let detail = the_only(&model)["detail"].clone();
    assert_eq!(
        detail["userIdentity"]["sessionContext"]["sessionIssuer"],
        json!({})
    );
    assert_eq!(detail["sessionCredentialFromConsole"], "true");
    assert_eq!(detail["requestParameters"]["policy"], "");
    assert!(detail["requestParameters"].get("bucketPolicy").is_none());
}

#[test]
fn events_of_the_trail_bear_cloudtrails_names_and_bodies() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    let block = PublicAccessBlock {
        ignore_public_acls: true,
        ..PublicAccessBlock::default()
    };
    ana.put_public_access_block(&media(), block).unwrap();
    ana.delete_public_access_block(&media()).unwrap();
    ana.set_account_public_access_block(Some(block)).unwrap();
    let key = model.add_key();
    let kms = DefaultEncryption::Kms {
        key: Some(key.to_string()),
        bucket_key: true,
    };
    ana.put_bucket_encryption(&media(), kms).unwrap();
    ana.put_bucket_notification(&media(), false).unwrap();
    let queue = "arn:aws:sqs:us-east-1:111122223333:thumbnails";
    model.add_destination(queue);
    let entry = format!(
        "<EventBridgeConfiguration/><QueueConfiguration><Queue>{queue}</Queue><Event>s3:ObjectCreated:Put</Event>\
         <Event>s3:ObjectRemoved:*</Event></QueueConfiguration>"
    );
    ana.put_bucket_notifications(&media(), &entry).unwrap();
    let events = delivered(&model);
    let names: Vec<&str> = events
        .iter()
        .map(|event| event["detail"]["eventName"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "PutBucketPublicAccessBlock",
            "DeleteBucketPublicAccessBlock",
            "PutAccountPublicAccessBlock",
            "PutBucketEncryption",
            "PutBucketNotification",
            "PutBucketNotification",
        ]
    );
    let parameters = |at: usize| &events[at]["detail"]["requestParameters"];
    assert_eq!(
        parameters(0)["PublicAccessBlockConfiguration"]["IgnorePublicAcls"],
        true
    );
    assert!(events[2]["detail"].get("resources").is_none() && parameters(2).get("bucketName").is_none());
    let rule = &parameters(3)["ServerSideEncryptionConfiguration"]["Rule"];
    assert_eq!(
        rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"],
        key.as_str()
    );
    assert_eq!(
        parameters(4)["NotificationConfiguration"],
        json!({"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"})
    );
    assert_eq!(
        parameters(5)["NotificationConfiguration"],
        json!({"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/", "EventBridgeConfiguration": "",
            "QueueConfiguration": {"Queue": queue, "Event": ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"]}})
    );
}

#[test]
fn aliases_are_listed_in_the_order_of_each_call() {
    let model = model();
    let (old, new) = (model.add_key(), model.add_key());
    let ana = model.act_as(Who::console("ana"));
    ana.update_alias("alias/media", &old).unwrap();
    ana.update_alias("alias/media", &new).unwrap();
    ana.delete_alias("alias/media").unwrap();
    let alias = "arn:aws:kms:us-east-1:111122223333:alias/media";
    let orders: Vec<[String; 3]> = delivered(&model)
        .iter()
        .map(|event| {
            let text = |pointer: &str| event.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            [
                text("/detail/eventName"),
                text("/detail/resources/0/ARN"),
                text("/detail/resources/1/ARN"),
            ]
        })
        .collect();
    assert_eq!(
        orders,
        [
            ["CreateAlias", old.as_str(), alias].map(str::to_owned),
            ["UpdateAlias", alias, new.as_str()].map(str::to_owned),
            ["DeleteAlias", alias, new.as_str()].map(str::to_owned),
        ]
    );
}

#[test]
fn a_key_policy_is_recorded_as_a_string() {
    let model = model();
    let key = model.add_key();
    let policy = model.key_policy(&key).unwrap();
    model
        .act_as(Who::console("ana"))
        .put_key_policy(&key, &policy)
        .unwrap();
    let detail = the_only(&model)["detail"].clone();
    assert_eq!(detail["requestParameters"]["policy"], policy);
    assert_eq!(detail["requestParameters"]["keyId"], key.id());
    assert_eq!(detail["resources"][0]["ARN"], key.as_str());
    assert!(detail.get("additionalEventData").is_none());
}

#[test]
fn a_bucket_comes_and_goes() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    let fresh = "fresh".parse().unwrap();
    ana.create_bucket(&fresh).unwrap();
    let detail = the_only(&model)["detail"].clone();
    assert!(detail.get("resources").is_none());
    assert_eq!(detail["requestParameters"]["bucketName"], "fresh");
    assert!(
        done(model.get_public_access_block(&fresh))
            .unwrap()
            .block_public_policy
    );
    assert!(ana.create_bucket(&fresh).is_err());
    ana.put_object(&fresh, "a", None).unwrap();
    assert!(ana.delete_bucket(&fresh).is_err(), "it is not empty");
    ana.delete_object(&fresh, "a").unwrap();
    ana.delete_bucket(&fresh).unwrap();
    assert_eq!(the_only(&model)["detail"]["eventName"], "DeleteBucket");
    assert_eq!(
        done(model.head_bucket(&fresh)).unwrap_err().kind,
        CallErrorKind::NoSuchBucket
    );
}
