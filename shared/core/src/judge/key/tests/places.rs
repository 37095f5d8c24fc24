use super::*;
use crate::finding::{Desired, Severity};

#[test]
fn a_key_of_another_region_is_no_missing_key() {
    let gone = CallError {
        operation: "kms:DescribeKey",
        kind: CallErrorKind::NotFound,
        message: "NotFoundException: Invalid arn eu-west-1".to_owned(),
    };
    let seen = KeyObservation {
        named: "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab".to_owned(),
        description: Err(Unknown::Call(gone)),
        policy: KeyPolicy::NotAsked,
        ..key(|_| {})
    };
    let (verdict, finding) = told(&seen);
    assert_eq!(
        (verdict, finding.code),
        (Verdict::Depends, Code::KeyInOtherRegion)
    );
    assert!(
        finding
            .message
            .contains("arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"),
        "{}",
        finding.message
    );
    // The bucket's finding: a key that nothing here is under is not to be remembered.
    assert_eq!(finding.subject, Subject::NamedKey(seen.named.clone()));
    let alias = KeyObservation {
        named: "arn:aws:kms:eu-west-1:111122223333:alias/media".to_owned(),
        ..seen
    };
    assert_eq!(told(&alias).1.code, Code::KeyInOtherRegion);
}

#[test]
fn an_aws_managed_key_is_left_with_commands_for_this_very_bucket() {
    let (verdict, finding) = told(&key(|description| description.manager = KeyManager::Aws));
    assert_eq!((verdict, finding.code), (Verdict::Blocked, Code::KeyAwsManaged));
    for words in [
        "aws s3api put-bucket-encryption --bucket media ",
        "aws s3api update-object-encryption --bucket media ",
        "aws s3control create-job --region us-east-1 --account-id 111122223333 ",
        r#""SourceBucket":"arn:aws:s3:::media""#,
        &format!(r#"{{"SSEKMS":{{"KmsKeyArn":"{KEY}"}}}}"#),
        "aws s3 cp s3://media/ s3://media/ --recursive",
    ] {
        assert!(finding.message.contains(words), "{words}: {}", finding.message);
    }
    // Every piece of JSON in it is JSON.
    let pieces: Vec<&str> = finding
        .message
        .split('\'')
        .filter(|piece| piece.starts_with('{'))
        .collect();
    assert_eq!(pieces.len(), 5);
    for piece in pieces {
        assert!(serde_json::from_str::<Value>(piece).is_ok(), "{piece}");
    }
}

#[test]
fn a_foreign_key_comes_with_the_whole_statement_for_its_owner_and_the_way_out() {
    let arn = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let (verdict, finding) = told(&KeyObservation {
        named: arn.to_owned(),
        policy: KeyPolicy::NotAsked,
        ..key(|description| description.arn = arn.parse().unwrap())
    });
    assert_eq!((verdict, finding.code), (Verdict::Depends, Code::KeyForeign));
    assert!(finding.message.contains(&format!(r#""KmsKeyArn":"{arn}""#)));
    let Some(Desired::KeyStatement { statement, .. }) = finding.desired else {
        panic!("no statement");
    };
    assert_eq!(
        statement,
        json!({"Sid": "AllowAccessForCloudinary", "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
            "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"})
    );
}

#[test]
fn a_refused_look_says_what_to_allow_and_where() {
    let refused = |operation: &'static str, words: &str| {
        Unknown::Call(CallError {
            operation,
            kind: CallErrorKind::AccessDenied,
            message: format!(
                "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/guardian/one is not authorized to perform: {operation} on resource: {KEY} {words}"
            ),
        })
    };
    let of_role = format!(r#"{{"Effect":"Allow","Action":"kms:GetKeyPolicy","Resource":"{KEY}"}}"#);
    let of_key = r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/guardian"}"#;
    for (words, role, in_key) in [
        (
            "because no identity-based policy allows the kms:GetKeyPolicy action",
            true,
            false,
        ),
        (
            "because no resource-based policy allows the kms:GetKeyPolicy action",
            false,
            true,
        ),
        ("", true, true),
    ] {
        let seen = KeyObservation {
            policy: KeyPolicy::Unknown(refused("kms:GetKeyPolicy", words)),
            ..key(|_| {})
        };
        let (verdict, finding) = told(&seen);
        assert_eq!(
            (verdict, finding.code),
            (Verdict::Unknown, Code::ObservationFailed)
        );
        let normal = |value: &str| value.replace(' ', "");
        let message = normal(&finding.message);
        assert_eq!(message.contains(&normal(&of_role)), role, "{message}");
        assert_eq!(message.contains(of_key), in_key, "{message}");
    }
    let denied = KeyObservation {
        policy: KeyPolicy::Unknown(refused(
            "kms:GetKeyPolicy",
            "with an explicit deny in a resource-based policy",
        )),
        ..key(|_| {})
    };
    assert!(
        told(&denied)
            .1
            .message
            .contains("except arn:aws:iam::111122223333:role/guardian")
    );
    // By an alias the key is not known, so the right has to take in every key.
    let aliased = KeyObservation {
        named: "alias/media".to_owned(),
        description: Err(refused("kms:DescribeKey", "")),
        policy: KeyPolicy::NotAsked,
        ..key(|_| {})
    };
    let (_, finding) = told(&aliased);
    assert!(
        finding
            .message
            .contains("arn:aws:kms:us-east-1:111122223333:key/*"),
        "{}",
        finding.message
    );
}

#[test]
fn keys_in_an_opt_in_region_depend_on_whether_cloudinary_has_it() {
    let there = Settings {
        region: "me-south-1".to_owned(),
        ..settings()
    };
    let named = KEY.replace("us-east-1", "me-south-1");
    let seen = KeyObservation {
        named: named.clone(),
        ..key(|description| description.arn = named.parse().unwrap())
    };
    let (verdict, finding) = in_bucket(&there, seen);
    assert_eq!(
        (verdict, finding.code, finding.severity),
        (Verdict::Depends, Code::RegionOptIn, Severity::Low)
    );
    assert!(finding.message.contains("me-south-1"));
}
