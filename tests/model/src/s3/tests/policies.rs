use super::*;

#[test]
fn a_policy_comes_back_with_root_arns_and_scalars() {
    let model = model();
    assert_eq!(done(model.get_bucket_policy(&media())), Ok(None));
    put(&model, &grant(&json!({"AWS": ["232482882421"]}))).unwrap();
    let stored: Value =
        serde_json::from_str(&done(model.get_bucket_policy(&media())).unwrap().unwrap()).unwrap();
    assert_eq!(
        stored["Statement"][0],
        json!({
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*",
        })
    );
}

#[test]
fn a_malformed_document_is_refused_with_a_reason() {
    let model = model();
    for (text, words) in [
        ("{", "invalid Json"),
        ("[]", "invalid Json"),
        ("{}", "Missing required field Statement"),
        (r#"{"Statement": []}"#, "Statement is empty"),
        (r#"{"Version": "2026-01-01", "Statement": {}}"#, "valid version"),
        (
            r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#,
            "Principal",
        ),
        (
            r#"{"Statement": {"Effect": "allow", "Principal": "*"}}"#,
            "Invalid effect",
        ),
        (
            r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Resource": "*"}}"#,
            "Action",
        ),
        (
            r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}}"#,
            "Resource",
        ),
        (
            r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "X": 1}}"#,
            "Unknown field X",
        ),
    ] {
        let (kind, message) = refused(&model, text);
        assert_eq!(kind, CallErrorKind::Malformed, "{text}");
        assert!(
            message.starts_with("MalformedPolicy: ") && message.contains(words),
            "{message}"
        );
    }
}

#[test]
fn resources_must_lie_in_the_bucket() {
    let model = model();
    let of = |resource: &str| {
        policy(&json!({"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": resource}))
    };
    for resource in [
        "arn:aws:s3:::other/*",
        "arn:aws:s3:::media-2",
        "arn:aws-cn:s3:::media/*",
        "media/*",
        "",
    ] {
        assert_eq!(
            refused(&model, &of(resource)).1,
            "MalformedPolicy: Policy has invalid resource",
            "{resource}"
        );
    }
    for resource in [
        "*",
        "arn:aws:s3:::media",
        "arn:aws:s3:::media/a/*",
        "arn:aws:s3:::med*",
    ] {
        put(&model, &of(resource)).unwrap();
    }
}

#[test]
fn every_principal_must_exist_when_the_policy_is_written() {
    let model = model();
    let role = "arn:aws:iam::111122223333:role/reader";
    put(&model, &grant(&json!({"AWS": [role, "232482882421"]}))).unwrap();
    model.act_as(Who::console("ana")).delete_principal(role);
    let stored = model.policy(&media()).unwrap();
    assert!(stored.contains("AROA") && !stored.contains(role), "{stored}");
    // What was read cannot be written back, nor can the role be named again.
    for text in [stored, grant(&json!({"AWS": role}))] {
        let (kind, message) = refused(&model, &text);
        assert_eq!(kind, CallErrorKind::Malformed);
        assert_eq!(message, "MalformedPolicy: Invalid principal in policy");
    }
    model.create_principal(role);
    put(&model, &grant(&json!({"AWS": role}))).unwrap();
}

#[test]
fn the_size_limit_does_not_count_white_space() {
    let model = model();
    let sized = |length: usize| {
        let empty = policy(
            &json!({"Sid": "", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}),
        );
        empty.replace(
            "\"Sid\":\"\"",
            &format!("\"Sid\":\"{}\"", "a".repeat(length - empty.len())),
        )
    };
    put(&model, &format!("{}{}", " ".repeat(5000), sized(20_480))).unwrap();
    assert_eq!(refused(&self::model(), &sized(20_481)).0, CallErrorKind::TooLarge);
}

