//! A sweep of a large fleet in which all is well.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use guardian_core::quota::Quotas;
use guardian_reconcile::seam::Clock;

use serde_json::json;

use crate::memory::Memory;
use crate::scale;
use crate::stage::Stage;

/// What of the calls is whose.
fn service(operation: &str) -> &'static str {
    match operation {
        "GetParameter" | "GetParametersByPath" => "SSM",
        "DescribeKey" | "GetKeyPolicy" => "KMS",
        "Query" | "GetItem" | "PutItem" | "DeleteItem" => "DynamoDB",
        "SendMessageBatch" | "SendMessage" => "SQS",
        _ => "S3",
    }
}

#[test]
fn a_sweep_of_a_healthy_fleet_makes_nine_or_eleven_calls_a_bucket_and_writes_only_how_far_it_is() {
    let count = 1000 * scale();
    let mut stage = Stage::new(5);
    stage.settings.quotas = Some(Quotas::default());
    let mut keys = Vec::new();
    for number in 0..count {
        let bucket = format!("media-{number:05}").parse().unwrap();
        stage.model.add_bucket(&bucket);
        stage.model.declare(&bucket, r#"{"clouds": ["demo"]}"#);
        let grant = json!({
            "Sid": "Cloudinary", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
            "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{bucket}/*")
        });
        let policy = json!({"Version": "2012-10-17", "Statement": [grant]});
        stage.model.set_policy(&bucket, &policy.to_string());
        // Every tenth is under a key of its own.
        if number % 10 == 0 {
            keys.push(stage.model.add_key());
            let key = keys.last().map(ToString::to_string);
            stage.model.set_default_encryption(
                &bucket,
                DefaultEncryption::Kms {
                    key,
                    bucket_key: true,
                },
            );
        }
        stage
            .model
            .add_object(&bucket, ".wellknown/cloudinary/demo", ObjectEncryption::SseS3);
    }
    // The first sweep gets to know them all, and repairs the keys.
    stage.sweep();
    settle(&stage);
    stage.model.advance(Duration::from_secs(3600));
    stage.model.take_journal();

    let (began, at) = (Instant::now(), stage.model.now());
    let mut memory = Memory::default();
    stage.sweep();
    let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
    let mut written = 0;
    let mut looks = 0;
    while let Some(reports) = round(&stage) {
        looks += reports;
        for call in stage.model.take_journal() {
            *calls.entry(call.operation).or_default() += 1;
            written += usize::from(call.operation.starts_with("Put") || call.operation.starts_with("Delete"));
        }
        if looks >= count / 10 {
            memory.is_early();
        }
    }
    let took = stage.model.now().since(at);
    let of = |operation: &str| calls.get(operation).copied().unwrap_or_default();
    for once in [
        "GetParameter",
        "HeadBucket",
        "GetBucketPolicy",
        "GetBucketEncryption",
        "ListObjectsV2",
        "HeadObject",
        "GetBucketNotificationConfiguration",
    ] {
        assert_eq!(of(once), count, "{once}");
    }
    assert_eq!(of("GetParametersByPath"), count / 10);
    assert_eq!(of("DescribeKey"), of("GetKeyPolicy"));
    assert_eq!(of("GetKeyPolicy"), count / 10, "and no look at the key itself");
    // Two items a leg, and one taken away at the end.
    let legs = count.div_ceil(90);
    assert_eq!(written, 2 * (legs - 1) + 1);
    assert_eq!(of("PutBucketPolicy") + of("PutKeyPolicy") + of("PutObject"), 0);
    assert_eq!(took, Duration::from_secs(10) * u32::try_from(legs - 1).unwrap());
    assert_eq!(stage.model.dead_letters(), []);

    let mut by_service: BTreeMap<&str, usize> = BTreeMap::new();
    for (operation, times) in &calls {
        *by_service.entry(service(operation)).or_default() += times;
    }
    println!(
        "{count} healthy buckets swept in {} legs, {} s of AWS's time and {:.1} s of this machine's; {written} writes of the \
         ledger; calls by service {by_service:?}, by operation {calls:?}; {}",
        legs,
        took.as_secs(),
        began.elapsed().as_secs_f64(),
        memory.is_flat(count)
    );
}

/// One round, or the time passes to the next thing that is due; none where there is nothing left.
fn round(stage: &Stage) -> Option<usize> {
    let before = stage.model.journal().len();
    let reports = stage.round();
    if stage.model.journal().len() == before {
        stage.model.advance(stage.model.next_due()?);
    }
    Some(reports.len())
}

fn settle(stage: &Stage) {
    while round(stage).is_some() {
        stage.model.take_journal();
    }
}
