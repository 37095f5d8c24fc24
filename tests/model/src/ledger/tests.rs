use std::time::Duration;

use guardian_core::name::Resource;
use guardian_reconcile::seam::{Clock, Entry, Ledger, Stored};
use serde_json::json;

use crate::{Model, done};

/// An item that is not there yet.
fn entry(name: &str) -> Entry {
    Entry {
        resource: media(),
        name: name.to_owned(),
        version: 0,
        body: json!({"n": name}),
        expires: None,
    }
}

fn media() -> Resource {
    "bucket:media".parse().unwrap()
}

/// Puts what is not there yet, and answers how it then stands there.
fn put(model: &Model, entry: Entry) -> Entry {
    let Ok(Stored::Done(version)) = done(model.put_entry(&entry)) else {
        panic!("it was not there")
    };
    Entry { version, ..entry }
}

#[test]
fn a_write_names_the_version_that_was_read() {
    let model = Model::new(1);
    let unread = Entry {
        version: 1,
        ..entry("a")
    };
    assert_eq!(
        done(model.put_entry(&unread)),
        Ok(Stored::Conflict),
        "it is not there"
    );
    let first = put(&model, entry("a"));
    assert_eq!(
        done(model.put_entry(&entry("a"))),
        Ok(Stored::Conflict),
        "it is there"
    );
    let second = put(&model, first.clone());
    assert_eq!(done(model.put_entry(&first)), Ok(Stored::Conflict), "it moved on");
    assert_eq!(model.ledger_dump(), [second]);
}

#[test]
fn only_the_version_that_is_stored_can_be_deleted_and_none_comes_back() {
    let model = Model::new(1);
    let first = put(&model, entry("a"));
    let second = put(&model, first.clone());
    assert_eq!(done(model.delete_entry(&first)), Ok(Stored::Conflict));
    assert_eq!(done(model.delete_entry(&second)), Ok(Stored::Done(0)));
    let again = put(&model, entry("a"));
    for old in [&first, &second] {
        assert_ne!(old.version, again.version);
        assert_eq!(done(model.put_entry(old)), Ok(Stored::Conflict));
        assert_eq!(done(model.delete_entry(old)), Ok(Stored::Conflict));
    }
    assert_eq!(model.ledger_dump(), [again]);
}

#[test]
fn one_item_is_read_by_its_name() {
    let model = Model::new(1);
    let stored = put(&model, entry("a"));
    assert_eq!(done(model.read_entry(&media(), "a")), Ok(Some(stored)));
    assert_eq!(done(model.read_entry(&media(), "b")), Ok(None));
    assert!(model.lose_entry(&media(), "a") && !model.lose_entry(&media(), "a"));
    assert_eq!(done(model.read_entry(&media(), "a")), Ok(None));
}

#[test]
fn names_are_asked_for_by_how_they_begin_and_so_many_at_a_time() {
    let model = Model::new(1);
    for name in ["reader#b", "incident#x", "reader#a", "reader#c", "readers"] {
        put(&model, entry(name));
    }
    let ask = |after, limit| {
        let page = done(model.entry_names(&media(), "reader#", after, limit)).unwrap();
        (page.names.join(" "), page.next)
    };
    let text = |name: &str| Some(name.to_owned());
    assert_eq!(ask(None, 9), ("reader#a reader#b reader#c".to_owned(), None));
    assert_eq!(ask(None, 1), ("reader#a".to_owned(), text("reader#a")));
    assert_eq!(
        ask(Some("reader#a"), 2),
        ("reader#b reader#c".to_owned(), text("reader#c")),
        "a full part never says that it is the last"
    );
    assert_eq!(ask(Some("reader#c"), 2), (String::new(), None));
    assert!(done(model.entry_names(&media(), "reader#", None, 0)).is_err());
}

#[test]
fn a_resources_items_are_its_own_and_come_in_pages() {
    let model = Model::new(1);
    model.set_page_sizes(1000, 1000, 10, 2);
    let [c, a, b] = ["c", "a", "b"].map(|name| put(&model, entry(name)));
    let other = Entry {
        resource: "bucket:more".parse().unwrap(),
        ..entry("a")
    };
    put(&model, other);
    let first = done(model.read_entries(&media(), "", None)).unwrap();
    assert_eq!((first.entries, first.next.as_deref()), (vec![a, b], Some("b")));
    let last = done(model.read_entries(&media(), "", first.next.as_deref())).unwrap();
    assert_eq!((last.entries, last.next), (vec![c], None));
}

#[test]
fn what_has_expired_is_still_read_until_it_is_swept() {
    let model = Model::new(1);
    let expiring = Entry {
        expires: Some(model.now().plus(Duration::from_secs(60))),
        ..entry("a")
    };
    let expiring = put(&model, expiring);
    model.advance(Duration::from_secs(61));
    assert_eq!(
        done(model.read_entries(&media(), "", None)).unwrap().entries,
        [expiring]
    );
    model.expire_ledger();
    assert_eq!(done(model.read_entries(&media(), "", None)).unwrap().entries, []);
}
