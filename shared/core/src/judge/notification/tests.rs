//! What the notifications of a bucket are found to be, and what is planned.

use crate::call::{CallError, CallErrorKind};
use crate::declaration::Declaration;
use crate::finding::{Desired, Remedy, Severity, Verdict};
use crate::judge::judge_bucket;
use crate::name::BucketName;
use crate::notification::Notifications;
use crate::observation::{DefaultEncryption, Known, Presence};
use crate::plan::{Change, Plan, plan_bucket};
use crate::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};

use super::*;

const QUEUE: &str = "<QueueConfiguration><Id>thumbnails</Id><Queue>arn:aws:sqs:us-east-1:111122223333:thumbnails</Queue>\
    <Event>s3:ObjectCreated:*</Event></QueueConfiguration>";

fn settings(manages_notifications: bool) -> Settings {
    Settings {
        manages_notifications,
        ..Settings::new(
            "111122223333".parse().unwrap(),
            "us-east-1",
            CLOUDINARY_ACCOUNT.parse().unwrap(),
            Ceilings::open(Mode::Repair),
        )
    }
}

fn configured(inside: &str) -> Notifications {
    let text = format!("<NotificationConfiguration>{inside}</NotificationConfiguration>");
    Notifications::parse(&text).unwrap()
}

fn seen(notifications: Known<Notifications>) -> BucketObservation {
    let bucket: BucketName = "media".parse().unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
        "Principal": {"AWS": CLOUDINARY_ACCOUNT}, "Resource": "arn:aws:s3:::media/*"}]});
    BucketObservation {
        bucket,
        presence: Presence::Here,
        policy: Ok(Some(
            guardian_policy::PolicyDocument::parse(&policy.to_string()).unwrap(),
        )),
        public_access_block: None,
        encryption: Ok(DefaultEncryption::SseS3),
        markers: Vec::new(),
        listed: Ok(Vec::new()),
        keys: Vec::new(),
        notifications: Some(notifications),
    }
}

fn judged(notifications: Known<Notifications>, manages: bool) -> (Judgement, Plan) {
    let (seen, settings) = (seen(notifications), settings(manages));
    let declaration = Declaration::ad_hoc(seen.bucket.clone(), Vec::new(), Mode::Repair);
    let now = "2026-11-23T10:15:00Z".parse().unwrap();
    let mut judgement = judge_bucket(&settings, &declaration, &seen, now);
    let plan = plan_bucket(&settings, &declaration, &seen, &mut judgement);
    (judgement, plan)
}

fn failed(kind: CallErrorKind) -> Known<Notifications> {
    Err(Unknown::Call(CallError {
        operation: "s3:GetBucketNotification",
        kind,
        message: "AccessDenied: no identity-based policy allows it".to_owned(),
    }))
}

#[test]
fn a_bucket_that_tells_event_bridge_has_no_finding() {
    let on = configured("<EventBridgeConfiguration/>");
    assert_eq!(judged(Ok(on), true), (Judgement::default(), Plan::default()));
}

#[test]
fn a_bucket_that_does_not_is_readable_all_the_same_and_a_persons_to_change() {
    let (judgement, plan) = judged(Ok(configured(QUEUE)), false);
    assert_eq!(judgement.verdict(), Verdict::Readable);
    let [finding] = &judgement.findings[..] else {
        panic!("{judgement:?}")
    };
    assert_eq!(
        (finding.code, finding.severity, finding.remedy),
        (Code::NotificationsOff, Severity::Medium, Remedy::Human)
    );
    assert_eq!(
        finding.evidence["others"],
        json!(["queue arn:aws:sqs:us-east-1:111122223333:thumbnails (`thumbnails`)"])
    );
    assert!(matches!(finding.desired, Some(Desired::EventBridge { .. })));
    assert!(plan.is_empty());
}

#[test]
fn a_stack_that_sees_to_notifications_plans_to_add_one_element() {
    let (judgement, plan) = judged(Ok(configured(QUEUE)), true);
    assert_eq!(judgement.findings[0].remedy, Remedy::Repair);
    let [change @ Change::Notifications(change_of)] = &plan.changes[..] else {
        panic!("{plan:?}")
    };
    assert_eq!(
        change.ends(),
        (Code::NotificationsOff, judgement.findings[0].subject.clone())
    );
    assert_eq!(
        plan.to_string(),
        "notifications of media:\n    queue arn:aws:sqs:us-east-1:111122223333:thumbnails (`thumbnails`)\n  + EventBridge"
    );
    assert_eq!(change_of.after.lost_of(&change_of.before), [""; 0]);
    assert_eq!(
        change.to_json(),
        json!({"change": "notifications", "of": "media", "event_bridge": true,
            "kept": ["queue arn:aws:sqs:us-east-1:111122223333:thumbnails (`thumbnails`)"]})
    );
}

#[test]
fn what_nobody_here_knows_to_write_back_is_named_and_left() {
    let strange = QUEUE.replace("s3:ObjectCreated:*", "s3:ObjectCreated:Teleport");
    let (judgement, plan) = judged(Ok(configured(&strange)), true);
    assert!(plan.is_empty());
    let finding = &judgement.findings[0];
    assert_eq!(finding.remedy, Remedy::Human);
    assert!(
        finding.message.contains("`s3:ObjectCreated:Teleport`"),
        "{}",
        finding.message
    );
}

#[test]
fn a_refused_read_names_the_right_and_leaves_the_verdict() {
    let (judgement, plan) = judged(failed(CallErrorKind::AccessDenied), true);
    assert_eq!(judgement.verdict(), Verdict::Readable);
    assert!(plan.is_empty());
    let [finding] = &judgement.findings[..] else {
        panic!("{judgement:?}")
    };
    assert_eq!(
        (finding.code, finding.severity),
        (Code::NotificationsUnknown, Severity::Low)
    );
    assert!(
        finding
            .message
            .contains("allow the guardian `s3:GetBucketNotification`"),
        "{}",
        finding.message
    );
}

#[test]
fn whoever_refuses_the_policy_as_well_is_told_of_once() {
    let mut seen = seen(failed(CallErrorKind::AccessDenied));
    seen.policy = Err(Unknown::Call(CallError {
        operation: "s3:GetBucketPolicy",
        kind: CallErrorKind::AccessDenied,
        message: "AccessDenied".to_owned(),
    }));
    let declaration = Declaration::ad_hoc(seen.bucket.clone(), Vec::new(), Mode::Repair);
    let now = "2026-11-23T10:15:00Z".parse().unwrap();
    let judgement = judge_bucket(&settings(true), &declaration, &seen, now);
    let codes: Vec<Code> = judgement.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::ObservationFailed]);
}

#[test]
fn what_was_not_read_is_neither_over_nor_new() {
    let open = |code| Finding::new(code, Subject::Bucket("media".parse().unwrap()), "m", json!({}));
    let all = [
        Code::NotificationsOff,
        Code::NotificationsUnknown,
        Code::GrantMissing,
    ];
    let stands = |notifications| {
        let found = standing_notifications(&seen(notifications), all.map(open).into_iter()).findings;
        found.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(stands(failed(CallErrorKind::Transient)), all[..2]);
    assert_eq!(stands(failed(CallErrorKind::AccessDenied)), all[..1]);
    assert_eq!(stands(Ok(configured(""))), []);
    assert_eq!(
        judged(failed(CallErrorKind::Transient), true),
        (Judgement::default(), Plan::default())
    );
}
