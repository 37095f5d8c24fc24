//! A ledger entry as an item of the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use guardian_core::moment::Moment;
use guardian_core::name::Resource;
use guardian_reconcile::seam::Entry;

pub(super) const RESOURCE: &str = "pk";
pub(super) const VERSION: &str = "version";
const NAME: &str = "sk";
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

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn stored(entry: &Entry) -> Item {
    let mut item = key(&entry.resource, &entry.name);
    item.insert(VERSION.to_owned(), number(entry.version));
    item.insert(BODY.to_owned(), AttributeValue::S(entry.body.to_string()));
    if let Some(expires) = entry.expires {
        item.insert(EXPIRES.to_owned(), number(expires.unix()));
    }
    item
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

fn text<'a>(item: &'a Item, attribute: &str) -> Option<&'a str> {
    item.get(attribute)?.as_s().ok().map(String::as_str)
}

fn parsed<N: std::str::FromStr>(item: &Item, attribute: &str) -> Option<N> {
    item.get(attribute)?.as_n().ok()?.parse().ok()
}
