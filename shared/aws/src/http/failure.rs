//! What of the HTTP client's errors the SDK may try again.

use std::error::Error;
use std::io;

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::ErrorKind;
use hyper_util::client::legacy::Error as ClientError;

/// In the SDK's terms: `io` and `timeout` are tried again, `user` is not.
pub(crate) fn connector_error(error: ClientError) -> ConnectorError {
    if let Some(of_connection) = cause::<hyper::Error>(&error) {
        if of_connection.is_timeout() {
            return ConnectorError::timeout(error.into());
        }
        if of_connection.is_user() {
            return ConnectorError::user(error.into());
        }
        if of_connection.is_incomplete_message() {
            // The other side closed the connection in the middle: S3 does that now and then.
            return ConnectorError::other(error.into(), Some(ErrorKind::TransientError));
        }
        if of_connection.is_closed() || of_connection.is_canceled() {
            return ConnectorError::io(error.into());
        }
    }
    match cause::<io::Error>(&error).map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) => ConnectorError::timeout(error.into()),
        Some(_) => ConnectorError::io(error.into()),
        None if error.is_connect() => ConnectorError::io(error.into()),
        None => ConnectorError::other(error.into(), None),
    }
}

fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.filter_map(|error| error.downcast_ref()).next()
}
