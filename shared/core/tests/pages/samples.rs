//! A realistic circumstance for every finding: judged and planned by the very code that does it in earnest, where
//! that code is in this crate.

mod judged;
mod seen;

use guardian_core::alert::{Affected, Notice, Occasion, TransitionKind, render};
use guardian_core::attribution::Nameless;
use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::cause::{Actor, Cause};
use guardian_core::finding::{Code, Finding, Remedy, Subject};
use guardian_core::moment::Moment;
use guardian_core::name::Resource;
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    KeyManager, KeyOrigin, KeyPolicy, KeyState, ObjectEncryption, ObjectHead, Presence, PublicAccessBlock,
    Unknown,
};
use serde_json::{Value, json};

use self::judged::{
    describe, explained, flapping, invalid, of_bucket, of_dotted_bucket, of_key, of_objects,
    of_opt_in_region, of_unneeded_key, paused, three,
};
pub(crate) use self::seen::settings;
use self::seen::{
    denied, grant, key_grant, key_policy, named, only_our_endpoint, owner, policy, thumbnailer,
};
use super::samples_stack::of_stack;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const FOREIGN_KEY: &str = "arn:aws:kms:us-east-1:444455556666:key/9f8e7d6c-12ab-34cd-56ef-1234567890ab";

/// One finding with everything around it.
pub(crate) struct Sample {
    pub(crate) finding: Finding,
    pub(crate) plan: Option<String>,
    pub(crate) resource: Resource,
    pub(crate) affected: Affected,
    pub(crate) cause: Cause,
}

impl Sample {
    /// The message of a transition, an hour after the fact; a reminder comes after nine days.
    pub(crate) fn notice(&self, kind: TransitionKind) -> Notice {
        let mut finding = self.finding.clone();
        let told = matches!(kind, TransitionKind::NeedsYou | TransitionKind::Reminder);
        if let (true, Some(plan), Value::Object(evidence)) = (told, &self.plan, &mut finding.evidence) {
            // What the reconcile does where nothing may be written.
            evidence.insert("plan".to_owned(), plan.clone().into());
        }
        let opened: Moment = "2026-11-23T10:15:00Z".parse().unwrap();
        let (now, reminders) = match kind {
            TransitionKind::NeedsYou => ("2026-11-23T10:15:02Z", 0),
            TransitionKind::Repaired => ("2026-11-23T10:15:04Z", 0),
            TransitionKind::Reminder => ("2026-12-02T10:20:00Z", 2),
            TransitionKind::Resolved => ("2026-12-02T11:02:17Z", 2),
        };
        render(&Occasion {
            id: &format!("{}/{}/1", finding.code, finding.subject),
            kind,
            resource: &self.resource,
            finding: &finding,
            opened,
            now: now.parse().unwrap(),
            cause: Some(&self.cause),
            affected: &self.affected,
            plan: self.plan.as_deref().filter(|_| kind == TransitionKind::Repaired),
            reminders,
        })
    }
}

/// The transitions that a finding of this code can make.
pub(crate) fn kinds(code: Code) -> Vec<TransitionKind> {
    let repaired = (code.remedy() == Remedy::Repair).then_some(TransitionKind::Repaired);
    let others = [
        TransitionKind::NeedsYou,
        TransitionKind::Reminder,
        TransitionKind::Resolved,
    ];
    repaired.into_iter().chain(others).collect()
}

