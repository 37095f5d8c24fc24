//! The buckets of the account, on S3.

use guardian_core::call::CallError;
use guardian_core::name::NameError;
use guardian_reconcile::seam::{Account, BucketPage};

use crate::aws::Aws;
use crate::error::{incomplete, unusable};

const OPERATION: &str = "s3:ListAllMyBuckets";

/// S3 answers in pages only where it is asked to, and refuses an account of over 10,000 buckets otherwise
/// (S3 API Reference, ListBuckets).
const PAGE: i32 = 1000;

impl Account for Aws {
    async fn list_buckets(&self, next: Option<&str>) -> Result<BucketPage, CallError> {
        let call = self.clients().s3().list_buckets().max_buckets(PAGE);
        let answer = call.set_continuation_token(next.map(str::to_owned)).send().await;
        let answer = answer.map_err(|error| self.s3_failed(OPERATION, error))?;
        let mut page = BucketPage::default();
        for bucket in answer.buckets.ok_or_else(|| incomplete(OPERATION))? {
            let name = bucket.name.unwrap_or_default().parse();
            page.buckets
                .push(name.map_err(|error: NameError| unusable(OPERATION, error.to_string()))?);
        }
        page.next = answer.continuation_token.filter(|token| !token.is_empty());
        Ok(page)
    }
}
