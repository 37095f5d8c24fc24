use super::*;
use crate::census::{Counts, Source};

fn key(id: &str) -> KeyArn {
    format!("arn:aws:kms:us-east-1:111122223333:key/{id}")
        .parse()
        .unwrap()
}

fn at(seconds: i64) -> Moment {
    Moment::from_unix(seconds)
}

fn census(began: i64, under: &[(&str, u64)]) -> Census {
    let mut counts = Counts::default();
    for (name, objects) in under {
        let group = Group {
            objects: *objects,
            example: "a.jpg".to_owned(),
        };
        counts.objects += objects;
        counts.keys.insert((*name).to_owned(), group);
    }
    Census {
        scope: vec!["*".to_owned()],
        id: "walk".to_owned(),
        source: Source::Walk,
        began: at(began),
        ended: Some(at(began + 5)),
        whole: true,
        counts,
    }
}

/// `old` was the default key until `left`, `new` is now.
fn switched(left: i64) -> Evidence {
    let mut evidence = Evidence::default();
    let default = |id| BTreeMap::from([(key(id), vec!["the default key".to_owned()])]);
    evidence.name(&default("old"), [], at(0));
    evidence.name(&default("new"), [], at(left));
    evidence
}

#[test]
fn a_complete_census_that_began_after_the_switch_refutes_the_old_key_and_never_the_new() {
    let evidence = switched(100);
    assert!(evidence.is_refuted(&key("old"), &census(101, &[])));
    assert!(!evidence.is_refuted(&key("new"), &census(101, &[])));
}

#[test]
fn one_that_began_before_the_switch_was_noticed_proves_nothing() {
    for began in [0, 99, 100] {
        assert!(
            !switched(100).is_refuted(&key("old"), &census(began, &[])),
            "{began}"
        );
    }
}

#[test]
fn one_that_counted_an_object_under_it_or_a_key_nobody_can_name_proves_nothing() {
    let evidence = switched(100);
    assert!(!evidence.is_refuted(&key("old"), &census(200, &[(key("old").as_str(), 1)])));
    assert!(!evidence.is_refuted(&key("old"), &census(200, &[("alias/mystery", 1)])));
    let broken_off = Census {
        ended: None,
        ..census(200, &[])
    };
    assert!(!evidence.is_refuted(&key("old"), &broken_off));
}

#[test]
fn an_object_seen_under_it_while_the_census_ran_keeps_the_key() {
    let mut evidence = switched(100);
    evidence.see(&key("old"), &Group::of("late.jpg"), at(203));
    assert!(!evidence.is_refuted(&key("old"), &census(200, &[])));
    assert!(evidence.is_refuted(&key("old"), &census(204, &[])));
}

#[test]
fn a_key_without_a_record_is_kept_until_a_census_that_begins_after_now() {
    let mut evidence = Evidence::default();
    evidence.name(&BTreeMap::new(), [key("old")], at(100));
    assert!(!evidence.is_refuted(&key("old"), &census(100, &[])));
    assert!(evidence.is_refuted(&key("old"), &census(101, &[])));
    // To be remembered again says nothing new.
    evidence.name(&BTreeMap::new(), [key("old")], at(500));
    assert!(evidence.is_refuted(&key("old"), &census(101, &[])));
    assert!(!evidence.is_refuted(&key("unheard-of"), &census(101, &[])));
}

#[test]
fn an_older_census_does_not_bring_back_what_a_newer_one_let_go() {
    let mut evidence = switched(100);
    let (older, newer) = (census(200, &[(key("old").as_str(), 7)]), census(300, &[]));
    evidence.count(&older);
    assert!(evidence.is_refuted(&key("old"), &newer));
    let former = Former {
        bucket: "media".parse().unwrap(),
        mode: crate::settings::Mode::Repair,
        prune: false,
        census: newer.id,
        began: newer.began,
        objects: 0,
    };
    let left = Left {
        former,
        checked: at(305),
    };
    evidence.leave(&key("old"), left);
    evidence.count(&older);
    assert!(!evidence.keys.contains_key(&key("old")));
    evidence.count(&census(300, &[(key("old").as_str(), 1)]));
    assert!(evidence.keys.contains_key(&key("old")));
}

#[test]
fn the_same_census_noted_twice_is_noted_once_and_an_older_one_changes_no_last_sight() {
    let mut evidence = switched(100);
    evidence.count(&census(300, &[(key("old").as_str(), 7)]));
    let once = evidence.clone();
    evidence.count(&census(300, &[(key("old").as_str(), 7)]));
    assert_eq!(evidence, once);
    evidence.count(&census(200, &[(key("old").as_str(), 900)]));
    let seen = evidence.keys[&key("old")].seen.clone().unwrap();
    assert_eq!((seen.objects, seen.first, seen.last), (7, at(200), at(300)));
}
