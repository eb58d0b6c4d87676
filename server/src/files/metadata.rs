//! What a device says of a file before it sends it: the header `Upload-Metadata`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::TicketId;
use domain::ticket::{FileHash, MediaType};

use super::error::FileError;

/// Longest header that is read.
const HEADER_BYTES: usize = 4_096;

/// What is said of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(super) hash: FileHash,
    pub(super) ticket: TicketId,
    pub(super) media: MediaType,
}

impl Metadata {
    /// Reads the header: pairs of a key and a value in base 64, separated by commas. Keys that mean nothing here are let be.
    pub(crate) fn parse(header: &str) -> Result<Self, FileError> {
        let pairs = pairs(header)?;
        let value =
            |key: &'static str| pairs.get(key).ok_or(FileError::Invalid { field: key, problem: "missing" });
        let unacceptable = |field| FileError::Invalid { field, problem: "unacceptable" };
        Ok(Self {
            hash: FileHash::parse(value("sha256")?).ok_or(unacceptable("sha256"))?,
            ticket: value("ticket")?.parse().map_err(|_| unacceptable("ticket"))?,
            media: MediaType::parse(value("mediatype")?).ok_or(FileError::UnsupportedMedia)?,
        })
    }
}

fn pairs(header: &str) -> Result<BTreeMap<&str, String>, FileError> {
    if header.len() > HEADER_BYTES {
        return Err(FileError::Malformed);
    }
    let mut pairs = BTreeMap::new();
    for pair in header.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = STANDARD.decode(value).map_err(|_| FileError::Malformed)?;
        let value = String::from_utf8(value).map_err(|_| FileError::Malformed)?;
        if pairs.insert(key, value).is_some() {
            return Err(FileError::Malformed);
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<_> =
            pairs.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value))).collect();
        pairs.join(",")
    }

    const TICKET: &str = "018fa2c4-0000-7000-8000-000000000000";

    #[test]
    fn what_is_said_of_a_file_is_read_whatever_else_is_said() {
        let hash = "ab".repeat(32);
        let said = header(&[
            ("ticket", TICKET),
            ("sha256", &hash),
            ("mediatype", "image/png"),
            ("name", "../../铭牌.png"),
        ]);
        let read = Metadata::parse(&format!("is_new, {said}")).unwrap();
        assert_eq!((read.hash.to_string(), read.media), (hash, MediaType::Png));
        assert_eq!(read.ticket.to_string(), TICKET);
    }

    #[test]
    fn what_is_missing_or_makes_no_sense_is_named() {
        let hash = "ab".repeat(32);
        let fails = |pairs: &[(&str, &str)]| Metadata::parse(&header(pairs)).unwrap_err();
        let missing = fails(&[("ticket", TICKET), ("mediatype", "image/png")]);
        assert!(matches!(missing, FileError::Invalid { field: "sha256", problem: "missing" }));
        let wrong = fails(&[("ticket", TICKET), ("mediatype", "image/png"), ("sha256", "../../etc/passwd")]);
        assert!(matches!(wrong, FileError::Invalid { field: "sha256", problem: "unacceptable" }));
        let page = fails(&[("ticket", TICKET), ("mediatype", "text/html"), ("sha256", &hash)]);
        assert!(matches!(page, FileError::UnsupportedMedia));
        let twice = fails(&[("sha256", &hash), ("sha256", &hash)]);
        assert!(matches!(twice, FileError::Malformed));
        assert!(matches!(Metadata::parse("sha256 ä"), Err(FileError::Malformed)));
        assert!(matches!(Metadata::parse(&"x".repeat(5_000)), Err(FileError::Malformed)));
    }
}
