use super::*;

const ACCOUNT: &str = "232482882421";

fn read<'a>(region: Option<&'a str>, partition: &'a str) -> ExternalRead<'a> {
    ExternalRead {
        region,
        partition,
        owner: Some("111122223333"),
        ..ExternalRead::by(ACCOUNT)
    }
}

fn known(values: &[&str]) -> Knowledge {
    Knowledge::Known(values.iter().map(|value| (*value).to_owned()).collect())
}

#[test]
fn a_key_that_was_never_named_is_unknown() {
    assert_eq!(
        Context::new().knowledge("aws:PrincipalOrgID"),
        &Knowledge::Unknown
    );
}

#[test]
fn keys_are_case_insensitive_and_the_last_word_counts() {
    let context = Context::new()
        .known("aws:SourceVpce", ["x"])
        .absent("AWS:sourcevpce");
    assert_eq!(context.knowledge("aws:SOURCEVPCE"), &Knowledge::Absent);
    assert_eq!(
        context.unknown("aws:sourceVpce").knowledge("aws:SourceVpce"),
        &Knowledge::Unknown
    );
}

#[test]
fn the_organisation_of_an_external_reader_is_not_known() {
    let context = Context::external_s3_read(ACCOUNT);
    for key in [
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalTag/team",
        "aws:UserAgent",
        "aws:userid",
    ] {
        assert_eq!(context.knowledge(key), &Knowledge::Unknown, "{key}");
    }
    assert_eq!(context.knowledge("aws:PrincipalAccount"), &known(&[ACCOUNT]));
}

#[test]
fn the_region_decides_the_name_of_the_service() {
    let service = |region, partition| {
        let context = Context::external_kms_via_s3(read(region, partition), "b", &[], Some(true));
        context.knowledge("kms:ViaService").clone()
    };
    assert_eq!(
        service(Some("eu-west-1"), "aws"),
        known(&["s3.eu-west-1.amazonaws.com"])
    );
    assert_eq!(
        service(Some("cn-north-1"), "aws-cn"),
        known(&["s3.cn-north-1.amazonaws.com.cn"])
    );
    assert_eq!(service(None, "aws"), Knowledge::OneOf(Described::Present));
}

#[test]
fn bucket_keys_decide_the_encryption_context() {
    let objects = ["arn:aws:s3:::b/*".to_owned()];
    let encrypted_for = |bucket_keys| {
        let context = Context::external_kms_via_s3(read(None, "aws"), "b", &objects, bucket_keys);
        match context.knowledge("kms:EncryptionContext:aws:s3:arn") {
            Knowledge::OneOf(Described::Matching(patterns)) => patterns.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(encrypted_for(Some(true)), ["arn:aws:s3:::b"]);
    assert_eq!(encrypted_for(Some(false)), ["arn:aws:s3:::b/*"]);
    assert_eq!(encrypted_for(None), ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]);
}
