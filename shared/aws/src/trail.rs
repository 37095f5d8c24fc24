//! What was recorded of calls: CloudTrail's event history.

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use guardian_core::call::CallError;
use guardian_reconcile::seam::Trail;

use crate::aws::Aws;
use crate::error::{call_error, incomplete, unusable};

const OPERATION: &str = "cloudtrail:LookupEvents";

impl Trail for Aws {
    async fn lookup_events(&self, event: &str) -> Result<Vec<String>, CallError> {
        // By name, not by resource: a bucket's or a key's records are mostly reads, a busy key's thousands a minute.
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value(event)
            .build()
            .map_err(|error| unusable(OPERATION, error.to_string()))?;
        let answer = self
            .clients()
            .history()
            .lookup_events()
            .lookup_attributes(attribute)
            .send()
            .await
            .map_err(|error| call_error(OPERATION, error))?;
        // No record of such a call is an empty list; an answer without any list says nothing.
        let records = answer.events.ok_or_else(|| incomplete(OPERATION))?;
        Ok(records
            .into_iter()
            .filter_map(|record| record.cloud_trail_event)
            .collect())
    }
}