#[test]
fn block_public_policy_refuses_a_document_that_is_public_as_a_whole() {
    let model = model();
    let public = grant(&json!("*"));
    assert_eq!(refused(&model, &public).0, CallErrorKind::AccessDenied);
    let ana = model.act_as(Who::console("ana"));
    ana.delete_public_access_block(&media()).unwrap();
    put(&model, &public).unwrap();
    let account = PublicAccessBlock {
        block_public_policy: true,
        ..PublicAccessBlock::default()
    };
    ana.set_account_public_access_block(Some(account)).unwrap();
    assert_eq!(refused(&model, &public).0, CallErrorKind::AccessDenied);
    assert_eq!(
        done(model.get_public_access_block(&media())),
        Ok(PublicAccessBlock::default())
    );
}

#[test]
fn a_deny_of_put_bucket_policy_for_everybody_stops_all_but_root() {
    let model = model();
    put(&model, &deny("s3:PutBucketPolicy")).unwrap();
    let grant = grant(&json!({"AWS": "232482882421"}));
    assert_eq!(refused(&model, &grant).0, CallErrorKind::AccessDenied);
    let error = model
        .act_as(Who::terraform())
        .put_bucket_policy(&media(), &grant)
        .unwrap_err();
    assert_eq!(error.kind, CallErrorKind::AccessDenied);
    model
        .act_as(Who::root())
        .put_bucket_policy(&media(), &grant)
        .unwrap();
}

#[test]
fn a_deny_of_a_read_stops_that_read_only() {
    let model = model();
    put(&model, &deny("s3:GetBucketPolicy")).unwrap();
    assert_eq!(
        done(model.get_bucket_policy(&media())).unwrap_err().kind,
        CallErrorKind::AccessDenied
    );
    assert!(done(model.head_bucket(&media())).is_ok());
    let error = {
        model
            .act_as(Who::root())
            .put_bucket_policy(&media(), &deny("s3:ListBucket"))
            .unwrap();
        // A missing object cannot be told from a forbidden one without `s3:ListBucket`.
        done(model.head_object(&media(), MARKER)).unwrap_err()
    };
    assert_eq!(
        (error.kind, error.operation),
        (CallErrorKind::AccessDenied, "s3:GetObject")
    );
}

#[test]
fn a_deny_of_plain_http_stops_nobody_here() {
    let model = model();
    let text = policy(&json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }));
    put(&model, &text).unwrap();
    put(&model, &text).unwrap();
    assert!(done(model.get_bucket_policy(&media())).is_ok());
}

#[test]
fn a_bucket_that_is_not_ours_or_not_here_is_told_apart() {
    let model = Model::new(1);
    let kind = |bucket: &str| {
        done(model.get_bucket_policy(&bucket.parse().unwrap()))
            .unwrap_err()
            .kind
    };
    assert_eq!(kind("media"), CallErrorKind::NoSuchBucket);
    let stranger = "444455556666".parse().unwrap();
    model.add_bucket_of(&"strange".parse().unwrap(), &stranger, "us-east-1");
    assert_eq!(kind("strange"), CallErrorKind::AccessDenied);
    model.add_bucket_of(
        &"distant".parse().unwrap(),
        &"111122223333".parse().unwrap(),
        "eu-west-1",
    );
    assert_eq!(
        kind("distant"),
        CallErrorKind::WrongRegion(Some("eu-west-1".to_owned()))
    );
    assert_eq!(
        done(model.put_marker(&"strange".parse().unwrap(), MARKER, MarkerEncryption::SseS3))
            .unwrap_err()
            .kind,
        CallErrorKind::AccessDenied
    );
}

#[test]
fn the_reads_after_a_write_see_the_past_for_a_while() {
    let model = model();
    model.stale_reads(&media(), 2);
    put(&model, &deny("s3:DeleteBucket")).unwrap();
    assert!(model.policy(&media()).is_some(), "the truth is not stale");
    assert_eq!(done(model.get_bucket_policy(&media())), Ok(None));
    assert_eq!(done(model.get_bucket_policy(&media())), Ok(None));
    assert!(done(model.get_bucket_policy(&media())).unwrap().is_some());
}
