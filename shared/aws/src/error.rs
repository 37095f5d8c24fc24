//! What a failed call means, decided here and nowhere else.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use guardian_core::call::{CallError, CallErrorKind};

mod answer;
#[cfg(test)]
mod tests;

pub(crate) use answer::{element, is_throttling_code};

use answer::Answer;

/// How our message about missing credentials begins.
const NO_CREDENTIALS: &str = "no usable credentials";

/// A failed call of any service but S3.
pub(crate) fn call_error<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    failed(operation, None, &error)
}

/// A failed call of S3, which also answers for buckets in other Regions than `own_region`.
pub(crate) fn s3_error<E>(
    operation: &'static str,
    own_region: &str,
    error: SdkError<E, HttpResponse>,
) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    failed(operation, Some(own_region), &error)
}

/// A call that was not made, because the stack does not say where to.
pub(crate) fn not_configured(operation: &'static str, what: &str) -> CallError {
    CallError {
        operation,
        kind: CallErrorKind::Other,
        message: format!("{what} is not configured"),
    }
}

/// An answer that came but says nothing we can use.
pub(crate) fn unusable(operation: &'static str, message: impl Into<String>) -> CallError {
    CallError {
        operation,
        kind: CallErrorKind::Other,
        message: message.into(),
    }
}

/// A success that lacks what such an answer always has.
///
/// The SDK reads an empty or broken-off answer as one with nothing in it. To us nothing would mean a bucket
/// without a policy, or without markers; so it counts as no answer at all.
pub(crate) fn incomplete(operation: &'static str) -> CallError {
    let message = "the answer is incomplete".to_owned();
    CallError {
        operation,
        kind: CallErrorKind::Transient,
        message,
    }
}

/// The HTTP status of a failed call, where there was an answer.
pub(crate) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// Whether the call failed for the credentials themselves: none found, expired, unknown to AWS or signed by
/// a clock that is wrong. No right that somebody grants would help, and no bucket is to blame.
#[must_use]
pub fn is_about_credentials(error: &CallError) -> bool {
    let code = error.message.split(':').next().unwrap_or_default();
    code == NO_CREDENTIALS || answer::is_credentials_code(code)
}

fn failed<E>(
    operation: &'static str,
    own_region: Option<&str>,
    error: &SdkError<E, HttpResponse>,
) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (kind, message) = match error {
        SdkError::ServiceError(service) => {
            let answer = Answer::new(operation, own_region, service.raw(), service.err().code());
            (answer.kind(), answer.message(service.err().message()))
        }
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) => not_sent(error),
            None => (CallErrorKind::Transient, chain(error)),
        },
        SdkError::ConstructionFailure(_) => (CallErrorKind::Other, chain(error)),
        // A timeout, an answer that broke off or made no sense: nothing is known.
        _ => (CallErrorKind::Transient, chain(error)),
    };
    // Some of these are lists over several lines; ours go into logs and findings as one.
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    CallError {
        operation,
        kind,
        message,
    }
}

/// The request did not get out, or no answer came.
fn not_sent(error: &ConnectorError) -> (CallErrorKind, String) {
    match find::<CredentialsError>(error) {
        // Whoever hands out the credentials was slow: as good as the call itself being slow.
        Some(cause @ CredentialsError::ProviderTimedOut(_)) => (CallErrorKind::Transient, chain(cause)),
        Some(cause) => (
            CallErrorKind::Other,
            format!("{NO_CREDENTIALS}: {}", sign_in(chain(cause))),
        ),
        None if error.is_user() => (CallErrorKind::Other, chain(error)),
        None => (CallErrorKind::Transient, chain(error)),
    }
}

/// The SDK's advice for a way to sign in that is left out here is to build the program anew.
fn sign_in(message: String) -> String {
    if message.contains("cargo feature") {
        "the profile signs in in a way that is not built in; export the credentials first \
         (`aws configure export-credentials --format env`)"
            .to_owned()
    } else {
        message
    }
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// An error with its causes in one line; a cause that only repeats is left out.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for error in std::iter::successors(Some(error), |&error| error.source()) {
        let part = error.to_string();
        if !part.is_empty() && parts.last().is_none_or(|last| !last.ends_with(&part)) {
            parts.push(part);
        }
    }
    parts.join(": ")
}
