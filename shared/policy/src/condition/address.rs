//! IP addresses and ranges.
//!
//! Source: IAM User Guide, "IP address condition operators".

use std::net::IpAddr;

#[cfg(test)]
mod tests;

/// The first and the last address of a range, of one IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    is_v6: bool,
    first: u128,
    last: u128,
    prefix: u32,
}

/// What is never the source of a request over the internet: private, shared, loopback, link-local and
/// multicast ranges. Ranges for documentation are left among the public ones; too many count as public at
/// worst.
const NOT_PUBLIC: [&str; 13] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
    "::/128",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// The private IPv4 ranges of RFC 1918.
const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

fn number(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(address) => (false, u128::from(u32::from(address))),
        IpAddr::V6(address) => (true, u128::from(address)),
    }
}

impl Range {
    /// Reads `address/prefix` or a single address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let (is_v6, address) = number(address.parse().ok()?);
        let bits = if is_v6 { 128 } else { 32 };
        let prefix = prefix.unwrap_or(bits);
        let host = bits.checked_sub(prefix)?;
        let hosts = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
        Some(Self {
            is_v6,
            first: address & !hosts,
            last: address | hosts,
            prefix,
        })
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let (is_v6, address) = number(address);
        is_v6 == self.is_v6 && (self.first..=self.last).contains(&address)
    }

    fn lies_in(&self, other: &Self) -> bool {
        self.is_v6 == other.is_v6 && other.first <= self.first && self.last <= other.last
    }

    /// No address of the range can be the source of a request over the internet.
    pub(crate) fn is_never_public(&self) -> bool {
        NOT_PUBLIC
            .iter()
            .filter_map(|range| Self::parse(range))
            .any(|range| self.lies_in(&range))
    }

    /// So broad that S3 calls a policy public in spite of it (S3 User Guide, "The meaning of public").
    pub(crate) fn is_broad(&self) -> bool {
        let is_private = PRIVATE
            .iter()
            .filter_map(|range| Self::parse(range))
            .any(|range| self.lies_in(&range));
        !is_private && self.prefix < if self.is_v6 { 32 } else { 8 }
    }
}

/// Whether the ranges hold every public address of both IP versions.
pub(crate) fn cover_all_public(ranges: &[Range]) -> bool {
    [(false, u128::from(u32::MAX)), (true, u128::MAX)]
        .into_iter()
        .all(|(is_v6, end)| {
            let mut held: Vec<Range> = ranges
                .iter()
                .copied()
                .chain(NOT_PUBLIC.iter().filter_map(|range| Range::parse(range)))
                .filter(|range| range.is_v6 == is_v6)
                .collect();
            held.sort_by_key(|range| range.first);
            // The first address that nothing before has held; `None` once the last one is.
            let mut missing = Some(0_u128);
            for range in held {
                let Some(next) = missing else { break };
                if range.first > next {
                    return false;
                }
                if range.last >= next {
                    missing = if range.last >= end {
                        None
                    } else {
                        Some(range.last + 1)
                    };
                }
            }
            missing.is_none()
        })
}
