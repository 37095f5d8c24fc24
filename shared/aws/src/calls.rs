//! What was sent to AWS, for whoever wants to show or to check it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::throttle::is_throttled;

/// A function that nobody asks for its calls must not grow for days.
const REMEMBERED: usize = 10_000;

/// One request that was sent; a retry is a request of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    service: String,
    operation: String,
}

impl Call {
    /// The service as the SDK names it: `S3`, `KMS`, `DynamoDB`, ….
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The API operation: `GetBucketPolicy`, `Query`, ….
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Whether it changes anything in AWS, be it a bucket, a key, the ledger or a queue.
    #[must_use]
    pub fn is_write(&self) -> bool {
        const READS: [&str; 6] = ["Get", "Head", "List", "Describe", "Query", "Lookup"];
        !READS.iter().any(|verb| self.operation.starts_with(verb))
    }

    /// Whether it changes something of the owner's, a bucket or a key.
    #[must_use]
    pub fn is_repair(&self) -> bool {
        self.is_write() && matches!(self.service.as_str(), "S3" | "KMS")
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)
    }
}

/// The requests sent, in order: the last 10,000 since they were last taken.
///
/// Clones share one log.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<VecDeque<Call>>>, Arc<AtomicU64>);

impl CallLog {
    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().iter().cloned().collect()
    }

    /// The calls so far, which the log then forgets.
    #[must_use]
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.lock()).into()
    }

    /// How many requests AWS throttled, which the log then forgets; a retry that was throttled again counts again.
    #[must_use]
    pub fn take_throttled(&self) -> u64 {
        self.1.swap(0, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Call>> {
        // A panic elsewhere cannot leave a half-made list behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for CallLog {
    fn name(&self) -> &'static str {
        "CallLog"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = settings.load::<Metadata>() {
            let mut calls = self.lock();
            if calls.len() == REMEMBERED {
                calls.pop_front();
            }
            calls.push_back(Call {
                service: metadata.service().to_owned(),
                operation: metadata.name().to_owned(),
            });
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().is_some_and(is_throttled) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
