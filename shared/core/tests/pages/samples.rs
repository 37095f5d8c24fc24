//! A realistic circumstance for every finding: judged and planned by the very code that does it in earnest, where
//! that code is in this crate.

use guardian_core::alert::{Affected, Notice, Occasion, TransitionKind, render};
use guardian_core::attribution::Nameless;
use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::cause::{Actor, Cause};
use guardian_core::census::{Census, Counts, Group, Source};
use guardian_core::cloudinary::marker_key;
use guardian_core::declaration::{Declaration, DeclarationError};
use guardian_core::explain::{Documents, explain};
use guardian_core::finding::{Code, Finding, Remedy, Subject};
use guardian_core::judge::{
    Former, Judgement, Reader, judge_bucket, judge_key, judge_objects, judge_unneeded_key,
};
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, Resource};
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    BucketObservation, DefaultEncryption, KeyDescription, KeyManager, KeyObservation, KeyOrigin, KeyPolicy,
    KeyState, MarkerObservation, ObjectEncryption, ObjectHead, Presence, PublicAccessBlock, Unknown,
};
use guardian_core::plan::{Plan, plan_bucket, plan_key, plan_removal};
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};
use guardian_policy::PolicyDocument;
use serde_json::{Value, json};

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

/// What a sample of fifty objects came to.
fn of_objects(code: Code, edit: impl FnOnce(&mut Counts)) -> (Finding, Option<String>) {
    let mut counts = Counts {
        objects: 50,
        sse_s3: 50,
        ..Counts::default()
    };
    edit(&mut counts);
    let at: Moment = "2026-11-23T10:15:01Z".parse().unwrap();
    let sample = Census {
        scope: vec!["*".to_owned()],
        id: "sample".to_owned(),
        source: Source::Sample,
        began: at,
        ended: Some(at),
        whole: false,
        counts: counts.clone(),
    };
    let walk = Census {
        source: Source::Walk,
        whole: true,
        counts,
        ..sample.clone()
    };
    let census = (code == Code::ObjectsForeign).then_some(&walk);
    let counts: Vec<&Census> = census.into_iter().chain([&sample]).collect();
    let judgement = judge_objects(&named("media-001"), &counts, std::iter::empty(), at);
    (judgement.find(code).unwrap().clone(), None)
}

fn three(example: &str) -> Group {
    Group {
        objects: 3,
        example: example.to_owned(),
    }
}

fn named(bucket: &str) -> BucketName {
    bucket.parse().unwrap()
}

fn now() -> Moment {
    "2026-11-23T10:15:00Z".parse().unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings::new(
        "111122223333".parse().unwrap(),
        "us-east-1",
        CLOUDINARY_ACCOUNT.parse().unwrap(),
        Ceilings::open(Mode::Repair),
    )
}

fn declaration(bucket: &str) -> Declaration {
    let clouds = vec!["demo".parse().unwrap(), "demo-staging".parse().unwrap()];
    Declaration::ad_hoc(named(bucket), clouds, Mode::Repair)
}

fn document(statements: &Value) -> PolicyDocument {
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "as an observation holds it")]
fn policy(statements: Value) -> Result<Option<PolicyDocument>, Unknown> {
    Ok(Some(document(&statements)))
}

fn key_policy(statements: Value) -> KeyPolicy {
    KeyPolicy::Document(Box::new(document(&statements)))
}

fn grant(resource: &str) -> Value {
    json!({"Sid": "AWSConsoleStmt-media-cloudinary", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232482882421:root"}, "Action": "s3:GetObject", "Resource": resource})
}

fn thumbnailer() -> Value {
    json!({"Sid": "Thumbnailer", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/thumbnailer"},
        "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::media/thumbnails/*"})
}

fn only_our_endpoint() -> Value {
    json!({"Sid": "OnlyThroughOurEndpoint", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}}})
}

fn owner() -> Value {
    json!({"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*", "Resource": "*"})
}

