use super::*;

#[test]
fn a_resource_reads_back_from_its_group_id() {
    for text in [
        "bucket:media-demo",
        "key:arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        "alias:arn:aws-cn:kms:cn-north-1:111122223333:alias/team/media_2",
        "sweep",
    ] {
        assert_eq!(text.parse::<Resource>().unwrap().to_string(), text);
    }
}

#[test]
fn an_alias_arn_is_not_a_key_arn() {
    assert!(
        "arn:aws:kms:us-east-1:111122223333:alias/media"
            .parse::<KeyArn>()
            .is_err()
    );
}

#[test]
fn an_alias_arn_names_an_alias_in_full_and_nothing_else() {
    let alias: AliasArn = "arn:aws:kms:us-east-1:111122223333:alias/media".parse().unwrap();
    assert_eq!(
        AliasArn::of("aws", "us-east-1", "111122223333", "alias/media"),
        Ok(alias.clone())
    );
    assert_eq!((alias.name(), alias.is_of_aws()), ("alias/media", false));
    for text in [
        "alias/media",
        "arn:aws:kms:us-east-1:111122223333:key/1234",
        "arn:aws:kms:us-east-1:111122223333:alias/",
        "arn:aws:kms:us-east-1:1111:alias/media",
        "arn:aws:kms::111122223333:alias/media",
        "arn:aws:s3:us-east-1:111122223333:alias/media",
        "arn:aws:kms:us-east-1:111122223333:alias/me#dia",
    ] {
        assert!(text.parse::<AliasArn>().is_err(), "{text}");
    }
    let name = |length: usize| format!("alias/{}", "m".repeat(length));
    assert!(AliasArn::of("aws", "us-east-1", "111122223333", &name(250)).is_ok());
    assert!(AliasArn::of("aws", "us-east-1", "111122223333", &name(251)).is_err());
    let own = AliasArn::of("aws", "us-east-1", "111122223333", "alias/aws/s3").unwrap();
    assert!(own.is_of_aws());
}

#[test]
fn a_key_arn_is_taken_apart_in_any_partition() {
    let arn: KeyArn = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234"
        .parse()
        .unwrap();
    assert_eq!(
        (arn.partition(), arn.region(), arn.id()),
        ("aws-us-gov", "us-gov-west-1", "1234")
    );
    assert_eq!(arn.account().as_str(), "111122223333");
}

#[test]
fn a_cloud_name_that_could_leave_its_marker_folder_is_refused() {
    for text in ["../other", "a/b", "demo ", "", "d", "1demo", "dem\u{f6}"] {
        assert!(text.parse::<CloudName>().is_err(), "{text:?}");
    }
    assert!("demo_staging-2".parse::<CloudName>().is_ok());
}
