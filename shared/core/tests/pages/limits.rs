//! The worst that can come together still fits into one message of SNS.

use guardian_core::alert::{
    Affected, Digest, DigestLine, Notice, Occasion, OpenFinding, TransitionKind, digest, render,
};
use guardian_core::attribution::Nameless;
use guardian_core::cause::{Actor, Cause};
use guardian_core::finding::{Code, Desired, Finding, Severity, Subject, Verdict};
use guardian_core::name::{BucketName, Resource};
use guardian_core::settings::CensusLevel;
use serde_json::{Value, json};

use crate::schema::{expect_valid, validator};

/// SNS API Reference, Publish: "Messages must be UTF-8 encoded strings and at most 256 KB in size (262,144 bytes, not
/// 262,144 characters)".
const MOST: usize = 262_144;

/// What each kind of character costs: none, one that JSON escapes in JSON, one of four bytes, one that is escaped as
/// a pair.
const FILLINGS: [&str; 6] = ["x", "\"\\", "\u{1f408}", "\u{e0041}", "<&`", "line\n"];

/// The message as it is sent, subject and attributes included, which count as well.
fn size(notice: &Notice) -> usize {
    let Notice { text, json, chat, .. } = notice;
    let message = json!({
        "default": text,
        "sqs": json, "lambda": json, "http": json, "firehose": json,
        "https": chat,
    });
    let attributes: usize = notice
        .attributes
        .iter()
        .map(|(name, value)| name.len() + "String".len() + value.len())
        .sum();
    message.to_string().len() + notice.subject.len() + attributes
}

fn filled(filling: &str, bytes: usize) -> String {
    filling.repeat(bytes / filling.len())
}

fn buckets(count: usize) -> Vec<BucketName> {
    let name = |number: usize| format!("{:m<58}{number:05}", "media-").parse().unwrap();
    (0..count).map(name).collect()
}

/// Everything at once, as large as it gets.
fn worst(kind: TransitionKind, filling: &str, subject: &Subject) -> Notice {
    let evidence = json!({"plan": filled(filling, 200_000), "statement": filled(filling, 1_000_000)});
    let statement = json!({"Sid": filled(filling, 20_000), "Effect": "Allow", "Action": "s3:GetObject"});
    let finding = Finding::new(
        Code::KeyMissing,
        subject.clone(),
        filled(filling, 100_000),
        evidence,
    )
    .with_desired(Some(Desired::BucketDeny {
        bucket: "media".parse().unwrap(),
        statements: vec![statement; 5],
    }));
    let word = || Some(filled(filling, 10_000));
    let cause = Cause {
        id: filled(filling, 10_000),
        event: filled(filling, 10_000),
        time: word(),
        actor: Some(Actor {
            principal: word(),
            tool: word(),
            address: word(),
            request: word(),
        }),
        nameless: Some(Nameless::NotAsked(filled(filling, 100_000))),
        looked_up: true,
    };
    let affected = Affected {
        buckets: buckets(10_000),
        clouds: (0..128)
            .map(|number| format!("{:c<125}{number:03}", "c").parse().unwrap())
            .collect(),
    };
    let resource = Resource::Bucket(format!("{:m<255}", "media").parse().unwrap());
    let plan = filled(filling, 200_000);
    render(&Occasion {
        id: &filled(filling, 10_000),
        kind,
        resource: &resource,
        finding: &finding,
        opened: "2026-11-23T10:15:00Z".parse().unwrap(),
        now: "2026-12-02T10:20:00Z".parse().unwrap(),
        cause: Some(&cause),
        affected: &affected,
        plan: Some(plan.as_str()).filter(|_| kind == TransitionKind::Repaired),
        reminders: u32::MAX,
    })
}

