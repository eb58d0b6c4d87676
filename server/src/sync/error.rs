//! Every way in which a device's question goes unanswered.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sync::messages::PROTOCOL;

use super::NotWritten;
use super::gate::TurnedAway;
use crate::http::pace::Interrupted;
use crate::http::{Answer, Surprise};
use crate::store::StoreError;

/// Why a push, a pull or a listener gets no answer. A refused change is not among them: that is an answer.
#[derive(Debug)]
pub(crate) enum SyncError {
    /// The body can't be read.
    Malformed,
    /// The line was cut, or carried next to nothing.
    Interrupted,
    /// The body is larger than the server takes.
    TooLarge,
    /// There are more changes than one push may carry.
    TooManyChanges,
    /// What stands at this place among the changes does not even have a change's id.
    UnreadableChange {
        /// The place, from 0.
        index: usize,
    },
    /// The device speaks a version of the protocol that this server doesn't.
    WrongProtocol,
    /// The device is somebody else's.
    ForeignDevice,
    /// As many pushes are under way as can be. Nothing of this one was looked at.
    Busy(TurnedAway),
    /// The record could not be written. Nothing was lost; the device sends it again.
    NotWritten,
    /// Something failed that no device can do anything about.
    Surprise(Surprise),
}

impl IntoResponse for SyncError {
    fn into_response(self) -> Response {
        match self {
            Self::Malformed => Answer::new(StatusCode::BAD_REQUEST, "malformed").into_response(),
            Self::Interrupted => Answer::new(StatusCode::REQUEST_TIMEOUT, "interrupted").into_response(),
            Self::TooLarge => Answer::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large").into_response(),
            Self::TooManyChanges => Answer::new(StatusCode::BAD_REQUEST, "too_many_changes").into_response(),
            Self::UnreadableChange { index } => {
                let body = json!({ "error": "unreadable_change", "index": index });
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            Self::WrongProtocol => {
                let body = json!({ "error": "wrong_protocol", "protocol": PROTOCOL });
                (StatusCode::UPGRADE_REQUIRED, Json(body)).into_response()
            }
            Self::ForeignDevice => Answer::new(StatusCode::FORBIDDEN, "foreign_device").into_response(),
            Self::Busy(TurnedAway { retry_after_seconds }) => {
                let answer = Answer::new(StatusCode::SERVICE_UNAVAILABLE, "busy");
                answer.retry_after(retry_after_seconds.into()).into_response()
            }
            Self::NotWritten => Answer::not_written().into_response(),
            Self::Surprise(surprise) => surprise.into_response(),
        }
    }
}

impl From<Interrupted> for SyncError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<NotWritten> for SyncError {
    fn from(_: NotWritten) -> Self {
        Self::NotWritten
    }
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        Self::Surprise(error.into())
    }
}

/// Lets only the version through that this server speaks.
pub(super) fn require_protocol(protocol: u32) -> Result<(), SyncError> {
    if protocol == PROTOCOL { Ok(()) } else { Err(SyncError::WrongProtocol) }
}
