//! What is found of a bucket.

use super::*;

#[test]
fn a_bucket_with_everything_in_place_is_readable_and_has_no_finding() {
    assert_eq!(judged(|_| {}), Judgement::default());
}

#[test]
fn a_bucket_without_a_policy_is_blocked_and_can_be_repaired() {
    let judgement = judged(|seen| seen.policy = Ok(None));
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Blocked, vec![Code::GrantMissing])
    );
    assert_eq!(judgement.findings[0].remedy, Remedy::Repair);
}

#[test]
fn a_grant_for_a_prefix_that_misses_the_rest_is_partial() {
    let judgement =
        judged(|seen| seen.policy = Ok(Some(document(json!([grant("arn:aws:s3:::media/public/*")])))));
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Blocked, vec![Code::GrantPartial])
    );
}

#[test]
fn a_deny_of_plain_http_is_harmless() {
    let judgement = judged(|seen| {
        seen.policy = Ok(Some(document(json!([
            grant("arn:aws:s3:::media/*"),
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        ]))));
    });
    assert_eq!(judgement, Judgement::default());
}

#[test]
fn a_deny_that_touches_a_part_is_told_with_the_exception_to_paste() {
    let judgement = judged(|seen| {
        seen.policy = Ok(Some(document(json!([
            grant("arn:aws:s3:::media/*"),
            {"Sid": "Private", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/private/*"}
        ]))));
    });
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Blocked, vec![Code::GrantDenied])
    );
    let exception = judgement.findings[0].evidence["exception"].to_string();
    assert!(
        exception.contains("Private") && exception.contains(CLOUDINARY_ACCOUNT),
        "{exception}"
    );
}

#[test]
fn a_deny_on_an_organisation_makes_it_depend() {
    let judgement = judged(|seen| {
        seen.policy = Ok(Some(document(json!([
            grant("arn:aws:s3:::media/*"),
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::media/*",
             "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}}}
        ]))));
    });
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Depends, vec![Code::GrantConditional])
    );
    assert!(judgement.findings[0].message.contains("aws:PrincipalOrgID"));
}

#[test]
fn a_missing_allow_and_a_deny_are_two_findings() {
    let judgement = judged(|seen| {
        seen.policy = Ok(Some(document(json!([
            {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/private/*"}
        ]))));
    });
    assert_eq!(codes(&judgement), [Code::GrantMissing, Code::GrantDenied]);
}

#[test]
fn what_could_not_be_read_is_unknown_and_never_empty() {
    let judgement = judged(|seen| seen.policy = Err(denied("s3:GetBucketPolicy")));
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Unknown, vec![Code::ObservationFailed])
    );
    assert!(judgement.findings[0].message.contains("s3:GetBucketPolicy"));
    for change in [
        (|seen: &mut BucketObservation| seen.encryption = Err(denied("s3:GetEncryptionConfiguration")))
            as fn(&mut _),
        |seen| seen.listed = Err(denied("s3:ListBucket")),
        |seen| seen.markers[0].head = Err(denied("s3:GetObject")),
        |seen| seen.presence = Presence::Unknown(denied("s3:ListBucket")),
    ] {
        assert_eq!(judged(change).verdict(), Verdict::Unknown);
    }
}

#[test]
fn a_missing_marker_names_what_somebody_may_have_meant_for_it() {
    let judgement = judged(|seen| {
        seen.markers[0].head = Ok(None);
        seen.listed = Ok(vec![".wellknown/cloudinary/Demo.txt".to_owned()]);
    });
    let marker = judgement.find(Code::MarkerMissing).unwrap();
    assert!(marker.message.contains("Demo.txt"), "{}", marker.message);
}

#[test]
fn a_strangers_marker_is_a_finding_though_everything_is_readable() {
    let judgement = judged(|seen| {
        seen.listed = Ok(vec![
            ".wellknown/cloudinary/".to_owned(),
            ".wellknown/cloudinary/demo".to_owned(),
            ".wellknown/cloudinary/stranger".to_owned(),
        ]);
    });
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Readable, vec![Code::MarkerUnexpected])
    );
}

#[test]
fn the_presence_of_the_bucket_comes_before_everything_else() {
    for (presence, code, verdict) in [
        (Presence::Missing, Code::BucketMissing, Verdict::Blocked),
        (
            Presence::InRegion("eu-west-1".to_owned()),
            Code::BucketInOtherRegion,
            Verdict::Unknown,
        ),
    ] {
        let judgement = judged(|seen| {
            seen.presence = presence;
            seen.policy = Ok(None);
        });
        assert_eq!((judgement.verdict(), codes(&judgement)), (verdict, vec![code]));
    }
}

#[test]
fn a_dotted_name_is_for_a_person_whatever_the_policy_says() {
    let mut declaration = declaration(&["demo"]);
    declaration.bucket = "media.example.com".parse().unwrap();
    let judgement = judge_bucket(&settings(), &declaration, &healthy(&declaration), now());
    assert_eq!(codes(&judgement), [Code::BucketNameUnsupported]);
}

#[test]
fn a_public_statement_shuts_cloudinary_out_where_public_buckets_are_restricted() {
    let public = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/open/*"});
    let judgement = judged(|seen| {
        seen.policy = Ok(Some(document(json!([grant("arn:aws:s3:::media/*"), public]))));
        seen.public_access_block = Some(Ok(PublicAccessBlock {
            restrict_public_buckets: true,
            ..PublicAccessBlock::default()
        }));
    });
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Blocked, vec![Code::PublicPolicyRestricted])
    );
}
