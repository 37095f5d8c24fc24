//! What the cryptography of TLS costs a process: its start and a full handshake with each host name of a look, and nothing else.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

/// `handshakes PORT ROOTS HOST...`: one handshake with each, one after the other.
pub(crate) fn shake(provider: CryptoProvider) -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, roots, hosts @ ..] = arguments.as_slice() else {
        return Err(io::Error::other("usage: handshakes PORT ROOTS HOST..."));
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(roots).map_err(io::Error::other)? {
        let certificate = certificate.map_err(io::Error::other)?;
        store.add(certificate).map_err(io::Error::other)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(store)
        .with_no_client_auth();
    let config = Arc::new(config);
    for host in hosts {
        let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::clone(&config), name).map_err(io::Error::other)?;
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))?;
        stream.set_nodelay(true)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
    }
    Ok(())
}