#[test]
fn the_worst_of_everything_fits_keeps_its_counts_and_says_what_it_lacks() {
    let validator = validator();
    for filling in FILLINGS {
        let subjects = [
            Subject::Marker("media".parse().unwrap(), filled(filling, 1_024)),
            Subject::NamedKey(filled(filling, 2_048)),
        ];
        // A reminder says all that a first message says, and a repair all that a recovery says.
        let kinds = [TransitionKind::Repaired, TransitionKind::Reminder];
        for (subject, kind) in subjects
            .iter()
            .flat_map(|subject| kinds.map(|kind| (subject, kind)))
        {
            let notice = worst(kind, filling, subject);
            let size = size(&notice);
            let machine = json!(notice.json).to_string().len();
            assert!(
                machine <= 24_000,
                "{machine} bytes for machines, {kind:?} of {filling:?}"
            );
            assert!(size < MOST, "{size} bytes, {kind:?} of {filling:?}");
            let body = expect_valid(&validator, &notice.json);
            assert_eq!(
                (&body["bucket_count"], &body["cloud_count"]),
                (&json!(10_000), &json!(128))
            );
            let omitted = body["omitted"].as_array().unwrap();
            for part in ["finding.message", "finding.evidence", "buckets", "clouds"] {
                assert!(omitted.contains(&json!(part)), "{part} is not in {omitted:?}");
            }
            let repaired = kind == TransitionKind::Repaired;
            assert_eq!(omitted.contains(&json!("plan")), repaired);
            assert_eq!(omitted.contains(&json!("planned")), !repaired);
            assert!(serde_json::from_str::<Value>(&notice.chat).is_ok());
            assert!(notice.text.contains("10000, listed at the end"));
            assert!(notice.text.ends_with('\n') && notice.text.contains("\nMore on this finding: "));
        }
    }
}

#[test]
fn a_single_large_part_costs_only_itself() {
    let bucket: BucketName = "media".parse().unwrap();
    let finding = Finding::new(
        Code::GrantDenied,
        Subject::Bucket(bucket.clone()),
        "denied",
        json!({"statement": "x".repeat(1_000_000)}),
    );
    let notice = render(&Occasion {
        id: "grant-denied/bucket:media/1",
        kind: TransitionKind::NeedsYou,
        resource: &Resource::Bucket(bucket.clone()),
        finding: &finding,
        opened: "2026-11-23T10:15:00Z".parse().unwrap(),
        now: "2026-11-23T10:15:00Z".parse().unwrap(),
        cause: None,
        affected: &Affected {
            buckets: vec![bucket],
            clouds: Vec::new(),
        },
        plan: None,
        reminders: 0,
    });
    let body = expect_valid(&validator(), &notice.json);
    assert_eq!(body["omitted"], json!(["finding.evidence"]));
    assert_eq!(body["finding"]["message"], "denied");
}

#[test]
fn the_worst_digest_fits_and_keeps_its_counts() {
    let open = OpenFinding {
        code: Code::ConditionKeyNotApplicable,
        severity: Severity::Critical,
        since: Some("2026-11-20T08:01:13Z".parse().unwrap()),
    };
    let lines = buckets(10_000).into_iter().map(|bucket| DigestLine {
        bucket,
        verdict: Verdict::Blocked,
        open: vec![open.clone(); 100],
        not_looked_at: u64::MAX,
    });
    let notice = digest(&Digest {
        at: "2026-11-23T06:00:00Z".parse().unwrap(),
        since: Some("2026-11-16T06:00:00Z".parse().unwrap()),
        census: CensusLevel::Off,
        guardian: Vec::new(),
        buckets: lines.collect(),
    });
    assert!(size(&notice) < MOST, "{}", size(&notice));
    let body = expect_valid(&validator(), &notice.json);
    assert_eq!(
        (&body["bucket_count"], &body["unwell_count"]),
        (&json!(10_000), &json!(10_000))
    );
    assert_eq!(body["not_looked_at_objects"], json!(u64::MAX));
    assert_eq!(body["omitted"], json!(["unwell", "not_looked_at"]));
}
