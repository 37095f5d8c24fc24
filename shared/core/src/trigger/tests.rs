use super::*;

const KEY: &str = "arn:aws:kms:us-west-2:111122223333:key/0b9f6c1e-5a2d-4a67-9c1f-77d0c3b1e5aa";

/// A record of a call, with the fields every record has.
fn call(service: &str, event: &str, parameters: Value) -> Value {
    json!({
        "eventVersion": "1.11", "eventSource": format!("{service}.amazonaws.com"), "eventName": event,
        "eventID": "e-1", "eventTime": "2026-11-23T10:15:00Z", "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333", "requestParameters": parameters,
    })
}

fn with(mut record: Value, field: &str, value: Value) -> Value {
    record[field] = value;
    record
}

fn in_envelope(source: &str, detail: Value) -> Value {
    json!({
        "id": "env-1", "source": source, "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
        "region": "eu-west-1", "time": "2026-11-23T10:15:01Z", "resources": [], "detail": detail,
    })
}

fn named(trigger: &Trigger) -> Vec<String> {
    trigger.resources().iter().map(ToString::to_string).collect()
}

fn put_policy() -> Value {
    call("s3", "PutBucketPolicy", json!({"bucketName": "media"}))
}

#[test]
fn the_same_record_means_the_same_bare_and_in_an_envelope() {
    let bare = read(&put_policy());
    assert_eq!(bare, read(&in_envelope("aws.s3", put_policy())));
    assert_eq!(named(&bare), ["bucket:media"]);
}

#[test]
fn a_record_is_known_by_its_event_id_and_only_without_one_by_the_envelope() {
    assert_eq!(
        read(&in_envelope("aws.s3", put_policy())).id.as_deref(),
        Some("e-1")
    );
    let anonymous = with(put_policy(), "eventID", Value::Null);
    assert_eq!(
        read(&in_envelope("aws.s3", anonymous)).id.as_deref(),
        Some("env-1")
    );
}

