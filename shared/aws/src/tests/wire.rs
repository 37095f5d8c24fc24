//! An HTTP client that gives prepared answers and keeps the requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use guardian_core::cause::Work;
use serde_json::json;

use crate::{Aws, Connection, Stack};

pub(crate) const ACCOUNT: &str = "111122223333";

/// What comes back for one request.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
    lost: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            lost: false,
        }
    }

    /// S3's way to refuse.
    pub(crate) fn xml(status: u16, code: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>because</Message></Error>");
        Self::new(status, body).with("content-type", "application/xml")
    }

    /// The way of the JSON protocols to refuse.
    pub(crate) fn json(status: u16, code: &str) -> Self {
        Self::new(status, format!(r#"{{"__type":"{code}","message":"because"}}"#))
    }

    /// SNS's and STS's way to refuse.
    pub(crate) fn query(status: u16, code: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>because</Message></Error></ErrorResponse>"
        );
        Self::new(status, body).with("content-type", "text/xml")
    }

    /// The connection breaks.
    pub(crate) fn lost() -> Self {
        Self {
            lost: true,
            ..Self::new(0, "")
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A request that was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The canned client; clones share their replies and requests.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Wire {
    /// Gives these replies in this order, and the last of them for ever.
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            sent: Arc::default(),
        }
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The only request.
    pub(crate) fn one(&self) -> Sent {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        sent[0].clone()
    }

    pub(crate) fn settings(&self) -> SdkConfig {
        let wire = self.clone();
        let credentials = Credentials::new("AKID", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(3)
                    .with_initial_backoff(Duration::from_millis(1)),
            )
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone())))
            .build()
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::over(self.settings()).unwrap()
    }

    /// All seams over this wire, with a complete stack.
    pub(crate) fn aws(&self) -> Aws {
        let stack = Stack {
            table: Some("ledger".to_owned()),
            topic_arn: Some("arn:aws:sns:eu-west-1:111122223333:alerts".to_owned()),
            work_queue_url: Some("https://sqs.eu-west-1.amazonaws.com/111122223333/work.fifo".to_owned()),
            ingest_queue_url: Some("https://sqs.eu-west-1.amazonaws.com/111122223333/ingest".to_owned()),
            census_state_machine: Some(
                "arn:aws:states:eu-west-1:111122223333:stateMachine:guard-census".to_owned(),
            ),
        };
        Aws::new(self.connection(), ACCOUNT.parse().unwrap(), stack)
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.sent.lock().unwrap().push(Sent {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            headers: headers.collect(),
            body: String::from_utf8_lossy(request.body().bytes().unwrap()).into_owned(),
        });
        let mut replies = self.replies.lock().unwrap();
        let reply = if replies.len() > 1 {
            replies.pop_front()
        } else {
            replies.front().cloned()
        }
        .unwrap();
        if reply.lost {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into())));
        }
        let mut response = HttpResponse::new(reply.status.try_into().unwrap(), SdkBody::from(reply.body));
        for (name, value) in reply.headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// A message for the work queue.
pub(crate) fn work(resource: &str) -> Work {
    serde_json::from_value(json!({"resource": resource, "cause": {"id": "e1", "event": "PutBucketPolicy"}}))
        .unwrap()
}

/// One call on the seams over a wire with these replies.
pub(crate) async fn over<T>(
    replies: impl IntoIterator<Item = Reply>,
    call: impl AsyncFnOnce(Aws) -> T,
) -> (T, Wire) {
    let wire = Wire::new(replies);
    (call(wire.aws()).await, wire)
}
