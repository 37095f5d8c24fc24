//! What was sent to AWS, for whoever wants to show or to check it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::throttle::is_throttled;

mod about;

pub use about::About;

/// A function that nobody asks for its calls must not grow for days.
const REMEMBERED: usize = 10_000;

/// One request that was sent; a retry is a request of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    service: String,
    operation: String,
    about: Option<About>,
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

    /// What it was about, where the log was asked to note it ([`CallLog::note_what_about`]).
    #[must_use]
    pub fn about(&self) -> Option<&About> {
        self.about.as_ref()
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
pub struct CallLog(Arc<Log>);

#[derive(Debug, Default)]
struct Log {
    calls: Mutex<VecDeque<Call>>,
    /// Of the requests, how many AWS throttled.
    throttled: AtomicU64,
    /// Set by whoever asks for it: of a program in which nobody does, the reading is left out altogether.
    reads: OnceLock<Reads>,
}

type Reads = fn(&str, &str, &HttpRequest) -> About;

impl CallLog {
    /// From now on also notes what each request is about.
    pub fn note_what_about(&self) {
        self.0.reads.get_or_init(|| about::about);
    }

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
        self.0.throttled.swap(0, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Call>> {
        // A panic elsewhere cannot leave a half-made list behind.
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for CallLog {
    fn name(&self) -> &'static str {
        "CallLog"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = settings.load::<Metadata>() {
            let read = |reads: &Reads| reads(metadata.service(), metadata.name(), context.request());
            let about = self.0.reads.get().map(read);
            let mut calls = self.lock();
            if calls.len() == REMEMBERED {
                calls.pop_front();
            }
            calls.push_back(Call {
                service: metadata.service().to_owned(),
                operation: metadata.name().to_owned(),
                about,
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
            self.0.throttled.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}
