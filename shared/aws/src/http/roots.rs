//! Whose certificates count: Amazon's own authorities first, which are built in, and those of the system after them.
//!
//! Every endpoint of AWS shows a certificate that ends at one of the five (<https://www.amazontrust.com/repository/>). A
//! system's collection has some 145 in text: reading them was a third of what a look costs from the start of a process on. Nothing is
//! pinned by that: an endpoint whose certificate ends elsewhere has the system's collection read for it.

use std::fmt;
use std::sync::{Arc, LazyLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tracing::{info, warn};

/// Where a collection other than the system's may be named; then it alone counts.
const NAMED: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

type Read<T> = Box<dyn FnOnce() -> T + Send>;

/// What is trusted.
pub(super) struct Trust {
    pub(super) first: RootCertStore,
    /// Where a certificate ends at none of `first`.
    pub(super) rest: Read<RootCertStore>,
}

impl Trust {
    /// Amazon's authorities and the system's, or those alone that the environment names.
    pub(super) fn usual() -> Self {
        if NAMED.iter().any(|name| std::env::var_os(name).is_some()) {
            return Self::only(of_system());
        }
        Self {
            first: of_amazon(),
            rest: Box::new(|| {
                info!(
                    "reading the system's certificates: an endpoint's ends at none of Amazon's authorities"
                );
                of_system()
            }),
        }
    }

    /// These and none besides.
    pub(super) fn only(first: RootCertStore) -> Self {
        Self {
            first,
            rest: Box::new(RootCertStore::empty),
        }
    }

    pub(super) fn verifier(self, provider: Arc<CryptoProvider>) -> Arc<dyn ServerCertVerifier> {
        let signatures = provider.clone();
        let verifier = move |roots: RootCertStore| {
            // The only other error is of revocation lists, of which there are none here.
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .ok()
        };
        Arc::new(OneAfterTheOther {
            first: verifier(self.first),
            rest: LazyLock::new(Box::new(move || verifier((self.rest)()))),
            signatures,
        })
    }
}

/// The authorities that sign for AWS's endpoints.
pub(super) const AMAZON: [&[u8]; 5] = [
    include_bytes!("amazon/root-ca-1.der"),
    include_bytes!("amazon/root-ca-2.der"),
    include_bytes!("amazon/root-ca-3.der"),
    include_bytes!("amazon/root-ca-4.der"),
    include_bytes!("amazon/starfield-services-g2.der"),
];

pub(super) fn of_amazon() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(AMAZON.map(CertificateDer::from));
    roots
}

/// The certificates that the system trusts, or those in `SSL_CERT_FILE` and `SSL_CERT_DIR`.
fn of_system() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        warn!(%error, "certificates of the system that could not be read");
    }
    let mut roots = RootCertStore::empty();
    // A system's collection may hold what this library does not take; a connection that would need it says so.
    roots.add_parsable_certificates(found.certs);
    roots
}

type Verifier = Option<Arc<WebPkiServerVerifier>>;

/// Asks the second collection about what the first refuses. `None` stands for a collection without certificates.
struct OneAfterTheOther {
    first: Verifier,
    rest: LazyLock<Verifier, Read<Verifier>>,
    signatures: Arc<CryptoProvider>,
}

impl fmt::Debug for OneAfterTheOther {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneAfterTheOther").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for OneAfterTheOther {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let ask = |verifier: &Verifier| {
            let verifier = verifier.as_ref()?;
            Some(verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now))
        };
        let first = ask(&self.first);
        if let Some(Ok(verified)) = first {
            return Ok(verified);
        }
        ask(&self.rest).or(first).unwrap_or(Err(Error::InvalidCertificate(
            rustls::CertificateError::UnknownIssuer,
        )))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.signatures.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.signatures.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signatures
            .signature_verification_algorithms
            .supported_schemes()
    }
}
