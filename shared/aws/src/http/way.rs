//! The way to a host: straight, or by a proxy's tunnel.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

/// Whether proxies are asked for the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxies {
    /// Those that `HTTPS_PROXY` and `ALL_PROXY` name, but for the hosts in `NO_PROXY`.
    OfEnvironment,
    /// None.
    Never,
}

/// Connects to a host, over a proxy where one is responsible for it.
///
/// A proxy is reached without TLS and asked for a tunnel (CONNECT), so that all it learns is the host's name; a host that is
/// itself reached without TLS, an emulator, is never reached over one.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    tcp: HttpConnector,
    proxies: Option<Arc<Matcher>>,
}

impl Way {
    pub(crate) fn new(proxies: Proxies, connect_timeout: Duration) -> Self {
        let proxies = (proxies == Proxies::OfEnvironment).then(Matcher::from_env);
        Self::by(proxies, connect_timeout)
    }

    pub(super) fn by(proxies: Option<Matcher>, connect_timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_timeout));
        Self {
            tcp,
            proxies: proxies.map(Arc::new),
        }
    }
}

impl Service<Uri> for Way {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, host: Uri) -> Self::Future {
        let encrypted = host.scheme() == Some(&Scheme::HTTPS);
        let proxies = self.proxies.as_ref().filter(|_| encrypted);
        let Some(proxy) = proxies.and_then(|proxies| proxies.intercept(&host)) else {
            let straight = self.tcp.call(host);
            return Box::pin(async { Ok(straight.await?) });
        };
        if proxy.uri().scheme() != Some(&Scheme::HTTP) {
            let error = format!(
                "the proxy `{}` is none that is spoken to here: name one with http:// in `HTTPS_PROXY`",
                proxy.uri()
            );
            return Box::pin(async { Err(error.into()) });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let through = tunnel.call(host);
        Box::pin(async { Ok(through.await?) })
    }
}
