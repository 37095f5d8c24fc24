use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use guardian_core::call::{CallError, CallErrorKind};
use guardian_reconcile::seam::Buckets;
use hyper_util::client::proxy::matcher::Matcher;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::roots::{AMAZON, Trust, of_amazon};
use super::way::Way;
use crate::tests::wire::ACCOUNT;
use crate::{Aws, Connection, Stack};

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const CUT_OFF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{}";

fn aws(client: SharedHttpClient, endpoint: &str) -> Aws {
    let credentials = Credentials::new("AKID", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(endpoint)
        .http_client(client);
    let connection = Connection::over(config.build()).unwrap();
    Aws::new(connection, ACCOUNT.parse().unwrap(), Stack::default())
}

async fn ask(aws: &Aws) -> Result<Option<String>, CallError> {
    aws.get_bucket_policy(&"media".parse().unwrap()).await
}

fn client(proxies: Option<Matcher>, roots: RootCertStore) -> SharedHttpClient {
    super::over(Way::by(proxies, Duration::from_secs(1)), Trust::only(roots))
}

fn straight() -> SharedHttpClient {
    client(None, RootCertStore::empty())
}

/// What came in over one connection, one head of a request after the other.
type Heads = Arc<Mutex<Vec<Vec<String>>>>;

/// A server that gives each request of a connection the next of these answers, and closes it after the last.
struct Server {
    url: String,
    heads: Heads,
    roots: RootCertStore,
}

impl Server {
    /// With `certified`, the connection is encrypted, once a proxy's tunnel is made where one is asked for.
    async fn new(certified: Option<&str>, answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Heads::default();
        let mut roots = RootCertStore::empty();
        let acceptor = certified.map(|host| {
            let CertifiedKey { cert, signing_key } = generate_simple_self_signed([host.to_owned()]).unwrap();
            roots.add(cert.der().clone()).unwrap();
            let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
            let config =
                ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                    .with_safe_default_protocol_versions()
                    .unwrap()
                    .with_no_client_auth()
                    .with_single_cert(vec![cert.der().clone()], key)
                    .unwrap();
            TlsAcceptor::from(Arc::new(config))
        });
        let said = heads.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                said.lock().unwrap().push(Vec::new());
                let Some(acceptor) = &acceptor else {
                    serve(stream, answers, &said).await;
                    continue;
                };
                let mut first = [0];
                stream.peek(&mut first).await.unwrap();
                if first == *b"C" {
                    serve(&mut stream, &["HTTP/1.1 200 OK\r\n\r\n"], &said).await;
                }
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, answers, &said).await;
                }
            }
        });
        let scheme = if certified.is_some() { "https" } else { "http" };
        Self {
            url: format!("{scheme}://{address}"),
            heads,
            roots,
        }
    }

    fn heads(&self) -> Vec<Vec<String>> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answers: &[&str], said: &Heads) {
    for answer in answers {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte.into());
        }
        said.lock().unwrap().last_mut().unwrap().push(head);
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
}

#[tokio::test]
async fn several_calls_go_over_one_connection() {
    let server = Server::new(None, &[ANSWER, ANSWER, ANSWER]).await;
    let aws = aws(straight(), &server.url);
    for _ in 0..3 {
        assert_eq!(ask(&aws).await.unwrap().as_deref(), Some("{}"));
    }
    let heads = server.heads();
    assert_eq!(heads.iter().map(Vec::len).collect::<Vec<_>>(), [3]);
    assert!(
        heads[0][0].starts_with("GET /media/?policy HTTP/1.1\r\n"),
        "{heads:?}"
    );
}

#[tokio::test]
async fn a_call_goes_on_over_a_new_connection_when_the_server_has_closed_the_old_one() {
    let server = Server::new(None, &[ANSWER]).await;
    let aws = aws(straight(), &server.url);
    for _ in 0..3 {
        assert_eq!(ask(&aws).await.unwrap().as_deref(), Some("{}"));
    }
    assert_eq!(server.heads().len(), 3);
}

