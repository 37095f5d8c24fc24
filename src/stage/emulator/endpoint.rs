//! Where the list may be played: on this machine and nowhere else.

use std::net::IpAddr;

use guardian_aws::Connection;

/// An endpoint that is not of this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// A service would be reached at its real address.
    #[error(
        "{service} has no endpoint: set AWS_ENDPOINT_URL to an emulator on this machine, for example http://127.0.0.1:4566"
    )]
    Real {
        /// The service.
        service: &'static str,
    },
    /// A service would be reached somewhere else.
    #[error(
        "{service} would be reached at `{endpoint}`: the incident list breaks buckets on purpose and is played on loopback addresses only"
    )]
    Elsewhere {
        /// The service.
        service: &'static str,
        /// Its endpoint.
        endpoint: String,
    },
}

/// Lets through only a connection all of whose services are on this machine: a list of incidents is nothing
/// to point at an account.
///
/// # Errors
///
/// Names the first service that is not.
pub fn refuse_anything_but_loopback(connection: &Connection) -> Result<(), EndpointError> {
    for (service, endpoint) in connection.endpoints() {
        match endpoint {
            None => return Err(EndpointError::Real { service }),
            Some(endpoint) if !is_loopback(&endpoint) => {
                return Err(EndpointError::Elsewhere { service, endpoint });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether a URL leads to this machine. Read strictly: what is not understood is somewhere else.
fn is_loopback(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // `http://127.0.0.1@elsewhere/` leads elsewhere.
    if authority.contains(['@', '\\']) {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_this_machine() {
        for url in [
            "http://127.0.0.1:4566",
            "http://localhost:4566/",
            "https://[::1]:1",
            "http://127.8.9.1",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://s3.us-east-1.amazonaws.com",
            "http://127.0.0.1@evil.example/",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://10.0.0.7:4566",
            "http://0.0.0.0:4566",
            "127.0.0.1:4566",
            "file:///localhost",
            "",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
