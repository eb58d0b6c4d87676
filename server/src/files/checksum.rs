//! Checksums of single pieces: the header `Upload-Checksum`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::error::FileError;

/// What may stand before a checksum. SHA-1 only because every tus client knows it: it guards against the line, not against people.
pub(super) const ALGORITHMS: &str = "sha256,sha1";

/// What a piece should come to, and what it comes to so far.
#[derive(Debug, Clone)]
pub(crate) struct Checksum {
    expected: Vec<u8>,
    running: Running,
}

#[derive(Debug, Clone)]
enum Running {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksum {
    /// Reads the header: the algorithm and the sum in base 64.
    pub(crate) fn parse(header: &str) -> Result<Self, FileError> {
        let (algorithm, sum) = header.split_once(' ').ok_or(FileError::Malformed)?;
        let running = match algorithm {
            "sha1" => Running::Sha1(Sha1::new()),
            "sha256" => Running::Sha256(Sha256::new()),
            _ => return Err(FileError::UnknownAlgorithm),
        };
        let expected = STANDARD.decode(sum.trim()).map_err(|_| FileError::Malformed)?;
        Ok(Self { expected, running })
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.running {
            Running::Sha1(digest) => digest.update(bytes),
            Running::Sha256(digest) => digest.update(bytes),
        }
    }

    /// Whether the piece is the one that was meant.
    pub(super) fn matches(self) -> bool {
        match self.running {
            Running::Sha1(digest) => digest.finalize().as_slice() == self.expected,
            Running::Sha256(digest) => digest.finalize().as_slice() == self.expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_compared_with_its_sum() {
        for (header, piece, matches) in [
            ("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "hello world", true),
            ("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "hello World", false),
            ("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", "hello world", true),
            ("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", "", false),
            ("sha256 ", "hello world", false),
        ] {
            let mut sum = Checksum::parse(header).unwrap();
            for byte in piece.as_bytes() {
                sum.update(&[*byte]);
            }
            assert_eq!(sum.matches(), matches, "{header} of {piece}");
        }
    }

    #[test]
    fn another_algorithm_is_told_from_nonsense() {
        assert!(matches!(Checksum::parse("md5 AAAA"), Err(FileError::UnknownAlgorithm)));
        assert!(matches!(Checksum::parse("sha1"), Err(FileError::Malformed)));
        assert!(matches!(Checksum::parse("sha1 ???"), Err(FileError::Malformed)));
    }
}