fn key_grant() -> Value {
    json!({"Sid": "AllowAccessForCloudinary", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"})
}

fn denied(operation: &'static str) -> Unknown {
    Unknown::Call(CallError {
        operation,
        kind: CallErrorKind::AccessDenied,
        message: "AccessDenied: explicit deny in a resource-based policy".to_owned(),
    })
}

fn healthy(declaration: &Declaration) -> BucketObservation {
    let head = ObjectHead {
        encryption: ObjectEncryption::SseS3,
        ..ObjectHead::default()
    };
    let marker = |cloud: &_| MarkerObservation {
        cloud: Clone::clone(cloud),
        head: Ok(Some(head.clone())),
    };
    BucketObservation {
        bucket: declaration.bucket.clone(),
        presence: Presence::Here,
        policy: policy(json!([grant("arn:aws:s3:::media/*")])),
        public_access_block: None,
        encryption: Ok(DefaultEncryption::SseS3),
        markers: declaration.clouds.iter().map(marker).collect(),
        listed: Ok(declaration.clouds.iter().map(marker_key).collect()),
        keys: Vec::new(),
        notifications: None,
    }
}

fn of_bucket(code: Code, change: impl FnOnce(&mut BucketObservation)) -> (Finding, Option<String>) {
    let declaration = declaration("media");
    let mut seen = healthy(&declaration);
    change(&mut seen);
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    let plan = plan_bucket(&settings(), &declaration, &seen, &mut judgement);
    told(code, judgement, &plan)
}

fn of_dotted_bucket() -> (Finding, Option<String>) {
    let declaration = declaration("media.example.com");
    let judgement = judge_bucket(&settings(), &declaration, &healthy(&declaration), now());
    told(Code::BucketNameUnsupported, judgement, &Plan::default())
}

fn of_key(code: Code, change: impl FnOnce(&mut KeyObservation)) -> (Finding, Option<String>) {
    let mut seen = KeyObservation {
        named: KEY.to_owned(),
        because: vec!["needed by `media-001`".to_owned()],
        named_by: Vec::new(),
        certain: true,
        description: Ok(KeyDescription::new(KEY.parse().unwrap())),
        policy: key_policy(json!([owner()])),
    };
    change(&mut seen);
    let readers: Vec<Reader> = (1..=12)
        .map(|number| Reader::of(&declaration(&format!("media-{number:03}"))))
        .collect();
    let mut judgement = judge_key(&settings(), &seen, &readers, now());
    let plan = plan_key(&settings(), &seen, &readers, &mut judgement);
    told(code, judgement, &plan)
}

fn of_unneeded_key() -> (Finding, Option<String>) {
    let seen = KeyObservation {
        named: KEY.to_owned(),
        because: Vec::new(),
        named_by: Vec::new(),
        certain: true,
        description: Ok(KeyDescription::new(KEY.parse().unwrap())),
        policy: key_policy(json!([owner(), key_grant()])),
    };
    let formers = [Former {
        bucket: named("media-001"),
        mode: Mode::Repair,
        prune: false,
        census: "media-001-20261122".to_owned(),
        began: "2026-11-22T03:00:00Z".parse().unwrap(),
        objects: 1204,
    }];
    let mut judgement = judge_unneeded_key(&settings(), &seen, &formers);
    let plan = plan_removal(&settings(), &seen, &formers, &mut judgement);
    told(Code::KeyGrantUnused, judgement, &plan)
}

fn of_opt_in_region() -> (Finding, Option<String>) {
    let settings = Settings {
        region: "eu-south-1".to_owned(),
        ..settings()
    };
    let declaration = declaration("media");
    let arn = KEY.replace("us-east-1", "eu-south-1");
    let mut seen = healthy(&declaration);
    seen.keys = vec![KeyObservation {
        named: arn.clone(),
        because: vec!["the bucket's default key".to_owned()],
        named_by: Vec::new(),
        certain: true,
        description: Ok(KeyDescription::new(arn.parse().unwrap())),
        policy: key_policy(json!([owner(), key_grant()])),
    }];
    let judgement = judge_bucket(&settings, &declaration, &seen, now());
    told(Code::RegionOptIn, judgement, &Plan::default())
}

fn describe(seen: &mut KeyObservation, state: KeyState) {
    if let Ok(description) = &mut seen.description {
        description.state = state;
    }
    seen.policy = key_policy(json!([owner(), key_grant()]));
}

fn told(code: Code, judgement: Judgement, plan: &Plan) -> (Finding, Option<String>) {
    let codes: Vec<Code> = judgement.findings.iter().map(|finding| finding.code).collect();
    let finding = judgement
        .findings
        .into_iter()
        .find(|finding| finding.code == code);
    let finding = finding.unwrap_or_else(|| panic!("{code} is not among {codes:?}"));
    let change = plan
        .changes
        .iter()
        .find(|change| change.ends() == (finding.code, finding.subject.clone()));
    (finding, change.map(ToString::to_string))
}

fn declared(text: &str) -> Result<Declaration, DeclarationError> {
    let now = "2026-11-23T10:15:00Z".parse().unwrap();
    Declaration::parse(&named("media"), text, "aws", &Ceilings::open(Mode::Repair), now)
}

fn invalid() -> Finding {
    let text = r#"{"clouds": ["demo"], "mood": "repair"}"#;
    let error = declared(text).unwrap_err();
    let evidence = json!({"declaration": error.to_string()});
    Finding::new(
        Code::DeclarationInvalid,
        Subject::Bucket(named("media")),
        error.to_string(),
        evidence,
    )
}

fn paused() -> (Finding, Option<String>) {
    let text = r#"{"clouds": ["demo", "demo-staging"], "pause_until": "2026-11-23T18:00:00Z"}"#;
    let declaration = declared(text).unwrap();
    let judgement = judge_bucket(&settings(), &declaration, &healthy(&declaration), now());
    told(Code::RepairsPaused, judgement, &Plan::default())
}

fn explained(code: Code) -> Finding {
    let mut statement = grant("arn:aws:s3:::media/*");
    match code {
        Code::ResourceNotOfBucket => statement["Resource"] = json!("arn:aws:s3:::media-old/*"),
        Code::ActionNotApplicable => statement["Action"] = json!(["s3:GetObject", "s3:ListBucket"]),
        Code::ConditionKeyNotApplicable => {
            statement["Condition"] = json!({"StringLike": {"s3:prefix": "photos/*"}});
        }
        _ => {}
    }
    let perimeter = json!([{"Sid": "OnlyOurOrganization", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ["111122223333"]}}}]);
    let control = [document(&perimeter)];
    let account = CLOUDINARY_ACCOUNT.parse().unwrap();
    let found = explain(&Documents {
        bucket: &named("media"),
        cloudinary_account: &account,
        partition: "aws",
        policy: Some(&document(&json!([statement]))),
        public_access_block: None,
        key: None,
        control_policies: if code == Code::ControlPolicyDenied {
            &control
        } else {
            &[]
        },
        prefixes: &[],
        clouds: &[],
        known: &[],
    });
    let findings = found.findings.into_iter();
    findings.into_iter().find(|finding| finding.code == code).unwrap()
}

/// As the reconcile tells it.
fn flapping() -> Finding {
    let (undone, _) = of_bucket(Code::GrantMissing, |seen| {
        seen.policy = policy(json!([thumbnailer()]))
    });
    let message = "`grant-missing` was repaired 5 times within an hour and is back; the last event was PutBucketPolicy by arn:aws:sts::111122223333:assumed-role/terraform-deploy/pipeline-4711 with Terraform from 198.51.100.24; settle it with that writer, until then it is repaired once an hour (next at 2026-11-23T11:12:40Z)";
    let evidence = json!({"undoes": "grant-missing", "next_repair": "2026-11-23T11:12:40Z"});
    Finding::new(Code::Flapping, undone.subject, message, evidence).with_desired(undone.desired)
}
