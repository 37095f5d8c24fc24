use serde_json::{Value, json};

use super::*;
use crate::call::{CallError, CallErrorKind};
use crate::declaration::Declaration;
use crate::finding::Remedy;
use crate::moment::Moment;
use crate::name::BucketName;
use crate::observation::*;
use crate::plan::{Change, plan_bucket, plan_key};
use crate::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn settings() -> Settings {
    Settings::new(
        "111122223333".parse().unwrap(),
        "us-east-1",
        CLOUDINARY_ACCOUNT.parse().unwrap(),
        Ceilings::open(Mode::Repair),
    )
}

fn now() -> Moment {
    "2026-11-23T10:15:00Z".parse().unwrap()
}

fn bucket() -> BucketName {
    "media".parse().unwrap()
}

fn declaration(clouds: &[&str]) -> Declaration {
    Declaration::ad_hoc(
        bucket(),
        clouds.iter().map(|cloud| cloud.parse().unwrap()).collect(),
        Mode::Repair,
    )
}

fn document(statements: Value) -> PolicyDocument {
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

fn grant(resource: &str) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": CLOUDINARY_ACCOUNT}, "Action": "s3:GetObject", "Resource": resource})
}

/// A bucket in which everything is as it should be.
fn healthy(declaration: &Declaration) -> BucketObservation {
    let head = ObjectHead {
        encryption: ObjectEncryption::SseS3,
        ..ObjectHead::default()
    };
    BucketObservation {
        bucket: declaration.bucket.clone(),
        presence: Presence::Here,
        policy: Ok(Some(document(json!([grant("arn:aws:s3:::media/*")])))),
        public_access_block: None,
        encryption: Ok(DefaultEncryption::SseS3),
        markers: declaration
            .clouds
            .iter()
            .map(|cloud| MarkerObservation {
                cloud: cloud.clone(),
                head: Ok(Some(head.clone())),
            })
            .collect(),
        listed: Ok(declaration
            .clouds
            .iter()
            .map(crate::cloudinary::marker_key)
            .collect()),
        keys: Vec::new(),
        notifications: None,
    }
}

fn key(state: KeyState, statements: Value) -> KeyObservation {
    KeyObservation {
        named: KEY.to_owned(),
        because: vec!["the bucket's default key".to_owned()],
        named_by: Vec::new(),
        certain: true,
        description: Ok(KeyDescription {
            state,
            ..KeyDescription::new(KEY.parse().unwrap())
        }),
        policy: KeyPolicy::Document(Box::new(document(statements))),
    }
}

fn key_statements(ours: bool) -> Value {
    let owner = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"});
    let grant = json!({"Effect": "Allow", "Principal": {"AWS": CLOUDINARY_ACCOUNT}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"});
    if ours {
        json!([owner, grant])
    } else {
        json!([owner])
    }
}

fn codes(judgement: &Judgement) -> Vec<Code> {
    judgement.findings.iter().map(|finding| finding.code).collect()
}

fn judged(change: impl FnOnce(&mut BucketObservation)) -> Judgement {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    change(&mut seen);
    judge_bucket(&settings(), &declaration, &seen, now())
}

fn denied(operation: &'static str) -> Unknown {
    Unknown::Call(CallError {
        operation,
        kind: CallErrorKind::AccessDenied,
        message: "AccessDenied".to_owned(),
    })
}

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
fn nothing_is_written_to_a_bucket_that_cloudinary_cannot_read_anyway() {
    let mut declaration = declaration(&["demo"]);
    declaration.bucket = "media.example.com".parse().unwrap();
    let mut seen = healthy(&declaration);
    seen.policy = Ok(None);
    seen.markers[0].head = Ok(None);
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    assert!(plan_bucket(&settings(), &declaration, &seen, &mut judgement).is_empty());
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

#[test]
fn a_key_without_the_statement_is_repaired_by_one_statement_and_keeps_the_rest() {
    let reader = Reader::of(&declaration(&["demo"]));
    let seen = key(KeyState::Enabled, key_statements(false));
    let mut judgement = judge_key(&settings(), &seen, std::slice::from_ref(&reader), now());
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Blocked, vec![Code::KeyGrantMissing])
    );
    let plan = plan_key(&settings(), &seen, std::slice::from_ref(&reader), &mut judgement);
    let [Change::KeyPolicy(change)] = plan.changes.as_slice() else {
        panic!("{plan}")
    };
    let KeyPolicy::Document(policy) = seen.policy else {
        panic!()
    };
    assert_eq!(change.after.statements().count(), 2);
    assert_eq!(
        change.after.statements().next().unwrap().value(),
        policy.statements().next().unwrap().value()
    );
}

#[test]
fn a_granted_key_is_fine_and_an_inert_grant_is_not() {
    let reader = Reader::of(&declaration(&["demo"]));
    let fine = key(KeyState::Enabled, key_statements(true));
    assert_eq!(
        judge_key(&settings(), &fine, std::slice::from_ref(&reader), now()),
        Judgement::default()
    );
    let mut inert = key_statements(true);
    inert[1]["Resource"] = json!("arn:aws:kms:us-east-1:111122223333:key/another");
    let inert = key(KeyState::Enabled, inert);
    assert_eq!(
        judge_key(&settings(), &inert, &[reader], now()).verdict(),
        Verdict::Blocked
    );
}

#[test]
fn a_key_that_decrypts_nothing_is_for_a_person_and_its_policy_waits() {
    let reader = Reader::of(&declaration(&["demo"]));
    for (state, code) in [
        (KeyState::Disabled, Code::KeyDisabled),
        (KeyState::PendingDeletion, Code::KeyPendingDeletion),
        (KeyState::Other("PendingImport".to_owned()), Code::KeyUnusable),
    ] {
        let judgement = judge_key(
            &settings(),
            &key(state, key_statements(true)),
            std::slice::from_ref(&reader),
            now(),
        );
        assert_eq!(codes(&judgement), [code]);
    }
}

#[test]
fn a_key_that_objects_may_be_under_makes_it_depend_and_no_worse() {
    let judgement = judged(|seen| {
        let disabled = key(KeyState::Disabled, key_statements(true));
        seen.keys = vec![KeyObservation {
            certain: false,
            ..disabled
        }];
    });
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Depends, vec![Code::KeyDisabled])
    );
}

