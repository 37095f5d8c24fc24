//! The connection's HTTP client, tried out once and not with each client of a service.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;

/// Whether a connector was made in this process already.
static TRIED: AtomicBool = AtomicBool::new(false);

/// An HTTP client that the first client of a service tries out, and no other.
///
/// The SDK's own makes a connector for each client of a service that it is given to, and throws it away: so certificates are
/// read when a client is built and not with its first call. Once is enough for that; each time more parses all roots of the
/// system's bundle again: with 145 of them a million instructions for each service, four of the 33 million that a first
/// look takes altogether (callgrind, without link-time optimisation).
#[derive(Debug)]
pub(crate) struct TriedOnce(pub(crate) SharedHttpClient);

impl HttpClient for TriedOnce {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        if TRIED.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        HttpClient::validate_base_client_config(&self.0, components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
