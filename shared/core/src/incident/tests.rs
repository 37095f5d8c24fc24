use serde_json::json;

use super::*;
use crate::finding::Code;

struct Look {
    resource: Resource,
    cause: Cause,
    affected: Affected,
}

impl Look {
    fn new() -> Self {
        let cause = Cause::of_event("e1", "PutBucketPolicy");
        let affected = Affected {
            buckets: vec!["media".parse().unwrap()],
            clouds: vec!["demo".parse().unwrap()],
        };
        Self {
            resource: "bucket:media".parse().unwrap(),
            cause,
            affected,
        }
    }

    fn at(&self, seconds: i64) -> Circumstances<'_> {
        Circumstances {
            resource: &self.resource,
            now: Moment::from_unix(1_000_000 + seconds),
            cause: &self.cause,
            affected: &self.affected,
        }
    }
}

fn finding() -> Finding {
    let subject = Subject::Bucket("media".parse().unwrap());
    Finding::new(Code::GrantMissing, subject, "the grant is missing", json!({}))
}

fn told(incident: &Incident) -> Vec<TransitionKind> {
    incident.outbox.iter().map(|transition| transition.kind).collect()
}

#[test]
fn found_and_repaired_in_one_cycle_is_one_message() {
    let look = Look::new();
    let mut incident = Incident::open(finding(), look.at(0));
    incident.begin("h1".to_owned(), "the plan".to_owned(), look.at(0));
    incident.gone(look.at(1));
    assert_eq!(
        (incident.state, told(&incident)),
        (State::Repaired, vec![TransitionKind::Repaired])
    );
    assert!(incident.outbox[0].notice.text.contains("the plan"));
}

#[test]
fn a_person_is_told_once_however_often_it_is_seen() {
    let look = Look::new();
    let mut incident = Incident::open(finding(), look.at(0));
    for second in 0..5 {
        incident.seen(&finding(), look.at(second));
        incident.needs_you(look.at(second));
    }
    assert_eq!(told(&incident), [TransitionKind::NeedsYou]);
    incident.gone(look.at(9));
    incident.gone(look.at(10));
    assert_eq!(
        told(&incident),
        [TransitionKind::NeedsYou, TransitionKind::Resolved]
    );
}

#[test]
fn a_repaired_incident_that_comes_back_is_a_new_transition_with_a_new_id() {
    let look = Look::new();
    let mut incident = Incident::open(finding(), look.at(0));
    for second in [0, 100] {
        incident.seen(&finding(), look.at(second));
        incident.begin("h1".to_owned(), "p".to_owned(), look.at(second));
        incident.gone(look.at(second + 1));
    }
    let ids: Vec<&str> = incident
        .outbox
        .iter()
        .map(|transition| transition.id.as_str())
        .collect();
    assert_eq!(
        ids,
        ["grant-missing/bucket:media/1", "grant-missing/bucket:media/2"]
    );
    assert_eq!(incident.repairs.len(), 2);
}

#[test]
fn what_nobody_heard_of_may_go_without_a_word() {
    let look = Look::new();
    let mut incident = Incident::open(finding(), look.at(0));
    incident.gone(look.at(1));
    assert_eq!((incident.state, told(&incident)), (State::Resolved, vec![]));
}

#[test]
fn an_incident_reads_back_from_the_ledger_as_it_was() {
    let look = Look::new();
    let mut incident = Incident::open(finding(), look.at(0));
    incident.begin("h1".to_owned(), "p".to_owned(), look.at(0));
    incident.gone(look.at(1));
    let text = serde_json::to_string(&incident).unwrap();
    assert_eq!(serde_json::from_str::<Incident>(&text).unwrap(), incident);
}

#[test]
fn two_buckets_that_name_the_same_lost_key_have_transitions_of_their_own() {
    let id = |bucket: &str| {
        let mut look = Look::new();
        look.resource = bucket.parse().unwrap();
        let subject = Subject::NamedKey("alias/media".to_owned());
        let lost = Finding::new(Code::KeyMissing, subject, "it leads nowhere", json!({}));
        let mut incident = Incident::open(lost, look.at(0));
        incident.needs_you(look.at(0));
        incident.outbox[0].id.clone()
    };
    assert_ne!(id("bucket:one"), id("bucket:two"));
}

#[test]
fn the_name_of_an_incident_fits_into_the_ledger_and_stays_one_for_each_subject() {
    let of = |name: String| {
        let finding = Finding::new(
            Code::KeyMissing,
            Subject::NamedKey(name),
            "m",
            serde_json::json!({}),
        );
        Incident::entry_name(&finding)
    };
    let long = |end: &str| of(format!("alias/{}{end}", "写".repeat(2_000)));
    assert!(long("a").len() <= 1024 && long("a").starts_with(INCIDENT));
    assert_ne!(long("a"), long("b"));
    assert_eq!(long("a"), long("a"));
    assert_eq!(
        of("alias/gone".to_owned()),
        "incident#key-missing#named-key:alias/gone"
    );
}
