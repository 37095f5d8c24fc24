use std::time::Duration;

use guardian_core::name::Resource;
use guardian_reconcile::seam::{Clock, Entry, Ledger, Stored};
use serde_json::json;

use crate::{Model, done};

fn entry(name: &str, version: u64) -> Entry {
    Entry {
        resource: "bucket:media".parse().unwrap(),
        name: name.to_owned(),
        version,
        body: json!({"n": version}),
        expires: None,
    }
}

fn media() -> Resource {
    "bucket:media".parse().unwrap()
}

#[test]
fn a_write_names_the_version_it_makes() {
    let model = Model::new(1);
    assert_eq!(
        done(model.put_entry(&entry("a", 2))),
        Ok(Stored::Conflict),
        "it is not there"
    );
    assert_eq!(done(model.put_entry(&entry("a", 1))), Ok(Stored::Done));
    assert_eq!(
        done(model.put_entry(&entry("a", 1))),
        Ok(Stored::Conflict),
        "it is there"
    );
    assert_eq!(done(model.put_entry(&entry("a", 2))), Ok(Stored::Done));
    assert_eq!(model.ledger_dump(), [entry("a", 2)]);
    assert!(done(model.put_entry(&entry("b", 0))).is_err());
}

#[test]
fn only_the_version_that_is_stored_can_be_deleted() {
    let model = Model::new(1);
    assert_eq!(done(model.delete_entry(&entry("a", 1))), Ok(Stored::Conflict));
    done(model.put_entry(&entry("a", 1))).unwrap();
    assert_eq!(done(model.delete_entry(&entry("a", 2))), Ok(Stored::Conflict));
    assert_eq!(done(model.delete_entry(&entry("a", 1))), Ok(Stored::Done));
    assert_eq!(
        done(model.put_entry(&entry("a", 1))),
        Ok(Stored::Done),
        "it counts from 1 again"
    );
}

#[test]
fn a_resources_items_are_its_own_and_come_in_pages() {
    let model = Model::new(1);
    model.set_page_sizes(1000, 1000, 10, 2);
    for name in ["c", "a", "b"] {
        done(model.put_entry(&entry(name, 1))).unwrap();
    }
    let other = Entry {
        resource: "bucket:more".parse().unwrap(),
        ..entry("a", 1)
    };
    done(model.put_entry(&other)).unwrap();
    let first = done(model.read_entries(&media(), None)).unwrap();
    assert_eq!(
        (first.entries, first.next.as_deref()),
        (vec![entry("a", 1), entry("b", 1)], Some("b"))
    );
    let last = done(model.read_entries(&media(), first.next.as_deref())).unwrap();
    assert_eq!((last.entries, last.next), (vec![entry("c", 1)], None));
}

#[test]
fn what_has_expired_is_still_read_until_it_is_swept() {
    let model = Model::new(1);
    let expiring = Entry {
        expires: Some(model.now().plus(Duration::from_secs(60))),
        ..entry("a", 1)
    };
    done(model.put_entry(&expiring)).unwrap();
    model.advance(Duration::from_secs(61));
    assert_eq!(
        done(model.read_entries(&media(), None)).unwrap().entries,
        [expiring]
    );
    model.expire_ledger();
    assert_eq!(done(model.read_entries(&media(), None)).unwrap().entries, []);
}
