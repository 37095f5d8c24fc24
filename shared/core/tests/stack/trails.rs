//! Trails.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::finding::{Code, Severity};
use guardian_core::observation::{BasicSelector, EventSelectors, FieldSelector, TrailObservation, Unknown};

use super::healthy::{TRAIL, trail};
use super::{codes, found};

fn with(trails: Vec<TrailObservation>) -> Vec<Code> {
    codes(&found(|seen| seen.trails = Ok(trails)))
}

fn basic(management: bool, writes: bool, excluded: &[&str]) -> TrailObservation {
    let selector = BasicSelector {
        management,
        writes,
        excluded: excluded.iter().map(|&one| one.to_owned()).collect(),
    };
    TrailObservation {
        selectors: Ok(EventSelectors::Basic(vec![selector])),
        ..trail(TRAIL)
    }
}

fn field(field: &str, equals: &[&str], not_equals: &[&str]) -> FieldSelector {
    let texts = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect();
    FieldSelector {
        field: field.to_owned(),
        equals: texts(equals),
        not_equals: texts(not_equals),
        ..FieldSelector::default()
    }
}

fn advanced(more: &[FieldSelector]) -> TrailObservation {
    let management = field("eventCategory", &["Management"], &[]);
    let fields = std::iter::once(management).chain(more.iter().cloned()).collect();
    TrailObservation {
        selectors: Ok(EventSelectors::Advanced(vec![fields])),
        ..trail(TRAIL)
    }
}

fn refused(operation: &'static str) -> Unknown {
    Unknown::Call(CallError {
        operation,
        kind: CallErrorKind::AccessDenied,
        message: "AccessDeniedException".to_owned(),
    })
}

#[test]
fn no_trail_and_a_trail_of_reads_or_of_data_alone_tell_of_nothing() {
    assert_eq!(with(Vec::new()), [Code::TrailMissing]);
    assert_eq!(with(vec![basic(true, false, &[])]), [Code::TrailMissing]);
    assert_eq!(with(vec![basic(false, true, &[])]), [Code::TrailMissing]);
    let elsewhere = TrailObservation {
        trail: guardian_core::observation::TrailDescription {
            home_region: "eu-west-1".to_owned(),
            multi_region: false,
            ..trail(TRAIL).trail
        },
        ..trail(TRAIL)
    };
    assert_eq!(with(vec![elsewhere]), [Code::TrailMissing]);
}

#[test]
fn a_trail_of_another_home_that_records_every_region_is_enough() {
    let mut other = trail(TRAIL);
    other.trail.home_region = "eu-west-1".to_owned();
    assert_eq!(with(vec![other]), []);
}

#[test]
fn a_stopped_trail_is_named_with_the_command_unless_another_does_its_work() {
    let stopped = TrailObservation {
        logging: Ok(false),
        ..trail(TRAIL)
    };
    let findings = found(|seen| seen.trails = Ok(vec![stopped.clone(), basic(true, false, &[])]));
    assert_eq!(codes(&findings), [Code::TrailStopped]);
    assert!(
        findings[0]
            .message
            .contains(&format!("start-logging --name {TRAIL}"))
    );
    assert_eq!(
        with(vec![
            stopped,
            trail("arn:aws:cloudtrail:us-east-1:111122223333:trail/two")
        ]),
        []
    );
}

#[test]
fn kms_is_missed_where_every_trail_leaves_it_out() {
    let without = basic(true, true, &["kms.amazonaws.com"]);
    assert_eq!(with(vec![without.clone()]), [Code::TrailWithoutKms]);
    assert_eq!(
        with(vec![
            without.clone(),
            basic(true, true, &["rdsdata.amazonaws.com"])
        ]),
        []
    );
    let stopped = TrailObservation {
        logging: Ok(false),
        ..trail(TRAIL)
    };
    assert_eq!(with(vec![without, stopped]), [Code::TrailWithoutKms]);
}

#[test]
fn advanced_selectors_mean_what_the_basic_ones_do() {
    assert_eq!(with(vec![advanced(&[])]), []);
    assert_eq!(with(vec![advanced(&[field("readOnly", &["false"], &[])])]), []);
    assert_eq!(
        with(vec![advanced(&[field("readOnly", &["true"], &[])])]),
        [Code::TrailMissing]
    );
    let no_kms = field("eventSource", &[], &["kms.amazonaws.com"]);
    assert_eq!(with(vec![advanced(&[no_kms])]), [Code::TrailWithoutKms]);
    let only_iam = field("eventSource", &["iam.amazonaws.com"], &[]);
    assert_eq!(with(vec![advanced(&[only_iam])]), [Code::TrailMissing]);
    // Let in by name is little, left out by name is a corner.
    let arn = "arn:aws:iam::111122223333:role/scanner";
    assert_eq!(
        with(vec![advanced(&[field("userIdentity.arn", &[arn], &[])])]),
        [Code::TrailMissing]
    );
    assert_eq!(
        with(vec![advanced(&[field("userIdentity.arn", &[], &[arn])])]),
        []
    );
    let data = TrailObservation {
        selectors: Ok(EventSelectors::Advanced(vec![vec![field(
            "eventCategory",
            &["Data"],
            &[],
        )]])),
        ..trail(TRAIL)
    };
    assert_eq!(with(vec![data]), [Code::TrailMissing]);
}

#[test]
fn what_is_not_known_of_a_trail_is_not_missing() {
    let hidden = |arn: &str, organization: bool| {
        let mut hidden = TrailObservation {
            selectors: Err(refused("cloudtrail:GetEventSelectors")),
            ..trail(arn)
        };
        hidden.trail.organization = organization;
        hidden
    };
    let theirs = "arn:aws:cloudtrail:us-east-1:444455556666:trail/organization";
    let findings = found(|seen| seen.trails = Ok(vec![hidden(theirs, true)]));
    assert_eq!(codes(&findings), [Code::StackUnread]);
    assert_eq!(findings[0].severity, Severity::Low);
    assert!(findings[0].message.contains("444455556666"));
    let findings = found(|seen| seen.trails = Ok(vec![hidden(TRAIL, false)]));
    assert_eq!(findings[0].severity, Severity::Medium);
    assert!(findings[0].message.contains("`cloudtrail:GetEventSelectors`"));
    // Where another one sees, it does not matter.
    assert_eq!(with(vec![hidden(theirs, true), trail(TRAIL)]), []);
    // One that is known not to log is not unknown.
    let mut stopped = hidden(TRAIL, false);
    stopped.logging = Ok(false);
    assert_eq!(with(vec![stopped]), [Code::TrailStopped]);
    let all = codes(&found(|seen| {
        seen.trails = Err(refused("cloudtrail:DescribeTrails"))
    }));
    assert_eq!(all, [Code::StackUnread]);
}
