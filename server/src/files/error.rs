//! Why a file is not taken or not given.

use std::io;

use axum::http::StatusCode;

use crate::http::error::answers;
use crate::http::{Answer, Surprise};

/// How soon an upload is worth trying again that somebody else is working on: a line that has died is noticed after half a minute.
const BUSY_SECONDS: i64 = 5;
/// The same when somebody has too much on the way.
const TOO_MANY_SECONDS: i64 = 60;

/// A reason to say no.
#[derive(Debug)]
pub(crate) enum FileError {
    /// Another version of tus.
    WrongVersion,
    /// Something about the request can't be read.
    Malformed,
    /// What is said of the file can't be taken.
    Invalid {
        /// Which part.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// None of the kinds of file that are taken.
    UnsupportedMedia,
    /// The body is not sent as bytes of a file.
    NotOctets,
    /// More than is taken, or than was announced.
    TooLarge,
    /// A checksum of a kind that is not known here.
    UnknownAlgorithm,
    /// No such ticket, as far as this person may know.
    UnknownTicket,
    /// No such upload of this person.
    UnknownUpload,
    /// The upload has rested for too long.
    Expired,
    /// Somebody is working on it.
    Busy,
    /// It goes on elsewhere.
    WrongOffset,
    /// The piece is not the one that was meant, and nothing of it is kept.
    ChecksumMismatch,
    /// All has come, and it is not what was announced. Nothing of it is kept.
    ContentMismatch,
    /// The line was cut. What came before is kept, unless it had a checksum.
    Interrupted,
    /// The person has too much on the way.
    TooMany,
    /// There would be too little room left on the disk.
    NoRoom,
    /// No such file, as far as this person may know.
    UnknownFile,
    /// The file has no such part.
    NoSuchRange,
    /// The disk failed.
    Disk {
        /// What was being tried.
        trying: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Anything else.
    Surprise(Surprise),
}

impl FileError {
    /// Makes the error of something that was tried with the disk.
    pub(super) fn because(trying: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoRoom,
            _ => Self::Disk { trying, source },
        }
    }

    pub(crate) fn answer(self) -> Answer {
        let new = Answer::new;
        match self {
            Self::WrongVersion => new(StatusCode::PRECONDITION_FAILED, "wrong_tus_version"),
            Self::Malformed => new(StatusCode::BAD_REQUEST, "malformed"),
            Self::Invalid { field, problem } => Answer::invalid(field, problem),
            Self::UnsupportedMedia => new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::NotOctets => new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_offset_octet_stream"),
            Self::TooLarge => new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::UnknownAlgorithm => new(StatusCode::BAD_REQUEST, "unknown_checksum"),
            Self::UnknownTicket => new(StatusCode::NOT_FOUND, "unknown_ticket"),
            Self::UnknownUpload => new(StatusCode::NOT_FOUND, "unknown_upload"),
            Self::Expired => new(StatusCode::GONE, "upload_expired"),
            Self::Busy => new(StatusCode::LOCKED, "upload_busy").retry_after(BUSY_SECONDS),
            Self::WrongOffset => new(StatusCode::CONFLICT, "wrong_offset"),
            Self::ChecksumMismatch => new(checksum_mismatch(), "checksum_mismatch"),
            Self::ContentMismatch => new(checksum_mismatch(), "content_mismatch"),
            Self::Interrupted => new(StatusCode::REQUEST_TIMEOUT, "interrupted"),
            Self::TooMany => {
                new(StatusCode::TOO_MANY_REQUESTS, "too_many_uploads").retry_after(TOO_MANY_SECONDS)
            }
            Self::NoRoom => {
                tracing::warn!("a file is not taken: there is too little room left on the disk");
                new(StatusCode::INSUFFICIENT_STORAGE, "no_room")
            }
            Self::UnknownFile => new(StatusCode::NOT_FOUND, "unknown_file"),
            Self::NoSuchRange => new(StatusCode::RANGE_NOT_SATISFIABLE, "no_such_range"),
            Self::Disk { trying, source } => {
                tracing::error!(trying, %source, "the disk failed a file");
                new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
            Self::Surprise(surprise) => surprise.into(),
        }
    }
}

/// The status that tus has for it, which is not one of HTTP's own.
fn checksum_mismatch() -> StatusCode {
    StatusCode::from_u16(460).expect("460 is within what a status can be")
}

answers!(FileError);
