//! Handshakes by aws-lc.

#[path = "../handshakes.rs"]
mod handshakes;

fn main() -> std::io::Result<()> {
    handshakes::shake(rustls::crypto::aws_lc_rs::default_provider())
}
