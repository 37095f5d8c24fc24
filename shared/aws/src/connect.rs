//! How AWS is reached: Region, credentials, endpoints, timeouts, one HTTP client for all services.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::app_name::AppName;
use aws_types::service_config::ServiceConfigKey;
use guardian_core::cause::OWN_SOURCE;

use crate::calls::CallLog;
use crate::http::{Proxies, http_client};

/// The services the guardian talks to, by the id that `AWS_ENDPOINT_URL_<ID>` and the profile know.
const SERVICES: [&str; 10] = [
    "CloudTrail",
    "DynamoDB",
    "EventBridge",
    "KMS",
    "S3",
    "SFN",
    "SNS",
    "SQS",
    "SSM",
    "STS",
];

/// Without it a lost SYN would eat the whole attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// No call here carries more than a few kilobytes.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Two slow attempts and a quick one; well inside a function's own timeout.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(25);
const ATTEMPTS: u32 = 3;

/// Why there is no connection to AWS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Neither the environment nor the profile names a Region.
    #[error("no Region is configured: set `AWS_REGION`, or `region` in the profile")]
    NoRegion,
    /// An endpoint that is no URL.
    #[error(
        "`{endpoint}` is no endpoint for {service}: write a URL in `AWS_ENDPOINT_URL`, for example http://127.0.0.1:4566"
    )]
    Endpoint {
        /// The service.
        service: &'static str,
        /// What is configured for it.
        endpoint: String,
    },
}

/// The way to AWS, shared by the clients of all services.
///
/// Credentials come from where the SDK looks by default: environment variables, the profile files (also with
/// `role_arn`), a web identity token, the container and the instance metadata. Not built in, because each
/// costs the functions weight they never use: IAM Identity Center (`aws sso login`), `aws login`, and
/// `credential_process`; export such credentials first (`aws configure export-credentials --format env`).
///
/// `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`, their profile settings, and a proxy in `HTTPS_PROXY` that speaks plain
/// HTTP (it is asked for a tunnel) are honoured.
#[derive(Debug, Clone)]
pub struct Connection {
    config: SdkConfig,
    calls: CallLog,
}

impl Connection {
    /// Reads Region, credentials and endpoints from the environment.
    ///
    /// # Errors
    ///
    /// Without a Region no endpoint can be named; and an endpoint that is no URL.
    pub async fn from_environment() -> Result<Self, ConnectError> {
        Self::over(loader(Proxies::OfEnvironment).load().await)
    }

    /// The same for a function: Region and credentials from the variables that Lambda sets, an endpoint from
    /// `AWS_ENDPOINT_URL`. The other places where the SDK looks (profiles, roles to be assumed, the instance's metadata) are
    /// none of a function's, and without them its zip is smaller and its first call sooner.
    ///
    /// # Errors
    ///
    /// Without a Region no endpoint can be named; and an endpoint that is no URL.
    pub fn of_function() -> Result<Self, ConnectError> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let credentials = EnvironmentVariableCredentialsProvider::new();
        let mut config = SdkConfig::builder()
            .behavior_version(behaviour())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client(Proxies::OfEnvironment, CONNECT_TIMEOUT))
            .retry_config(retries())
            .timeout_config(timeouts());
        config.set_region(variable("AWS_REGION").map(Region::new));
        config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
        config.set_app_name(app_name());
        Self::over(config.build())
    }

    /// A connection for an emulator on this machine: past any proxy (to a proxy, 127.0.0.1 is the machine that the
    /// proxy runs on), in us-east-1 and with the credentials `test` where the environment names none.
    ///
    /// # Errors
    ///
    /// An endpoint that is no URL. Whether it leads to this machine is for the caller to make sure of.
    pub async fn to_emulator() -> Result<Self, ConnectError> {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let mut loader = loader(Proxies::Never);
        if !["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"]
            .into_iter()
            .any(set)
        {
            loader = loader.region(EMULATORS_REGION);
        }
        if !["AWS_ACCESS_KEY_ID", "AWS_PROFILE"].into_iter().any(set) {
            loader = loader.credentials_provider(emulators_credentials());
        }
        Self::over(loader.load().await)
    }

    /// The same for the emulator at `endpoint`, whichever Region, credentials and endpoints the environment names.
    ///
    /// # Errors
    ///
    /// An endpoint that is no URL.
    pub async fn to_emulator_at(endpoint: &str) -> Result<Self, ConnectError> {
        let loader = loader(Proxies::Never)
            .region(EMULATORS_REGION)
            .credentials_provider(emulators_credentials())
            .endpoint_url(endpoint);
        Self::over(loader.load().await)
    }

    /// A connection with settings that are there already: those of another one ([`Self::config`]), with other timeouts
    /// perhaps.
    ///
    /// # Errors
    ///
    /// Without a Region no endpoint can be named; and an endpoint that is no URL.
    pub fn over(config: SdkConfig) -> Result<Self, ConnectError> {
        if config.region().is_none() {
            return Err(ConnectError::NoRegion);
        }
        let connection = Self {
            config,
            calls: CallLog::default(),
        };
        let is_url = |endpoint: &str| endpoint.starts_with("http://") || endpoint.starts_with("https://");
        let wrong = connection.endpoints().find_map(|(service, endpoint)| {
            let endpoint = endpoint.filter(|endpoint| !is_url(endpoint))?;
            Some(ConnectError::Endpoint { service, endpoint })
        });
        wrong.map_or(Ok(connection), Err)
    }

    /// The Region.
    #[must_use]
    pub fn region(&self) -> &str {
        self.config.region().map_or("", AsRef::as_ref)
    }

    /// Each service with the endpoint configured for it; `None` is the service's own address.
    ///
    /// A service's own setting wins over `AWS_ENDPOINT_URL`, so whoever must not reach the real AWS has to
    /// look at all of them.
    pub fn endpoints(&self) -> impl Iterator<Item = (&'static str, Option<String>)> + '_ {
        SERVICES
            .into_iter()
            .map(|service| (service, self.endpoint(service)))
    }

    /// The calls sent over this connection.
    #[must_use]
    pub fn calls(&self) -> &CallLog {
        &self.calls
    }

    /// The SDK's settings, for whoever needs a client of their own over the same connection.
    #[must_use]
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The endpoint the SDK's client of `service` will find, by the SDK's own look-up.
    pub(crate) fn endpoint(&self, service: &'static str) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()?;
        let own = self
            .config
            .service_config()
            .and_then(|settings| settings.load_config(key));
        own.or_else(|| self.config.endpoint_url().map(str::to_owned))
    }
}

/// Where an emulator is taken to be, and with what it is spoken to, where nobody says.
const EMULATORS_REGION: Region = Region::from_static("us-east-1");

fn emulators_credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "emulator")
}

fn behaviour() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// CloudTrail records the user agent: by this name the echo of our own write is known.
fn app_name() -> Option<AppName> {
    AppName::new(OWN_SOURCE).ok()
}

/// What every connection is made with that looks wherever the SDK does.
fn loader(proxies: Proxies) -> ConfigLoader {
    let loader = aws_config::defaults(behaviour())
        .http_client(http_client(proxies, CONNECT_TIMEOUT))
        .retry_config(retries())
        .timeout_config(timeouts());
    match app_name() {
        Some(name) => loader.app_name(name),
        None => loader,
    }
}