#[test]
fn a_file_may_hold_one_event_or_a_list_or_records() {
    let one = put_policy().to_string();
    for (text, events) in [
        (one.clone(), 1),
        (format!("\u{feff}{one}"), 1),
        (format!("[{one}, {}]", in_envelope("aws.s3", put_policy())), 2),
        (format!(r#"{{"Records": [{one}, {one}, {one}]}}"#), 3),
        ("[]".to_owned(), 0),
    ] {
        let triggers = read_all(&text).unwrap();
        assert_eq!(triggers.len(), events, "{text}");
        assert!(
            triggers.iter().all(|trigger| trigger.action == Action::Check),
            "{text}"
        );
    }
}

#[test]
fn text_that_is_no_json_is_an_error_that_names_the_place() {
    let error = read_all("{\n  \"eventName\": }").unwrap_err();
    assert_eq!((error.line, error.column), (2, 16));
    assert_eq!(error.to_string(), "not JSON: expected value (line 2, column 16)");
    assert!(read_all("").is_err());
}

#[test]
fn json_that_is_no_event_is_ignored_with_the_reason() {
    for text in [
        "null",
        "42",
        "\"PutBucketPolicy\"",
        "{}",
        "[[]]",
        r#"{"Records": 7}"#,
        r#"{"detail": {}}"#,
    ] {
        for trigger in read_all(text).unwrap() {
            assert_eq!(
                (trigger.action, trigger.event.as_str()),
                (Action::Ignore, "unknown"),
                "{text}"
            );
            assert!(!trigger.reason.is_empty(), "{text}");
        }
    }
}

#[test]
fn an_ignored_event_names_its_bucket_but_makes_no_work() {
    let trigger = read(&with(put_policy(), "errorCode", json!("AccessDenied")));
    assert_eq!(trigger.action, Action::Ignore);
    assert_eq!(trigger.buckets, ["media".parse().unwrap()]);
    assert_eq!(trigger.resources(), []);
}

#[test]
fn an_error_code_of_null_is_no_failure_and_read_only_may_be_text() {
    assert_eq!(
        read(&with(put_policy(), "errorCode", Value::Null)).action,
        Action::Check
    );
    assert_eq!(
        read(&with(put_policy(), "errorCode", json!(403))).action,
        Action::Ignore
    );
    assert_eq!(
        read(&with(put_policy(), "readOnly", json!("true"))).action,
        Action::Ignore
    );
    assert_eq!(
        read(&with(put_policy(), "readOnly", json!("false"))).action,
        Action::Check
    );
}

#[test]
fn only_aws_itself_is_believed() {
    let object = json!({"bucket": {"name": "media"}, "object": {"key": ".wellknown/cloudinary/demo"}});
    for source in ["com.example", "s3", "xaws.s3", "AWS.S3"] {
        assert_eq!(
            read(&in_envelope(source, put_policy())).action,
            Action::Ignore,
            "{source}"
        );
        let native = json!({"source": source, "detail-type": "Object Deleted", "detail": object});
        assert_eq!(read(&native).action, Action::Ignore, "{source}");
    }
    let native = json!({"source": "aws.s3", "detail-type": "Object Deleted", "detail": object});
    assert_eq!(named(&read(&native)), ["bucket:media"]);
}

#[test]
fn what_was_told_to_another_account_is_ignored_and_who_acted_does_not_matter() {
    let ours: AccountId = "111122223333".parse().unwrap();
    let theirs = "444455556666";
    let envelope = in_envelope("aws.s3", put_policy());
    let native = json!({"source": "aws.s3", "detail-type": "Object Deleted", "account": "111122223333",
        "detail": {"bucket": {"name": "media"}, "object": {"key": ".wellknown/cloudinary/demo"}}});
    // Who is allowed to act on a bucket of ours may be of any account, and the home Region is another one.
    let by_theirs = with(
        put_policy(),
        "userIdentity",
        json!({"type": "AWSAccount", "accountId": theirs}),
    );
    let elsewhere = with(put_policy(), "awsRegion", json!("us-east-1"));
    for event in [
        envelope.clone(),
        native.clone(),
        put_policy(),
        with(put_policy(), "recipientAccountId", Value::Null),
        in_envelope("aws.s3", by_theirs),
        with(in_envelope("aws.s3", elsewhere), "region", json!("us-east-1")),
    ] {
        let trigger = read_of(&event, &ours);
        assert_eq!(named(&trigger), ["bucket:media"], "{event}");
        assert_eq!(trigger, read(&event));
    }
    let scheduled =
        json!({"source": "aws.events", "detail-type": "Scheduled Event", "account": theirs, "detail": {}});
    for event in [
        with(envelope.clone(), "account", json!(theirs)),
        with(envelope.clone(), "account", json!(111_122_223_333_u64)),
        with(envelope.clone(), "account", Value::Null),
        with(native.clone(), "account", json!(theirs)),
        with(put_policy(), "recipientAccountId", json!(theirs)),
        in_envelope("aws.s3", with(put_policy(), "recipientAccountId", json!(theirs))),
        scheduled,
        {
            let mut event = native;
            event.as_object_mut().unwrap().remove("account");
            event
        },
        // By PutEvents anybody of the account may say anything, but not in the name of AWS.
        with(envelope, "source", json!("com.example.s3")),
    ] {
        let trigger = read_of(&event, &ours);
        assert_eq!(
            (trigger.action, trigger.resources()),
            (Action::Ignore, vec![]),
            "{event}"
        );
        assert!(trigger.is_foreign, "{event}");
    }
}

#[test]
fn source_and_event_source_must_agree_but_either_spelling_of_s3_control_will_do() {
    assert_eq!(read(&in_envelope("aws.kms", put_policy())).action, Action::Ignore);
    for source in ["s3", "s3-control"] {
        let block = call(source, "PutAccountPublicAccessBlock", json!({}));
        for sender in ["aws.s3", "aws.s3control", "aws.s3-control"] {
            let trigger = read(&in_envelope(sender, block.clone()));
            assert_eq!(named(&trigger), ["sweep"], "{source} {sender}");
        }
    }
}

#[test]
fn china_has_a_domain_of_its_own() {
    let record = with(put_policy(), "eventSource", json!("s3.amazonaws.com.cn"));
    assert_eq!(named(&read(&record)), ["bucket:media"]);
}

#[test]
fn region_and_account_of_a_key_come_from_its_arn_where_there_is_one() {
    let record = call(
        "kms",
        "DisableKey",
        json!({"keyId": "0b9f6c1e-5a2d-4a67-9c1f-77d0c3b1e5aa"}),
    );
    let record = with(record, "resources", json!([{"ARN": KEY}]));
    assert_eq!(named(&read(&record)), [format!("key:{KEY}")]);
}

#[test]
fn a_bare_key_id_is_in_the_partition_of_its_region() {
    for (region, partition) in [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
    ] {
        let record = call("kms", "DisableKey", json!({"keyId": "mrk-6f0d2b9c4e7a41d8"}));
        let record = with(record, "awsRegion", json!(region));
        let arn = format!("key:arn:{partition}:kms:{region}:111122223333:key/mrk-6f0d2b9c4e7a41d8");
        assert_eq!(named(&read(&record)), [arn]);
    }
}

#[test]
fn the_envelope_says_where_a_bare_key_id_lives_if_the_record_does_not() {
    let mut record = call("kms", "DisableKey", json!({"keyId": "0b9f6c1e"}));
    record["awsRegion"] = Value::Null;
    record["recipientAccountId"] = Value::Null;
    assert_eq!(read(&record).action, Action::Ignore);
    let arn = "key:arn:aws:kms:eu-west-1:111122223333:key/0b9f6c1e";
    assert_eq!(named(&read(&in_envelope("aws.kms", record))), [arn]);
}

const ALIAS: &str = "arn:aws:kms:us-west-2:111122223333:alias/media";

fn alias_call(event: &str) -> Value {
    call(
        "kms",
        event,
        json!({"aliasName": "alias/media", "targetKeyId": "0b9f6c1e"}),
    )
}

#[test]
fn alias_and_key_are_told_apart_wherever_they_stand_in_the_list() {
    let alias = json!({"type": "AWS::KMS::Key", "ARN": ALIAS});
    let key = json!({"type": "AWS::KMS::Key", "ARN": KEY});
    for resources in [json!([alias, key]), json!([key, alias]), json!([key, alias, key])] {
        let trigger = read(&with(alias_call("UpdateAlias"), "resources", resources));
        assert_eq!(named(&trigger), [format!("key:{KEY}"), format!("alias:{ALIAS}")]);
        assert_eq!(trigger.reason, "the key is now what `alias/media` names");
    }
}

#[test]
fn an_alias_without_an_arn_is_of_the_account_and_region_of_the_call() {
    let alias = "alias:arn:aws:kms:eu-west-1:111122223333:alias/media";
    let key = "key:arn:aws:kms:eu-west-1:111122223333:key/0b9f6c1e";
    for event in ["CreateAlias", "UpdateAlias", "DeleteAlias"] {
        assert_eq!(named(&read(&alias_call(event))), [key, alias], "{event}");
    }
    let chinese = with(alias_call("DeleteAlias"), "awsRegion", json!("cn-north-1"));
    assert_eq!(
        read(&chinese).aliases,
        ["arn:aws-cn:kms:cn-north-1:111122223333:alias/media"
            .parse()
            .unwrap()]
    );
}

#[test]
fn an_alias_event_that_names_no_key_is_still_about_the_alias() {
    let deleted = call("kms", "DeleteAlias", json!({"aliasName": "alias/media"}));
    assert_eq!(
        named(&read(&deleted)),
        ["alias:arn:aws:kms:eu-west-1:111122223333:alias/media"]
    );
}

#[test]
fn a_call_that_moves_no_alias_names_none() {
    let resources = json!([{"ARN": ALIAS}, {"ARN": KEY}]);
    let record = with(
        call("kms", "DisableKey", json!({"keyId": KEY})),
        "resources",
        resources,
    );
    assert_eq!(named(&read(&record)), [format!("key:{KEY}")]);
}

#[test]
fn what_is_no_name_of_an_alias_is_named_nowhere() {
    for name in [
        "media",
        "alias/",
        "alias/a b",
        "alias/a:b",
        "alias/\u{e4}",
        "key/1",
    ] {
        let record = call(
            "kms",
            "UpdateAlias",
            json!({"aliasName": name, "targetKeyId": KEY}),
        );
        assert_eq!(read(&record).aliases, [], "{name}");
    }
}

#[test]
fn a_grant_from_the_console_is_a_persons_though_it_is_invoked_by_a_service() {
    let grant = call("kms", "CreateGrant", json!({"keyId": KEY}));
    for (invoked_by, action) in [
        ("signin.amazonaws.com", Action::Check),
        ("ec2.amazonaws.com", Action::Ignore),
        ("AWS Internal", Action::Ignore),
    ] {
        let record = with(grant.clone(), "userIdentity", json!({"invokedBy": invoked_by}));
        assert_eq!(read(&record).action, action, "{invoked_by}");
    }
    assert_eq!(
        read(&with(grant.clone(), "sourceIPAddress", json!("203.0.113.7"))).action,
        Action::Check
    );
    assert_eq!(
        read(&with(grant, "sourceIPAddress", json!("rds.amazonaws.com"))).action,
        Action::Ignore
    );
}

#[test]
fn a_bucket_named_through_an_access_point_is_found_among_the_resources() {
    let point = "arn:aws:s3:eu-west-1:111122223333:accesspoint/upload";
    let key = ".wellknown/cloudinary/demo";
    let record = call("s3", "PutObject", json!({"bucketName": point, "key": key}));
    assert_eq!(read(&record).action, Action::Ignore);
    let resources = json!([{"ARN": format!("arn:aws:s3:::media/{key}")}, {"ARN": "arn:aws:s3:::media"}]);
    assert_eq!(
        named(&read(&with(record, "resources", resources))),
        ["bucket:media"]
    );
}

#[test]
fn a_key_named_in_a_body_is_not_looked_at() {
    let body = json!({"bucketName": "media", "ServerSideEncryptionConfiguration": {"KMSMasterKeyID": KEY}});
    assert_eq!(
        named(&read(&call("s3", "PutBucketEncryption", body))),
        ["bucket:media"]
    );
}

#[test]
fn what_an_event_says_cannot_forge_a_line_or_drive_a_terminal() {
    let name = format!("Put\n\u{1b}[2J`x`{}", "y".repeat(5000));
    let trigger = read(&with(
        call("s3", &name, json!({})),
        "eventTime",
        json!("no\ttime"),
    ));
    assert!(!trigger.reason.contains(char::is_control) && !trigger.event.contains(char::is_control));
    assert!(trigger.reason.starts_with("`Put[2J'x'yyy") && trigger.reason.chars().count() < 200);
    assert!(trigger.event.chars().count() < 1100);
    assert_eq!(trigger.time.as_deref(), Some("notime"));
}

#[test]
fn a_value_that_is_not_there_is_said_to_be_missing() {
    let kind = "CloudFormation Stack Status Change";
    let event = json!({"source": "aws.cloudformation", "detail-type": kind, "detail": {}});
    assert_eq!(read(&event).reason, "the stack status (missing) asks for nothing");
}

#[test]
fn our_own_later_look_is_no_event_of_aws() {
    let message = json!({"source": "cloudinary-guardian", "detail-type": "Later Look", "detail": {}});
    assert_eq!(
        read(&message).reason,
        "the source `cloudinary-guardian` is not from AWS"
    );
}

#[test]
fn the_json_form_has_every_field_even_of_an_unknown_actor() {
    let json = read(&Value::Null).to_json();
    let reason = "it is not a JSON object";
    let expected = json!({"event": "unknown", "action": "ignore", "reason": reason, "buckets": [], "keys": [], "aliases": [], "actor": {}});
    assert_eq!(json, expected);
}
