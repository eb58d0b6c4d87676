//! Why a rescue file is not taken. What is wrong with single things in it is no reason: the answer says so.

use std::io;

use axum::http::StatusCode;

use crate::files::FileError;
use crate::http::error::answers;
use crate::http::pace::Interrupted;
use crate::http::{Answer, Surprise};
use crate::sync::NotWritten;

/// How soon a file is worth bringing again when another one is on its way: a line that has died is noticed by then.
const BUSY_SECONDS: i64 = 30;

/// What is wrong with the seal of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// It does not begin like a rescue file.
    #[error("this is no rescue file")]
    NotOurs,
    /// Its form or its suite is one that this version doesn't know.
    #[error("the file was written by a newer version of the app; update the server first")]
    NewerForm,
    /// It was sealed for another key.
    #[error("the file was sealed for another server, or for a database that was lost")]
    OtherServer,
    /// Something in it is not as it was written.
    #[error("the file is damaged")]
    Damaged,
    /// Its end is missing.
    #[error("the file is cut off: its end is missing")]
    CutOff,
}

/// A reason to say no. Nothing of the file was taken, unless it says that something could not be written.
#[derive(Debug)]
pub(crate) enum RescueError {
    /// It can't be opened.
    Seal(SealError),
    /// It is larger than the server takes.
    TooLarge,
    /// The line was cut, or carried next to nothing.
    Interrupted,
    /// The same person is bringing another one.
    Busy,
    /// Some of it could not be written. Brought again, what was written is known.
    NotWritten,
    /// The files in it could not be kept.
    Files(FileError),
    /// It has come and can't be read again.
    Unreadable(io::Error),
    /// The program broke over it.
    Broken,
    /// Anything else.
    Surprise(Surprise),
}

impl RescueError {
    fn answer(self) -> Answer {
        let unprocessable = |code| Answer::new(StatusCode::UNPROCESSABLE_ENTITY, code);
        match self {
            Self::Seal(SealError::NotOurs) => unprocessable("not_a_rescue_file"),
            Self::Seal(SealError::NewerForm) => unprocessable("newer_rescue_file"),
            Self::Seal(SealError::OtherServer) => unprocessable("other_server"),
            Self::Seal(SealError::Damaged) => unprocessable("damaged"),
            Self::Seal(SealError::CutOff) => unprocessable("cut_off"),
            Self::TooLarge => Answer::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Interrupted => Answer::new(StatusCode::REQUEST_TIMEOUT, "interrupted"),
            Self::Busy => {
                Answer::new(StatusCode::SERVICE_UNAVAILABLE, "rescue_busy").retry_after(BUSY_SECONDS)
            }
            Self::NotWritten => Answer::not_written(),
            Self::Files(error) => error.answer(),
            Self::Unreadable(error) => {
                tracing::error!(%error, "a rescue file that has come can't be read");
                Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
            Self::Broken => Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Surprise(surprise) => surprise.into(),
        }
    }
}

answers!(RescueError);

impl From<SealError> for RescueError {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}

impl From<Interrupted> for RescueError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<NotWritten> for RescueError {
    fn from(_: NotWritten) -> Self {
        Self::NotWritten
    }
}

impl From<FileError> for RescueError {
    fn from(error: FileError) -> Self {
        Self::Files(error)
    }
}