#[tokio::test]
async fn a_lost_connection_is_transient_wherever_it_breaks() {
    for answers in [&[][..], &[""], &[CUT_OFF]] {
        let server = Server::new(None, answers).await;
        let lost = ask(&aws(straight(), &server.url)).await.unwrap_err();
        assert_eq!(lost.kind, CallErrorKind::Transient, "{answers:?} {lost}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = ask(&aws(straight(), &format!("http://{nobody}")))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, CallErrorKind::Transient, "{refused}");
}

#[tokio::test]
async fn a_connection_is_encrypted_and_the_servers_certificate_counts() {
    let server = Server::new(Some("127.0.0.1"), &[ANSWER]).await;
    let trusting = aws(client(None, server.roots.clone()), &server.url);
    assert_eq!(ask(&trusting).await.unwrap().as_deref(), Some("{}"));
    let stranger = ask(&aws(straight(), &server.url)).await.unwrap_err();
    assert!(stranger.to_string().contains("UnknownIssuer"), "{stranger}");
    let other = Server::new(Some("kms.eu-west-1.amazonaws.com"), &[ANSWER]).await;
    let wrong = ask(&aws(client(None, other.roots.clone()), &other.url))
        .await
        .unwrap_err();
    assert!(wrong.to_string().contains("not valid for name"), "{wrong}");
}

/// A client that trusts `first`, and `rest` after it, which counts how often it is read.
fn trusting(first: &RootCertStore, rest: &RootCertStore) -> (SharedHttpClient, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let (counter, rest) = (reads.clone(), rest.clone());
    let trust = Trust {
        first: first.clone(),
        rest: Box::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            rest
        }),
    };
    (super::over(Way::by(None, Duration::from_secs(1)), trust), reads)
}

#[tokio::test]
async fn the_systems_certificates_are_not_read_for_an_endpoint_of_amazons() {
    let server = Server::new(Some("127.0.0.1"), &[ANSWER]).await;
    let (client, reads) = trusting(&server.roots, &RootCertStore::empty());
    assert_eq!(
        ask(&aws(client, &server.url)).await.unwrap().as_deref(),
        Some("{}")
    );
    assert_eq!(reads.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_systems_certificates_are_read_once_for_endpoints_that_are_not_amazons() {
    let server = Server::new(Some("127.0.0.1"), &[ANSWER]).await;
    let stranger = Server::new(Some("127.0.0.1"), &[ANSWER]).await;
    for first in [&RootCertStore::empty(), &stranger.roots] {
        let (client, reads) = trusting(first, &server.roots);
        let aws = aws(client, &server.url);
        for _ in 0..2 {
            assert_eq!(ask(&aws).await.unwrap().as_deref(), Some("{}"));
        }
        assert_eq!(
            server.heads().len() % 2,
            0,
            "each call has a connection of its own"
        );
        assert_eq!(reads.load(Ordering::Relaxed), 1);
    }
    let (client, _) = trusting(&server.roots, &server.roots);
    let refused = ask(&aws(client, &stranger.url)).await.unwrap_err();
    assert!(
        refused.to_string().contains("invalid peer certificate"),
        "{refused}"
    );
}

/// The fingerprints are those at <https://www.amazontrust.com/repository/>.
#[test]
fn the_authorities_that_are_built_in_are_amazons() {
    let fingerprints = AMAZON.map(|certificate| {
        let digest = Sha256::digest(certificate);
        digest[..4]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    });
    assert_eq!(
        fingerprints,
        ["8ecde688", "1ba5b2aa", "18ce6cfe", "e35d2841", "568d6905"]
    );
    assert_eq!(of_amazon().len(), AMAZON.len());
}

#[tokio::test]
async fn a_proxy_makes_a_tunnel_and_learns_nothing_but_the_hosts_name() {
    let proxy = Server::new(Some("s3.example.com"), &[ANSWER]).await;
    let url = proxy.url.replace("https://", "http://user:word@");
    let through = client(Some(Matcher::builder().https(url).build()), proxy.roots.clone());
    let aws = aws(through, "https://s3.example.com");
    assert_eq!(ask(&aws).await.unwrap().as_deref(), Some("{}"));
    let heads = proxy.heads();
    let [tunnel, request] = &heads[0][..] else {
        panic!("{heads:?}")
    };
    assert!(
        tunnel.starts_with("CONNECT s3.example.com:443 HTTP/1.1\r\n"),
        "{tunnel}"
    );
    assert!(
        tunnel.contains("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n"),
        "{tunnel}"
    );
    assert!(!request.contains("dXNlcjp3b3Jk"), "{request}");
}

#[tokio::test]
async fn what_is_not_encrypted_goes_past_every_proxy() {
    let server = Server::new(None, &[ANSWER]).await;
    let proxies = Matcher::builder().all("http://127.0.0.1:9").build();
    let aws = aws(client(Some(proxies), RootCertStore::empty()), &server.url);
    assert_eq!(ask(&aws).await.unwrap().as_deref(), Some("{}"));
}

#[tokio::test]
async fn a_proxy_that_is_itself_encrypted_is_named_and_not_passed_by() {
    let proxies = Matcher::builder().https("https://proxy.example.com").build();
    let aws = aws(
        client(Some(proxies), RootCertStore::empty()),
        "https://s3.example.com",
    );
    let error = ask(&aws).await.unwrap_err();
    assert!(
        error.to_string().contains("`https://proxy.example.com/`"),
        "{error}"
    );
}
