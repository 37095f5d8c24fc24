//! The ledger, a table of DynamoDB.
//!
//! Partition key `pk` (the resource), sort key `sk` (the item's name); `version` (N), `body` (S, JSON text)
//! and, where the item may be forgotten, `expires_at` (N, the table's TTL attribute).

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use guardian_core::call::CallError;
use guardian_core::name::Resource;
use guardian_reconcile::seam::{Entry, EntryPage, Ledger, NamePage, Stored};

use crate::aws::Aws;
use crate::error::{call_error, incomplete, unusable};

mod item;

use item::Item;

const CONFLICT: &str = "ConditionalCheckFailedException";

const QUERY: &str = "dynamodb:Query";

impl Aws {
    /// A strongly consistent query of a resource's items, from the one behind `after`.
    fn page_of(&self, resource: &Resource, after: Option<&str>) -> Result<QueryFluentBuilder, CallError> {
        let query = self.clients().dynamodb().query();
        Ok(query
            .table_name(self.table(QUERY)?)
            .consistent_read(true)
            .expression_attribute_names("#pk", item::RESOURCE)
            .expression_attribute_values(":pk", AttributeValue::S(resource.to_string()))
            .set_exclusive_start_key(after.map(|name| item::key(resource, name))))
    }
}

/// Of items whose names begin so.
fn beginning_with(prefix: &str, query: QueryFluentBuilder) -> QueryFluentBuilder {
    if prefix.is_empty() {
        return query.key_condition_expression("#pk = :pk");
    }
    query
        .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
        .expression_attribute_names("#sk", item::NAME)
        .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
}

/// Asks for a page. Answers with its items and the name to go on from.
async fn page(query: QueryFluentBuilder) -> Result<(Vec<Item>, Option<String>), CallError> {
    let answer = query.send().await.map_err(|error| call_error(QUERY, error))?;
    let items = answer.items.ok_or_else(|| incomplete(QUERY))?;
    let next = answer.last_evaluated_key.as_ref().and_then(item::name);
    Ok((items, next.map(str::to_owned)))
}

impl Ledger for Aws {
    async fn read_entries(
        &self,
        resource: &Resource,
        prefix: &str,
        next: Option<&str>,
    ) -> Result<EntryPage, CallError> {
        let (items, next) = page(beginning_with(prefix, self.page_of(resource, next)?)).await?;
        // One item that cannot be read makes the whole unknown: a forgotten incident would be told again.
        let entries = items
            .iter()
            .map(|stored| item::entry(resource, stored))
            .collect::<Result<_, _>>()
            .map_err(|message| unusable(QUERY, message))?;
        Ok(EntryPage { entries, next })
    }

    async fn entry_names(
        &self,
        resource: &Resource,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<NamePage, CallError> {
        let query = beginning_with(prefix, self.page_of(resource, after)?)
            .projection_expression("#sk")
            .expression_attribute_names("#sk", item::NAME)
            .limit(limit.into());
        let (items, next) = page(query).await?;
        let names: Option<Vec<String>> = items
            .iter()
            .map(|stored| item::name(stored).map(str::to_owned))
            .collect();
        let names = names.ok_or_else(|| incomplete(QUERY))?;
        Ok(NamePage { names, next })
    }

    async fn read_entry(&self, resource: &Resource, name: &str) -> Result<Option<Entry>, CallError> {
        const OPERATION: &str = "dynamodb:GetItem";
        let answer = self
            .clients()
            .dynamodb()
            .get_item()
            .table_name(self.table(OPERATION)?)
            .consistent_read(true)
            .set_key(Some(item::key(resource, name)))
            .send()
            .await
            .map_err(|error| call_error(OPERATION, error))?;
        Ok(answer.item.map(|stored| item::whatever(resource, name, &stored)))
    }

    async fn put_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        const OPERATION: &str = "dynamodb:PutItem";
        let version = next_version(entry.version);
        let call = self
            .clients()
            .dynamodb()
            .put_item()
            .table_name(self.table(OPERATION)?)
            .set_item(Some(item::stored(entry, version)))
            .condition_expression(item::unchanged(entry))
            .expression_attribute_names("#version", item::VERSION)
            .set_expression_attribute_values(Some(item::read(entry)))
            .return_values_on_condition_check_failure(AllOld);
        match call.send().await {
            Ok(_) => Ok(Stored::Done(version)),
            Err(error) if error.code() == Some(CONFLICT) => {
                // The answer to a first attempt was lost, and a retry met our own write: no other has this number.
                let stands = match error.as_service_error() {
                    Some(PutItemError::ConditionalCheckFailedException(failed)) => failed.item(),
                    _ => None,
                };
                let is_ours = stands.is_some_and(|stands| *stands == item::stored(entry, version));
                Ok(if is_ours {
                    Stored::Done(version)
                } else {
                    Stored::Conflict
                })
            }
            Err(error) => Err(call_error(OPERATION, error)),
        }
    }

    async fn delete_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        const OPERATION: &str = "dynamodb:DeleteItem";
        let call = self
            .clients()
            .dynamodb()
            .delete_item()
            .table_name(self.table(OPERATION)?)
            .set_key(Some(item::key(&entry.resource, &entry.name)))
            .condition_expression(item::unchanged(entry))
            .expression_attribute_names("#version", item::VERSION)
            .set_expression_attribute_values(Some(item::read(entry)));
        match call.send().await {
            Ok(_) => Ok(Stored::Done(0)),
            Err(error) if error.code() == Some(CONFLICT) => Ok(Stored::Conflict),
            Err(error) => Err(call_error(OPERATION, error)),
        }
    }
}

/// A number that the item never had: the nanoseconds since 1970. Counted from 1, an item that was deleted and
/// made again would take on the numbers of the one before it.
fn next_version(read: u64) -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // They fit until the year 2554.
    let now = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
    now.max(read.saturating_add(1))
}
