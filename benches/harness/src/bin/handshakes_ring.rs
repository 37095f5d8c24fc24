//! Handshakes by ring.

#[path = "../handshakes.rs"]
mod handshakes;

fn main() -> std::io::Result<()> {
    handshakes::shake(rustls::crypto::ring::default_provider())
}