#[test]
fn keys_that_are_not_ours_to_grant_are_told_as_such() {
    let reader = Reader::of(&declaration(&["demo"]));
    let mut managed = key(KeyState::Enabled, key_statements(false));
    managed.policy = KeyPolicy::NotAsked;
    managed.description.as_mut().unwrap().manager = KeyManager::Aws;
    let judgement = judge_key(&settings(), &managed, std::slice::from_ref(&reader), now());
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Blocked, vec![Code::KeyAwsManaged])
    );

    let mut foreign = key(KeyState::Enabled, key_statements(false));
    foreign.policy = KeyPolicy::NotAsked;
    foreign.description.as_mut().unwrap().arn = "arn:aws:kms:us-east-1:444455556666:key/1".parse().unwrap();
    let judgement = judge_key(&settings(), &foreign, &[reader], now());
    assert_eq!(
        (judgement.verdict(), codes(&judgement)),
        (Verdict::Depends, vec![Code::KeyForeign])
    );
}

#[test]
fn a_dead_principal_turns_the_repair_over_to_a_person() {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    seen.policy = Ok(Some(document(json!([
        {"Sid": "Old", "Effect": "Allow", "Principal": {"AWS": "AROA5JTVXQ2EXAMPLE7KC"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"}
    ]))));
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    let plan = plan_bucket(&settings(), &declaration, &seen, &mut judgement);
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(codes(&judgement), [Code::GrantMissing, Code::PolicyUnwritable]);
    assert!(
        judgement
            .findings
            .iter()
            .all(|finding| finding.remedy == Remedy::Human)
    );
}

#[test]
fn a_partial_grant_is_completed_though_a_deny_keeps_another_part() {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    seen.policy = Ok(Some(document(json!([
        grant("arn:aws:s3:::media/photos/*"),
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/private/*"}
    ]))));
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    assert_eq!(codes(&judgement), [Code::GrantPartial, Code::GrantDenied]);
    assert_eq!(
        plan_bucket(&settings(), &declaration, &seen, &mut judgement)
            .changes
            .len(),
        1
    );
}

#[test]
fn a_grant_that_a_deny_would_swallow_is_not_written() {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    seen.policy = Ok(Some(document(json!([
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*",
         "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}}
    ]))));
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    assert!(plan_bucket(&settings(), &declaration, &seen, &mut judgement).is_empty());
    assert_eq!(codes(&judgement), [Code::GrantMissing, Code::GrantDenied]);
}

#[test]
fn a_marker_hangs_on_no_key_unless_a_deny_demands_one() {
    let declaration = declaration(&["demo"]);
    let mut seen = healthy(&declaration);
    seen.markers[0].head = Ok(None);
    let encryption = |seen: &BucketObservation| {
        let mut judgement = judge_bucket(&settings(), &declaration, seen, now());
        let plan = plan_bucket(&settings(), &declaration, seen, &mut judgement);
        plan.changes.iter().find_map(|change| match change {
            Change::Marker { encryption, .. } => Some(*encryption),
            _ => None,
        })
    };
    assert_eq!(encryption(&seen), Some(MarkerEncryption::SseS3));
    seen.policy = Ok(Some(document(json!([
        grant("arn:aws:s3:::media/*"),
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::media/*",
         "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}
    ]))));
    assert_eq!(encryption(&seen), Some(MarkerEncryption::BucketDefault));
}
