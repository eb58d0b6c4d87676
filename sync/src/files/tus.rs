//! What is said between a device and the server about an upload, after tus 1.0: docs/http-api.md, "Files".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{KeptFile, Receipt};

/// How far an upload has come, in the server's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UploadProgress {
    /// So many bytes are on the server's disk.
    pub offset: u64,
    /// That it has all of them, if it has.
    pub receipt: Option<Receipt>,
}

/// Why a step of an upload failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadFailure {
    /// No answer, or one that says nothing of the upload.
    Unreachable,
    /// The server asked to come back later, in so many milliseconds.
    Busy {
        /// The pause asked for.
        retry_after_ms: i64,
    },
    /// The session has ended.
    SignedOut,
    /// The server said no.
    Refused(UploadRefusal),
}

/// What the server has against a step of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadRefusal {
    /// It goes on elsewhere, or what was sent has not come through whole: ask how far it has come.
    Elsewhere,
    /// There is no such upload any more, or what has come is not what was announced: begin anew.
    Gone,
    /// It won't have this file, now at least.
    File,
}

impl UploadFailure {
    /// What an answer means that is not a success. `code` is the word in its body, if there is one; of a request without one, as `HEAD`
    /// is, the status alone has to do. `retry_after_ms` is the pause that the server asks for.
    pub fn of(status: u16, code: &str, retry_after_ms: Option<i64>) -> Self {
        /// What a server asks for that asks for nothing.
        const PAUSE_MS: i64 = 5_000;
        match (status, code) {
            (401, _) => Self::SignedOut,
            (429 | 423 | 503, _) => Self::Busy { retry_after_ms: retry_after_ms.unwrap_or(PAUSE_MS) },
            (408 | 409, _) | (460, "checksum_mismatch") => Self::Refused(UploadRefusal::Elsewhere),
            // A new beginning tells a ticket that is unknown from an upload that is.
            (404, "unknown_ticket") => Self::Refused(UploadRefusal::File),
            (404 | 410 | 460, _) => Self::Refused(UploadRefusal::Gone),
            (507, _) => Self::Refused(UploadRefusal::File),
            (400..=499, _) => Self::Refused(UploadRefusal::File),
            _ => Self::Unreachable,
        }
    }
}

impl KeptFile {
    /// What is told of it when its upload begins: the header `Upload-Metadata`.
    pub fn metadata(&self) -> String {
        let mut fields = vec![
            ("sha256", self.key.hash.to_string()),
            ("ticket", self.key.ticket.to_string()),
            ("mediatype", self.media_type.clone()),
        ];
        if !self.name.is_empty() {
            fields.push(("name", self.name.clone()));
        }
        let fields = fields.into_iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
        fields.collect::<Vec<_>>().join(",")
    }
}

/// What is told with a piece, so that it is kept whole or not at all: the header `Upload-Checksum`.
pub fn checksum(piece: &[u8]) -> String {
    format!("sha256 {}", STANDARD.encode(Sha256::digest(piece)))
}
