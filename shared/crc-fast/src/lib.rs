//! The checksums of S3, as `aws-smithy-checksums` asks for them of the crate `crc-fast`.
//!
//! That crate carries tables for some hundred algorithms: 660 KB in every function that talks to S3, of which no linker can tell
//! that nobody asks for them, and which no zip makes smaller. What is summed up here are requests of a few kilobytes, so
//! that a table of 1 KB for each algorithm is fast enough. The workspace puts this crate in the place of the other.

use std::fmt;

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc, Table};

static CRC32: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);
static CRC32C: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);
static CRC64: Crc<u64, Table<1>> = Crc::<u64, Table<1>>::new(&CRC_64_NVME);

/// The algorithms that S3 knows, by their names in the catalogue of parametrised CRC algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// S3's `CRC32`.
    Crc32IsoHdlc,
    /// S3's `CRC32C`.
    Crc32Iscsi,
    /// S3's `CRC64NVME`.
    Crc64Nvme,
}

/// A checksum in the making.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    Narrow(crc::Digest<'static, u32, Table<1>>),
    Wide(crc::Digest<'static, u64, Table<1>>),
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").finish_non_exhaustive()
    }
}

impl Digest {
    /// Of nothing yet.
    #[must_use]
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::Narrow(CRC32.digest()),
            CrcAlgorithm::Crc32Iscsi => State::Narrow(CRC32C.digest()),
            CrcAlgorithm::Crc64Nvme => State::Wide(CRC64.digest()),
        })
    }

    /// Takes in what follows.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::Narrow(digest) => digest.update(data),
            State::Wide(digest) => digest.update(data),
        }
    }

    /// The checksum of all that was taken in; one of 32 bits is the lower half.
    #[must_use]
    pub fn finalize(&self) -> u64 {
        match self.0.clone() {
            State::Narrow(digest) => digest.finalize().into(),
            State::Wide(digest) => digest.finalize(),
        }
    }
}

/// The checksum of one piece.
#[must_use]
pub fn checksum(algorithm: CrcAlgorithm, data: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(data);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue: what comes of `123456789`.
    const CHECKS: [(CrcAlgorithm, u64); 3] = [
        (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
        (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
        (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
    ];

    #[test]
    fn each_algorithm_gives_the_check_value_of_the_catalogue() {
        for (algorithm, check) in CHECKS {
            assert_eq!(checksum(algorithm, b"123456789"), check, "{algorithm:?}");
        }
    }

    #[test]
    fn pieces_come_to_the_same_as_the_whole() {
        for (algorithm, check) in CHECKS {
            let mut digest = Digest::new(algorithm);
            digest.update(b"1234");
            digest.update(b"");
            digest.update(b"56789");
            assert_eq!(digest.finalize(), check, "{algorithm:?}");
        }
    }
}