/// The sample of a code.
pub(crate) fn sample(code: Code) -> Sample {
    let (finding, plan) = match code {
        Code::BucketMissing => of_bucket(code, |seen| seen.presence = Presence::Missing),
        Code::BucketNameUnsupported => of_dotted_bucket(),
        Code::BucketInOtherRegion => of_bucket(code, |seen| {
            seen.presence = Presence::InRegion("eu-west-1".to_owned());
        }),
        Code::DeclarationInvalid => (invalid(), None),
        Code::RepairsPaused => paused(),
        Code::ObservationFailed => of_bucket(code, |seen| seen.policy = Err(denied("s3:GetBucketPolicy"))),
        Code::GrantMissing => of_bucket(code, |seen| seen.policy = policy(json!([thumbnailer()]))),
        Code::GrantPartial => of_bucket(code, |seen| {
            seen.policy = policy(json!([thumbnailer(), grant("arn:aws:s3:::media/photos/*")]));
        }),
        Code::GrantDenied => of_bucket(code, |seen| {
            seen.policy = policy(json!([grant("arn:aws:s3:::media/*"), only_our_endpoint()]));
        }),
        Code::GrantConditional => of_bucket(code, |seen| {
            let mut statement = grant("arn:aws:s3:::media/*");
            statement["Condition"] = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
            seen.policy = policy(json!([statement]));
        }),
        Code::PublicPolicyRestricted => of_bucket(code, |seen| {
            let website = json!({"Sid": "Website", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::media/open/*"});
            seen.policy = policy(json!([grant("arn:aws:s3:::media/*"), website]));
            seen.public_access_block = Some(Ok(PublicAccessBlock {
                restrict_public_buckets: true,
                ..PublicAccessBlock::default()
            }));
        }),
        Code::ControlPolicyDenied => (explained(code), None),
        Code::ResourceNotOfBucket | Code::ActionNotApplicable | Code::ConditionKeyNotApplicable => {
            (explained(code), None)
        }
        Code::MarkerMissing => of_bucket(code, |seen| seen.markers[0].head = Ok(None)),
        Code::MarkerUnexpected => of_bucket(code, |seen| {
            seen.listed = Ok(vec![".wellknown/cloudinary/stranger".to_owned()]);
        }),
        Code::MarkerUnreadable => of_bucket(code, |seen| {
            seen.markers[0].head = Ok(Some(ObjectHead {
                encryption: ObjectEncryption::SseS3,
                storage_class: Some("GLACIER".to_owned()),
                archived: true,
                ..ObjectHead::default()
            }));
        }),
        Code::NotificationsOff => of_bucket(code, |seen| {
            let text = "<NotificationConfiguration><QueueConfiguration><Id>thumbnails</Id>\
                <Queue>arn:aws:sqs:us-east-1:111122223333:thumbnails</Queue><Event>s3:ObjectCreated:*</Event>\
                </QueueConfiguration></NotificationConfiguration>";
            seen.notifications = Some(Ok(Notifications::parse(text).unwrap()));
        }),
        Code::NotificationsUnknown => of_bucket(code, |seen| {
            seen.notifications = Some(Err(denied("s3:GetBucketNotification")));
        }),
        Code::ObjectsCustomerKey => {
            of_objects(code, |counts| counts.customer_keys = three("drafts/logo.svg"))
        }
        Code::ObjectsArchived => of_objects(code, |counts| counts.archived = three("2019/scan-0001.tif")),
        Code::ObjectsForeign => of_objects(code, |counts| counts.foreign = three("partner/banner.jpg")),
        Code::KeyGrantMissing => of_key(code, |_| {}),
        Code::KeyGrantDenied => of_key(code, |seen| {
            let deny = json!({"Sid": "OnlyOurAccount", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt",
                "Resource": "*", "Condition": {"StringNotEquals": {"kms:CallerAccount": "111122223333"}}});
            seen.policy = key_policy(json!([owner(), key_grant(), deny]));
        }),
        Code::KeyGrantConditional => of_key(code, |seen| {
            let mut decrypt = key_grant();
            decrypt["Action"] = json!("kms:Decrypt");
            decrypt["Condition"] =
                json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::media-001/*"}});
            let mut describe = key_grant();
            describe["Action"] = json!("kms:DescribeKey");
            seen.policy = key_policy(json!([owner(), decrypt, describe]));
        }),
        Code::KeyDisabled => of_key(code, |seen| describe(seen, KeyState::Disabled)),
        Code::KeyPendingDeletion => of_key(code, |seen| {
            describe(seen, KeyState::PendingDeletion);
            if let Ok(description) = &mut seen.description {
                description.deletion_date = Some("2026-12-23T10:15:00Z".parse().unwrap());
            }
        }),
        Code::KeyMaterialMissing => of_key(code, |seen| describe(seen, KeyState::PendingImport)),
        Code::KeyMaterialExpiring => of_key(code, |seen| {
            describe(seen, KeyState::Enabled);
            if let Ok(description) = &mut seen.description {
                description.origin = Some(KeyOrigin::External);
                description.material_expires = Some("2026-12-12T00:00:00Z".parse().unwrap());
            }
        }),
        Code::KeyStoreDisconnected => of_key(code, |seen| {
            describe(seen, KeyState::Unavailable);
            if let Ok(description) = &mut seen.description {
                description.origin = Some(KeyOrigin::AwsCloudHsm);
                description.key_store = Some("cks-1234567890abcdef0".to_owned());
            }
        }),
        Code::KeyUnusable => of_key(code, |seen| describe(seen, KeyState::Creating)),
        Code::KeyInOtherRegion => of_key(code, |seen| seen.named = KEY.replace("us-east-1", "eu-west-1")),
        Code::RegionOptIn => of_opt_in_region(),
        Code::KeyGrantBroad => of_key(code, |seen| {
            let mut grant = key_grant();
            grant["Action"] = json!([
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*"
            ]);
            seen.policy = key_policy(json!([owner(), grant]));
        }),
        Code::KeyGrantUnused => of_unneeded_key(),
        Code::KeyMissing => of_key(code, |seen| {
            seen.named = "alias/media".to_owned();
            seen.description = Err(Unknown::Call(CallError {
                operation: "kms:DescribeKey",
                kind: CallErrorKind::NotFound,
                message: "NotFoundException".to_owned(),
            }));
        }),
        Code::KeyAwsManaged => of_key(code, |seen| {
            if let Ok(description) = &mut seen.description {
                description.manager = KeyManager::Aws;
            }
        }),
        Code::KeyForeign => of_key(code, |seen| {
            if let Ok(description) = &mut seen.description {
                description.arn = FOREIGN_KEY.parse().unwrap();
            }
            seen.policy = KeyPolicy::NotAsked;
        }),
        Code::PolicyUnwritable => of_bucket(code, |seen| {
            let dead = json!({"Sid": "Importer", "Effect": "Allow", "Principal": {"AWS": "AROA5JTVXQ2EXAMPLE7KC"},
                "Action": "s3:PutObject", "Resource": "arn:aws:s3:::media/incoming/*"});
            seen.policy = policy(json!([thumbnailer(), dead]));
        }),
        Code::Flapping => (flapping(), None),
        Code::TrailMissing
        | Code::TrailStopped
        | Code::TrailWithoutKms
        | Code::RuleMissing
        | Code::RuleDisabled
        | Code::RuleChanged
        | Code::QueueMissing
        | Code::QueueChanged
        | Code::DeadLetters
        | Code::TopicMissing
        | Code::TopicSilent
        | Code::SubscriptionUnconfirmed
        | Code::SweepLate
        | Code::StackUnread => (of_stack(code).unwrap(), None),
    };
    assert_eq!(finding.code, code);
    let affected = match finding.subject {
        Subject::Key(_) | Subject::NamedKey(_) => Affected {
            buckets: (1..=12).map(|n| named(&format!("media-{n:03}"))).collect(),
            clouds: vec!["demo".parse().unwrap(), "demo-staging".parse().unwrap()],
        },
        Subject::Bucket(ref bucket) | Subject::Marker(ref bucket, _) => Affected {
            buckets: vec![bucket.clone()],
            clouds: vec!["demo".parse().unwrap(), "demo-staging".parse().unwrap()],
        },
        Subject::Part(_) => Affected::default(),
    };
    let resource = match &finding.subject {
        Subject::Bucket(bucket) | Subject::Marker(bucket, _) => Resource::Bucket(bucket.clone()),
        Subject::Key(key) => Resource::Key(key.clone()),
        Subject::NamedKey(_) => Resource::Bucket(named("media-001")),
        Subject::Part(_) => Resource::Stack,
    };
    let cause = cause(code);
    Sample {
        finding,
        plan,
        resource,
        affected,
        cause,
    }
}

fn cause(code: Code) -> Cause {
    let event = match code {
        Code::BucketMissing => "DeleteBucket",
        Code::DeclarationInvalid
        | Code::RepairsPaused
        | Code::BucketNameUnsupported
        | Code::BucketInOtherRegion
        | Code::KeyInOtherRegion => "Parameter Store Change",
        Code::ObservationFailed
        | Code::NotificationsUnknown
        | Code::KeyForeign
        | Code::KeyAwsManaged
        | Code::KeyMaterialExpiring
        | Code::KeyStoreDisconnected
        | Code::RegionOptIn
        | Code::KeyGrantUnused
        | Code::ObjectsCustomerKey
        | Code::ObjectsArchived
        | Code::ObjectsForeign
        | Code::TrailMissing
        | Code::TrailWithoutKms
        | Code::DeadLetters
        | Code::SubscriptionUnconfirmed
        | Code::SweepLate
        | Code::StackUnread => "Scheduled Event",
        Code::TrailStopped => "StopLogging",
        Code::RuleMissing => "DeleteRule",
        Code::RuleDisabled => "DisableRule",
        Code::RuleChanged => "PutRule",
        Code::QueueMissing => "DeleteQueue",
        Code::QueueChanged => "SetQueueAttributes",
        Code::TopicMissing => "DeleteTopic",
        Code::TopicSilent => "Unsubscribe",
        Code::MarkerMissing => "Object Deleted",
        Code::MarkerUnexpected | Code::MarkerUnreadable => "Object Created",
        Code::KeyGrantMissing | Code::KeyGrantDenied | Code::KeyGrantConditional | Code::KeyGrantBroad => {
            "PutKeyPolicy"
        }
        Code::KeyDisabled => "DisableKey",
        Code::KeyPendingDeletion => "ScheduleKeyDeletion",
        Code::KeyMaterialMissing => "DeleteImportedKeyMaterial",
        Code::KeyUnusable => "ReplicateKey",
        Code::KeyMissing => "PutBucketEncryption",
        Code::NotificationsOff => "PutBucketNotification",
        _ => "PutBucketPolicy",
    };
    let actor = match event {
        "Parameter Store Change" | "Scheduled Event" => None,
        "Object Deleted" | "Object Created" => Some(Actor {
            principal: Some("111122223333".to_owned()),
            tool: None,
            address: Some("198.51.100.24".to_owned()),
            request: Some("C3D13FE58DE4C810".to_owned()),
        }),
        _ => Some(Actor {
            principal: Some(
                "arn:aws:sts::111122223333:assumed-role/terraform-deploy/pipeline-4711".to_owned(),
            ),
            tool: Some("Terraform".to_owned()),
            address: Some("198.51.100.24".to_owned()),
            request: Some("4442587FB7D0A2F9".to_owned()),
        }),
    };
    let nameless = match code {
        Code::MarkerMissing
        | Code::MarkerUnexpected
        | Code::MarkerUnreadable
        | Code::ObjectsCustomerKey
        | Code::ObjectsArchived
        | Code::ObjectsForeign => Some(Nameless::DataEvents),
        Code::KeyForeign => Some(Nameless::NoRecord("PutBucketEncryption".to_owned())),
        _ => None,
    };
    Cause {
        time: Some("2026-11-23T10:14:58Z".to_owned()),
        actor,
        nameless,
        ..Cause::of_event("0f1d8a52-3c7e-4b7d-9a43-1f2e6f0c9d11", event)
    }
}
