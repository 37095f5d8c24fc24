//! Findings as the code that judges and plans makes them.

use guardian_core::census::{Census, Counts, Group, Source};
use guardian_core::declaration::{Declaration, DeclarationError};
use guardian_core::explain::{Documents, explain};
use guardian_core::finding::{Code, Finding, Subject};
use guardian_core::judge::{
    Former, Judgement, Reader, judge_bucket, judge_key, judge_objects, judge_unneeded_key,
};
use guardian_core::moment::Moment;
use guardian_core::observation::{BucketObservation, KeyDescription, KeyObservation, KeyState};
use guardian_core::plan::{Plan, plan_bucket, plan_key, plan_removal};
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};
use serde_json::json;

use super::KEY;
use super::seen::{
    declaration, document, grant, healthy, key_grant, key_policy, named, now, owner, policy, settings,
    thumbnailer,
};

/// What a sample of fifty objects came to.
pub(crate) fn of_objects(code: Code, edit: impl FnOnce(&mut Counts)) -> (Finding, Option<String>) {
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

pub(crate) fn three(example: &str) -> Group {
    Group {
        objects: 3,
        example: example.to_owned(),
    }
}

pub(crate) fn of_bucket(
    code: Code,
    change: impl FnOnce(&mut BucketObservation),
) -> (Finding, Option<String>) {
    let declaration = declaration("media");
    let mut seen = healthy(&declaration);
    change(&mut seen);
    let mut judgement = judge_bucket(&settings(), &declaration, &seen, now());
    let plan = plan_bucket(&settings(), &declaration, &seen, &mut judgement);
    told(code, judgement, &plan)
}

pub(crate) fn of_dotted_bucket() -> (Finding, Option<String>) {
    let declaration = declaration("media.example.com");
    let judgement = judge_bucket(&settings(), &declaration, &healthy(&declaration), now());
    told(Code::BucketNameUnsupported, judgement, &Plan::default())
}

pub(crate) fn of_key(code: Code, change: impl FnOnce(&mut KeyObservation)) -> (Finding, Option<String>) {
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

pub(crate) fn of_unneeded_key() -> (Finding, Option<String>) {
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

pub(crate) fn of_opt_in_region() -> (Finding, Option<String>) {
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

pub(crate) fn describe(seen: &mut KeyObservation, state: KeyState) {
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

pub(crate) fn invalid() -> Finding {
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

pub(crate) fn paused() -> (Finding, Option<String>) {
    let text = r#"{"clouds": ["demo", "demo-staging"], "pause_until": "2026-11-23T18:00:00Z"}"#;
    let declaration = declared(text).unwrap();
    let judgement = judge_bucket(&settings(), &declaration, &healthy(&declaration), now());
    told(Code::RepairsPaused, judgement, &Plan::default())
}

pub(crate) fn explained(code: Code) -> Finding {
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
pub(crate) fn flapping() -> Finding {
    let (undone, _) = of_bucket(Code::GrantMissing, |seen| {
        seen.policy = policy(json!([thumbnailer()]))
    });
    let message = "`grant-missing` was repaired 5 times within an hour and is back; the last event was PutBucketPolicy by arn:aws:sts::111122223333:assumed-role/terraform-deploy/pipeline-4711 with Terraform from 198.51.100.24; settle it with that writer, until then it is repaired once an hour (next at 2026-11-23T11:12:40Z)";
    let evidence = json!({"undoes": "grant-missing", "next_repair": "2026-11-23T11:12:40Z"});
    Finding::new(Code::Flapping, undone.subject, message, evidence).with_desired(undone.desired)
}
