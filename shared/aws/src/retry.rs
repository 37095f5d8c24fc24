//! What the SDK's standard retries do not know about S3, SNS and KMS.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Retries S3's answers to two writers at once and SNS's to too many, and lets KMS's "too large" be.
#[derive(Debug)]
pub(crate) struct ConcurrentWrites;

impl ClassifyRetry for ConcurrentWrites {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response() else {
            return RetryAction::NoActionIndicated;
        };
        let said = |code: &str| {
            let body = response.body().bytes().unwrap_or_default();
            body.windows(code.len()).any(|part| part == code.as_bytes())
        };
        match response.status().as_u16() {
            // "A conflicting conditional action is currently in progress against this resource. Try again."
            // (S3 API Reference, Error responses); for a conditional PutObject "retry the upload".
            409 if said("OperationAborted") || said("ConditionalRequestConflict") => {
                RetryAction::transient_error()
            }
            // SNS's `Throttled`, a code that the SDK has not among its own.
            429 => RetryAction::throttling_error(),
            // The SDK takes it for throttling, but from KMS it says that the key policy is over its limit.
            400 if said("LimitExceededException") => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "ConcurrentWrites"
    }
}
