//! A ledger entry as an item of the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use guardian_core::moment::Moment;
use guardian_core::name::Resource;
use guardian_reconcile::seam::Entry;

pub(super) const RESOURCE: &str = "pk";
pub(super) const VERSION: &str = "version";
pub(super) const NAME: &str = "sk";
const BODY: &str = "body";
const EXPIRES: &str = "expires_at";

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn key(resource: &Resource, name: &str) -> Item {
    HashMap::from([
        (RESOURCE.to_owned(), AttributeValue::S(resource.to_string())),
        (NAME.to_owned(), AttributeValue::S(name.to_owned())),
    ])
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The item that a write of `entry` makes.
pub(super) fn stored(entry: &Entry, version: u64) -> Item {
    let mut item = key(&entry.resource, &entry.name);
    item.insert(VERSION.to_owned(), number(version));
    item.insert(BODY.to_owned(), AttributeValue::S(entry.body.to_string()));
    if let Some(expires) = entry.expires {
        item.insert(EXPIRES.to_owned(), number(expires.unix()));
    }
    item
}

/// The condition that the item still is as it was read. One without a usable version is nobody's, as if it
/// were not there.
pub(super) fn unchanged(entry: &Entry) -> &'static str {
    if entry.version == 0 {
        "attribute_not_exists(#version) OR NOT attribute_type(#version, :number)"
    } else {
        "#version = :read"
    }
}

/// The values in that condition.
pub(super) fn read(entry: &Entry) -> Item {
    if entry.version == 0 {
        HashMap::from([(":number".to_owned(), AttributeValue::S("N".to_owned()))])
    } else {
        HashMap::from([(":read".to_owned(), number(entry.version))])
    }
}

/// The item's name, from the item or from its key alone.
pub(super) fn name(item: &Item) -> Option<&str> {
    text(item, NAME)
}

pub(super) fn entry(resource: &Resource, item: &Item) -> Result<Entry, String> {
    let name = name(item).unwrap_or_default();
    let wrong =
        |attribute: &str| format!("the ledger's item `{name}` of `{resource}` has no usable `{attribute}`");
    let expires = match item.get(EXPIRES) {
        None => None,
        Some(_) => Some(
            parsed(item, EXPIRES)
                .map(Moment::from_unix)
                .ok_or_else(|| wrong(EXPIRES))?,
        ),
    };
    let body = text(item, BODY).and_then(|body| serde_json::from_str(body).ok());
    Ok(Entry {
        resource: resource.clone(),
        name: name.to_owned(),
        version: parsed(item, VERSION).ok_or_else(|| wrong(VERSION))?,
        body: body.ok_or_else(|| wrong(BODY))?,
        expires,
    })
}

/// The item as far as it makes sense.
pub(super) fn whatever(resource: &Resource, name: &str, item: &Item) -> Entry {
    entry(resource, item).unwrap_or_else(|_| Entry {
        resource: resource.clone(),
        name: name.to_owned(),
        version: parsed(item, VERSION).unwrap_or_default(),
        body: serde_json::Value::Null,
        expires: None,
    })
}

fn text<'a>(item: &'a Item, attribute: &str) -> Option<&'a str> {
    item.get(attribute)?.as_s().ok().map(String::as_str)
}

fn parsed<N: std::str::FromStr>(item: &Item, attribute: &str) -> Option<N> {
    item.get(attribute)?.as_n().ok()?.parse().ok()
}
