//! The ledger, a table of DynamoDB.
//!
//! Partition key `pk` (the resource), sort key `sk` (the item's name); `version` (N), `body` (S, JSON text)
//! and, where the item may be forgotten, `expires_at` (N, the table's TTL attribute).

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use guardian_core::call::CallError;
use guardian_core::name::Resource;
use guardian_reconcile::seam::{Entry, EntryPage, Ledger, Stored};

use crate::aws::Aws;
use crate::error::{call_error, incomplete, unusable};

mod item;

const CONFLICT: &str = "ConditionalCheckFailedException";

impl Ledger for Aws {
    async fn read_entries(&self, resource: &Resource, next: Option<&str>) -> Result<EntryPage, CallError> {
        const OPERATION: &str = "dynamodb:Query";
        let answer = self
            .clients()
            .dynamodb()
            .query()
            .table_name(self.table(OPERATION)?)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", item::RESOURCE)
            .expression_attribute_values(":pk", AttributeValue::S(resource.to_string()))
            .set_exclusive_start_key(next.map(|name| item::key(resource, name)))
            .send()
            .await
            .map_err(|error| call_error(OPERATION, error))?;
        let items = answer.items.ok_or_else(|| incomplete(OPERATION))?;
        // One item that cannot be read makes the whole unknown: a forgotten incident would be told again.
        let entries = items
            .iter()
            .map(|stored| item::entry(resource, stored))
            .collect::<Result<_, _>>()
            .map_err(|message| unusable(OPERATION, message))?;
        let next = answer.last_evaluated_key.as_ref().and_then(item::name);
        Ok(EntryPage {
            entries,
            next: next.map(str::to_owned),
        })
    }

    async fn put_entry(&self, entry: &Entry) -> Result<Stored, CallError> {
        const OPERATION: &str = "dynamodb:PutItem";
        let call = self
            .clients()
            .dynamodb()
            .put_item()
            .table_name(self.table(OPERATION)?)
            .set_item(Some(item::stored(entry)));
        let call = if entry.version <= 1 {
            call.condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", item::RESOURCE)
        } else {
            call.condition_expression("#version = :read")
                .expression_attribute_names("#version", item::VERSION)
                .expression_attribute_values(":read", item::number(entry.version - 1))
        };
        match call.send().await {
            Ok(_) => Ok(Stored::Done),
            // Also when the answer to a first attempt was lost and a retry met our own write: whoever reads
            // again, as after any conflict, finds it.
            Err(error) if error.code() == Some(CONFLICT) => Ok(Stored::Conflict),
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
            .condition_expression("#version = :read")
            .expression_attribute_names("#version", item::VERSION)
            .expression_attribute_values(":read", item::number(entry.version));
        match call.send().await {
            Ok(_) => Ok(Stored::Done),
            Err(error) if error.code() == Some(CONFLICT) => Ok(Stored::Conflict),
            Err(error) => Err(call_error(OPERATION, error)),
        }
    }
}
