//! The HTTP client under the SDK: hyper's, over TLS by rustls with ring, in HTTP/1.1 alone.
//!
//! The SDK's own (`aws-smithy-http-client`) is made of the same parts, and always of those for HTTP/2 besides, which cannot be
//! left out: a tenth of every zip, for a protocol in which the endpoints of the services here gain nothing.

mod failure;
mod roots;
mod way;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::ring;

use self::failure::connector_error;
use self::roots::Trust;
use self::way::Way;

pub(crate) use self::way::Proxies;

/// A client with one pool of connections for all services.
///
/// TLS is by ring: aws-lc-rs is 0.75 MB more and, at its first use, takes 23 ms of processor time more (docs/performance.md), which in
/// a small function is a few hundred. Certificates are read here and not at the first request: a function begins with more of a processor than it
/// goes on with.
pub(crate) fn http_client(proxies: Proxies, connect_timeout: Duration) -> SharedHttpClient {
    over(Way::new(proxies, connect_timeout), Trust::usual())
}

fn over(way: Way, trust: Trust) -> SharedHttpClient {
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls(trust))
        .https_or_http()
        .enable_http1()
        .wrap_connector(way);
    let client = Client::builder(TokioExecutor::new())
        // Without one, a connection that has long been idle would be taken for a live one.
        .pool_timer(TokioTimer::new())
        .build(https);
    SharedHttpClient::new(Pool {
        connector: SharedHttpConnector::new(Hyper { client }),
    })
}

/// TLS 1.2 and 1.3.
fn tls(trust: Trust) -> ClientConfig {
    let provider = Arc::new(ring::default_provider());
    #[expect(
        clippy::expect_used,
        reason = "refused are versions without a cipher suite, and ring has some for each"
    )]
    ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for every version")
        .dangerous()
        .with_custom_certificate_verifier(trust.verifier(provider))
        .with_no_client_auth()
}

/// What the SDK asks for a connector: there is one, whatever the settings. Their timeouts are those of the connection.
#[derive(Debug)]
struct Pool {
    connector: SharedHttpConnector,
}

impl HttpClient for Pool {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.connector.clone()
    }
}

struct Hyper {
    client: Client<HttpsConnector<Way>, SdkBody>,
}

impl fmt::Debug for Hyper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hyper").finish_non_exhaustive()
    }
}

impl HttpConnector for Hyper {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        // The SDK asks for a connection on which an attempt failed not to be used again.
        let used = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&used));
        }
        let sent = self.client.request(request);
        HttpConnectorFuture::new(async move {
            let response = sent.await.map_err(connector_error)?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// What the SDK wants to know of the connection that a request went over, once there is one.
fn metadata(used: &CaptureConnection) -> Option<ConnectionMetadata> {
    let proxied = used.connection_metadata().as_ref()?.is_proxied();
    let used = used.clone();
    let poison = move || {
        if let Some(connected) = used.connection_metadata().as_ref() {
            connected.poison();
        }
    };
    Some(
        ConnectionMetadata::builder()
            .proxied(proxied)
            .poison_fn(poison)
            .build(),
    )
}

#[cfg(test)]
mod tests;
