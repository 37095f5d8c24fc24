//! What a report says for the metrics: how all that is declared stands, how fast a repair was, what AWS refused.

use std::collections::BTreeMap;
use std::time::Duration;

use guardian_core::call::CallErrorKind;
use guardian_core::finding::{Severity, Verdict};
use guardian_core::name::Resource;
use guardian_model::Delivery;
use guardian_reconcile::{FleetCounts, Report};
use serde_json::json;

use crate::stage::Stage;
use crate::told::only;
use crate::world::{DEMO, bucket, grant};

/// Sweeps, and what the sweep counted.
fn swept(stage: &Stage) -> Option<FleetCounts> {
    stage.sweep();
    let of_sweeps = |report: &Report| report.resource == Resource::Sweep;
    let reports = stage.rest().into_iter().filter(of_sweeps).collect();
    only(reports).fleet
}

fn counts<const B: usize, const I: usize>(
    buckets: [(Verdict, usize); B],
    incidents: [(Severity, usize); I],
) -> Option<FleetCounts> {
    Some(FleetCounts {
        buckets: BTreeMap::from(buckets),
        incidents: BTreeMap::from(incidents),
    })
}

fn shut(stage: &Stage, name: &str) {
    let deny = json!({"Sid": "Shut", "Effect": "Deny", "Principal": {"AWS": "232482882421"},
        "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*")});
    stage.terraform_replaces(&bucket(name), &[grant(&bucket(name)), deny]);
    stage.rest();
}

#[test]
fn a_sweep_counts_how_every_declared_bucket_stood_after_its_last_look() {
    let stage = Stage::with_media();
    assert_eq!(swept(&stage), counts([(Verdict::Readable, 1)], []));
    shut(&stage, "media");
    let blocked = counts([(Verdict::Blocked, 1)], [(Severity::Critical, 1)]);
    assert_eq!(swept(&stage), blocked);
    assert_eq!(swept(&stage), blocked, "it still is");
    stage.terraform_replaces(&bucket("media"), &[grant(&bucket("media"))]);
    stage.rest();
    assert_eq!(swept(&stage), counts([(Verdict::Readable, 1)], []));
}

#[test]
fn a_bucket_that_no_look_came_to_an_end_on_is_unknown() {
    let stage = Stage::with_media();
    stage.model.deliver(Delivery::Dropped);
    stage.plain_bucket(&bucket("archive"));
    stage.declared(&bucket("archive"), DEMO);
    assert_eq!(
        swept(&stage),
        counts([(Verdict::Readable, 1), (Verdict::Unknown, 1)], [])
    );
    assert_eq!(
        swept(&stage),
        counts([(Verdict::Readable, 2)], []),
        "the sweep had it looked at"
    );
}

#[test]
fn before_the_first_look_a_sweep_counts_nothing_and_without_declarations_none() {
    let stage = Stage::new(1);
    assert_eq!(swept(&stage), counts([], []));
    stage.model.deliver(Delivery::Dropped);
    stage.plain_bucket(&bucket("media"));
    stage.declared(&bucket("media"), DEMO);
    assert_eq!(swept(&stage), None);
    assert_eq!(swept(&stage), counts([(Verdict::Readable, 1)], []));
}

#[test]
fn a_bucket_that_nobody_declares_any_more_counts_no_longer() {
    let stage = Stage::with_media();
    shut(&stage, "media");
    stage.model.deliver(Delivery::Dropped);
    stage.terraform().delete_parameter("media").unwrap();
    assert_eq!(swept(&stage), counts([], []));
}

#[test]
fn the_incident_of_a_key_counts_once_however_many_buckets_need_it() {
    let (stage, key) = Stage::with_vault();
    stage.bucket_under(&bucket("safe"), key.as_str());
    stage.declared(&bucket("safe"), DEMO);
    stage.settled();
    stage.ana().disable_key(&key).unwrap();
    stage.rest();
    swept(&stage);
    assert_eq!(
        swept(&stage),
        counts([(Verdict::Blocked, 2)], [(Severity::Critical, 1)])
    );
}

#[test]
fn two_incidents_of_a_kind_on_one_bucket_are_two() {
    let stage = Stage::with_media();
    for name in ["stranger", "other"] {
        let marker = format!(".wellknown/cloudinary/{name}");
        stage.ana().put_object(&bucket("media"), &marker, None).unwrap();
    }
    stage.rest();
    let counted = swept(&stage).unwrap();
    assert_eq!(counted.incidents.values().sum::<usize>(), 2, "{counted:?}");
}

#[test]
fn a_key_that_a_sweep_finds_and_repairs_is_no_longer_counted_by_the_next() {
    let (stage, key) = Stage::with_vault();
    stage.model.deliver(Delivery::Dropped);
    let owners = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Owner", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]});
    stage
        .terraform()
        .put_key_policy(&key, &owners.to_string())
        .unwrap();
    stage.rest();
    assert_eq!(
        swept(&stage),
        counts([(Verdict::Readable, 1)], []),
        "as it was last seen"
    );
    assert_eq!(stage.take_repairs(), ["PutKeyPolicy KEY"]);
    assert_eq!(swept(&stage), counts([(Verdict::Readable, 1)], []));
}

#[test]
fn a_repair_that_an_event_led_to_says_how_long_it_took_from_the_event() {
    let stage = Stage::with_media();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.model.advance(Duration::from_secs(17));
    let report = only(stage.round());
    assert_eq!(report.repairs.len(), 1);
    assert_eq!(report.healed_after, Some(Duration::from_secs(17)));
    // The later look repairs nothing.
    for report in stage.rest() {
        assert_eq!(report.healed_after, None, "{report:?}");
    }
}

#[test]
fn a_sweep_does_not_know_since_when_something_was_broken() {
    let stage = Stage::without_grant();
    stage.model.advance(Duration::from_secs(60 * 60));
    // The event of without_grant is in the queue already; what it led to is repaired.
    stage.rest();
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.sweep();
    let repaired = stage
        .rest()
        .into_iter()
        .filter(|report| !report.repairs.is_empty());
    let report = only(repaired.collect());
    assert_eq!(report.healed_after, None);
}

#[test]
fn what_aws_refuses_is_counted_and_is_no_repair() {
    let stage = Stage::without_grant();
    stage
        .model
        .fail_next("PutBucketPolicy", 1, CallErrorKind::AccessDenied);
    let report = only(stage.round());
    assert_eq!((report.refused, report.repairs.len()), (1, 0));
    assert_eq!(report.healed_after, None);
}
